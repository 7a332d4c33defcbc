"""How often values on one side of a threshold are found there: the groups of the paper's Table 3, and the ROC curve."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sklearn.metrics import roc_curve

from cmrmap.core.arrays import BoolArray, Float64Array
from cmrmap.evaluation.bland_altman import Estimate
from cmrmap.evaluation.discrimination import area_interval, area_under_roc
from cmrmap.evaluation.rates import Rate, rate

_NAN = float("nan")


@dataclass(frozen=True, slots=True)
class Group:
    """One of the four groups of Table 3: the automatic values in it, in the map's unit; NaN where it is empty."""

    n: int
    mean: float
    sd: float
    median: float


@dataclass(frozen=True, slots=True)
class Detection:
    """Raised values found by the automatic analysis.

    Attributes
    ----------
    threshold : raised is above it
    true_negative, true_positive, false_positive, false_negative : groups of the paper's Table 3
    sensitivity, specificity : with Wilson intervals
    auc : area under the ROC curve with a bootstrap interval; NaN where one of the classes is empty
    false_positive_rate, true_positive_rate : the ROC curve
    """

    threshold: float
    true_negative: Group
    true_positive: Group
    false_positive: Group
    false_negative: Group
    sensitivity: Rate
    specificity: Rate
    auc: Estimate
    false_positive_rate: tuple[float, ...]
    true_positive_rate: tuple[float, ...]


def detection(automatic: npt.ArrayLike, reference: npt.ArrayLike, threshold: float, *, seed: int = 0) -> Detection:
    """Compare automatic with reference values at a threshold.

    Parameters
    ----------
    automatic, reference : (patient,) finite
    seed : of the bootstrap
    """
    a, r = np.asarray(automatic, dtype=np.float64), np.asarray(reference, dtype=np.float64)
    raised, found = np.asarray(r > threshold, dtype=np.bool_), np.asarray(a > threshold, dtype=np.bool_)
    groups = {
        (bool(truth), bool(answer)): _group(a[(raised == truth) & (found == answer)])
        for truth in (False, True)
        for answer in (False, True)
    }
    both = bool(raised.any() and not raised.all())
    curve = roc_curve(raised, a)[:2] if both else ((), ())
    return Detection(
        threshold=threshold,
        true_negative=groups[False, False],
        true_positive=groups[True, True],
        false_positive=groups[False, True],
        false_negative=groups[True, False],
        sensitivity=rate(groups[True, True].n, int(raised.sum())),
        specificity=rate(groups[False, False].n, int((~raised).sum())),
        auc=_auc(a, raised, seed) if both else Estimate(_NAN),
        false_positive_rate=tuple(float(x) for x in curve[0]),
        true_positive_rate=tuple(float(x) for x in curve[1]),
    )


def _group(values: Float64Array) -> Group:
    if not values.size:
        return Group(0, _NAN, _NAN, _NAN)
    sd = float(values.std(ddof=1)) if values.size > 1 else _NAN
    return Group(int(values.size), float(values.mean()), sd, float(np.median(values)))


def _auc(values: Float64Array, raised: BoolArray, seed: int) -> Estimate:
    some, others = values[raised], values[~raised]
    return Estimate(area_under_roc(some, others), *area_interval(some, others, seed))
