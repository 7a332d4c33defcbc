"""Extracellular volume from two T1 maps, blood T1 and hematocrit, with its uncertainty.

E = (1 - h) dm / db, with d = 1/T1post - 1/T1native of myocardium and blood (Zhu 2020, equation 1). The uncertainty
is first order; it agrees with Monte Carlo within half a percent.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cmrmap.errors import InputError
from cmrmap.types import Float64Array, readonly

_LEAST_FRACTION, _MOST_FRACTION = 0.10, 0.70
_LEAST_PERCENT, _MOST_PERCENT = 20.0, 70.0


@dataclass(frozen=True, slots=True)
class Hematocrit:
    """Hematocrit of the patient.

    Attributes
    ----------
    value_fraction : 0.10-0.70
    source : where it comes from, e.g. "command line"; "synthetic ..." where it was estimated from blood T1
    sd : standard error of the fraction, apart from what ``blood_slope`` carries
    blood_slope : (slice,) d(fraction)/d(native blood T1 of that slice), 1/ms, of a synthetic value; empty if measured
    note : what to tell the user, "" if nothing
    """

    value_fraction: float
    source: str
    sd: float = 0.0
    blood_slope: tuple[float, ...] = ()
    note: str = ""

    def __post_init__(self) -> None:
        if not _LEAST_FRACTION <= self.value_fraction <= _MOST_FRACTION:
            raise InputError(
                f"hematocrit from {self.source} is {self.value_fraction:.4g}; expected a fraction of "
                f"{_LEAST_FRACTION:.2f}-{_MOST_FRACTION:.2f}: check the value and its unit"
            )
        if not self.sd >= 0:
            raise InputError(f"the hematocrit's standard error must be 0 or more; found {self.sd:.4g}")

    @property
    def synthetic(self) -> bool:
        """Whether the value was estimated from blood T1."""
        return bool(self.blood_slope)


def parse_hematocrit(value: float | str, source: str, sd: float = 0.0) -> Hematocrit:
    """Read a hematocrit that a person or a file gives, as a fraction or in percent.

    Parameters
    ----------
    value : 0.10-0.70 is a fraction; 20-70 is percent, with a note
    source : where it was given
    sd : standard error of the fraction

    Raises
    ------
    InputError
        no number, or none that a living patient has
    """
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise InputError(f"hematocrit from {source} is {value!r}, not a number; give a fraction such as 0.42") from None
    if _LEAST_PERCENT <= number <= _MOST_PERCENT:
        return Hematocrit(
            number / 100.0, source, sd, note=f"hematocrit {number:g} read as percent ({number / 100.0:.3g})"
        )
    if not _LEAST_FRACTION <= number <= _MOST_FRACTION:  # NaN too
        raise InputError(
            f"hematocrit from {source} is {number:g}; expected a fraction of {_LEAST_FRACTION:.2f}-"
            f"{_MOST_FRACTION:.2f} or {_LEAST_PERCENT:.0f}-{_MOST_PERCENT:.0f} percent"
        )
    return Hematocrit(number, source, sd)


@dataclass(frozen=True, slots=True)
class SyntheticRegression:
    """Hematocrit = slope / blood T1 + offset at one field strength.

    Attributes
    ----------
    slope_ms, offset : of the published regression
    residual_sd : scatter of measured hematocrit about it; ours, see ``synthetic_hematocrit``
    citation : where it was published
    """

    slope_ms: float
    offset: float
    residual_sd: float
    citation: str


SYNTHETIC_REGRESSIONS: tuple[tuple[float, SyntheticRegression], ...] = (
    (1.5, SyntheticRegression(866.0, -0.1232, 0.03, "Treibel 2016, 1.5 T")),
    (3.0, SyntheticRegression(1355.52, -0.310, 0.03, "Graz 2024, 3 T, doi:10.1016/j.ejrad.2024.111659")),
)


def synthetic_hematocrit(
    blood_native_ms: Float64Array, blood_native_sd_ms: Float64Array, field_strength_t: float | None
) -> Hematocrit:
    """Estimate hematocrit from native blood T1, where none was measured.

    Each field strength has its own regression, and no other is used for it. The blood T1 of the slices is averaged
    with weights of inverse variance. The scatter about the regression (0.03, ours: the order of the residual that
    published correlations leave) stays in ``sd``; the error of blood T1 goes through ``blood_slope``, since it is
    shared with the equation of ECV. Not validated in children (Raucci, JCMR 2017).

    Parameters
    ----------
    blood_native_ms, blood_native_sd_ms : (slice,) native blood T1 and its standard error; NaN where there is none
    field_strength_t : of the scanner, or None where unknown

    Raises
    ------
    InputError
        a field strength without a regression, no blood T1, or a result that no patient has
    """
    match = [r for tesla, r in SYNTHETIC_REGRESSIONS if field_strength_t and abs(field_strength_t - tesla) <= 0.15]
    if not match:
        found = "unknown" if not field_strength_t else f"{field_strength_t:g} T"
        raise InputError(f"synthetic hematocrit has a regression for 1.5 T and 3 T; field strength is {found}")
    values = np.asarray(blood_native_ms, dtype=np.float64)
    errors = np.asarray(blood_native_sd_ms, dtype=np.float64)
    known = np.isfinite(values) & (values > 0)
    if not known.any():
        raise InputError("synthetic hematocrit needs native blood T1; no slice has one: give a measured hematocrit")
    weighted = known & np.isfinite(errors) & (errors > 0)
    if not weighted[known].all():
        weights = known.astype(np.float64)  # no standard error to weight with
    else:
        weights = np.where(known, 1.0 / np.where(known, errors, 1.0) ** 2, 0.0)
    weights /= weights.sum()
    blood = float(weights @ np.where(known, values, 0.0))
    regression = match[0]
    slopes = -regression.slope_ms / blood**2 * weights
    return Hematocrit(
        regression.slope_ms / blood + regression.offset,
        f"synthetic ({regression.citation})",
        regression.residual_sd,
        tuple(float(slope) for slope in slopes),
        "hematocrit was not given; it was estimated from native blood T1 and is not valid for children",
    )


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
        # A synthetic hematocrit moves with the native blood T1 of every slice: with this one's on top of the direct
        # effect (which it partly cancels), with the others' on its own.
        own = slopes.reshape(along)
        all_slices = np.nansum(np.where(slopes != 0, (slopes * np.asarray(blood_native_sd_ms)) ** 2, 0.0))
        others = np.maximum(all_slices - np.where(own != 0, own * bn_sd, 0.0) ** 2, 0.0)
        variance = (
            (by_native * native_sd_ms) ** 2
            + (by_post * post_sd_ms) ** 2
            + ((by_blood_native + by_hematocrit * own) * bn_sd) ** 2
            + (by_blood_post * bp_sd) ** 2
            + by_hematocrit**2 * (others + hematocrit.sd**2)
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

    These errors are the same in every pixel of a slice (hematocrit: of the patient), so they do not average out.
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
        variance += float((np.where(derivative != 0, derivative * sd, 0.0) ** 2).sum())
    return variance
