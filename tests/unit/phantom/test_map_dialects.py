"""Studies of maps alone: each dialect goes through reader, selector and loader, and gives the scanner's values."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from cmrmap.core.map_specs import MapKind
from cmrmap.dicom.headers.read import read_study
from cmrmap.dicom.loading.loaded_study import LoadedStudy, load_study
from cmrmap.dicom.selection.decisions import Selection
from cmrmap.dicom.selection.select import select_series
from cmrmap.phantom.flavours import FLAVOURS
from cmrmap.phantom.flavours.map_dialects import MAP_DIALECTS
from cmrmap.phantom.generate import PhantomStudy
from cmrmap.phantom.study_writer import write_phantom, write_study
from cmrmap.phantom.vendor_fit import vendor_fit

USUAL = {MapKind.T2, MapKind.NATIVE_T1, MapKind.POSTCONTRAST_T1}
#: what is stored: whole ms, or Philips' steps of 1.0017 ms
STEP_MS = {"standard": 0.001, "enhanced": 0.001}


def test_every_flavour_has_one() -> None:
    assert set(MAP_DIALECTS) == set(FLAVOURS)


@pytest.fixture(scope="module", params=sorted(MAP_DIALECTS))
def loaded(
    request: pytest.FixtureRequest, small: PhantomStudy, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, Selection, LoadedStudy]:
    folder = write_phantom(tmp_path_factory.mktemp("maps"), small, flavour=request.param, scanner_maps=True)
    study = read_study(folder / "dicom")
    selection = select_series(study)
    return request.param, selection, load_study(study, selection, {})


def test_maps_are_all_that_is_there_and_all_are_taken(loaded: tuple[str, Selection, LoadedStudy]) -> None:
    _, selection, study = loaded
    assert {series.kind for series in selection.selected} == USUAL
    assert all(series.is_map for series in selection.selected)
    assert {stack.kind for stack in study.stacks} == USUAL
    assert not study.lost
    assert [flag.code for flag in study.flags] == ["scanner_map_read"] * 3


def test_values_are_those_of_the_scanner(loaded: tuple[str, Selection, LoadedStudy], small: PhantomStudy) -> None:
    flavour, _, study = loaded
    for stack in study.stacks:
        expected = vendor_fit(small[stack.kind]).values_ms
        assert stack.scanner is not None
        values = stack.scanner.values[:, 0]
        known = np.isfinite(values)
        assert known.mean() > 0.3
        assert np.abs(values[known] - expected[known]).max() <= STEP_MS.get(flavour, 0.51)
        # nothing in the range of hearts is left out
        inside = (
            (expected > 30) & (expected < 190) if stack.kind is MapKind.T2 else (expected > 200) & (expected < 2500)
        )
        assert known[inside].all()
        assert (stack.images[:, 0][known] == values[known]).all()
        assert (stack.images[:, 0][~known] == 0).all()


def test_siemens_sends_standard_deviations_along(
    loaded: tuple[str, Selection, LoadedStudy], small: PhantomStudy
) -> None:
    flavour, selection, study = loaded
    rows = [row for row in selection.series if str(row.verdict) == "deviations"]
    if not flavour.startswith("siemens-v"):
        assert not rows
        assert all(stack.scanner is not None and stack.scanner.sd is None for stack in study.stacks)
        return
    assert len(rows) == 3
    for stack in study.stacks:
        expected = vendor_fit(small[stack.kind]).sd_ms
        assert stack.scanner is not None
        assert stack.scanner.sd is not None
        known = np.isfinite(stack.scanner.sd[:, 0])
        assert known.any()
        assert np.abs(stack.scanner.sd[:, 0][known] - expected[known]).max() <= 0.51


@pytest.mark.slow
def test_maps_are_of_still_images_unless_motion_is_asked_for(tmp_path: Path) -> None:
    still = write_study(tmp_path / "still", seed=1, scanner_maps=True)
    asked = write_study(tmp_path / "asked", seed=1, scanner_maps=True, motion=0.0)
    names = [sorted(path.relative_to(one) for path in one.rglob("*.dcm")) for one in (still, asked)]
    assert names[0] == names[1]
    assert all((still / name).read_bytes() == (asked / name).read_bytes() for name in names[0])
