"""What is worth telling about a T2 map in particular: its first echo, its offset."""

from __future__ import annotations

import numpy as np

from cmrmap.core.findings import QualityFlag
from cmrmap.core.map_specs import MapKind
from cmrmap.quality.catalogue.fits import FIRST_ECHO_LEFT_OUT, OFFSET_UNKNOWN

_SURE = 2.0  # standard errors


def first_echo_flags(kind: MapKind, low_first_echo: float) -> tuple[QualityFlag, ...]:
    """Tell that the first echo of a train was left out.

    Parameters
    ----------
    kind : which map
    low_first_echo : share by which it is low, where it was left out; NaN where it was not
    """
    return (FIRST_ECHO_LEFT_OUT.flag(kind, low=100 * low_first_echo),) if np.isfinite(low_first_echo) else ()


def offset_flag(kind: MapKind, excess_ms: float, uncertainty_ms: float, t2_ms: float) -> QualityFlag:
    """Tell that T2-prepared images were fitted without the constant part of their signal, and what that does.

    Parameters
    ----------
    kind : which map
    excess_ms, uncertainty_ms : by how much T2 is longer than with three parameters, over the wall of all slices, and
        its standard error; NaN where that cannot be told
    t2_ms : the T2 of two parameters that it is a part of
    """
    sure = excess_ms > _SURE * uncertainty_ms
    found = f"; judging by the decay, about {excess_ms:.0f} ms too long" if sure else ""
    much = sure and OFFSET_UNKNOWN.crossed(excess_ms / t2_ms)
    return OFFSET_UNKNOWN.flag(kind, is_warning=much, found=found)
