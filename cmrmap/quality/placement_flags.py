"""What is worth telling about where in the heart the slices of a series lie."""

from __future__ import annotations

from cmrmap.core.findings import QualityFlag
from cmrmap.core.map_specs import MapKind
from cmrmap.quality.catalogue.outline_quality import (
    INSERTION_POINTS_FROM_NEIGHBOUR,
    INSERTION_POINTS_MISSING,
    SLICE_ORDER_REVERSED,
    SLICE_ORDER_UNCONFIRMED,
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
