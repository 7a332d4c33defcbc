"""What is worth telling about where in the heart the slices of a series lie."""

from __future__ import annotations

from collections.abc import Sequence

from cmrmap.core.arrays import Float64Array, finite_median
from cmrmap.core.findings import QualityFlag
from cmrmap.core.map_specs import MapKind
from cmrmap.quality.catalogue.outline_quality import (
    INSERTION_POINTS_FROM_NEIGHBOUR,
    INSERTION_POINTS_MISSING,
    MIRRORED,
    SLICE_ORDER_REVERSED,
    SLICE_ORDER_UNCONFIRMED,
    UNUSUAL_PLANE,
)
from cmrmap.regional import InsertionPoints, LevelAssignment, PointSource, SliceOrder


def slice_order_flags(levels: LevelAssignment, kind: MapKind) -> tuple[QualityFlag, ...]:
    """Tell an order of slices that anatomy contradicts, or does not confirm.

    Parameters
    ----------
    levels : of the slices
    kind : the map whose slices they are
    """
    finding = {SliceOrder.CONTRADICTED: SLICE_ORDER_REVERSED, SliceOrder.UNDECIDED: SLICE_ORDER_UNCONFIRMED}
    return (finding[levels.order].flag(kind),) if levels.order in finding else ()


def plane_flags(degrees: Sequence[float], kind: MapKind) -> tuple[QualityFlag, ...]:
    """Report slices that are not in the usual short-axis plane.

    Parameters
    ----------
    degrees : of each slice, see :func:`cmrmap.core.heart_axis.long_axis_deg`
    kind : the map whose slices they are
    """
    found = finite_median(degrees)
    return (UNUSUAL_PLANE.flag(kind, found=found),) if UNUSUAL_PLANE.crossed(found) else ()


def mirror_flags(handedness: Float64Array, kind: MapKind) -> tuple[QualityFlag, ...]:
    """Report slices that show a mirrored heart.

    Parameters
    ----------
    handedness : (slice,) see :func:`cmrmap.regional.handedness`
    kind : the map whose slices they are
    """
    return (MIRRORED.flag(kind),) if MIRRORED.crossed(finite_median(handedness)) else ()


def insertion_point_flags(points: InsertionPoints, kind: MapKind) -> tuple[QualityFlag, ...]:
    """Tell slices whose insertion points were taken from other slices or are not known.

    Parameters
    ----------
    points : of the slices
    kind : the map whose slices they are
    """
    finding = {
        PointSource.NEIGHBOUR: INSERTION_POINTS_FROM_NEIGHBOUR,
        PointSource.NONE: INSERTION_POINTS_MISSING,
    }
    return tuple(
        finding[source].flag(kind, s, reason=reason)
        for s, (source, reason) in enumerate(zip(points.source, points.reason, strict=True))
        if source in finding
    )
