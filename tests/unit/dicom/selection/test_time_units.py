"""Times that cannot be milliseconds cost their map, and no other."""

from __future__ import annotations

import math

import pytest

from cmrmap.core.errors import RefusedError
from cmrmap.core.map_spec import Weighting
from cmrmap.core.map_specs import MapKind
from cmrmap.dicom.headers.read import read_study
from cmrmap.dicom.selection.given_times import GivenTimes, SeriesTimes
from cmrmap.dicom.selection.preferences import SelectionPreferences
from cmrmap.dicom.selection.select import select_series
from cmrmap.dicom.selection.time_units import unit_fault

MOLLI = (100.0, 180.0, 260.0, 1000.0, 1080.0, 2000.0, 3000.0, 4000.0)


@pytest.mark.parametrize(
    ("times", "weighting", "model", "words"),
    [
        (MOLLI, Weighting.T1, "molli_3p", None),
        ((100.0, 900.0, 30000.0), Weighting.T1, "stone_2p", None),
        ((100.0, 900.0, 30000.0, 30000.0), Weighting.T1, "stone_2p", None),
        ((100.0, 900.0, math.inf), Weighting.T1, "sasha_3p", None),
        ((0.0, 25.0, 55.0, math.inf), Weighting.T2, "t2_3p", None),
        ((2.6, 4.8, 7.1), Weighting.T2_STAR, "t2_star_2p", None),
        ((math.inf, math.inf), Weighting.T1, "sasha_3p", None),
        ((0.1, 0.9, 30.0), Weighting.T1, "stone_2p", "seconds: the longest of slice 1 is 30"),
        ((0.0, 0.025, 0.055, math.inf), Weighting.T2, "t2_3p", "seconds"),
        ((0.0026, 0.0048), Weighting.T2_STAR, "t2_star_2p", "seconds"),
        ((1e5, 9e5, 3e7), Weighting.T1, "stone_2p", "microseconds: slice 1 has 900000 and 3e"),
        ((0.0, 25000.0, 55000.0), Weighting.T2, "t2_2p", "microseconds"),
        ((2600.0, 4800.0), Weighting.T2_STAR, "t2_star_2p", "microseconds"),
    ],
)
def test_what_is_taken_for_milliseconds(times, weighting, model, words):
    found = unit_fault([times], weighting, model)
    assert (found is None) is (words is None), found
    assert words is None or words in found


def test_one_slice_in_seconds_is_found_among_others():
    rows = [MOLLI, tuple(time / 1000.0 for time in MOLLI)]
    assert "slice 2" in unit_fault(rows, Weighting.T1, "molli_3p")


def _in_unit(toolbox, factor: float):
    images = toolbox.make_series(MapKind.NATIVE_T1, 1)
    for image in images:
        image.InversionTime = f"{float(image.InversionTime) * factor:g}"
    return images


@pytest.mark.parametrize(("factor", "unit"), [(1e-3, "seconds"), (1e3, "microseconds")])
def test_a_series_in_another_unit_is_refused_and_the_others_are_selected(tmp_path, toolbox, factor, unit):
    toolbox.save([*_in_unit(toolbox, factor), *toolbox.make_series(MapKind.T2, 2)], tmp_path)
    selection = select_series(read_study(tmp_path))
    assert [one.kind for one in selection.selected] == [MapKind.T2]
    (refusal,) = [one for one in selection.refusals if one.status == "refused"]
    assert refusal.kind is MapKind.NATIVE_T1
    assert f"series 1: its times look like {unit}" in refusal.reason


def test_alone_it_ends_with_all_refused(tmp_path, toolbox):
    toolbox.save(_in_unit(toolbox, 1e-3), tmp_path)
    with pytest.raises(RefusedError, match="look like seconds") as caught:
        select_series(read_study(tmp_path))
    assert caught.value.exit_code == 4


def test_times_that_the_user_gives_in_seconds(tmp_path, toolbox):
    toolbox.save(toolbox.make_series(MapKind.NATIVE_T1, 1), tmp_path)
    given = GivenTimes((SeriesTimes("1", "", Weighting.T1, (0.1, 0.3, 0.9, 2.0, 30.0)),))
    with pytest.raises(RefusedError, match="look like seconds"):
        select_series(read_study(tmp_path), SelectionPreferences(times=given))


def test_negative_times_are_no_times(tmp_path, toolbox):
    images = toolbox.make_series(MapKind.NATIVE_T1, 1)
    for image in images:
        image.InversionTime = f"-{image.InversionTime}"
    toolbox.save(images, tmp_path)
    with pytest.raises(RefusedError, match="no known attribute gives an inversion time"):
        select_series(read_study(tmp_path))


def test_a_field_of_view_that_no_scanner_has_is_refused(tmp_path, toolbox):
    images = toolbox.make_series(MapKind.NATIVE_T1, 1, PixelSpacing=["10", "10"], Rows=128, Columns=128)
    for image in images:
        image.PixelData = b"\0\1" * 128 * 128
    toolbox.save(images, tmp_path)
    with pytest.raises(RefusedError, match="1280 mm wide; expected at most 1000 mm"):
        select_series(read_study(tmp_path))
