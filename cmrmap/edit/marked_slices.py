"""A reader's marks on a slice apart from its contours: at the start, and in the terms of corrections.json."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from cmrmap.core.corrections import Corrections, Point, SliceCorrection, plain_words, reason_or_none_given
from cmrmap.core.errors import InputError
from cmrmap.core.map_specs import MapKind
from cmrmap.core.regional_values import SliceLevel
from cmrmap.dicom.loading.loaded_study import LoadedStudy
from cmrmap.edit.changes import Marks, SliceChange
from cmrmap.pipeline.execution import Products
from cmrmap.pipeline.mapped_series import MappedSeries
from cmrmap.pipeline.marked import marked_points
from cmrmap.pipeline.regions import Regions, locate

Place = tuple[MapKind, int]
_SEGMENTS = {
    SliceLevel.BASAL: tuple(range(1, 7)),
    SliceLevel.MID: tuple(range(7, 13)),
    SliceLevel.APICAL: tuple(range(13, 17)),
}
_DIGITS = 2  # of a point in corrections.json: a hundredth of a pixel


@dataclass(frozen=True, slots=True)
class MarkableSlice:
    """One slice that has a map, or would have one if a reader had not left it out.

    Attributes
    ----------
    kind, slice_index : which
    first_called : the map that its series was taken for before its T1 was measured
    level : of the slice, which determines its AHA segments
    start : its marks at the start
    """

    kind: MapKind
    slice_index: int
    first_called: MapKind
    level: SliceLevel
    start: Marks

    @property
    def name(self) -> str:
        """Its name in messages."""
        return f"{self.kind.spec.name}, slice {self.slice_index + 1}"

    @property
    def segments(self) -> tuple[int, ...]:
        """AHA segments of its level."""
        return _SEGMENTS[self.level]


def markable_slices(products: Products) -> Mapping[Place, MarkableSlice]:
    """Return the slices that can be marked.

    Parameters
    ----------
    products : of a run at least up to the check
    """
    corrections = products.one("loaded", LoadedStudy).corrections
    found = {}
    for series, regions, marked in _located(products.several("series", MappedSeries), corrections):
        for index, made in enumerate(series.made.tolist()):
            said = corrections.of_slice(series.first_called, index)
            if made or (said is not None and said.excluded is not None):
                start = Marks() if said is None else _marks(said, marked.get(index))
                level = regions.levels.levels[index]
                found[series.kind, index] = MarkableSlice(series.kind, index, series.first_called, level, start)
    return found


def insertion_angles(products: Products) -> Mapping[Place, tuple[float, float]]:
    """Return the image angles, anterior and inferior, rad, that the AHA segments of each mapped slice follow.

    Parameters
    ----------
    products : as for `markable_slices`
    """
    corrections = products.one("loaded", LoadedStudy).corrections
    found = {}
    for series, regions, _ in _located(products.several("series", MappedSeries), corrections):
        angles = np.column_stack([regions.points.anterior_rad, regions.points.inferior_rad])
        for index in np.flatnonzero(series.made & np.isfinite(angles).all(axis=1)).tolist():
            found[series.kind, index] = (float(angles[index, 0]), float(angles[index, 1]))
    return found


def with_marks(
    start: Corrections,
    changes: Sequence[SliceChange],
    slices: Mapping[Place, MarkableSlice],
    series: Sequence[MappedSeries] = (),
) -> tuple[SliceCorrection, ...]:
    """Return the corrections of slices at the start, replaced by the marks that a reader has made since.

    Parameters
    ----------
    start : what is corrected at the start
    changes : of all slices that are changed
    slices : from `markable_slices`
    series : mapped with the changed contours; without them insertion points that were moved are left out

    Raises
    ------
    InputError
        marks of a slice that has none, or segments of another level
    """
    said = {(one.kind, one.slice_index): one for one in start.slices}
    mapped = {one.kind: one for one in series}
    for change in changes:
        if change.marks is None:
            continue
        one = slices.get(change.place)
        if one is None:
            raise InputError(f"{change.map.value} has no slice {change.slice_index} that can be marked")
        if not set(change.marks.exclude_segments) <= set(one.segments):
            raise InputError(f"{one.name} has the AHA segments {one.segments[0]} to {one.segments[-1]} only")
        place = one.first_called, one.slice_index
        before = said.get(place, SliceCorrection(*place))
        said[place] = _correction(before, one, change.marks, mapped.get(one.kind))
    return tuple(said.values())


def misplaced(corrections: Corrections, series: Sequence[MappedSeries]) -> Mapping[Place, str]:
    """Return by slice why an insertion point cannot be right.

    Parameters
    ----------
    corrections : of the study
    series : as mapped
    """
    return {
        (one.kind, flag.slice_index): flag.message
        for one in series
        for flag in marked_points(one, corrections)[1]
        if flag.slice_index is not None
    }


def _located(
    series: Sequence[MappedSeries], corrections: Corrections
) -> Iterator[tuple[MappedSeries, Regions, Mapping[int, tuple[float, float]]]]:
    for one in series:
        marked, _ = marked_points(one, corrections)
        yield one, locate(one, marked), marked


def _marks(said: SliceCorrection, angles: tuple[float, float] | None) -> Marks:
    return Marks(
        insertion_angles=angles,
        exclude_slice=said.excluded is not None,
        exclude_segments=said.segments,
        reason=said.reason,
    )


def _correction(
    before: SliceCorrection, one: MarkableSlice, marks: Marks, series: MappedSeries | None
) -> SliceCorrection:
    points = before.insertion_points
    if marks.insertion_angles != one.start.insertion_angles:
        points = None
        if marks.insertion_angles is not None and series is not None and series.made[one.slice_index]:
            anterior, inferior = (_point(angle, one.slice_index, series) for angle in marks.insertion_angles)
            points = anterior, inferior
    return SliceCorrection(
        before.kind,
        before.slice_index,
        images=before.images,
        excluded=reason_or_none_given(marks.reason) if marks.exclude_slice else None,
        segments=tuple(sorted(set(marks.exclude_segments))),
        insertion_points=points,
        reason=plain_words(marks.reason),
    )


def _point(angle_rad: float, index: int, series: MappedSeries) -> Point:
    """Return the place on the epicardium, at an angle, in the image that the map lies on."""
    time = int(series.map.reference_time[index])
    row, column = series.polar.centres[index, time].tolist()
    radius = float(np.nanmean(series.polar.outer_radius[index, time]))
    place = np.array([row + radius * np.sin(angle_rad), column + radius * np.cos(angle_rad)])
    last = np.subtract(series.stack.images.shape[2:], 1)
    inside = np.clip(place, 0.0, last).round(_DIGITS).tolist()
    return inside[0], inside[1]
