"""How far the mean of a region may be off: pixel noise, and errors that an image has in common over the region.

Pixel noise averages out over a region; what moves a whole region of one image does not: breathing through the coils'
shading, a beat that was not like the others, an outline that is a little off. Such an error is, to first order, a
relative gain of that image in that region. Both are measured from the residuals of the fit:

    residual of a cell           = (1 - H) (noise + gain * signal)
    mean residual of the region  = (1 - H) (noise averaged + gain * signal averaged)

with H the fit's projection. The first gives the noise, the second the gain: two equations for two variances. Both
are then carried to T by the fit's sensitivity. In a mean over slices noise averages out, common errors only in part:
those of two slices are correlated (`cmrmap.core.shared_errors`). Partial volume that is the same in all images leaves
no residual and is not detected. A residual common to all slices is no error of an image but the model's misfit
(`common_misfit`). It is removed here and reported as a finding of its own: `model_misfit`, for T2 without an offset
`offset_unknown`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from cmrmap.alignment import image_noise_gain
from cmrmap.core.arrays import BoolArray, Float64Array, IntArray
from cmrmap.core.memo import remembered_often
from cmrmap.core.polar_stack import PolarStack
from cmrmap.core.shared_errors import variance_over_slices
from cmrmap.pipeline.common_misfit import CommonMisfit, wall_misfit
from cmrmap.pipeline.polar_fit import PolarFit
from cmrmap.pipeline.slice_errors import TURNS, SliceErrors, measure_slice_errors
from cmrmap.relaxometry import get_model

#: of the places around the wall a region is judged by itself and, half as much, by its two neighbours: the coils'
#: shading and the outlines differ around the wall
_NEAR = np.array([0.5, 0.25, 0.0, 0.0, 0.0, 0.25])
_FEWEST_FREEDOM = 4.0  # with fewer a t distribution has next to no variance to speak of


@dataclass(frozen=True, slots=True)
class ErrorModel:
    """The errors of one series.

    Attributes
    ----------
    slices : None where a slice was not made or its noise cannot be told
    shape : (rows, columns) of the images
    misfit : the misfit common to all slices, which is not in the errors
    pool : the slices that common errors are judged by together; None: its own. Where a reader corrected slices they are
        the network's, so that the errors of the other slices stay what they were
    """

    fit: PolarFit
    slices: tuple[SliceErrors | None, ...]
    shape: tuple[int, int]
    misfit: CommonMisfit
    pool: tuple[SliceErrors | None, ...] | None = None

    @property
    def noise_sd(self) -> Float64Array:
        """(slice,) noise of one channel of one pixel, in units of the signal."""
        return np.array([np.nan if one is None else one.noise_sd for one in self.slices])

    @property
    def gain_sd(self) -> Float64Array:
        """(slice,) relative error that an image has in common over a sixth of the wall."""
        return np.array([np.nan if one is None else one.gain_sd for one in self.slices])

    @property
    def unevenness(self) -> Float64Array:
        """(slice,) share of the largest signal by which images differ around the wall: see ``SliceErrors``."""
        return np.array([np.nan if one is None else one.unevenness for one in self.slices])

    def beside(self, network: ErrorModel, touched: BoolArray) -> ErrorModel:
        """Return the errors of a series of which a reader corrected some slices; the others keep the network's.

        Parameters
        ----------
        network : of the same series with the network's outlines
        touched : (slice,) True for those that were corrected
        """
        pairs = zip(self.slices, network.slices, touched, strict=True)
        slices = tuple(own if changed else known for own, known, changed in pairs)
        return replace(self, slices=slices, misfit=network.misfit, pool=network.slices)

    def variance(self, cells: Float64Array) -> float:
        """Variance of a weighted sum of the cells' values.

        Parameters
        ----------
        cells : (slice, angle, depth) weight of each cell; zero outside the region

        Returns
        -------
        in the value's unit squared; NaN where a cell with weight has no known error
        """
        inside = np.flatnonzero((cells != 0).any(axis=(1, 2)))
        parts = np.array([self._slice_errors(int(s), cells[s]) for s in inside]).reshape(-1, 2)
        return float(parts[:, 0].sum()) + variance_over_slices(parts[:, 1])

    def _slice_errors(self, s: int, cells: Float64Array) -> tuple[float, float]:
        one = self.slices[s]
        if one is None:
            return float("nan"), float("nan")
        pool = self.slices if self.pool is None else self.pool
        return _cells_errors(cells, one, pool, self.shape, get_model(self.fit.model).n_parameters)


@remembered_often
def _cells_errors(
    cells: Float64Array,
    one: SliceErrors,
    pool: Sequence[SliceErrors | None],
    shape: tuple[int, int],
    n_parameters: int,
) -> tuple[float, float]:
    """Variance by noise, and SD by the images' common errors, of a weighted sum of a slice's cells (angle, depth).

    The SD has the sign of the weights.
    """
    inside = cells != 0
    pull = np.where(inside, one.sensitivity * cells, 0.0)
    noisy = pull * np.sqrt(np.where(inside, one.noise_share, 1.0))
    noise = float(image_noise_gain(one.rows, one.columns, noisy, shape).sum()) * one.noise_sd**2
    effect = np.where(inside, pull * one.measured, 0.0).sum(axis=(1, 2))
    pattern = np.abs(cells) / np.abs(cells).sum()
    common = _gain_variance(one, pool, pattern, shape, n_parameters) * float(effect @ effect)
    return noise, float(np.copysign(np.sqrt(common), cells.sum()))


def _gain_variance(
    reference: SliceErrors,
    pool: Sequence[SliceErrors | None],
    pattern: Float64Array,
    shape: tuple[int, int],
    n_parameters: int,
) -> float:
    """Variance of the relative error that an image has in common over a region of this shape.

    Half of what this slice shows at the place, half of what all slices of the series show there: one slice has few
    images to judge by, but may be worse than the others. What was judged by few images is widened: see ``widened``.
    """
    averaged = reference.averaged_noise(pattern, shape)
    excess, leverage, freedom = _common(pool, pattern, averaged, n_parameters)
    own = next((index for index, one in enumerate(pool) if one is reference), None)
    if own is None:  # a corrected slice is not among those that it is judged with
        own_excess, own_leverage, own_freedom = _common([reference], pattern, averaged, n_parameters)
    else:
        own_excess, own_leverage, own_freedom = excess[[own]], leverage[[own]], freedom[[own]]
    near = _NEAR if own_leverage[0] @ _NEAR > 0 else np.full(TURNS, 1.0 / TURNS)
    if not own_leverage[0] @ near > 0:
        return 0.0
    if not (leverage @ near).sum() > 0:
        excess, leverage, freedom = own_excess, own_leverage, own_freedom
    here = own_excess[0] @ near / (own_leverage[0] @ near)
    everywhere = (excess @ near).sum() / (leverage @ near).sum()
    variance = max(0.5 * float(here + everywhere), 0.0)
    return variance * widened(float(own_freedom[0]), float(freedom.sum()))


def _common(
    slices: Sequence[SliceErrors | None], pattern: Float64Array, averaged: float, n_parameters: int
) -> tuple[Float64Array, Float64Array, Float64Array]:
    """Excess over noise and leverage (slice, place), and degrees of freedom (slice,), 0 where nothing is known."""
    excess, leverage = np.zeros((2, len(slices), TURNS))
    freedom = np.zeros(len(slices))
    for index, one in enumerate(slices):
        if one is not None:
            found, by_noise, by_gain = one.common(pattern).T
            excess[index] = found - by_noise * averaged * one.noise_sd**2
            leverage[index] = by_gain
            freedom[index] = max(len(one.used) - n_parameters, 1)
    return excess, leverage, freedom


def widened(own: float, pooled: float) -> float:
    """Return what a variance is multiplied by that was judged by few images, nu / (nu - 2).

    It is the mean of two estimates, of a slice with ``own`` degrees of freedom and of all slices with ``pooled``, whose
    variance is 1 / (2 own) + 3 / (2 pooled) of its square; nu are the degrees of freedom of an estimate as uncertain.
    Source: JCGM 101:2008, 6.4.9.2 (the standard deviation of the t distribution that such an estimate stands for).
    """
    freedom = max(2.0 / (0.5 / own + 1.5 / pooled), _FEWEST_FREEDOM)
    return freedom / (freedom - 2.0)


def build_error_model(
    polar: PolarStack, fit: PolarFit, times: tuple[IntArray, ...], shape: tuple[int, int]
) -> ErrorModel:
    """Measure noise and common errors of a series from its residuals.

    Parameters
    ----------
    polar, fit : of the series
    times : per slice the indices of the images that were fitted
    shape : (rows, columns) of the images
    """
    misfit = wall_misfit(fit, polar.mid_wall)
    slices = tuple(measure_slice_errors(polar, fit, s, used, shape, misfit) for s, used in enumerate(times))
    return ErrorModel(fit, slices, shape, misfit)
