"""Edges that an image shows clearly beside a border: what any reader would see there.

Along each ray the step of grey at a point is the mean over the 2 mm outside minus that over the 2 mm inside, over the
ray's width or, of small ventricles, over that of three or five rays, 6 mm. An edge is a place where the step is
largest. It is clear

- beyond the noise: the step is at least four times its own standard error, from the noise of the image
  (``pixel_noise``): where there is only noise, a place in 16 000 has that;
- beyond texture and shading: the darker side has at most 85 % of the brighter one's grey;
- as the border it is taken for: an endocardial edge goes from blood to muscle in the sense that the image shows them
  in, an epicardial one either way, since fat, blood and lung lie beyond it; either on its own side of mid-wall; and no
  edge within reach is twice as strong.

Nothing of this depends on the outline that is judged. Of the clear edges within 3 mm of the reader's border the nearest
is taken for that border. Where there is none, the image does not show the border clearly, and an outline that lies
elsewhere is another opinion. An outline far from that edge is wrong for any reader, unless it lies on another clear
edge (a trabecula, the far side of a fat layer): that is what conventions differ by.
"""

from __future__ import annotations

import numpy as np
from scipy import signal

from cmrmap.core.arrays import BoolArray, Float64Array, FloatArray, LabelArray
from cmrmap.core.outlines import Label
from cmrmap.evaluation.border_rays import RAY_WIDTH_RAD, Rays
from cmrmap.evaluation.pixel_noise import noise_sd

REACH_MM = 3.0
SIDE_MM = 2.0  # of each side of an edge: thinner than a wall, thicker than a pixel
SEEN = 4.0
DARKER = 0.85
STRONGER = 2.0
_WIDTH_MM = 6.0
_MOST_RAYS = 5
_AROUND_MM = 20.0  # of the ventricle, where the noise is judged: it differs over the image with the coils
_INTERPOLATED = 2.0  # noise of a mean over that of as many independent pixels, where a scanner interpolates twofold


def clear_edges(
    image: FloatArray, labels: LabelArray, rays: Rays, borders_mm: Float64Array, reach_mm: float = REACH_MM
) -> Float64Array:
    """Find the clear edge nearest to each border.

    Parameters
    ----------
    image : (row, column)
    labels : (row, column) the reader's, for which of blood and muscle is brighter, and where to judge the noise
    rays : along which to look
    borders_mm : (endocardium or epicardium, ray, part) radii beside which to look
    reach_mm : how far an edge may lie off the border

    Returns
    -------
    (endocardium or epicardium, ray) radius of the edge minus that of the border, mm; NaN where no edge is clear
    """
    radii, half_wall = np.mean(borders_mm, axis=-1), np.mean(borders_mm[1] - borders_mm[0], axis=-1) / 2
    distances, greys = rays.greys(image, borders_mm, reach_mm + SIDE_MM + 0.5)
    n_rays = _rays_together(radii)
    inside, outside = _sides(distances, _over_rays(greys, n_rays))
    step, brighter = outside - inside, np.maximum(np.abs(outside), np.abs(inside))
    error = _standard_error(image, labels, rays, radii * n_rays)
    needed = np.maximum(SEEN * error[..., None], (1 - DARKER) * brighter)
    sense = np.sign(_median(image, labels, Label.MYOCARDIUM) - _median(image, labels, Label.CAVITY))
    out = np.full(radii.shape, np.nan)
    for border, ray in np.argwhere(np.isfinite(radii) & np.isfinite(half_wall)).tolist():
        strength = sense * step[border, ray] if border == 0 else np.abs(step[border, ray])
        beyond = distances if border == 0 else -distances  # how far towards mid-wall
        near = (np.abs(distances) <= reach_mm) & (beyond <= half_wall[ray]) & np.isfinite(strength)
        peaks, _ = signal.find_peaks(np.where(np.isfinite(strength), strength, -np.inf))
        peaks = peaks[near[peaks]]
        if not peaks.size:
            continue
        clear = (strength[peaks] >= needed[border, ray, peaks]) & (strength[peaks] * STRONGER >= strength[peaks].max())
        if clear.any():
            at = distances[peaks[clear]]
            out[border, ray] = at[np.abs(at).argmin()]
    return out


def _rays_together(radii_mm: Float64Array) -> Float64Array:
    """(border, ray) how many neighbouring rays are averaged, an odd number, so that they are 6 mm wide together."""
    # a radius of 0 is that of a centre outside the cavity
    needed = np.nan_to_num(_WIDTH_MM / (RAY_WIDTH_RAD * np.maximum(radii_mm, 1.0)), nan=1.0)
    return np.asarray(np.clip(2 * np.ceil((np.round(needed, 9) - 1) / 2) + 1, 1, _MOST_RAYS), dtype=np.float64)


def _over_rays(greys: Float64Array, n_rays: Float64Array) -> Float64Array:
    """(border, ray, distance) means over each ray and its neighbours; NaN where one of them has none."""
    out = greys
    for count in range(3, _MOST_RAYS + 1, 2):
        turned = [np.roll(greys, shift, axis=1) for shift in range(-(count // 2), count // 2 + 1)]
        out = np.where(n_rays[..., None] == count, np.mean(turned, axis=0), out)
    return np.asarray(out, dtype=np.float64)


def _sides(distances: Float64Array, greys: Float64Array) -> tuple[Float64Array, Float64Array]:
    """(..., ray, distance) mean greys of the ``SIDE_MM`` inside and outside; NaN where not all of it is there."""
    count = round(SIDE_MM / (distances[1] - distances[0]))
    windows = np.lib.stride_tricks.sliding_window_view(greys, count + 1, axis=-1)
    # the place itself is half inside, half outside: trapezoidal means
    means = (windows.sum(axis=-1) - (windows[..., 0] + windows[..., -1]) / 2) / count
    inside, outside = np.full(greys.shape, np.nan), np.full(greys.shape, np.nan)
    inside[..., count:] = means
    outside[..., :-count] = means
    return inside, outside


def _standard_error(image: FloatArray, labels: LabelArray, rays: Rays, arcs_mm: Float64Array) -> Float64Array:
    """(border, ray) standard error of a step: two means of ``SIDE_MM`` by ``arcs_mm`` times the width of a ray."""
    pixels = np.maximum(SIDE_MM * RAY_WIDTH_RAD * arcs_mm / float(np.prod(rays.spacing_mm)), 1.0)
    return np.asarray(noise_sd(image, _around(labels, rays.spacing_mm)) * _INTERPOLATED * np.sqrt(2 / pixels))


def _around(labels: LabelArray, spacing_mm: tuple[float, float]) -> BoolArray:
    """(row, column) a box about the ventricle."""
    out = np.zeros(labels.shape, dtype=np.bool_)
    rows, columns = np.nonzero((labels == Label.MYOCARDIUM) | (labels == Label.CAVITY))
    down, right = (int(np.ceil(_AROUND_MM / spacing)) for spacing in spacing_mm)
    out[
        max(rows.min() - down, 0) : rows.max() + down + 1, max(columns.min() - right, 0) : columns.max() + right + 1
    ] = True
    return out


def _median(image: FloatArray, labels: LabelArray, label: Label) -> float:
    return float(np.median(image[labels == label]))
