"""Where in the wall blood still shines in: the blood's edge has a width, and a thin wall may lie within it.

A tenth of blood lengthens T2 by 5-10 ms and native T1 by about 50 ms. Layers of pixels that are taken off the border
(`regional.pruning`) clear a sharp edge; towards the apex the border runs oblique through a thick slice, and a wall
that ballooned is thin throughout. So the edge is measured: along every ray, in the images in which blood is brighter
than the wall, the signal falls from the cavity's to the wall's. The edge ends where the fall has slowed to a small
part of its steepest. A cell before that end holds blood; a ray without an end has no wall that is free of it. What
value a cell has plays no part: oedema under the endocardium has an edge before it and then a level of its own, and
stays. Ours.
"""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from cmrmap.alignment import CartesianWeights, nearest, wall_parts
from cmrmap.alignment.bilinear import sample
from cmrmap.alignment.polar import WALL_PARTS, in_pixels
from cmrmap.core.arrays import BoolArray, Float64Array, IntArray, LabelArray
from cmrmap.core.map_specs import MapKind
from cmrmap.core.outlines import Label
from cmrmap.core.polar_stack import PolarStack
from cmrmap.core.stack import WeightedStack
from cmrmap.regional.pruning import prune_boundary
from cmrmap.settings import PruningSettings

_BEYOND = 1.0  # wall thicknesses that a ray reaches into the cavity, and out of the wall
_STEP = 0.5  # of a cell's depth
_BLOOD = -0.5  # depth up to which a ray is in the cavity
_STEEPEST = (-0.6, 0.5)  # depths between which the edge's steepest place is looked for
_WIDTH = 1.0 / 12.0  # of the circle, over which rays are averaged
_LEAST_CONTRAST = 0.2  # of the blood's signal by which it must be brighter than the wall for an image to tell
_ENDED = 0.2  # slope over the steepest at which the edge has ended: about 4 % of blood in a Gaussian edge
_LOPSIDED = 1.25  # at most so many times as long as on the blood's side: a longer one is the wall's own change
_TURNED = 0.5  # and below which it has where the slope grows again: what falls from there on is another border
_FEWEST_FREE = 0.25  # of a part of the wall must be free of blood, or none of it counts
_FEWEST_OF_SLICE = 0.2  # of a slice's wall must be free, or it is refused
_BESIDE = 0.5  # of the slice's contrast by which a ray must begin above the wall to have blood beside it


def blood_pixels(
    stack: WeightedStack,
    polar: PolarStack,
    times: tuple[IntArray, ...],
    weights: CartesianWeights,
    labels: LabelArray,
    pruning: PruningSettings,
) -> BoolArray:
    """Return the pixels of the wall in which blood shines, and those of parts of it that are nearly all blood.

    Parameters
    ----------
    stack, polar, times : as in ``blood_cells``
    weights : from the polar grid to the map's pixels
    labels : (slice, row, column) of the images that the map is drawn on
    pruning : whether the edge of the blood is looked for; layers at the border never count

    Returns
    -------
    (slice, row, column); none in maps that do not leave it out (`MapSpec.leaves_out_blood_edge`)
    """
    if not (pruning.blood_edge and stack.kind.spec.leaves_out_blood_edge):
        return np.zeros(weights.shape, dtype=np.bool_)
    cells = blood_cells(stack, polar, times)
    wall = _countable(labels, pruning)
    found = nearest(cells.astype(np.uint8), weights, 0) > 0
    numbers = np.zeros(cells.shape)
    for number, part in enumerate(wall_parts(numbers), start=1):
        part[...] = number
    place = nearest(numbers.astype(np.uint8), weights, 0)
    for s, number in np.ndindex(len(place), WALL_PARTS):
        here = wall[s] & (place[s] == number + 1)
        if here.any() and (here & ~found[s]).sum() < _FEWEST_FREE * here.sum():
            found[s] |= place[s] == number + 1
    return np.asarray(found, dtype=np.bool_)


def filled_reason(kind: MapKind) -> str:
    """Return why a slice is refused of which next to no pixel can count.

    Parameters
    ----------
    kind : which map
    """
    return f"too little wall for {kind.spec.name}: less than a fifth of it lies outside the edge of the blood"


def filled_with_blood(labels: LabelArray, blood: BoolArray, pruning: PruningSettings) -> BoolArray:
    """(slice,) True where blood shines in nearly every pixel that could count.

    Parameters
    ----------
    labels : (slice, row, column) of the images that the map is drawn on
    blood : from ``blood_pixels``
    pruning : layers at the border never count
    """
    wall = _countable(labels, pruning)
    free, whole = (np.count_nonzero(pixels, axis=(1, 2)) for pixels in (wall & ~blood, wall))
    return np.asarray(free < _FEWEST_OF_SLICE * whole, dtype=np.bool_)


def _countable(labels: LabelArray, pruning: PruningSettings) -> BoolArray:
    return prune_boundary(np.asarray(labels == Label.MYOCARDIUM, dtype=np.bool_), pruning.boundary_px)


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
    step = _STEP / len(polar.depths)
    depths = np.arange(-_BEYOND, 1.0 + _BEYOND + 0.5 * step, step)
    for s, used in enumerate(times):
        if used.size:
            end, start = _edges(np.array([_rays(stack, polar, s, int(t), depths) for t in used]), depths)
            out[s] = (polar.depths < end[:, None]) | (polar.depths > start[:, None])
    return out


def _rays(stack: WeightedStack, polar: PolarStack, s: int, t: int, depths: Float64Array) -> Float64Array:
    """(angle, depth) magnitudes of one image along rays from the cavity to beyond the wall."""
    inner, outer = polar.inner_radius[s, t][:, None], polar.outer_radius[s, t][:, None]
    radius = np.maximum(inner + (outer - inner) * depths, 0.0)
    angles = in_pixels(polar.angles_rad, float(polar.pixel_aspect[s]))[:, None]
    row, column = polar.centres[s, t]
    image = np.asarray(stack.images[s, t], dtype=np.float64)
    return sample(image, row + np.sin(angles) * radius, column + np.cos(angles) * radius)


def _edges(rays: Float64Array, depths: Float64Array) -> tuple[Float64Array, Float64Array]:
    """(angle,) depths at which the edge of the cavity's blood ends and that of bright blood outside begins.

    Outside is the right ventricle; fat that is as bright counts as well. Infinite where there is none.

    Parameters
    ----------
    rays : (time, angle, depth)
    depths : of the last axis; 0 is the endocardium, 1 the epicardium
    """
    nowhere = np.full(rays.shape[1], np.inf)
    blood = np.median(rays[..., depths < _BLOOD], axis=(1, 2))
    wall = np.median(rays[..., (depths > 0.3) & (depths < 0.7)], axis=(1, 2))
    contrast = np.where(blood - wall > _LEAST_CONTRAST * blood, blood - wall, 0.0)
    if not contrast.any():
        return -nowhere, nowhere
    # noise is the same in all images: each counts by its contrast; the wall is then 0 on average, blood 1
    profile = np.einsum("t,tad->ad", contrast, rays - wall[:, None, None]) / (contrast @ contrast)
    width = max(round(_WIDTH * len(profile)), 1)
    profile = ndimage.uniform_filter1d(profile, width, axis=0, mode="wrap")
    return _ends(profile, depths), 1.0 - _ends(profile[:, ::-1], 1.0 - depths[::-1])


def _ends(profile: Float64Array, depths: Float64Array) -> Float64Array:
    """(angle,) depth at which the edge of bright blood at the beginning of the profile ends.

    -inf where a ray does not begin in blood, inf where the edge does not end in the wall.
    """
    slope = -np.gradient(profile, depths, axis=1)
    looked = np.flatnonzero((depths >= _STEEPEST[0]) & (depths <= _STEEPEST[1]))
    end = np.full(len(profile), np.inf)
    for angle, (fall, signal) in enumerate(zip(slope, profile, strict=True)):
        if signal[depths < _BLOOD].mean() < _BESIDE:
            end[angle] = -np.inf
            continue
        steepest = looked[np.argmax(fall[looked])]
        later, before = fall[steepest:], fall[steepest::-1]
        turns = (later[1:-1] < _TURNED * fall[steepest]) & (later[1:-1] <= later[:-2]) & (later[1:-1] < later[2:])
        ended = later < _ENDED * fall[steepest]
        ended[1:-1] |= turns
        began = np.flatnonzero(before < _ENDED * fall[steepest])
        if began.size:
            ended[round(_LOPSIDED * began[0]) :] = True
        after = np.flatnonzero(ended)
        if after.size and depths[steepest + after[0]] <= 1.0:
            end[angle] = depths[steepest + after[0]]
    return end
