"""Which of several series for one map is taken: what a series says it is goes before how large it is."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from cmrmap.core.errors import NoMappingSeriesError, RefusedError
from cmrmap.core.map_specs import MapKind
from cmrmap.dicom.headers.read import read_study
from cmrmap.dicom.selection.decisions import Selection
from cmrmap.dicom.selection.select import select_series


@pytest.fixture
def select(tmp_path, toolbox) -> Callable[..., Selection]:
    def run(*groups):
        toolbox.save([image for group in groups for image in group], tmp_path)
        return select_series(read_study(tmp_path))

    return run


@pytest.fixture
def scout(toolbox) -> Callable[..., list]:
    """One slice of so many phases with an inversion time each."""

    def make(number: int, n_phases: int, description: str):
        times = [f"{25 * (phase + 1)}" for phase in range(n_phases)]
        return [
            toolbox.make_image(number, phase, 0, SeriesDescription=description, InversionTime=time)
            for phase, time in enumerate(times)
        ]

    return make


@pytest.mark.parametrize(
    ("small", "large"),
    [
        ("MOLLI SAX", "IR SAX"),
        ("STONE native T1", "SAX"),
        ("T1 map SAX", "T1 map"),
        ("MOLLI", "Look-Locker"),
        ("MOLLI", "T1 SAX"),
        ("qT1", "T1"),
    ],
)
def test_a_series_that_says_what_it_is_goes_first_whatever_its_size(select, toolbox, small, large):
    selection = select(
        toolbox.make_series(MapKind.NATIVE_T1, 1, 3, SeriesDescription=large),
        toolbox.make_series(MapKind.NATIVE_T1, 2, 1, SeriesDescription=small),
    )
    (series,) = selection.selected
    assert series.series_instance_uid == "1.2.3.2.2"
    assert "series 2 preferred to series 1 (order: not repeated later, named as mapping, as short axis" in series.reason


def test_the_same_holds_for_t2(select, toolbox):
    selection = select(
        toolbox.make_series(MapKind.T2, 1, 3, SeriesDescription="TRUFI"),
        toolbox.make_series(MapKind.T2, 2, 1, SeriesDescription="T2map SAX"),
    )
    assert selection.selected[0].series_instance_uid == "1.2.3.2.2"


@pytest.mark.parametrize("description", ["Look-Locker", "T1 LL", "cine_ir", "TI finder", "ir_segmented"])
@pytest.mark.parametrize("n_phases", [30, 45])
def test_a_scout_of_tens_of_phases_is_left_out_and_named(select, toolbox, scout, description, n_phases):
    selection = select(scout(1, n_phases, description), toolbox.make_series(MapKind.NATIVE_T1, 2, 1))
    (series,) = selection.selected
    assert series.series_instance_uid == "1.2.3.2.2"
    assert "left out: series 1: it is a scout for the inversion time by its" in series.reason
    assert f"{n_phases} images of one slice" in series.reason


def test_a_scout_alone_is_refused(select, scout):
    with pytest.raises(RefusedError, match=r"scout for the inversion time by its description \(\"look locker\"\)"):
        select(scout(1, 30, "Look-Locker"))


@pytest.mark.parametrize("description", ["TI_scout", "TI scout", "TIscout"])
def test_a_scout_by_its_name_is_no_mapping_series(select, scout, description):
    with pytest.raises(NoMappingSeriesError, match="11 localizer"):
        select(scout(1, 11, description))


def test_a_look_locker_of_few_images_is_mapped_where_nothing_else_is_there(select, toolbox):
    (series,) = select(toolbox.make_series(MapKind.NATIVE_T1, 1, 1, SeriesDescription="LookLocker SAX")).selected
    assert series.kind is MapKind.NATIVE_T1


def test_rest_is_native_and_stress_is_named_and_left_out(select, toolbox):
    selection = select(
        toolbox.make_series(MapKind.NATIVE_T1, 1, 3, SeriesDescription="MOLLI SAX stress"),
        toolbox.make_series(MapKind.NATIVE_T1, 2, 1, SeriesDescription="MOLLI SAX rest"),
    )
    (series,) = selection.selected
    assert series.series_instance_uid == "1.2.3.2.2"
    assert 'left out: series 1: its description names stress ("stress")' in series.reason
    assert selection.skipped == {"refused_series": 15}


def test_stress_alone_is_no_native_t1(select, toolbox):
    with pytest.raises(RefusedError, match="names stress"):
        select(toolbox.make_series(MapKind.NATIVE_T1, 1, 1, SeriesDescription="MOLLI SAX adenosine"))


def test_t1_rho_is_no_t1(select, toolbox):
    with pytest.raises(RefusedError, match='names another quantity \\("t1rho"\\)'):
        select(toolbox.make_series(MapKind.NATIVE_T1, 1, 1, SeriesDescription="T1rho SAX"))


def test_a_fault_of_several_series_is_said_once(select, toolbox):
    groups = [toolbox.make_series(MapKind.NATIVE_T1, n, 1, SeriesDescription=f"T1 native {n}CH") for n in (2, 3, 4)]
    groups.append(toolbox.make_series(MapKind.NATIVE_T1, 5, 1, SeriesDescription="T1 native 4CH"))
    with pytest.raises(RefusedError) as caught:
        select(*groups)
    assert str(caught.value).count("long-axis view") == 3
    assert 'series 4, series 5: its description names a long-axis view ("4ch")' in str(caught.value)
