"""Whether a sign picks the bad slices: area under its ROC curve, or sensitivity and specificity of a yes or no."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy import stats

from cmrmap.core.arrays import BoolArray, Float64Array
from cmrmap.evaluation.rates import Rate, rate

_NAN = float("nan")
_N_BOOTSTRAP = 1000


@dataclass(frozen=True, slots=True)
class Discrimination:
    """How well one sign tells bad slices from good ones.

    Attributes
    ----------
    n_bad, n_good : slices
    auc : area under the ROC curve: share of pairs of a bad and a good slice in which the bad one has more of the sign,
        a tie counts half; 0.5 tells nothing. NaN where there is no bad or no good slice
    auc_low, auc_high : 95 % bootstrap interval over the slices; NaN with fewer than two of either
    sensitivity, specificity : of a sign that is yes or no; None of one that has many values
    """

    n_bad: int
    n_good: int
    auc: float
    auc_low: float
    auc_high: float
    sensitivity: Rate | None = None
    specificity: Rate | None = None


def discrimination(sign: Float64Array | BoolArray, bad: BoolArray, *, seed: int = 0) -> Discrimination:
    """Measure one sign.

    Parameters
    ----------
    sign : (slice,) more means worse; slices with NaN are left out
    bad : (slice,)
    seed : of the bootstrap
    """
    known = ~np.isnan(sign.astype(np.float64))
    values, wrong = sign[known].astype(np.float64), bad[known]
    some, others = values[wrong], values[~wrong]
    low = high = _NAN
    if min(some.size, others.size) > 1:
        low, high = area_interval(some, others, seed)
    yes_or_no = sign.dtype == np.bool_
    return Discrimination(
        int(some.size),
        int(others.size),
        area_under_roc(some, others) if some.size and others.size else _NAN,
        low,
        high,
        rate(int(some.sum()), some.size) if yes_or_no else None,
        rate(int((1 - others).sum()), others.size) if yes_or_no else None,
    )


def area_under_roc(positive: Float64Array, negative: Float64Array) -> float:
    """Return the share of pairs in which the positive one has the larger value; a tie counts half.

    Parameters
    ----------
    positive, negative : (value,) of the two classes; neither empty
    """
    # the test's statistic counts the same pairs
    found = stats.mannwhitneyu(positive, negative, method="asymptotic").statistic
    return float(found) / (positive.size * negative.size)


def area_interval(positive: Float64Array, negative: Float64Array, seed: int) -> tuple[float, float]:
    """Return the 95 % bootstrap interval of the area under the ROC curve.

    Parameters
    ----------
    positive, negative : (value,) of the two classes; neither empty
    seed : of the bootstrap
    """
    rng = np.random.default_rng(seed)
    # share of pairs in the right order (a tie is half); each class is drawn for itself, so that neither is ever empty
    order = np.sign(positive[:, None] - negative[None, :]) / 2.0 + 0.5
    some, others = (rng.multinomial(n, np.full(n, 1.0 / n), _N_BOOTSTRAP) / n for n in order.shape)
    low, high = np.percentile(np.einsum("bi,ij,bj->b", some, order, others, optimize=True), [2.5, 97.5])
    return float(low), float(high)


def of_signs(signs: Mapping[str, Float64Array | BoolArray], bad: BoolArray) -> dict[str, Discrimination]:
    """Measure several signs of the same slices, by name; see `discrimination`."""
    return {name: discrimination(sign, bad) for name, sign in signs.items()}
