"""Where in the wall blood still shines in: the blood's edge has a width, and a thin wall may lie within it.

In a T2 map a tenth of blood lengthens T2 by 5-10 ms. Layers of pixels that are taken off the border
(`regional.pruning`) clear a sharp edge; towards the apex the border runs oblique through a thick slice, and a wall
that ballooned is thin throughout. So the edge is measured: along every ray, in the images in which blood is brighter
than the wall, the signal falls from the cavity's to the wall's. The edge ends where the fall has slowed to a small
part of its steepest. A cell before that end holds blood; a ray without an end has no wall that is free of it. What T2
a cell has plays no part: oedema under the endocardium has an edge before it and then a level of its own, and stays.
Ours.
"""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from cmrmap.alignment import CartesianWeights, nearest
from cmrmap.alignment.bilinear import sample
from cmrmap.alignment.polar import in_pixels
from cmrmap.core.arrays import BoolArray, Float64Array, IntArray, LabelArray
from cmrmap.core.map_spec import Weighting
from cmrmap.core.outlines import Label
from cmrmap.core.polar_stack import PolarStack
from cmrmap.core.stack import WeightedStack
from cmrmap.regional.pruning import prune_boundary
from cmrmap.settings import PruningSettings

_INSIDE = 1.0  # wall thicknesses that a ray reaches into the cavity
_OUTSIDE = 2  # cells beyond the epicardium, for the slope of the last
_BLOOD = -0.5  # depth up to which a ray is blood
_STEEPEST = (-0.6, 0.5)  # depths between which the edge's steepest place is looked for
_WIDTH = 1.0 / 12.0  # of the circle, over which rays are averaged
_LEAST_CONTRAST = 0.2  # of the blood's signal by which it must be brighter than the wall for an image to tell
_ENDED = 0.2  # slope over the steepest at which the edge has ended: about 4 % of blood in a Gaussian edge
_LEAST_FALL = 0.5  # of the slice's contrast that an edge must fall by to be one
#: why a slice is refused of which no pixel can count
FILLED = "blood shines through its whole wall: no pixel of it is free of blood by the width of the blood's edge"


def blood_pixels(
    stack: WeightedStack,
    polar: PolarStack,
    times: tuple[IntArray, ...],
    weights: CartesianWeights,
    pruning: PruningSettings,
) -> BoolArray:
    """Return the pixels of the wall in which blood shines.

    Parameters
    ----------
    stack, polar, times : as in ``blood_cells``
    weights : from the polar grid to the map's pixels
    pruning : whether the edge of the blood is looked for

    Returns
    -------
    (slice, row, column); none in maps other than T2
    """
    if not (pruning.blood_edge and stack.kind.spec.weighting is Weighting.T2):
        return np.zeros(weights.shape, dtype=np.bool_)
    cells = blood_cells(stack, polar, times).astype(np.uint8)
    return np.asarray(nearest(cells, weights, 0) > 0, dtype=np.bool_)


def filled_with_blood(labels: LabelArray, blood: BoolArray, pruning: PruningSettings) -> BoolArray:
    """(slice,) True where blood shines in every pixel that could count.

    Parameters
    ----------
    labels : (slice, row, column) of the images that the map is drawn on
    blood : from ``blood_pixels``
    pruning : layers at the border never count
    """
    wall = prune_boundary(np.asarray(labels == Label.MYOCARDIUM, dtype=np.bool_), pruning.boundary_px)
    return np.asarray(wall.any(axis=(1, 2)) & ~(wall & ~blood).any(axis=(1, 2)), dtype=np.bool_)


def blood_cells(stack: WeightedStack, polar: PolarStack, times: tuple[IntArray, ...]) -> BoolArray:
    """Return the cells of the polar grid that lie in the edge of the blood.

    Parameters
    ----------
    stack, polar : of one series
    times : per slice the indices of the images that are fitted

    Returns
    -------
    (slice, angle, depth) True where blood shines in; nowhere in a slice without an image in which blood is bright
    """
    out = np.zeros((len(times), len(polar.angles_rad), len(polar.depths)), dtype=np.bool_)
    step = 1.0 / len(polar.depths)
    depths = np.arange(polar.depths[0] - _INSIDE, 1.0 + _OUTSIDE * step, step)
    for s, used in enumerate(times):
        if used.size:
            end = _edge_end(np.array([_rays(stack, polar, s, int(t), depths) for t in used]), depths)
            out[s] = polar.depths < end[:, None]
    return out


def _rays(stack: WeightedStack, polar: PolarStack, s: int, t: int, depths: Float64Array) -> Float64Array:
    """(angle, depth) magnitudes of one image along rays from the cavity to beyond the wall."""
    inner, outer = polar.inner_radius[s, t][:, None], polar.outer_radius[s, t][:, None]
    radius = np.maximum(inner + (outer - inner) * depths, 0.0)
    angles = in_pixels(polar.angles_rad, float(polar.pixel_aspect[s]))[:, None]
    row, column = polar.centres[s, t]
    image = np.asarray(stack.images[s, t], dtype=np.float64)
    return sample(image, row + np.sin(angles) * radius, column + np.cos(angles) * radius)


def _edge_end(rays: Float64Array, depths: Float64Array) -> Float64Array:
    """(angle,) depth at which the blood's edge ends; -inf where there is none, inf where it does not end in the wall.

    Parameters
    ----------
    rays : (time, angle, depth)
    depths : of the last axis; 0 is the endocardium
    """
    nowhere = np.full(rays.shape[1], -np.inf)
    blood = np.median(rays[..., depths < _BLOOD], axis=(1, 2))
    wall = np.median(rays[..., (depths > 0.3) & (depths < 0.7)], axis=(1, 2))
    contrast = np.where(blood - wall > _LEAST_CONTRAST * blood, blood - wall, 0.0)
    if not contrast.any():
        return nowhere
    # noise is the same in all images: each counts by its contrast; the wall's fall from blood is then 1 on average
    profile = np.einsum("t,tad->ad", contrast, rays) / (contrast @ contrast)
    width = max(round(_WIDTH * len(profile)), 1)
    profile = ndimage.uniform_filter1d(profile, width, axis=0, mode="wrap")
    slope = -np.gradient(profile, depths, axis=1)
    looked = np.flatnonzero((depths >= _STEEPEST[0]) & (depths <= _STEEPEST[1]))
    end = np.full(len(profile), np.inf)
    for angle, (fall, signal) in enumerate(zip(slope, profile, strict=True)):
        steepest = looked[np.argmax(fall[looked])]
        after = np.flatnonzero(fall[steepest:] < _ENDED * fall[steepest])
        last = steepest + after[0] if after.size else len(depths) - 1
        if signal[depths < _BLOOD].mean() - signal[last] < _LEAST_FALL:
            end[angle] = -np.inf
        elif after.size and depths[last] <= 1.0:
            end[angle] = depths[last]
    return end
