"""Agreement of two measurements of the same things: the paper's statistics, each by a library that is known for it."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd
import statsmodels.api as sm
from scipy import stats

from cmrmap.core.arrays import Float64Array
from cmrmap.core.errors import InputError

_NORMAL_95 = 1.96  # as in the paper: limits are bias +- 1.96 SD
_NAN = float("nan")


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value and its 95 % confidence interval; NaN where the data do not determine it."""

    value: float
    low: float = _NAN
    high: float = _NAN


@dataclass(frozen=True, slots=True)
class Agreement:
    """Automatic against reference values, in the map's unit.

    Attributes
    ----------
    n : pairs
    automatic_mean, automatic_sd, reference_mean, reference_sd : over the pairs
    pearson : correlation coefficient R
    slope_through_origin : of automatic = slope x reference, the paper's slope
    slope, intercept : of the ordinary least squares line
    bias : mean of automatic minus reference
    sd : of the differences
    limits : Bland-Altman limits of agreement, bias -+ 1.96 SD
    icc : intraclass correlation for absolute agreement of single measurements, ICC(A,1) (McGraw and Wong 1996)
    wilcoxon_p : two-sided Wilcoxon signed-rank test of the differences
    notes : why something is NaN
    """

    n: int
    automatic_mean: float
    automatic_sd: float
    reference_mean: float
    reference_sd: float
    pearson: Estimate
    slope_through_origin: Estimate
    slope: Estimate
    intercept: Estimate
    bias: Estimate
    sd: float
    limits: tuple[Estimate, Estimate]
    icc: Estimate
    wilcoxon_p: float
    notes: tuple[str, ...] = field(default=())


def agreement(automatic: npt.ArrayLike, reference: npt.ArrayLike) -> Agreement:
    """Compare paired values.

    Parameters
    ----------
    automatic, reference : (pair,) finite

    Raises
    ------
    InputError
        no pairs, different lengths, or a value that is not finite: exclusions are for `cmrmap.evaluation.pairing`
    """
    a, r = np.asarray(automatic, dtype=np.float64), np.asarray(reference, dtype=np.float64)
    if a.ndim != 1 or a.shape != r.shape or a.size == 0:
        raise InputError(f"agreement needs pairs of values; found {a.shape} and {r.shape}")
    if not (np.isfinite(a).all() and np.isfinite(r).all()):
        raise InputError("agreement needs finite values; leave out the pairs without one, and report it")
    notes: list[str] = []
    n, difference = a.size, a - r
    sd = float(difference.std(ddof=1)) if n > 1 else _NAN
    if n < 3:
        notes.append(f"{n} pair{'s' if n > 1 else ''}: correlation, slopes, ICC and test need at least 3")
    constant = n > 1 and (np.ptp(a) == 0 or np.ptp(r) == 0)
    if constant:
        notes.append("all values of one side are equal: no correlation, no ordinary slope")
    enough = n >= 3
    same = enough and not difference.any()
    if same:
        notes.append("automatic and reference values are the same: nothing to test")
    ordinary = _ordinary_slope(a, r) if enough and not constant else (Estimate(_NAN), Estimate(_NAN))
    return Agreement(
        n=n,
        automatic_mean=float(a.mean()),
        automatic_sd=float(a.std(ddof=1)) if n > 1 else _NAN,
        reference_mean=float(r.mean()),
        reference_sd=float(r.std(ddof=1)) if n > 1 else _NAN,
        pearson=pearson(a, r) if enough and not constant else Estimate(_NAN),
        slope_through_origin=slope_through_origin(a, r) if enough else Estimate(_NAN),
        slope=ordinary[0],
        intercept=ordinary[1],
        bias=mean_estimate(difference),
        sd=sd,
        limits=limits_of_agreement(difference),
        icc=icc(np.column_stack([a, r])) if enough and not constant else Estimate(_NAN),
        wilcoxon_p=float(stats.wilcoxon(a, r).pvalue) if enough and not same else _NAN,
        notes=tuple(notes),
    )


def pearson(x: Float64Array, y: Float64Array) -> Estimate:
    """Pearson correlation with its 95 % interval by Fisher's transformation (scipy)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a nearly constant input: the value says it
        found = stats.pearsonr(x, y)
        interval = found.confidence_interval(0.95) if x.size > 3 else (_NAN, _NAN)
    return Estimate(float(found.statistic), float(interval[0]), float(interval[1]))


def slope_through_origin(y: Float64Array, x: Float64Array) -> Estimate:
    """Least squares slope of ``y = slope * x`` with its 95 % interval (statsmodels)."""
    if not x.any():
        return Estimate(_NAN)
    fit = sm.OLS(y, x).fit()
    low, high = fit.conf_int(0.05)[0]
    return Estimate(float(fit.params[0]), float(low), float(high))


def _ordinary_slope(y: Float64Array, x: Float64Array) -> tuple[Estimate, Estimate]:
    """Slope and intercept of ``y = slope * x + intercept`` with their 95 % intervals (statsmodels)."""
    fit = sm.OLS(y, sm.add_constant(x, has_constant="add")).fit()
    intervals = fit.conf_int(0.05)
    intercept, slope = (Estimate(float(fit.params[i]), *map(float, intervals[i])) for i in (0, 1))
    return slope, intercept


def mean_estimate(values: Float64Array) -> Estimate:
    """Mean and its 95 % interval by Student's distribution (scipy); NaN interval for one value."""
    mean = float(values.mean())
    if values.size < 2:
        return Estimate(mean)
    error = float(stats.sem(values))
    if error == 0.0:
        return Estimate(mean, mean, mean)
    low, high = stats.t.interval(0.95, values.size - 1, loc=mean, scale=error)
    return Estimate(mean, float(low), float(high))


def limits_of_agreement(difference: Float64Array) -> tuple[Estimate, Estimate]:
    """Bias -+ 1.96 SD with their 95 % intervals (Bland and Altman, Lancet 1986;327:307: SE = sqrt(3 / n) SD)."""
    n = difference.size
    if n < 2:
        return Estimate(_NAN), Estimate(_NAN)
    mean, sd = float(difference.mean()), float(difference.std(ddof=1))
    reach = float(stats.t.ppf(0.975, n - 1)) * math.sqrt(3.0 / n) * sd
    low, high = mean - _NORMAL_95 * sd, mean + _NORMAL_95 * sd
    return Estimate(low, low - reach, low + reach), Estimate(high, high - reach, high + reach)


def icc(ratings: Float64Array) -> Estimate:
    """Intraclass correlation for absolute agreement of single measurements, two-way random (pingouin).

    Parameters
    ----------
    ratings : (target, rater)
    """
    import pingouin  # takes a second or two

    targets, raters = np.indices(ratings.shape)
    table = pd.DataFrame({"target": targets.ravel(), "rater": raters.ravel(), "rating": ratings.ravel()})
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")  # of a perfect agreement: its F is infinite
        found = pingouin.intraclass_corr(table, targets="target", raters="rater", ratings="rating")
    row = found.iloc[1]  # ICC(1,1), ICC(A,1), ICC(C,1), ...: named ICC1, ICC2, ICC3 in older versions
    interval = row[next(name for name in found.columns if str(name).startswith("CI95"))]
    return Estimate(float(row["ICC"]), float(interval[0]), float(interval[1]))
