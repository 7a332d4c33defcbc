"""One contour is changed in a DICOM SEG: which numbers and pixels of the output change, and that no other does."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom import Dataset, dcmread

from tests.edited_segmentation import send_back
from tests.integration.conftest import Run, copy_slices
from tests.sharing import made_once

pytestmark = pytest.mark.slow  # two runs of the application of their own

EDITED, OTHER = 0, 1  # slices
#: what a changed contour of a native T1 slice may change in results.json, and has to
MUST = (
    rf"maps\.(native_t1|ecv)\.slices\.{EDITED}\.(mean|sd|n_pixels|uncertainty|drawn_by|by_network)",
    r"maps\.(native_t1|ecv)\.(patient\.(mean|sd|n_pixels|uncertainty)|drawn_by)",
    rf"maps\.(native_t1|ecv)\.slices\.{EDITED}\.segments\.",
    r"maps\.native_t1\.blood\.(t1_ms|uncertainty)",
    r"input\.n_files",  # what was written lies among the images now
)
MAY = (
    r"maps\.(native_t1|ecv)\.mid_septum\.",  # where the slice is a mid one
    rf"maps\.native_t1\.slices\.{EDITED}\.(n_segmented|n_refined|heart_probability)",
    rf"maps\.ecv\.slices\.{EDITED}\.(n_segmented|n_refined|heart_probability)",
    r"input\.skipped",
    r"input\.frames_not_used",
    r"quality\.",
    r"series\.",
)


def _leaves(part: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(part, dict) and part:
        for key, below in part.items():
            yield from _leaves(below, f"{path}.{key}" if path else key)
    elif isinstance(part, list) and part:
        for index, below in enumerate(part):
            yield from _leaves(below, f"{path}.{index}")
    else:
        yield path, part


def _changed(before: Any, after: Any) -> set[str]:
    old, new = dict(_leaves(before)), dict(_leaves(after))
    return {path for path in old.keys() | new.keys() if old.get(path, "-") != new.get(path, "-")}


@pytest.fixture(scope="module")
def two_slices(demo_study: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo study's second and fourth slice, of every series."""

    return made_once(tmp_path_factory, "two_slices", lambda folder: copy_slices(demo_study, folder, 1, 3))


@pytest.fixture(scope="module")
def runs(two_slices: Path, run_app: Callable[..., Run], tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, Run]:
    """The study as it is, and with all that was written of it, the native T1 contours of one slice moved."""

    def make(folder: Path) -> None:
        first = run_app(two_slices, folder / "before")
        assert first.exit_code == 0, first.stderr
        send_back(two_slices, first.output, folder / "in", only=_places(first)[EDITED])
        second = run_app(folder / "in", folder / "after")
        assert second.exit_code == 0, second.stderr
        shutil.rmtree(folder / "in")

    folder = made_once(tmp_path_factory, "changed_contour", make)
    return Run(0, "", "", folder / "before"), Run(0, "", "", folder / "after")


def _places(run: Run) -> list[tuple[float, ...]]:
    """Where the slices of the native T1 map lie, in the order of results.json."""
    objects = (dcmread(path, stop_before_pixels=True) for path in run.output.glob("*.dcm"))
    images = [one for one in objects if one.SeriesDescription == "T1 map native [ms], CMRmap" and one.Modality == "MR"]
    return [_place(one) for one in sorted(images, key=lambda one: int(one.InstanceNumber))]


def _place(found: Dataset) -> tuple[float, ...]:
    return tuple(round(float(one), 3) for one in found.ImagePositionPatient)


def test_exactly_the_numbers_of_the_slice_and_what_is_made_of_them_change(runs) -> None:
    before, after = (run.json("results.json") for run in runs)
    assert [len(one["slices"]) for one in before["maps"].values() if one["status"] == "ok"] == [2, 2, 2, 2]
    changed = _changed(before, after)
    strangers = {path for path in changed if not any(re.match(one, path) for one in (*MUST, *MAY))}
    assert strangers == set()
    for pattern in MUST:
        for kind in ("native_t1", "ecv"):
            wanted = pattern.replace("(native_t1|ecv)", kind)
            assert any(re.match(wanted, path) for path in changed), wanted
    for kind in ("t2", "postcontrast_t1"):
        assert after["maps"][kind] == before["maps"][kind]
    for kind in ("native_t1", "ecv"):
        assert after["maps"][kind]["slices"][OTHER] == before["maps"][kind]["slices"][OTHER]


def test_what_was_found_differs_by_what_is_told_of_the_contour_alone(runs) -> None:
    """Findings of the edited slice are of its new contour; every other finding stands as it did."""
    before, after = (run.json("results.json")["quality"] for run in runs)
    slices = {(one["code"], one["map"]) for one in (*before, *after) if one["slice_index"] == EDITED}

    def others(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
        told = ("reader_contours", "contours_left_aside")
        return [one for one in found if one["code"] not in told and (one["code"], one["map"]) not in slices]

    of_changed = ("native_t1", "ecv")
    assert [one for one in others(after) if one["map"] not in of_changed] == [
        one for one in others(before) if one["map"] not in of_changed
    ]
    (told,) = [one for one in after if one["code"] == "reader_contours"]
    assert (told["map"], told["slice_index"]) == ("native_t1", EDITED)


def _frames(run: Run) -> Mapping[tuple[str, str, tuple[float, ...], int], np.ndarray]:
    """Every plane of pixels of the maps, their standard deviations and segmentations, by what and where it is."""
    found = {}
    for path in run.output.glob("*.dcm"):
        one = dcmread(path)
        if one.Modality not in ("MR", "SEG") and "FloatPixelData" not in one:
            continue
        if "PerFrameFunctionalGroupsSequence" not in one:
            found[one.Modality, one.SeriesDescription, _place(one), 0] = one.pixel_array
            continue
        pixels = one.pixel_array if "PixelData" in one else _floats(one)
        labels = {int(part.SegmentNumber): part.SegmentLabel for part in one.get("SegmentSequence", ())}
        for frame, plane in zip(one.PerFrameFunctionalGroupsSequence, pixels, strict=True):
            number = frame.get("SegmentIdentificationSequence")
            segment = labels[int(number[0].ReferencedSegmentNumber)] if number else one.SOPClassUID.name
            key = (segment, one.SeriesDescription, _place(frame.PlanePositionSequence[0]), 1)
            found[key] = plane
    return found


def _floats(one: Dataset) -> np.ndarray:
    return np.frombuffer(one.FloatPixelData, "<f4").reshape(-1, one.Rows, one.Columns)


def test_exactly_the_slice_changes_in_the_dicom_objects(runs) -> None:
    before, after = (_frames(run) for run in runs)
    place = _places(runs[0])[EDITED]
    of_changed = re.compile(r"(T1 (map|SD|seg|AHA|float).*native|ECV )")
    changed = {
        key
        for key in before.keys() | after.keys()
        if key not in before or key not in after or not np.array_equal(before[key], after[key], equal_nan=True)
    }
    assert {key for key in changed if key[2] != place} == set()
    assert {key for key in changed if not of_changed.match(key[1])} == set()
    kept = {description for _, description, _, _ in before} - {description for _, description, _, _ in changed}
    assert {one for one in kept if of_changed.match(one)} == set(), "every object of native T1 and ECV shows the change"
    # map, standard deviation, floats, wall and segments of the two other maps
    assert kept == {description for _, description, _, _ in before if not of_changed.match(description)}
    assert len(kept) == 10
