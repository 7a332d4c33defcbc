"""A reader's marks as a corrections.json, with which a new run gives the same numbers."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from cmrmap.core.corrections import SliceCorrection
from cmrmap.core.map_specs import MapKind
from cmrmap.edit.changes import SliceChange
from cmrmap.edit.marked_slices import MarkableSlice
from cmrmap.edit.session import EditSession
from cmrmap.run.corrections_file import (
    FILE_NAME,
    CorrectionsFile,
    Points,
    SliceEntry,
    read_corrections_file,
)

#: in the output folder, with all other files that are not DICOM objects
MARKS_NAME = f"results/{FILE_NAME}"


def marks_file(session: EditSession, folder: Path) -> bytes | None:
    """Return a corrections.json with the marks made since the start; None if there are none.

    What the file that counted at the start says of other slices is in it as well. Entries of it that could not be used
    are not.

    Parameters
    ----------
    session : what is edited
    folder : that holds the file that counted at the start, if there is one
    """
    marked = [session.marked[change.place] for change in session.changes if change.marks is not None]
    if not marked:
        return None
    uid = session.results.study_instance_uid
    entries = {(one.map, one.slice_index): one for _, one in read_corrections_file(folder, uid).entries}
    said = {(one.kind, one.slice_index): one for one in session.corrected.slices}
    for one in marked:
        place = one.first_called, one.slice_index
        entries[place] = _entry(entries.get(place, SliceEntry(map=place[0], slice_index=place[1])), said[place])
    kept = tuple(entries[place] for place in sorted(entries, key=_order))
    made = CorrectionsFile(study_instance_uid=uid, corrections=kept)
    content = {"schema_version": made.schema_version, **made.model_dump(mode="json", exclude_defaults=True)}
    return (json.dumps(content, indent=2) + "\n").encode("utf-8")


def same_marks(
    read: Sequence[SliceCorrection],
    corrected: Sequence[SliceCorrection],
    changes: Sequence[SliceChange],
    slices: Sequence[MarkableSlice],
) -> bool:
    """Whether the file as read back has the marks of the changed slices.

    Parameters
    ----------
    read : from the file that was written
    corrected : what the numbers were made with
    changes : of all slices that are changed
    slices : that can be marked
    """
    called = {(one.kind, one.slice_index): one.first_called for one in slices}
    places = {(called[one.place], one.slice_index) for one in changes if one.marks is not None}
    of_file, of_session = (
        {(one.kind, one.slice_index): one for one in some if (one.kind, one.slice_index) in places}
        for some in (read, corrected)
    )
    return of_file == of_session


def _entry(before: SliceEntry, said: SliceCorrection) -> SliceEntry:
    points = said.insertion_points
    return before.model_copy(
        update={
            "exclude_slice": said.excluded is not None,
            "reason": said.reason,
            "exclude_segments": said.segments,
            "insertion_points": None if points is None else Points(anterior=points[0], inferior=points[1]),
        }
    )


def _order(place: tuple[MapKind, int]) -> tuple[int, int]:
    return list(MapKind).index(place[0]), place[1]
