"""Shares with confidence intervals."""

from __future__ import annotations

from dataclasses import dataclass

from statsmodels.stats.proportion import proportion_confint

from cmrmap.evaluation.bland_altman import Estimate


@dataclass(frozen=True, slots=True)
class Rate:
    """``count`` of ``total``, and the share with its 95 % interval (Wilson); NaN of nothing."""

    count: int
    total: int
    share: Estimate


def rate(count: int, total: int) -> Rate:
    """Return a rate with its Wilson interval (statsmodels)."""
    if total == 0:
        return Rate(count, total, Estimate(float("nan")))
    low, high = proportion_confint(count, total, alpha=0.05, method="wilson")
    return Rate(count, total, Estimate(count / total, float(low), float(high)))
