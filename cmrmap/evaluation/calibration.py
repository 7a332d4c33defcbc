"""Whether the stated uncertainties hold, and whether refusing what was flagged makes the rest better."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

from cmrmap.core.arrays import BoolArray, Float64Array
from cmrmap.evaluation.rates import Rate, rate

_NAN = float("nan")
LEVELS = (0.50, 0.80, 0.90, 0.95)


@dataclass(frozen=True, slots=True)
class Coverage:
    """How often an interval of value -+ z times its standard error holds the reference.

    Attributes
    ----------
    level : nominal
    measured : share that did
    median_ratio : median of |error| over standard error; 0.67 where errors are what the standard errors say
    median_half_width : median of z times the standard error, in the map's unit
    """

    level: float
    measured: Rate
    median_ratio: float
    median_half_width: float


@dataclass(frozen=True, slots=True)
class Risk:
    """Errors of the values that are kept when the least trusted ones are refused.

    Attributes
    ----------
    kept : share of the values
    n : their number
    mean_absolute_error, sd : of their differences to the reference, in the map's unit
    """

    kept: float
    n: int
    mean_absolute_error: float
    sd: float


@dataclass(frozen=True, slots=True)
class FlagValue:
    """What the quality flags tell: errors of values without and with a warning.

    Attributes
    ----------
    unflagged, flagged : ``kept`` is their share of all values
    p : one-sided Mann-Whitney test that flagged values have the larger absolute error; NaN without both groups
    """

    unflagged: Risk
    flagged: Risk
    p: float


def coverage(
    difference: npt.ArrayLike, uncertainty: npt.ArrayLike, levels: tuple[float, ...] = LEVELS
) -> tuple[Coverage, ...]:
    """Measure coverage at each nominal level.

    Parameters
    ----------
    difference : (value,) automatic minus reference
    uncertainty : (value,) standard error; values without a finite one > 0 are left out
    """
    d, u = np.asarray(difference, dtype=np.float64), np.asarray(uncertainty, dtype=np.float64)
    known = np.isfinite(u) & (u > 0)
    ratio = np.abs(d[known]) / u[known]
    median, typical = (float(np.median(one)) if one.size else _NAN for one in (ratio, u[known]))
    widths = [(level, float(stats.norm.ppf(0.5 + level / 2))) for level in levels]
    return tuple(
        Coverage(level, rate(int(np.count_nonzero(ratio <= z)), int(ratio.size)), median, z * typical)
        for level, z in widths
    )


def risk_coverage(
    difference: npt.ArrayLike,
    uncertainty: npt.ArrayLike,
    warnings: npt.ArrayLike,
    shares: tuple[float, ...] | None = None,
) -> tuple[Risk, ...]:
    """Errors of what is kept when values are refused in order: most warnings first, then largest standard error.

    Parameters
    ----------
    warnings : (value,) number of quality findings about the value's map and slice
    shares : kept; default 100 % down to 50 % in steps of 5
    """
    d = np.asarray(difference, dtype=np.float64)
    u = np.nan_to_num(np.asarray(uncertainty, dtype=np.float64), nan=np.inf)
    order = np.lexsort([u, np.asarray(warnings, dtype=np.float64)])
    chosen = shares or tuple(np.round(np.arange(1.0, 0.49, -0.05), 2).tolist())
    return tuple(_risk(d[order[: max(1, round(share * d.size))]], share) for share in chosen) if d.size else ()


def flag_value(difference: npt.ArrayLike, warnings: npt.ArrayLike) -> FlagValue:
    """Compare the errors of values without and with a quality warning."""
    d = np.asarray(difference, dtype=np.float64)
    flagged: BoolArray = np.asarray(np.asarray(warnings, dtype=np.float64) > 0, dtype=np.bool_)
    p = _NAN
    if flagged.any() and not flagged.all():
        p = float(stats.mannwhitneyu(np.abs(d[flagged]), np.abs(d[~flagged]), alternative="greater").pvalue)
    total = max(1, d.size)
    return FlagValue(
        _risk(d[~flagged], float((~flagged).sum() / total)), _risk(d[flagged], float(flagged.sum() / total)), p
    )


def _risk(difference: Float64Array, kept: float) -> Risk:
    n = int(difference.size)
    if not n:
        return Risk(kept, 0, _NAN, _NAN)
    sd = float(difference.std(ddof=1)) if n > 1 else _NAN
    return Risk(kept, n, float(np.abs(difference).mean()), sd)
