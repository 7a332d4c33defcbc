"""What an edit leaves as corrections.json: its own marks, and what the file said before of other slices."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from cmrmap.core.corrections import Corrections, SliceCorrection
from cmrmap.core.map_specs import MapKind
from cmrmap.core.regional_values import SliceLevel
from cmrmap.edit.changes import Marks, SliceChange
from cmrmap.edit.marked_slices import MarkableSlice
from cmrmap.edit.saved_marks import marks_file, same_marks

T2, POST = MapKind.T2, MapKind.POSTCONTRAST_T1
UID = "1.2.3"
#: it was called post-contrast T1 before its T1 was measured: the file goes by that name
SLICE = MarkableSlice(MapKind.NATIVE_T1, 1, POST, SliceLevel.MID, Marks())
CHANGE = SliceChange(map=SLICE.kind, slice_index=1, marks=Marks(exclude_segments=(8,), reason="ghosting"))
SAID = SliceCorrection(POST, 1, segments=(8,), insertion_points=((1.5, 2.25), (3.0, 4.0)), reason="ghosting")


def _session(*changes: SliceChange) -> Any:
    corrected = Corrections(slices=(SAID,))
    marked = {(SLICE.kind, 1): SLICE}
    results = SimpleNamespace(study_instance_uid=UID)
    return SimpleNamespace(marked=marked, changes=changes, corrected=corrected, results=results)


def test_without_marks_there_is_no_file(tmp_path: Path) -> None:
    assert marks_file(_session(), tmp_path) is None
    assert marks_file(_session(SliceChange(map=SLICE.kind, slice_index=1)), tmp_path) is None


def test_it_says_what_was_marked_and_what_was_said_of_other_slices_and_images(tmp_path: Path) -> None:
    image = {"time_ms": 45.0}
    before = [
        {"map": "t2", "slice_index": 3, "exclude_segments": [13]},
        {"map": "postcontrast_t1", "slice_index": 1, "exclude_slice": True, "exclude_images": [image]},
        {"map": "t2", "slice_index": 3, "exclude_slice": True},  # twice: cannot be used
    ]
    (tmp_path / "corrections.json").write_text(json.dumps({"corrections": before}), encoding="utf-8")
    written = marks_file(_session(CHANGE), tmp_path)
    assert written is not None
    own = {"exclude_segments": [8], "reason": "ghosting", "exclude_images": [image]}
    points = {"anterior": [1.5, 2.25], "inferior": [3.0, 4.0]}
    assert json.loads(written) == {
        "schema_version": "1.0",
        "study_instance_uid": UID,
        "corrections": [
            {"map": "t2", "slice_index": 3, "exclude_segments": [13]},
            {"map": "postcontrast_t1", "slice_index": 1, **own, "insertion_points": points},
        ],
    }


def test_what_reads_back_otherwise_is_noticed() -> None:
    other = SliceCorrection(T2, 0, segments=(1,))
    assert same_marks((SAID, other), (SAID,), (CHANGE,), (SLICE,))
    assert not same_marks((other,), (SAID,), (CHANGE,), (SLICE,))
    wrong = SliceCorrection(POST, 1, segments=(9,), insertion_points=SAID.insertion_points, reason="ghosting")
    assert not same_marks((wrong,), (SAID,), (CHANGE,), (SLICE,))
