"""Experts' outlines brought to where the image has their borders.

The outlines of the Sunnybrook Cardiac Data lie beside the borders that they follow, by one pixel down and one to the
right in the median of 411 slices (SD 0.6 pixels), as if pixels were counted from 1. A reader's shape is kept, only its
place is changed: a network that learns from displaced outlines, turned and mirrored at random, learns borders that are
blurred by the displacement.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from cmrmap.core.arrays import Float64Array, LabelArray
from cmrmap.core.outlines import Label
from cmrmap.training.cine import CineCase

_REACH_PX = 4.0
_STEP_PX = 0.5
_CAVITY_WEIGHT = 0.5  # cavities hold papillary muscles: their grey tells less than that of the wall
_PULL = 0.002  # of the cost, for each squared pixel of displacement: nothing moves where nothing is gained


def settle(cases: Sequence[CineCase]) -> tuple[CineCase, ...]:
    """Move the outlines of every case, as a whole, to where they fit its image best.

    A wall is to hold muscle and nothing else, its cavity blood. Moves of up to 4 pixels along each axis are tried, in
    steps of half a pixel. A cavity alone, full of papillary muscles at end systole, tells too little: it is moved by
    the median of the walls.

    Parameters
    ----------
    cases : of one collection; the images stay as they are
    """
    moves = {index: displacement(case) for index, case in enumerate(cases) if case.wall_known}
    usual = tuple(float(axis) for axis in np.median(list(moves.values()), axis=0)) if moves else (0.0, 0.0)
    return tuple(_moved(case, *moves.get(index, usual)) for index, case in enumerate(cases))


def _moved(case: CineCase, down: float, right: float) -> CineCase:
    inside = (case.labels == Label.CAVITY).astype(np.float32)
    within = np.maximum(inside, (case.labels == Label.MYOCARDIUM).astype(np.float32))
    cavity, ventricle = (ndimage.shift(mask, (down, right), order=1) > 0.5 for mask in (inside, within))
    labels: LabelArray = np.where(cavity, Label.CAVITY, np.where(ventricle, Label.MYOCARDIUM, 0)).astype(np.uint8)
    return replace(case, labels=labels)


def displacement(case: CineCase) -> tuple[float, float]:
    """(row, column) pixels by which the outlines of a case with a wall are to be moved; 0 where grey tells nothing."""
    cavity, wall = case.labels == Label.CAVITY, case.labels == Label.MYOCARDIUM
    muscle, blood = (float(np.median(case.image[mask])) for mask in (wall, cavity))
    if blood <= muscle:
        return 0.0, 0.0
    grey = np.clip((case.image - muscle) / (blood - muscle), -1.0, 1.0)
    steps = np.arange(-_REACH_PX, _REACH_PX + _STEP_PX / 2, _STEP_PX)
    in_wall = _means(np.abs(grey), wall, steps)
    in_cavity = _means(np.abs(1.0 - grey), cavity, steps)
    cost = in_wall + _CAVITY_WEIGHT * in_cavity + _PULL * (steps[:, None] ** 2 + steps[None, :] ** 2)
    best = np.unravel_index(int(np.argmin(cost)), cost.shape)
    return float(steps[best[0]]), float(steps[best[1]])


def _means(values: npt.NDArray[np.float32], mask: npt.NDArray[np.bool_], steps: Float64Array) -> Float64Array:
    """Mean of ``values`` under the mask moved by each pair (row, column) of ``steps``."""
    places = np.argwhere(mask).T.astype(np.float64)
    found = np.empty((len(steps), len(steps)))
    for i, down in enumerate(steps):
        for j, right in enumerate(steps):
            moved = places + np.array([[down], [right]])
            found[i, j] = ndimage.map_coordinates(values, moved, order=1, mode="nearest").mean()
    return found
