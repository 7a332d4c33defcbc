"""Basal, mid or apical: the level of every slice, and a check of the order by anatomy."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np

from cmrmap.core.arrays import Float64Array
from cmrmap.core.errors import InputError
from cmrmap.core.regional_values import SliceLevel

_CLEARLY_SMALLER = 0.85


class SliceOrder(str, Enum):
    """What the left ventricle's size says about an order that should run from base to apex.

    Attributes
    ----------
    CONFIRMED : it gets smaller from the first slice to the last
    CONTRADICTED : it gets larger
    UNDECIDED : too few slices, or too small a difference
    """

    CONFIRMED = "confirmed"
    CONTRADICTED = "contradicted"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class LevelAssignment:
    """Level of every slice in the order of the stack, and how sure that order is.

    Attributes
    ----------
    levels : one per slice
    order : what anatomy says about the stack's own order

    Raises
    ------
    InputError
        levels that do not run the way that the order says
    """

    levels: tuple[SliceLevel, ...]
    order: SliceOrder

    def __post_init__(self) -> None:
        object.__setattr__(self, "levels", tuple(SliceLevel(level) for level in self.levels))
        ranks = [list(SliceLevel).index(level) for level in self.levels]
        if ranks != sorted(ranks, reverse=self.reversed):
            way = "apex to base" if self.reversed else "base to apex"
            raise InputError(
                f"levels of an order that is {self.order.value} run from {way}; found "
                f"{', '.join(level.value for level in self.levels)}"
            )

    @property
    def reversed(self) -> bool:
        """Whether the levels run from the last slice to the first."""
        return self.order is SliceOrder.CONTRADICTED


def level_of(index: int, n_slices: int) -> SliceLevel:
    """Return the level of a slice, base first, of a stack of equally spaced slices.

    The model cuts the ventricle in thirds (Cerqueira 2002), and a short-axis stack stops short of the apical cap:
    half a slice spacing is added for it beyond the last slice, and the slice goes to the third that holds its
    centre. Of 3 slices that makes one each; 5: two basal, two mid, one apical; 6: two each. A single slice is mid.

    Parameters
    ----------
    index : of the slice, 0 = base
    n_slices : of the stack

    Returns
    -------
    SliceLevel
        basal, mid or apical

    Examples
    --------
    >>> [level_of(index, 5).value for index in range(5)]
    ['basal', 'basal', 'mid', 'mid', 'apical']
    """
    # In units of 1/(2n + 1) of the length: the centre lies at 2i + 1.
    third = (3 * (2 * index + 1)) // (2 * n_slices + 1)
    return (SliceLevel.BASAL, SliceLevel.MID, SliceLevel.APICAL)[third]


def slice_order(lv_areas: Float64Array) -> SliceOrder:
    """Judge a stack's order by the size of the left ventricle, which is smallest at the apex.

    Parameters
    ----------
    lv_areas : (slice,) area of wall and cavity, any unit; NaN where there is none

    Returns
    -------
    SliceOrder
        Undecided with fewer than three areas, or where neither end is smaller than the other by 15 %, or where the
        areas do not run with the order (correlation of at least 0.5).
    """
    known = np.flatnonzero(np.isfinite(lv_areas))
    if known.size < 3:
        return SliceOrder.UNDECIDED
    areas = np.asarray(lv_areas, dtype=np.float64)[known]
    if np.ptp(areas) == 0:
        return SliceOrder.UNDECIDED
    trend = float(np.corrcoef(known, areas)[0, 1])
    if areas[-1] < _CLEARLY_SMALLER * areas[0] and trend <= -0.5:
        return SliceOrder.CONFIRMED
    if areas[0] < _CLEARLY_SMALLER * areas[-1] and trend >= 0.5:
        return SliceOrder.CONTRADICTED
    return SliceOrder.UNDECIDED


def assign_levels(lv_areas: Float64Array) -> LevelAssignment:
    """Give every slice its level: by the stack's order, turned round where anatomy contradicts it.

    Parameters
    ----------
    lv_areas : (slice,) area of wall and cavity of each slice, stack order (base to apex as far as the source tells);
        NaN where there is none

    Returns
    -------
    LevelAssignment
        It says whether the order was turned round, or could not be checked.

    Examples
    --------
    >>> import numpy as np
    >>> found = assign_levels(np.array([900.0, 1400.0, 1800.0]))
    >>> found.reversed, [level.value for level in found.levels]
    (True, ['apical', 'mid', 'basal'])
    """
    n_slices = len(lv_areas)
    order = slice_order(lv_areas)
    levels = [level_of(s, n_slices) for s in range(n_slices)]
    if order is SliceOrder.CONTRADICTED:
        levels.reverse()
    return LevelAssignment(tuple(levels), order)
