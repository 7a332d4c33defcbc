"""What a reader marked or left out in words: insertion points, AHA segments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from cmrmap.core.arrays import LabelArray
from cmrmap.core.corrections import Corrections, quoted
from cmrmap.core.findings import QualityFlag
from cmrmap.core.map_specs import MapKind
from cmrmap.core.parameter_map import ParameterMap
from cmrmap.pipeline.extracellular import MappedEcv
from cmrmap.pipeline.mapped_series import MappedSeries
from cmrmap.pipeline.verdicts import without_slices
from cmrmap.quality.catalogue.reader_findings import CORRECTIONS_REFUSED, READER_EXCLUDED
from cmrmap.regional.landmarks import angle_of, marked_fault

_NO_SEGMENT = "corrections.json leaves out every AHA segment of the slice that has pixels: no value is left"

#: AHA segments by slice
Segments = Mapping[int, tuple[int, ...]]


def marked_points(
    series: MappedSeries, corrections: Corrections
) -> tuple[dict[int, tuple[float, float]], tuple[QualityFlag, ...]]:
    """Return the insertion points that a reader marked, by slice: anterior and inferior image angle, rad.

    Points that cannot be right would give every segment another's values: they are not used, and it is told of their
    slice.

    Parameters
    ----------
    series : as mapped; points of a slice that was not made are not used
    corrections : of the study
    """
    out = {}
    flags = []
    for one in corrections.slices:
        if one.kind is series.first_called and one.insertion_points is not None and series.made[one.slice_index]:
            row, column = series.reference_centres[one.slice_index].tolist()
            anterior, inferior = one.insertion_points
            angles = angle_of(anterior, (row, column)), angle_of(inferior, (row, column))
            fault = marked_fault(*angles, series.stack.geometry[one.slice_index])
            if fault:
                told = f"insertion_points {fault}"
                flags.append(CORRECTIONS_REFUSED.flag(series.kind, one.slice_index, reason=told))
            else:
                out[one.slice_index] = angles
    return out, tuple(flags)


def segments_left_out(kind: MapKind, corrections: Corrections) -> Segments:
    """Return the AHA segments of a map that a reader left out, by slice.

    Parameters
    ----------
    kind : as the map was first called
    corrections : of the study
    """
    return {one.slice_index: one.segments for one in corrections.slices if one.kind is kind and one.segments}


def reasons_of(kind: MapKind, corrections: Corrections) -> Mapping[int, str]:
    """Return why a reader left out AHA segments of a map, by slice, where he said it.

    Parameters
    ----------
    kind : as the map was first called
    corrections : of the study
    """
    return {one.slice_index: one.reason for one in corrections.slices if one.kind is kind and one.reason}


def segments_of_ecv(ecv: MappedEcv, corrections: Corrections) -> Segments:
    """Return the AHA segments that ECV leaves out, by slice: its own, and those of the T1 slices it is made from.

    Parameters
    ----------
    ecv : as made
    corrections : of the study
    """
    own = segments_left_out(MapKind.ECV, corrections)
    native = segments_left_out(ecv.native.first_called, corrections)
    post = segments_left_out(ecv.post.first_called, corrections)
    found = {
        index: tuple(sorted({*own.get(index, ()), *native.get(index, ()), *post.get(partner, ())}))
        for index, partner in enumerate(ecv.partner.tolist())
    }
    return {index: gone for index, gone in found.items() if gone}


def without_segments(
    fitted: ParameterMap, aha: LabelArray, segments: Segments, reasons: Mapping[int, str]
) -> tuple[ParameterMap, tuple[QualityFlag, ...]]:
    """Return a map whose means do not count some AHA segments, and what is to be told of it.

    A slice of which no pixel is left that counts is refused: it has no value.

    Parameters
    ----------
    fitted : the map
    aha : (slice, row, column) AHA segment of each pixel
    segments, reasons : by slice; reasons only where there are some
    """
    if not segments:
        return fitted, ()
    analysed = np.array(fitted.analysed)
    flags, empty = [], {}
    for index, gone in sorted(segments.items()):
        analysed[index] &= ~np.isin(aha[index], gone)
        why = f" ({quoted(reasons[index])})" if index in reasons else ""
        flags.append(READER_EXCLUDED.flag(fitted.kind, index, what=f"AHA segment {', '.join(map(str, gone))}{why}"))
        if fitted.analysed[index].any() and not analysed[index].any():
            empty[index] = _NO_SEGMENT
    return without_slices(replace(fitted, analysed=analysed), empty), tuple(flags)
