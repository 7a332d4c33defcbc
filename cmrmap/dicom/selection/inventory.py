"""One row a series of the study, whatever becomes of it: what it holds, what it is taken for, and why or why not."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

import numpy as np
from pydicom.dataset import Dataset

from cmrmap.core.errors import GeometryError
from cmrmap.core.geometry import SliceGeometry
from cmrmap.core.selected_series import SelectedSeries
from cmrmap.core.series_row import SeriesRow, SeriesVerdict
from cmrmap.dicom.headers.clock import start_seconds
from cmrmap.dicom.headers.frames import geometry_of
from cmrmap.dicom.headers.read import SourceStudy
from cmrmap.dicom.headers.values import number, series_name, text
from cmrmap.dicom.selection.candidates import Candidate
from cmrmap.dicom.selection.series_verdicts import Disposition, SeriesPart, homes_of, left_out_parts, parts_of
from cmrmap.dicom.selection.slices import Frame, group_slices, split_by_grid
from cmrmap.dicom.selection.study_frames import LeftOut, StudyFrames

#: of several verdicts about the images of one series the first is the series'
_ORDER = tuple(SeriesVerdict)
_LOST = "none of its files can be read; send or export it again"


def take_inventory(
    study: SourceStudy, frames: StudyFrames, dispositions: Sequence[Disposition], selected: Sequence[SelectedSeries]
) -> tuple[SeriesRow, ...]:
    """Return a row for every series of the study, by series number.

    Parameters
    ----------
    study : as read
    frames : of the study, sorted out
    dispositions : of every candidate
    selected : the series that maps are made from
    """
    usable: dict[str, list[Frame]] = {}
    left_out: dict[str, list[LeftOut]] = {}
    for frame in frames.usable:
        usable.setdefault(frame.series, []).append(frame)
    for one in frames.left_out:
        left_out.setdefault(text(one.header, "SeriesInstanceUID"), []).append(one)
    lost = Counter(image.series_instance_uid for image in study.lost if image.series_instance_uid)
    signs = _signs(study, selected)
    mapped = {(f.sop_instance_uid, f.frame_index) for series in selected for f in series.frames}
    deviations = {
        (f.sop_instance_uid, f.frame_index): _name(study, series) for series in selected for f in series.sd_frames
    }
    beside = {(c.sop_instance_uid, c.frame_index) for series in selected for f in series.frames for c in f.companions}
    homes = homes_of(dispositions)
    letters: dict[str, str] = {}
    first = start_seconds(study.headers.values())
    rows = []
    for uid in sorted({*usable, *left_out, *lost}, key=lambda uid: _order(uid, usable, left_out)):
        images, others = usable.get(uid, []), left_out.get(uid, [])
        unplaced = [one for one in others if (one.sop_instance_uid, one.frame_index) in homes]
        elsewhere = [one for one in others if one not in unplaced]
        parts = [
            *parts_of([*images, *unplaced], homes),
            *left_out_parts(elsewhere, signs.get(uid, ""), deviations),
        ]
        if not parts:
            rows.append(SeriesRow(uid, None, "", SeriesVerdict.LOST, None, _LOST, 0, 0, 0, lost[uid]))
            continue
        row = _row(uid, images, others, parts)
        headers = [frame.header for frame in images] + [one.header for one in others]
        start, n_mapped = start_seconds(headers), _count([*images, *others], mapped)
        rows.append(
            replace(
                row,
                reason="; ".join([row.reason, *_remarks(row, len(images) - _count(images, mapped), lost[uid])]),
                n_used=n_mapped + _count(others, beside) + _count(others, deviations),
                n_lost=lost[uid],
                frame_of_reference=_letter(text(headers[0], "FrameOfReferenceUID"), letters),
                start_s=None if start is None or first is None else start - first,
            )
        )
    return tuple(rows)


def _remarks(row: SeriesRow, n_over: int, n_lost: int) -> list[str]:
    over = [f"{n_over} of its images are not used"] if row.verdict is SeriesVerdict.TAKEN and n_over else []
    return over + ([f"{n_lost} of its files cannot be read"] if n_lost else [])


def _order(
    uid: str, usable: Mapping[str, Sequence[Frame]], left_out: Mapping[str, Sequence[LeftOut]]
) -> tuple[float, str]:
    headers = [frame.header for frame in usable.get(uid, ())] or [one.header for one in left_out.get(uid, ())]
    found = number(headers[0], "SeriesNumber") if headers else None
    return (math.inf if found is None else found, uid)


def _name(study: SourceStudy, series: SelectedSeries) -> str:
    header = study.headers[series.frames[0].sop_instance_uid]
    return series_name(header)


def _signs(study: SourceStudy, selected: Sequence[SelectedSeries]) -> dict[str, str]:
    """By series: the name of the taken series whose signs it tells."""
    found: dict[str, str] = {}
    for series in selected:
        name = _name(study, series)
        for frame in series.frames:
            for beside in frame.companions:
                found[text(study.headers[beside.sop_instance_uid], "SeriesInstanceUID")] = name
    return found


def _row(uid: str, images: Sequence[Frame], others: Sequence[LeftOut], parts: Sequence[SeriesPart]) -> SeriesRow:
    """Return what a series' own images tell."""
    main, *further = sorted(parts, key=lambda part: (_ORDER.index(part.verdict), -part.n_images))
    candidate = main.candidate
    header = images[0].header if images else others[0].header
    placed = images or _placed(others)
    series_number = number(header, "SeriesNumber")
    times = _times(candidate, uid)
    return SeriesRow(
        series_instance_uid=uid,
        series_number=None if series_number is None else int(series_number),
        description=text(header, "SeriesDescription") or text(header, "ProtocolName"),
        verdict=main.verdict,
        map=main.kind,
        reason="; ".join([main.reason, *(f"{part.n_images} of its images: {part.reason}" for part in further)]),
        n_slices=sum(len(group_slices(grid)) for grid in split_by_grid(placed)),
        n_images=len(images) + len(others),
        times_ms=max((tuple(sorted(set(found.values()))) for found in times), key=len, default=()),
        timing_source=candidate.timing.source if candidate is not None and candidate.timing is not None else "",
        model=None if candidate is None else candidate.model,
        matrix=_matrix(header),
        spacing_mm=placed[0].geometry.pixel_spacing_mm if placed else None,
        position_mm=_range(placed),
        image_times_ms=MappingProxyType({key: time for found in times for key, time in found.items()}),
    )


def _placed(others: Iterable[LeftOut]) -> list[Frame]:
    """Return the left-out images as frames, as far as it is known where they lie."""
    placed = ((one, _geometry(one.header)) for one in others)
    return [
        Frame(one.sop_instance_uid, "", one.frame_index, one.header, geometry)
        for one, geometry in placed
        if geometry is not None
    ]


def _geometry(header: Dataset) -> SliceGeometry | None:
    try:
        return geometry_of(header)
    except GeometryError:
        return None


def _count(frames: Iterable[Frame | LeftOut], among: Collection[tuple[str, int]]) -> int:
    return sum((frame.sop_instance_uid, frame.frame_index) in among for frame in frames)


def _times(candidate: Candidate | None, uid: str) -> tuple[dict[tuple[str, int], float], ...]:
    """Return, slice by slice, the time of each image of a series that has one, by SOP instance UID and frame."""
    if candidate is None or candidate.timing is None or candidate.is_map:
        return ()
    return tuple(
        {
            (frame.sop_instance_uid, frame.frame_index): time
            for frame, time in zip(members, times, strict=True)
            if time is not None and frame.series == uid
        }
        for members, times in zip(candidate.slices, candidate.timing.times_ms, strict=True)
    )


def _matrix(header: Dataset) -> tuple[int, int] | None:
    rows, columns = number(header, "Rows"), number(header, "Columns")
    return None if rows is None or columns is None else (max(int(rows), 0), max(int(columns), 0))


def _range(placed: Sequence[Frame]) -> tuple[float, float] | None:
    if not placed:
        return None
    normal = placed[0].geometry.normal
    along = [float(normal @ np.asarray(frame.geometry.position_mm)) for frame in placed]
    return min(along), max(along)


def _letter(uid: str, letters: dict[str, str]) -> str:
    """Name frames of reference A, B, ... Z, AA: all that counts is which series share one."""
    if not uid:
        return ""
    if uid not in letters:
        index, name = len(letters) + 1, ""
        while index:
            index, digit = divmod(index - 1, 26)
            name = chr(ord("A") + digit) + name
        letters[uid] = name
    return letters[uid]
