"""Why a pixel has the value that it has: the samples, the fit, and what it was counted or left out for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cmrmap.core.arrays import BoolArray, Float64Array
from cmrmap.core.errors import InputError
from cmrmap.core.outlines import Label
from cmrmap.core.parameter_map import COUNTED_STATUS, FitStatus, ParameterMap
from cmrmap.pipeline.mapped_series import MappedSeries

_OF_FIT = ("amplitude", "offset", "t_star", "r2")


@dataclass(frozen=True, slots=True)
class PixelExplanation:
    """The fit behind one pixel of a map: that of the polar cell which weighs most in it.

    A pixel of the scanner's map has no fit: its one sample is the map's value in that cell.

    Attributes
    ----------
    value, sd : of the map's pixel, in its unit; NaN where there is none
    status : outcome of the cell's fit
    counted : whether the statistics count the pixel
    reason : why they do not; "" where they do
    cell : (angle, depth) index of the cell
    share : of the pixel that the cell makes up, 0-1
    times_ms, samples, fitted : (time,) of the images that the cell has: signed samples with the noise floor taken out,
        and the fitted signal; NaN where an image was left out of the cell
    left_out_ms : times of the images that were left out because they spoil the cell, or the whole slice
    amplitude, offset, t_star, r2 : of the cell's fit
    noise_sd : of one pixel in this slice, in units of the signal
    """

    value: float
    sd: float
    status: FitStatus
    counted: bool
    reason: str
    cell: tuple[int, int]
    share: float
    times_ms: Float64Array
    samples: Float64Array
    fitted: Float64Array
    left_out_ms: tuple[float, ...]
    amplitude: float
    offset: float
    t_star: float
    r2: float
    noise_sd: float

    @property
    def residuals(self) -> Float64Array:
        """(time,) signed sample minus fit; NaN where an image was left out."""
        return self.samples - self.fitted


def explain_pixel(
    series: MappedSeries, slice_index: int, row: int, column: int, means: BoolArray | None = None
) -> PixelExplanation:
    """Tell how one pixel of a T1 or T2 map came about.

    Parameters
    ----------
    series : from :func:`cmrmap.pipeline.fit`
    slice_index, row, column : pixel of the map
    means : (slice, row, column) pixels that the means count, where a reader left out segments; None: nobody did

    Returns
    -------
    PixelExplanation
        samples, fit, and whether the pixel counts

    Raises
    ------
    InputError
        a pixel outside the mapped wall, or of a slice that was refused
    """
    fitted = series.map
    shape = fitted.values.shape
    if not (0 <= slice_index < shape[0] and 0 <= row < shape[1] and 0 <= column < shape[2]):
        raise InputError(f"the map has (slice, row, column) {shape}; found {(slice_index, row, column)}")
    if not series.made[slice_index]:
        reason = next((r.reason for r in fitted.refusals if r.slice_index == slice_index), "it was not fitted")
        raise InputError(f"slice {slice_index} has no map: {reason}")
    found = np.flatnonzero(series.weights.pixels[slice_index] == row * shape[2] + column)
    if not found.size:
        raise InputError(
            f"pixel ({row}, {column}) of slice {slice_index} lies outside the myocardium; choose one inside"
        )
    weights = series.weights.weights[slice_index][found[0]]
    best = int(weights.argmax())
    flat = int(series.weights.cells[slice_index][found[0], best])
    angle, depth = divmod(flat, series.weights.grid[1])
    place = slice_index, angle, depth
    used = np.flatnonzero(series.refined.usable[slice_index] & np.isfinite(series.polar.centres[slice_index, :, 0]))
    status = FitStatus(int(fitted.polar_status[place]))
    counted = bool((fitted.analysed if means is None else means)[slice_index, row, column])
    times = series.stack.times_ms[slice_index, used]
    if series.fit is None:
        samples = series.polar.signals[slice_index, used, angle, depth]
        curve, numbers, noise_sd = np.full(samples.shape, np.nan), dict.fromkeys(_OF_FIT, float("nan")), float("nan")
    else:
        cells = series.fit.cells
        samples, curve = (one[slice_index, used, angle, depth] for one in (cells.samples, cells.fitted))
        numbers = {name: float(getattr(cells, name)[place]) for name in _OF_FIT}
        noise_sd = float(series.fit.errors.noise_sd[slice_index])
    gone = np.isnan(samples) if series.fit is not None and np.isfinite(samples).any() else np.zeros(samples.shape, bool)
    return PixelExplanation(
        value=float(fitted.values[slice_index, row, column]),
        sd=float(fitted.sd[slice_index, row, column]),
        status=status,
        counted=counted,
        reason="" if counted else why_not_counted(fitted, series.blood_pixels, (slice_index, row, column)),
        cell=(angle, depth),
        share=float(weights[best]),
        times_ms=times,
        samples=samples,
        fitted=curve,
        left_out_ms=tuple(times[gone].tolist()),
        **numbers,
        noise_sd=noise_sd,
    )


def why_not_counted(fitted: ParameterMap, blood_pixels: BoolArray, pixel: tuple[int, int, int]) -> str:
    """Return why the statistics do not count a pixel of the wall.

    Parameters
    ----------
    fitted : the map
    blood_pixels : (slice, row, column) pixels that lie in the edge of the blood
    pixel : (slice, row, column) of one that no mean counts

    Returns
    -------
    str
        the first reason that applies
    """
    if fitted.analysed[pixel]:
        return "corrections.json leaves out its AHA segment"
    status = FitStatus(int(fitted.status[pixel]))
    if fitted.labels[pixel] != Label.MYOCARDIUM:
        return "it is not myocardium"
    if status is FitStatus.NO_VALID_VALUE:
        return "the scanner's map has no valid value there"
    if status not in COUNTED_STATUS:
        return f"the fit cannot be trusted: {status.name.lower()}"
    if not np.isfinite(fitted.values[pixel]):
        return "its neighbours' fits cannot be trusted"
    if blood_pixels[pixel]:
        return "it lies in the edge of the blood, or in a part of the wall that lies nearly all in that edge"
    return "it lies at the wall's border, or its value is outside the accepted range (analysis.pruning)"
