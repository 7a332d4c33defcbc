"""What is worth telling about a T2 map in particular: blood in its wall, its first echo, its offset."""

from __future__ import annotations

import numpy as np

from cmrmap.core.arrays import BoolArray, LabelArray
from cmrmap.core.findings import QualityFlag
from cmrmap.core.map_specs import MapKind
from cmrmap.quality.catalogue.fits import FIRST_ECHO_LEFT_OUT, OFFSET_UNKNOWN
from cmrmap.quality.catalogue.outline_quality import BLOOD_IN_WALL


def blood_flags(kind: MapKind, wall: BoolArray, blood: BoolArray, aha: LabelArray) -> tuple[QualityFlag, ...]:
    """Tell slices of which much of the wall, or a whole segment, lies in the edge of the blood.

    Parameters
    ----------
    kind : which map
    wall : (slice, row, column) the pruned wall: what could have counted
    blood : (slice, row, column) pixels in which blood shines
    aha : (slice, row, column) AHA segment; 0 where there is none
    """
    flags = []
    for s in range(len(wall)):
        if not (wall[s] & blood[s]).any():
            continue
        share = float(blood[s][wall[s]].mean())
        lost = sorted(set(aha[s][wall[s] & blood[s]].tolist()) - set(aha[s][wall[s] & ~blood[s]].tolist()) - {0})
        if BLOOD_IN_WALL.crossed(share) or lost:
            none_left = f"; of AHA segments {', '.join(map(str, lost))} none is left" if lost else ""
            flags.append(BLOOD_IN_WALL.flag(kind, s, share=share, lost=none_left))
    return tuple(flags)


def decay_flags(kind: MapKind, low_first_echo: float, offset_unknown: bool) -> tuple[QualityFlag, ...]:
    """Tell what the fit of a T2 series did about its first echo and its offset.

    Parameters
    ----------
    kind : which map
    low_first_echo : share by which the first echo is low, where it was left out; NaN where it was not
    offset_unknown : T2-prepared images were fitted without the constant part of their signal
    """
    flags = []
    if np.isfinite(low_first_echo):
        flags.append(FIRST_ECHO_LEFT_OUT.flag(kind, low=100 * low_first_echo))
    if offset_unknown:
        flags.append(OFFSET_UNKNOWN.flag(kind))
    return tuple(flags)
