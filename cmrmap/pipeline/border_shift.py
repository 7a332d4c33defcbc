"""Effect of a shift of the borders on a mean: an error shared by all images, which leaves no residual.

A reader's convention and the point spread shift a border in the same way in all images and slices; how obliquely a
border lies in the slice, and how clear it is there, differ from slice to slice. Such a shift brings every cell a little
nearer to the blood or to the tissue around the heart. Its effect on a mean follows from the map itself, from the slope
of the analysed values from the endocardium to the epicardium:

    change of the mean = sum over cells of weight * dT/dr * (share of the shift at that depth)

with the whole shift of the endocardium at depth 0, none of it at depth 1, and the other way round for the epicardium.
In a wall whose values do not change with depth a shift has no effect. Of a mean over slices the part of the shift that
all slices share does not average out; each slice's own does.
"""

from __future__ import annotations

import numpy as np

from cmrmap.core.arrays import Float64Array
from cmrmap.core.parameter_map import ParameterMap
from cmrmap.pipeline.mapped_series import MappedSeries

#: standard deviations of the shift of a border that all slices share, and of each slice's own; ours
#: (docs/relaxometry.md): chosen on virtual patients
SHIFT_SD_MM = 0.8
SLICE_SHIFT_SD_MM = 1.0


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
    """Return what a shift of the borders that all images share adds to the variance of a mean.

    Parameters
    ----------
    fitted : the map, values on the polar grid (slice, angle, depth); those out of range are not used for the slope
    cells : (slice, angle, depth) weight of every cell in the mean, summing to 1
    thickness_mm : (slice, angle)

    Returns
    -------
    in the map's unit squared; a slice whose counted angles have values at fewer than two depths adds nothing
    """
    values, value_range = fitted.polar_values, fitted.kind.spec.value_range.value
    depth = (np.arange(values.shape[2]) + 0.5) / values.shape[2]
    shares = np.stack([1.0 - depth, depth], axis=1)
    per_mm = np.zeros((len(cells), 2))  # (slice, border)
    for s in np.flatnonzero((cells != 0).any(axis=(1, 2))):
        slope = _slope_per_mm(values[s], cells[s].sum(axis=1), thickness_mm[s], value_range)
        per_mm[s] = (cells[s].sum(axis=0) * np.nan_to_num(slope)) @ shares
    shared = float((per_mm.sum(axis=0) ** 2).sum())
    return SHIFT_SD_MM**2 * shared + SLICE_SHIFT_SD_MM**2 * float((per_mm**2).sum())


def _slope_per_mm(
    values: Float64Array, angles: Float64Array, thickness_mm: Float64Array, value_range: float | tuple[float, float]
) -> Float64Array:
    """(depth,) slope of the mean over the angles that count, outwards; NaN where too few depths have a value."""
    low, high = np.broadcast_to(value_range, 2)
    with np.errstate(invalid="ignore"):
        known = np.where((values >= low) & (values <= high), values, np.nan)
    step_mm = np.where(thickness_mm > 0, thickness_mm, np.nan)[:, None] / values.shape[1]
    # along each ray separately: else a cell without a value would add the difference between rays to the slope
    steps = np.diff(known, axis=1) / step_mm
    beside = np.full((2, *values.shape), np.nan)
    beside[0, :, 1:] = beside[1, :, :-1] = steps
    n_steps = np.isfinite(beside).sum(axis=0)
    slopes = np.divide(np.nansum(beside, axis=0), n_steps, out=np.full(values.shape, np.nan), where=n_steps > 0)
    weight = np.where(np.isfinite(known) & np.isfinite(slopes), angles[:, None], 0.0)
    total = weight.sum(axis=0)
    out = np.full(values.shape[1], np.nan)
    np.divide((weight * np.nan_to_num(slopes)).sum(axis=0), total, out=out, where=total > 0)
    return out
