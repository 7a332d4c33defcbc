"""Where the slices of a series lie in the heart: levels, insertion points, AHA segments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from cmrmap.core.arrays import BoolArray, Float64Array, LabelArray, frozen
from cmrmap.core.errors import InputError
from cmrmap.core.outlines import Label
from cmrmap.pipeline.mapped_series import MappedSeries
from cmrmap.regional import (
    InsertionPoints,
    LevelAssignment,
    aha_map,
    apex_direction,
    assign_levels,
    doubt_by_segment,
    find_insertion_points,
)


@dataclass(frozen=True, slots=True)
class Regions:
    """Where the slices of one series lie in the heart.

    Attributes
    ----------
    levels, points : of every slice
    aha : (slice, row, column) AHA segment of every pixel of the reference walls; 0 outside
    """

    levels: LevelAssignment
    points: InsertionPoints
    aha: LabelArray

    def __post_init__(self) -> None:
        object.__setattr__(self, "aha", frozen(self.aha, np.uint8))
        n_slices = len(self.levels.levels)
        if self.aha.ndim != 3 or not len(self.aha) == len(self.points.source) == n_slices:
            raise InputError(
                f"levels of {n_slices} slices need their insertion points and segments; found "
                f"{len(self.points.source)} and an array {self.aha.shape}"
            )

    def contour_doubt(self, series: MappedSeries, index: int) -> dict[int, float]:
        """Return how likely a contour lies more than 3 mm off in each AHA segment of a slice; empty: not known.

        Parameters
        ----------
        series : whose regions these are
        index : of the slice
        """
        doubt = series.refined.border_doubt
        if doubt is None:
            return {}
        return doubt_by_segment(
            doubt[index],
            float(self.points.anterior_rad[index]),
            float(self.points.inferior_rad[index]),
            self.levels.levels[index],
            series.stack.geometry[index],
        )


def locate(series: MappedSeries, manual: Mapping[int, tuple[float, float]] | None = None) -> Regions:
    """Find level, insertion points and AHA segments of a series' slices.

    Parameters
    ----------
    series : as mapped
    manual : slice index -> (anterior, inferior) image angles in radians, in place of those found
    """
    labels, geometry = series.map.labels, series.stack.geometry
    areas = _areas(series)
    if series.network is not None:  # a slice that a reader leaves out, or draws larger, moves no other
        alone = _areas(series.network)
        areas = np.where(np.isfinite(alone), alone, areas)
    levels = assign_levels(areas)
    apex = apex_direction(geometry)
    if apex is not None and levels.reversed:
        apex = -apex
    points = find_insertion_points(series.refined.labels, series.used, geometry, apex=apex, manual=manual)
    if series.network is not None:
        points = _where_touched(series.refined.touched, points, locate(series.network, manual).points)
    wall = np.asarray(labels == Label.MYOCARDIUM, dtype=np.bool_)
    return Regions(levels, points, aha_map(wall, series.reference_centres, points, levels.levels, geometry))


def _areas(series: MappedSeries) -> Float64Array:
    """(slice,) area of the left ventricle in mm2; NaN where the slice was not made."""
    bodies = (series.map.labels == Label.MYOCARDIUM) | (series.map.labels == Label.CAVITY)
    pixel_mm2 = np.array([float(np.prod(plane.pixel_spacing_mm)) for plane in series.stack.geometry])
    return np.where(series.made, np.count_nonzero(bodies, axis=(1, 2)) * pixel_mm2, np.nan)


def _where_touched(touched: BoolArray, own: InsertionPoints, network: InsertionPoints) -> InsertionPoints:
    """Return the points of the slices that a reader corrected, and the network's in the others."""
    return InsertionPoints(
        np.where(touched, own.anterior_rad, network.anterior_rad),
        np.where(touched, own.inferior_rad, network.inferior_rad),
        tuple(a if changed else b for a, b, changed in zip(own.source, network.source, touched, strict=True)),
        tuple(a if changed else b for a, b, changed in zip(own.reason, network.reason, touched, strict=True)),
    )
