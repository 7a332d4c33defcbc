"""What a mean owes to where the borders lie: an error that all images and slices share, so that no residual shows it.

Whoever draws has a habit, and the point spread moves what is seen: both shift a border alike in all images and slices.
Such a shift brings every cell a little nearer to the blood or to what lies around the heart. What that does to a mean
is told by the map itself, by how steeply its values change from the endocardium to the epicardium where they are
counted:

    change of the mean = sum over cells of weight * dT/dr * (share of the shift at that depth)

with the whole shift of the endocardium at depth 0, none of it at depth 1, and the other way round for the epicardium.
In a wall that is even from border to border a shift does nothing.
"""

from __future__ import annotations

import numpy as np

from cmrmap.core.arrays import Float64Array
from cmrmap.core.parameter_map import ParameterMap
from cmrmap.pipeline.mapped_series import MappedSeries

#: standard deviation of a border's shift that all images share; ours (docs/relaxometry.md): chosen on virtual patients
SHIFT_SD_MM = 0.8


def wall_thickness_mm(series: MappedSeries) -> Float64Array:
    """Return the thickness of the wall along every ray of the images that the map is drawn on.

    Parameters
    ----------
    series : as mapped

    Returns
    -------
    (slice, angle) mm; NaN in slices that were not made
    """
    polar = series.polar
    out = np.full((polar.signals.shape[0], polar.signals.shape[2]), np.nan)
    for s in np.flatnonzero(series.made):
        time = series.map.reference_time[s]
        pixels = polar.outer_radius[s, time] - polar.inner_radius[s, time]
        out[s] = pixels * np.mean(series.stack.geometry[s].pixel_spacing_mm)
    return out


def border_shift_variance(fitted: ParameterMap, cells: Float64Array, thickness_mm: Float64Array) -> float:
    """Return what a shift of the borders, shared by all images and slices, adds to the variance of a mean.

    Parameters
    ----------
    fitted : the map, values on the polar grid (slice, angle, depth); those that cannot count do not tell the slope
    cells : (slice, angle, depth) weight of every cell in the mean, summing to 1
    thickness_mm : (slice, angle)

    Returns
    -------
    in the map's unit squared; a slice whose counted angles have values at fewer than two depths adds nothing
    """
    values, value_range = fitted.polar_values, fitted.kind.spec.value_range.value
    inner = outer = 0.0
    depth = (np.arange(values.shape[2]) + 0.5) / values.shape[2]
    for s in np.flatnonzero((cells != 0).any(axis=(1, 2))):
        slope = _slope_per_mm(values[s], cells[s].sum(axis=1), thickness_mm[s], value_range)
        at_depth = cells[s].sum(axis=0) * np.nan_to_num(slope)
        inner += float(at_depth @ (1.0 - depth))
        outer += float(at_depth @ depth)
    return SHIFT_SD_MM**2 * (inner**2 + outer**2)


def _slope_per_mm(
    values: Float64Array, angles: Float64Array, thickness_mm: Float64Array, value_range: float | tuple[float, float]
) -> Float64Array:
    """(depth,) slope of the mean over the angles that count, outwards; NaN where too few depths have a value."""
    low, high = np.broadcast_to(value_range, 2)
    with np.errstate(invalid="ignore"):
        known = (values >= low) & (values <= high)
    weight = np.where(known, angles[:, None], 0.0)
    total = weight.sum(axis=0)
    there = np.flatnonzero(total > 0)
    out = np.full(values.shape[1], np.nan)
    thick = np.isfinite(thickness_mm) & (thickness_mm > 0)
    if len(there) < 2 or not angles[thick].sum() > 0:
        return out
    profile = (weight * np.where(known, values, 0.0)).sum(axis=0)[there] / total[there]
    mm = (there + 0.5) / values.shape[1] * float(angles[thick] @ thickness_mm[thick] / angles[thick].sum())
    out[there] = np.gradient(profile, mm)
    return out
