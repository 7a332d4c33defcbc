"""Numbers as results.json, segments.csv and the structured report have them."""

from __future__ import annotations

import math

_SIGNIFICANT_DIGITS = 6


def rounded(value: float | None) -> float | None:
    """Return a value with six significant digits.

    Parameters
    ----------
    value : any; None, NaN and infinity mean that there is none

    Returns
    -------
    float or None
        None where there is no value

    Examples
    --------
    >>> rounded(1154.43999)
    1154.44
    >>> print(rounded(float("nan")))
    None
    """
    if value is None or not math.isfinite(value):
        return None
    return float(f"{value:.{_SIGNIFICANT_DIGITS}g}")
