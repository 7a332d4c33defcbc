"""Extracellular volume from two T1 maps, blood T1 and hematocrit, with its uncertainty.

E = (1 - h) dm / db, with d = 1/T1post - 1/T1native of myocardium and blood (Zhu 2020, equation 1). The uncertainty
is first order; it agrees with Monte Carlo within half a percent.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cmrmap.core.arrays import Float64Array, readonly
from cmrmap.core.errors import InputError
from cmrmap.core.shared_errors import BETWEEN_SLICES, variance_over_slices
from cmrmap.ecv.hematocrit import Hematocrit


@dataclass(frozen=True, slots=True)
class EcvGrid:
    """ECV on the grid of its two T1 maps, with the derivatives that carry errors to any region.

    Attributes
    ----------
    fraction, sd : (slice, ...) ECV and its standard error as fractions; NaN where there is no answer
    by_native, by_post : (slice, ...) d(fraction)/d(T1 myocardium), 1/ms
    by_blood_native, by_blood_post : (slice, ...) d(fraction)/d(blood T1 of the same slice) at fixed hematocrit, 1/ms
    by_hematocrit : (slice, ...) d(fraction)/d(hematocrit fraction)
    blood_native_sd_ms, blood_post_sd_ms : (slice,)
    hematocrit : the value used
    """

    fraction: Float64Array
    sd: Float64Array
    by_native: Float64Array
    by_post: Float64Array
    by_blood_native: Float64Array
    by_blood_post: Float64Array
    by_hematocrit: Float64Array
    blood_native_sd_ms: Float64Array
    blood_post_sd_ms: Float64Array
    hematocrit: Hematocrit

    def __post_init__(self) -> None:
        for name in self.__dataclass_fields__:
            if name != "hematocrit":
                object.__setattr__(self, name, readonly(getattr(self, name), np.float64))


def ecv_grid(
    native_ms: Float64Array,
    native_sd_ms: Float64Array,
    post_ms: Float64Array,
    post_sd_ms: Float64Array,
    blood_native_ms: Float64Array,
    blood_native_sd_ms: Float64Array,
    blood_post_ms: Float64Array,
    blood_post_sd_ms: Float64Array,
    hematocrit: Hematocrit,
) -> EcvGrid:
    """Compute ECV and its standard error cell by cell.

    Parameters
    ----------
    native_ms, native_sd_ms, post_ms, post_sd_ms : (slice, ...) T1 of the myocardium on one grid; NaN = no value
    blood_native_ms, blood_native_sd_ms, blood_post_ms, blood_post_sd_ms : (slice,) NaN = no value
    hematocrit : measured or synthetic

    Returns
    -------
    EcvGrid
        NaN where a T1 is missing or not positive, and in slices whose blood T1 does not fall after contrast.

    Raises
    ------
    InputError
        shapes that do not match

    Examples
    --------
    >>> import numpy as np
    >>> from cmrmap.ecv import ecv_grid
    >>> from cmrmap.ecv.hematocrit import parse_hematocrit
    >>> wall, blood = np.array([[1000.0, np.nan]]), np.array([1600.0])
    >>> post_wall, post_blood = np.array([[450.0, 450.0]]), np.array([300.0])
    >>> sd, blood_sd = np.full((1, 2), 10.0), np.array([20.0])
    >>> hematocrit = parse_hematocrit(0.42, "example")
    >>> ecv = ecv_grid(wall, sd, post_wall, sd, blood, blood_sd, post_blood, blood_sd, hematocrit)
    >>> print((100 * ecv.fraction).round(1), (100 * ecv.sd).round(1))
    [[26.2  nan]] [[2.4 nan]]
    """
    n_slices = native_ms.shape[0]
    shape = native_ms.shape
    blood = (blood_native_ms, blood_native_sd_ms, blood_post_ms, blood_post_sd_ms)
    slopes = np.asarray(hematocrit.blood_slope or np.zeros(n_slices))
    if any(a.shape != shape for a in (native_sd_ms, post_ms, post_sd_ms)):
        raise InputError(f"native and post-contrast T1 must lie on one grid {shape}; found {post_ms.shape}")
    if any(np.shape(b) != (n_slices,) for b in blood) or slopes.shape != (n_slices,):
        raise InputError(f"blood T1 and the synthetic hematocrit must have one value per slice ({n_slices})")
    along = (n_slices, *([1] * (len(shape) - 1)))
    bn, bn_sd, bp, bp_sd = (np.asarray(b, dtype=np.float64).reshape(along) for b in blood)
    h = hematocrit.value_fraction
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        positive = (native_ms > 0) & (post_ms > 0) & (bn > 0) & (bp > 0) & (bp < bn)
        t0, t1, b0, b1 = (np.where(positive, a, np.nan) for a in (native_ms, post_ms, bn, bp))
        db = 1.0 / b1 - 1.0 / b0
        fraction = (1.0 - h) * (1.0 / t1 - 1.0 / t0) / db
        by_native = (1.0 - h) / (db * t0**2)
        by_post = -(1.0 - h) / (db * t1**2)
        by_blood_native = -fraction / (db * b0**2)
        by_blood_post = fraction / (db * b1**2)
        by_hematocrit = -fraction / (1.0 - h)
        # a synthetic hematocrit moves with the native blood T1 of every slice: of its own on top of the direct effect,
        # which it partly cancels
        moved = np.where(slopes != 0, slopes * np.asarray(blood_native_sd_ms), 0.0)
        own = moved.reshape(along)
        itself = by_blood_native * bn_sd + by_hematocrit * own
        others = by_hematocrit * (moved.sum() - own)
        alone = itself**2 + by_hematocrit**2 * ((moved**2).sum() - own**2)
        variance = (
            (by_native * native_sd_ms) ** 2
            + (by_post * post_sd_ms) ** 2
            + (1.0 - BETWEEN_SLICES) * alone
            + BETWEEN_SLICES * (itself + others) ** 2
            + (by_blood_post * bp_sd) ** 2
            + (by_hematocrit * hematocrit.sd) ** 2
        )
    return EcvGrid(
        fraction,
        np.sqrt(variance),
        by_native,
        by_post,
        by_blood_native,
        by_blood_post,
        by_hematocrit,
        np.asarray(blood_native_sd_ms, dtype=np.float64),
        np.asarray(blood_post_sd_ms, dtype=np.float64),
        hematocrit,
    )


def region_common_variance(grid: EcvGrid, region_weights: Float64Array) -> float:
    """Return what blood T1 and hematocrit add to the variance of a region's mean ECV.

    These errors are the same in every pixel of a slice (hematocrit: of the patient), so they do not average out; those
    of the blood in two slices are correlated (`cmrmap.core.shared_errors`).
    The variance from the two myocardial maps comes on top: their noise, carried by ``by_native`` and ``by_post``.

    Parameters
    ----------
    grid : from ``ecv_grid``
    region_weights : the shape of ``grid.fraction``, weight of every cell in the mean, summing to 1; cells of weight
        0 do not count, whatever they hold

    Returns
    -------
    variance of the mean as fraction squared; NaN where a cell with weight has no value
    """
    axes = tuple(range(1, region_weights.ndim))

    def mean_of(derivative: Float64Array) -> Float64Array:
        counted = np.where(region_weights != 0, derivative, 0.0)
        return np.asarray((counted * region_weights).sum(axis=axes), dtype=np.float64)

    by_hematocrit = float(mean_of(grid.by_hematocrit).sum())
    slopes = np.asarray(grid.hematocrit.blood_slope or np.zeros(region_weights.shape[0]))
    by_native = mean_of(grid.by_blood_native) + by_hematocrit * slopes
    by_post = mean_of(grid.by_blood_post)
    variance = (by_hematocrit * grid.hematocrit.sd) ** 2
    for derivative, sd in ((by_native, grid.blood_native_sd_ms), (by_post, grid.blood_post_sd_ms)):
        variance += variance_over_slices(np.where(derivative != 0, derivative * sd, 0.0))
    return variance
