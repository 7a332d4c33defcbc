"""How likely the borders of a slice lie more than 3 mm off, around the wall: what the network leaves beyond.

A border is the cheapest path through the costs of :func:`cmrmap.segmentation.border.path_cost`, whose differences are
log likelihood ratios. Read as a posterior of the radius, softened because neighbouring pixels are not independent, the
share of it beyond 3 mm says how sure the place is: a border in clear contrast leaves none, one in equal grey much. What
share of such borders is really off was measured on synthetic slices that the training did not see; a logistic curve
through that (Platt, 1999) stands on the model's card.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from cmrmap.core.arrays import Float64Array, FloatArray
from cmrmap.core.outlines import OFF_MM, Label
from cmrmap.segmentation.border import N_ANGLES, STEP_PX, Outline, path_cost
from cmrmap.segmentation.ring import Ring

_REACH_MM = 10.0
_SOFTENING = 0.3  # of the log likelihood: chosen by the area under the curve on held-out slices; 0.3-1 are alike
_SMOOTHED = 13  # angles, of 96: about a sector of the AHA model
_NEVER = 100.0  # cost of a border beyond the centre
_LEAST = 1e-4  # share that is told apart from none


@dataclass(frozen=True, slots=True)
class BorderCalibration:
    """Logistic curve from the log odds of the posterior's share beyond 3 mm to those of being off (Platt, 1999).

    Attributes
    ----------
    slope, offset : of endocardium and epicardium
    """

    slope: tuple[float, float]
    offset: tuple[float, float]

    def probabilities(self, log_odds: Float64Array) -> FloatArray:
        """Return how likely borders are off.

        Parameters
        ----------
        log_odds : (border, angle) of :func:`border_log_odds`; NaN without a ring

        Returns
        -------
        (border, angle) 0-1; NaN stays NaN
        """
        slope, offset = (np.asarray(values)[:, None] for values in (self.slope, self.offset))
        return np.asarray(1.0 / (1.0 + np.exp(-(slope * log_odds + offset))), dtype=np.float32)


def border_log_odds(
    rings: Sequence[Ring | None], probabilities: npt.NDArray[np.floating], pixel_mm: float
) -> Float64Array:
    """Log odds of a slice's posterior share beyond 3 mm, around endocardium and epicardium.

    Parameters
    ----------
    rings : one an image; None where none was drawn
    probabilities : (image, class, row, column) of ``Label``, on the crops of the rings
    pixel_mm : size of their square pixels

    Returns
    -------
    (border, angle): endocardium and epicardium; angles from the +column axis towards +row, in mm. NaN without a ring
    """
    known = [index for index, ring in enumerate(rings) if ring is not None]
    if not known:
        return np.full((2, N_ANGLES), np.nan)
    offsets_mm = np.arange(-_REACH_MM, _REACH_MM + 0.1, 0.5)
    costs = np.zeros((2, N_ANGLES, len(offsets_mm)))
    for index in known:
        ring = rings[index]
        assert ring is not None
        cavity = np.asarray(probabilities[index][Label.CAVITY], dtype=np.float64)
        ventricle = cavity + probabilities[index][Label.MYOCARDIUM]
        for border, (outline, inside) in enumerate(((ring.endocardium, cavity), (ring.epicardium, ventricle))):
            costs[border] += _cost_about(outline, inside, offsets_mm / pixel_mm)
    costs = ndimage.uniform_filter1d(costs / len(known), _SMOOTHED, axis=1, mode="wrap")
    weight = np.exp(-_SOFTENING * (costs - costs.min(axis=2, keepdims=True)))
    beyond = np.abs(offsets_mm) > OFF_MM
    share = weight[..., beyond].sum(axis=2) / weight.sum(axis=2)
    return np.asarray(np.log((share + _LEAST) / (1 - share + _LEAST)), dtype=np.float64)


def _cost_about(outline: Outline, inside: Float64Array, offsets_px: Float64Array) -> Float64Array:
    """(angle, offset) cost of a border that lies by the offset further out than ``outline``."""
    farthest = float(outline.radius.max() + offsets_px[-1]) + 1.0
    cost = path_cost(inside, outline.centre, farthest, (0.0, np.inf), None)
    radius = outline.radius[:, None] + offsets_px
    column = np.clip(radius / STEP_PX - 1.0, 0, cost.shape[1] - 1)
    rows = np.broadcast_to(np.arange(N_ANGLES, dtype=np.float64)[:, None], column.shape)
    found = ndimage.map_coordinates(cost, [rows, column], order=1, mode="nearest")
    return np.asarray(np.where(radius < STEP_PX, _NEVER, found - found.min(axis=1, keepdims=True)), dtype=np.float64)
