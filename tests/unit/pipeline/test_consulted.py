"""corrections.json in the terms of the loaded series: unknown slices, images and maps are refused one by one."""

import json
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest

from cmrmap.core.geometry import SliceGeometry
from cmrmap.core.map_specs import MapKind
from cmrmap.core.selected_series import FrameReference, SelectedSeries
from cmrmap.core.stack import WeightedStack
from cmrmap.dicom.headers.read import SourceStudy
from cmrmap.dicom.loading.loaded_study import LoadedStudy
from cmrmap.dicom.selection.decisions import Selection
from cmrmap.pipeline.consulted import consulted, slice_counts
from cmrmap.run.corrections_file import FILE_NAME

TIMES = ((0.0, 25.0, 45.0, np.inf), (0.0, 25.0, np.inf, np.nan))  # of the second slice one image was left out
PLANES = tuple(SliceGeometry((0.0, 0.0, 10.0 * s), (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (1.5, 1.5)) for s in range(2))


def _loaded() -> tuple[SourceStudy, Selection, LoadedStudy]:
    uids = tuple(tuple(f"1.2.{s}.{t}" for t in range(4)) for s in range(2))
    frames = tuple(FrameReference(uids[s][t], "", 0, s, t, TIMES[0][t], PLANES[s]) for s in range(2) for t in range(4))
    series = SelectedSeries(MapKind.T2, "1.2.9", frames, "test", "t2_3p", "test")
    kept = (uids[0], (uids[1][0], uids[1][1], uids[1][3], ""))
    images = np.ones((2, 4, 16, 24), np.float32)
    stack = WeightedStack(
        MapKind.T2, images, np.array(TIMES), PLANES, "t2_3p", source_uids=kept, series_instance_uid="1.2.9"
    )
    study = SourceStudy("1.2.3", MappingProxyType({}), MappingProxyType({}))
    return study, Selection((series,), ()), LoadedStudy((stack,), (), ())


def _consulted(folder: Path, **entry: Any) -> LoadedStudy:
    entries = [{"map": "t2", "slice_index": 1, **entry}]
    (folder / FILE_NAME).write_text(json.dumps({"corrections": entries}), encoding="utf-8")
    return consulted(folder, *_loaded())


def test_images_are_found_by_time_and_by_uid_though_others_were_left_out(tmp_path: Path) -> None:
    named = [{"time_ms": 25.2}, {"sop_instance_uid": "1.2.1.3"}]
    found = _consulted(tmp_path, exclude_images=named)
    assert found.flags == ()
    (one,) = found.corrections.slices
    assert (one.kind, one.slice_index, one.images, one.excluded) == (MapKind.T2, 1, (1, 2), None)
    assert slice_counts(found) == {MapKind.T2: 2}


def test_a_slice_is_left_out_with_or_without_a_reason(tmp_path: Path) -> None:
    assert _consulted(tmp_path, exclude_slice=True, reason=" ghosts ").corrections.slices[0].excluded == "ghosts"
    odd = _consulted(tmp_path, exclude_slice=True, reason="two\nlines\t\x00\x1b[31m\u202e")
    assert odd.corrections.slices[0].excluded == "two lines [31m"
    assert _consulted(tmp_path, exclude_slice=True).corrections.slices[0].excluded == "no reason given"


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        ({"slice_index": 2}, "t2 has no slice 2; its slices are 0 to 1"),
        ({"map": "native_t1"}, "the study has no native_t1 series"),
        ({"map": "ecv"}, "the study has no ecv series"),
        ({"exclude_images": [{"time_ms": 45}]}, "0 images of slice 1 have the time 45 ms; it has 0, 25, inf ms"),
        ({"exclude_images": [{"sop_instance_uid": "1.2.1.2"}]}, "image 1.2.1.2 (frame 1) is none of slice 1's"),
        ({"exclude_images": [{"sop_instance_uid": "1.2.0.0"}]}, "image 1.2.0.0 (frame 1) is none of slice 1's"),
        ({"exclude_images": [{"sop_instance_uid": "1.2.1.0", "frame": 2}]}, "(frame 2) is none of slice 1's"),
        ({"exclude_images": [{}]}, "is named by sop_instance_uid or by time_ms; give one of the two"),
        ({"exclude_images": [{"time_ms": 0, "sop_instance_uid": "1.2.1.0"}]}, "give one of the two"),
        ({"insertion_points": {"anterior": [3, 3], "inferior": [3, 24]}}, "two places within 16 x 24 pixels"),
        ({"insertion_points": {"anterior": [3, 3], "inferior": [3, 3]}}, "two places within 16 x 24 pixels"),
    ],
)
def test_what_is_not_there_is_refused_with_its_reason(tmp_path: Path, entry: dict[str, Any], reason: str) -> None:
    found = _consulted(tmp_path, **entry)
    assert found.corrections.slices == ()
    (flag,) = found.flags
    assert (flag.code, flag.severity) == ("corrections_refused", "warning")
    assert "entry 1: " in (flag.detail or flag.message)
    slice_is_there = entry.get("slice_index", 1) < 2 and "map" not in entry
    assert (flag.map, flag.slice_index) == ((MapKind.T2, 1) if slice_is_there else (None, None))
    assert reason in (flag.detail or flag.message)


def test_a_file_that_is_wrong_throughout_is_told_briefly(tmp_path: Path) -> None:
    entries = [{"map": "t2", "slice_index": 2 + number} for number in range(900)]
    (tmp_path / FILE_NAME).write_text(json.dumps({"corrections": entries}), encoding="utf-8")
    flags = consulted(tmp_path, *_loaded()).flags
    assert len(flags) == 21
    assert "880 more entries cannot be used either" in (flags[-1].detail or flags[-1].message)
