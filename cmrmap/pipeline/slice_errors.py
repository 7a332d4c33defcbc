"""Noise and common errors of one slice, from the residuals of its fit; why so: `cmrmap.pipeline.error_model`."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np

from cmrmap.alignment import image_noise_gain, sample_noise_factor, wall_parts
from cmrmap.core.arrays import BoolArray, Float64Array, FloatArray, IntArray, frozen
from cmrmap.core.memo import Unchanging, remembered_often
from cmrmap.core.polar_stack import PolarStack
from cmrmap.pipeline.common_misfit import CommonMisfit
from cmrmap.pipeline.polar_fit import PolarFit
from cmrmap.relaxometry import get_model
from cmrmap.relaxometry.rician import residual_share

#: how large a region's common errors are is judged by regions of its shape around the wall, in steps of 60 degrees
TURNS = 6
_LEAST_KNOWN = 0.5  # of a region's weight must have a fit


@dataclass(frozen=True, slots=True)
class SliceErrors(Unchanging):
    """What one slice's residuals are judged by.

    Attributes
    ----------
    used : (time,) indices of the images that were fitted
    rows, columns : (time, angle, depth) where their samples lie
    residuals, signal, share : (time, angle, depth) residual, fitted signal, noise share; 0 where a cell is not trusted
    known : (time, angle, depth) False there, and for images that were left out of a cell
    sensitivity, noise_share : (time, angle, depth) as in ``PolarFit``
    measured : (time, angle, depth) fitted signal as it was measured: without its sign where that is not known
    left : (time, time) squares of 1 - H, H the fit's projection at the slice's mean: what an error in one image leaves
        in the residual of another
    added_variance : (time,) relative increase of a common error's variance by removing the other slices' misfit, which
        includes their errors
    noise_sd : of one channel of one pixel, the common errors taken out
    gain_sd : relative error that an image has in common over a sixth of the wall
    unevenness : by how much the images differ around the wall from one relaxation, beyond noise, as a share of the
        largest signal: an outline that lies to one side, or another moment of the heart's cycle; what they differ by
        all around, as a model that is not quite true, is not in it
    """

    used: IntArray
    rows: Float64Array
    columns: Float64Array
    residuals: Float64Array
    signal: Float64Array
    share: Float64Array
    known: BoolArray
    sensitivity: Float64Array
    noise_share: Float64Array
    measured: Float64Array
    left: Float64Array
    added_variance: Float64Array
    noise_sd: float = float("nan")
    gain_sd: float = float("nan")
    unevenness: float = float("nan")

    def __post_init__(self) -> None:
        for one in fields(self):
            if isinstance(getattr(self, one.name), np.ndarray):
                object.__setattr__(self, one.name, frozen(getattr(self, one.name)))

    @remembered_often
    def averaged_noise(self, pattern: Float64Array, shape: tuple[int, int]) -> float:
        """Variance of the mean over a region of one image, per unit of pixel variance; ``pattern`` sums to 1."""
        pull = np.broadcast_to(pattern, self.rows.shape)
        return float(image_noise_gain(self.rows, self.columns, pull, shape).mean())

    @remembered_often
    def common(self, pattern: Float64Array, *, by_influence: bool = True) -> Float64Array:
        """Turn a region around the wall and add up over all places.

        Parameters
        ----------
        pattern : (angle, depth) weights of the region, summing to 1
        by_influence : weight images by the square of their influence on the value, since errors in vivo are not an
            equal share of every image's signal; else all images have equal weight

        Returns
        -------
        (turn, 3) weighted squares of the region's mean residuals; what they would be if every image's noise had unit
        variance in the mean, and if every image had a gain error of unit variance; 0 where too little of the place has
        a fit
        """
        turned = np.stack([np.roll(pattern, turn * len(pattern) // TURNS, axis=0).ravel() for turn in range(TURNS)], 1)
        known = self._planes(self.known) @ turned
        sensitive = np.where(self.known & np.isfinite(self.sensitivity), self.sensitivity, 0.0)
        # (time, turn); cells of unknown sensitivity do not contribute to an image's influence
        pull = self._planes(sensitive) @ turned
        seen = np.asarray((known > _LEAST_KNOWN).all(axis=0), dtype=np.bool_)
        residual, signal, share = (
            self._planes(planes) @ turned / np.where(known > 0, known, 1.0)
            for planes in (self.residuals, self.signal, self.share)
        )
        squares = (pull**2).sum(axis=0)
        influence = np.full(pull.shape, 1.0 / len(pull))
        if by_influence:
            influence = np.where(squares > 0, pull**2 / np.where(squares > 0, squares, 1.0), influence)
        by_noise = self.left.T @ influence
        by_gain = self.left.T @ (influence * (1.0 + self.added_variance)[:, None])
        squared = influence * residual**2, by_noise * share, by_gain * signal**2
        return np.where(seen[:, None], np.stack([each.sum(axis=0) for each in squared], axis=1), 0.0)

    @staticmethod
    def _planes(cells: FloatArray | BoolArray) -> Float64Array:
        """(time, angle, depth) as rows of cells, so that a sum over many regions is one product of matrices."""
        return np.asarray(cells, dtype=np.float64).reshape(len(cells), -1)


def measure_slice_errors(
    polar: PolarStack, fit: PolarFit, s: int, used: IntArray, shape: tuple[int, int], misfit: CommonMisfit
) -> SliceErrors | None:
    """Measure noise and common errors of slice ``s``; None where it was not made or its noise cannot be measured.

    ``misfit`` : common to all slices, so no error of this slice's images
    """
    if not used.size or not fit.trusted[s].any() or not np.isfinite(fit.noise_sd[s]):
        return None
    if get_model(fit.model).conditional:  # images that count in a few cells tell nothing of the slice
        counted = np.isfinite(fit.samples[s, used]) & fit.trusted[s]
        kept = counted.sum(axis=(1, 2)) >= _LEAST_KNOWN * fit.trusted[s].sum()
        used = used[kept]
    residuals = fit.residuals[s, used] - misfit.taken_out[s, used, None, None] * fit.amplitude[s]
    known = np.isfinite(residuals) & fit.trusted[s]
    one = SliceErrors(
        used=used,
        rows=polar.rows[s, used],
        columns=polar.columns[s, used],
        residuals=np.where(known, residuals, 0.0),
        signal=np.where(known, fit.fitted[s, used], 0.0),
        share=np.where(known, fit.noise_share[s, used], 0.0),
        known=known,
        sensitivity=fit.sensitivity[s, used],
        noise_share=fit.noise_share[s, used],
        measured=fit.fitted[s, used] if fit.signed[s] else np.abs(fit.fitted[s, used]),
        left=_left(fit, s, used),
        added_variance=misfit.added_variance[s, used],
    )
    # two equations, of single cells and of sixths of the wall, at mid-wall, where partial volume does not disturb
    inside = known & polar.mid_wall
    own = one.left.sum(axis=1)
    power = float((one.residuals**2)[inside].sum())
    factor = sample_noise_factor(polar)[s, used]
    by_noise = float((factor * one.share * own[:, None, None])[inside].sum())
    gained = own * (1.0 + one.added_variance)
    by_gain = float((one.signal**2 * gained[:, None, None])[inside].sum())
    sixth = np.zeros(polar.signals.shape[2:])
    sixth[: max(len(sixth) // TURNS, 1), polar.mid_wall] = 1.0
    sixth /= sixth.sum()
    found, region_noise, region_gain = (float(x) for x in one.common(sixth, by_influence=False).sum(axis=0))
    region_noise *= one.averaged_noise(sixth, shape)
    determinant = by_noise * region_gain - by_gain * region_noise
    gain = (by_noise * found - region_noise * power) / determinant if determinant > 0 else 0.0
    gain = max(gain, 0.0)  # none is seen: all residual is noise
    noise = max(power - gain * by_gain, 0.0) / by_noise if by_noise > 0 else float("nan")
    uneven = _unevenness(one, polar.mid_wall, get_model(fit.model).n_parameters, noise, shape)
    return replace(one, noise_sd=float(np.sqrt(noise)), gain_sd=float(np.sqrt(gain)), unevenness=uneven)


def _unevenness(
    one: SliceErrors, mid_wall: BoolArray, n_parameters: int, noise_variance: float, shape: tuple[int, int]
) -> float:
    """Return the part of the mean residuals' variance around the wall that noise does not explain; see ``SliceErrors``.

    NaN where too few parts of the wall have a fit in every image.
    """
    inside = one.known & mid_wall
    counts = _sums(inside.astype(np.float64))
    seen = (counts > 0).all(axis=1)
    freedom = len(one.used) - n_parameters
    if np.count_nonzero(seen) < 2 or freedom < 1:
        return float("nan")
    residuals, signals = (
        _sums(np.where(inside, planes, 0.0))[seen] / counts[seen] for planes in (one.residuals, one.signal)
    )
    pattern = np.zeros(inside.shape[1:])
    wall_parts(pattern)[0][:, mid_wall] = 1.0
    noise = noise_variance * one.averaged_noise(pattern / pattern.sum(), shape)
    variance = residuals.var(axis=0, ddof=1).sum() / freedom - noise
    largest = float(np.median(np.abs(signals).max(axis=1)))
    return float(np.sqrt(max(variance, 0.0))) / largest if largest > 0 else float("nan")


def _left(fit: PolarFit, s: int, used: IntArray) -> Float64Array:
    """Squares of 1 - H at the slice's mean parameters, (time, time)."""
    trusted = fit.trusted[s]
    mean = np.array([a[s][trusted].mean() for a in (fit.t_star, fit.amplitude, fit.offset)])
    return np.asarray(residual_share(fit.model, fit.times_ms[s, used], mean, float(fit.floor_sd[s])) ** 2, np.float64)


def _sums(planes: Float64Array) -> Float64Array:
    """(part, time) sums of (time, angle, depth) over parts of the wall."""
    return np.array([part.sum(axis=(1, 2)) for part in wall_parts(planes)])
