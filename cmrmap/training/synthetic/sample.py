"""One synthetic slice: anatomy and contrast put together, moved, seen through a coil and noise, and normalised."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from cmrmap.core.arrays import Float64Array
from cmrmap.segmentation.preprocess import COARSE_PIXEL_MM, FINE_PIXEL_MM, FINE_SIZE, normalise
from cmrmap.training.synthetic.corruption import corrupt, draw_artefacts
from cmrmap.training.synthetic.rendering import render, smooth_noise
from cmrmap.training.synthetic.scene import draw_anatomy
from cmrmap.training.synthetic.tissues import N_TISSUES
from cmrmap.training.synthetic.weighting import draw_contrast


@dataclass(frozen=True, slots=True)
class View:
    """What the network looks at: pixel size (mm), rows = columns, and how far the LV may lie from the middle (mm)."""

    pixel_mm: float
    size: int
    offset_mm: float
    oversample: int


FINE_VIEW = View(pixel_mm=FINE_PIXEL_MM, size=FINE_SIZE, offset_mm=11.0, oversample=2)
COARSE_VIEW = View(pixel_mm=COARSE_PIXEL_MM, size=96, offset_mm=55.0, oversample=2)
_CONTRACTION_SDS = (0.01, 0.03, 0.06, 0.1)
_SMALL_FIELD_SHARE = 0.25  # of slices whose field of view ends within what the network looks at
_FIELD_MARGIN_MM = 8.0  # of it about the left ventricle at least
_MARGIN = 10  # pixels rendered beyond the view, so that motion brings in anatomy and not a border


@dataclass(frozen=True, slots=True)
class SyntheticSlice:
    """Images and labels of one slice.

    Attributes
    ----------
    images : (image, row, column) float32, normalised
    labels : (image, row, column) int64 of ``cmrmap.core.outlines.Label``
    family : of contrasts
    known : (class,) bool, which classes the labels tell; those that they do not are background in ``labels``
    """

    images: Tensor
    labels: Tensor
    family: str
    known: Tensor


@dataclass(frozen=True, slots=True)
class Scene:
    """What the scanner looks at, on the oversampled grid of :func:`scene_grid`.

    Attributes
    ----------
    signals : (image, row, column) float32, signed
    masks : (3, row, column) float32 shares of LV myocardium, LV cavity and RV
    offset_mm : (row, column) of the left ventricle from the middle of the view
    lv_radius_mm : mean radius of the epicardium
    cavity_radius_mm : mean radius of the endocardium
    phase_sensitive : whether the images keep their sign
    known : which classes ``masks`` tell
    """

    signals: npt.NDArray[np.float32]
    masks: npt.NDArray[np.float32]
    offset_mm: Float64Array
    lv_radius_mm: float
    cavity_radius_mm: float
    phase_sensitive: bool
    known: tuple[bool, ...] = (True, True, True, True)


@dataclass(frozen=True, slots=True)
class _Motion:
    """Per image: shift (mm), rotation (rad), and what the heart's phase and the slice's depth do to its size.

    ``contraction`` is the relative change of the endocardium's radius that keeps the wall's area, ``scale`` that of
    the whole heart.
    """

    shift_mm: Float64Array
    angle: Float64Array
    contraction: Float64Array
    scale: Float64Array
    wobble: Float64Array  # (image, row, column, 2) mm on a coarse grid


def _draw_motion(rng: np.random.Generator, n_images: int) -> _Motion:
    size = rng.choice([0.3, 1.0, 3.0], p=[0.35, 0.45, 0.2])  # what following the heart leaves, and what it misses
    direction = rng.normal(size=2)
    direction /= np.linalg.norm(direction)
    breathing = rng.normal(0, size, (n_images, 1)) * direction
    # now and then one image was taken in another breath: the others must not decide where its heart is
    stray = (rng.random(n_images) < 0.15) & (rng.random() < 0.6)
    breathing += np.where(stray, rng.normal(0, 6.0, n_images), 0.0)[:, None] * direction
    # in vivo the endocardium's radius varies by an SD of 1-13 % from image to image, the wall's area by 4-9 %
    contraction = rng.choice(_CONTRACTION_SDS)
    return _Motion(
        shift_mm=breathing + rng.normal(0, 0.25 * size, (n_images, 2)),
        angle=rng.normal(0, 0.015 * size, n_images),
        contraction=np.clip(rng.normal(0, contraction, n_images), -0.4, 0.3),
        scale=rng.normal(0, 0.01 + 0.3 * contraction, n_images),
        wobble=rng.normal(0, rng.uniform(0, 0.8), (n_images, 5, 5, 2)),
    )


def scene_grid(view: View, offset_mm: Float64Array, rotation: float, mirror: bool) -> tuple[Float64Array, Float64Array]:
    """Anatomical (y, x) in mm about the left ventricle, of the oversampled, rotated and mirrored view."""
    n = (view.size + 2 * _MARGIN) * view.oversample
    step = view.pixel_mm / view.oversample
    line = (np.arange(n) - (n - 1) / 2) * step
    y, x = np.meshgrid(line - offset_mm[0], line - offset_mm[1], indexing="ij")
    if mirror:
        x = -x
    cosine, sine = np.cos(rotation), np.sin(rotation)
    return np.asarray(cosine * y + sine * x), np.asarray(-sine * y + cosine * x)


def _sampling(motion: _Motion, view: View, offset: Float64Array, lv_radius: float, cavity_radius: float) -> Tensor:
    """grid_sample coordinates (image, row, column, 2) that move the oversampled picture into each image's place.

    The wall is incompressible: while the cavity is stretched, a constant is added to the squared radius within the
    wall, which keeps its area; outside the heart both this and the change of scale fade away.
    """
    n = view.size * view.oversample
    step = view.pixel_mm / view.oversample
    half = (view.size + 2 * _MARGIN) * view.pixel_mm / 2
    line = (torch.arange(n, dtype=torch.float32) - (n - 1) / 2) * step
    y, x = torch.meshgrid(line - float(offset[0]), line - float(offset[1]), indexing="ij")
    squared = y**2 + x**2
    beyond = (squared.sqrt() / lv_radius - 1).clamp_min(0)
    fading = torch.exp(-(beyond**2) / 0.18)
    # of the change of the squared cavity radius, over the squared radius
    share = torch.where(squared < cavity_radius**2, torch.tensor(cavity_radius**-2), fading / squared.clamp_min(1e-6))
    wobble = torch.from_numpy(motion.wobble.astype(np.float32)).permute(0, 3, 1, 2)
    wobble = torch.nn.functional.interpolate(wobble, size=(n, n), mode="bicubic", align_corners=True)
    grids = []
    for image in range(len(motion.angle)):
        cosine, sine = float(np.cos(motion.angle[image])), float(np.sin(motion.angle[image]))
        change = ((1 + float(motion.contraction[image])) ** 2 - 1) * cavity_radius**2
        scale = (1 + change * share).sqrt() * (1 + float(motion.scale[image]) * fading)
        down, right = (float(value) for value in motion.shift_mm[image] + offset)
        moved_y = (cosine * y + sine * x) * scale + wobble[image, 0] + down
        moved_x = (-sine * y + cosine * x) * scale + wobble[image, 1] + right
        grids.append(torch.stack([moved_x / half, moved_y / half], dim=-1))
    return torch.stack(grids)


def draw_slice(rng: np.random.Generator, view: View, n_images: int) -> SyntheticSlice:
    """Draw one slice with ``n_images`` weighted images; the same generator state gives the same slice."""
    anatomy = draw_anatomy(rng)
    contrast = draw_contrast(rng, n_images)
    offset = draw_offset(rng, view)
    y, x = scene_grid(view, offset, anatomy.rotation, anatomy.mirror)
    tissue, label = render(anatomy, y, x)
    shape = (tissue.shape[0], tissue.shape[1])
    texture = sum(rng.uniform(0, 0.12) * smooth_noise(rng, shape, cells) for cells in (40, 9))
    texture = 1 + texture * rng.uniform(0.3, 1.0, N_TISSUES)[tissue]
    signals = contrast.signals.astype(np.float32)[:, tissue] * texture.astype(np.float32)
    masks = np.stack([label == value for value in (1, 2, 3)]).astype(np.float32)
    outer, inner = (float(outline.mean()) for outline in (anatomy.epicardium, anatomy.endocardium))
    scene = Scene(signals, masks, offset, outer, inner, contrast.phase_sensitive)
    return photograph(rng, scene, view, contrast.family)


def draw_offset(rng: np.random.Generator, view: View) -> Float64Array:
    """(row, column) mm by which the left ventricle lies off the middle of the view."""
    spread = view.offset_mm * (1.0 if rng.random() < 0.9 else 1.4)
    return np.asarray(rng.uniform(-spread, spread, 2), dtype=np.float64)


def _draw_field(rng: np.random.Generator, scene: Scene, view: View) -> tuple[slice, slice]:
    """Rows and columns of a field of view that ends within the view, anywhere beyond the left ventricle."""
    reach = (scene.lv_radius_mm + _FIELD_MARGIN_MM) / view.pixel_mm
    middle = (view.size - 1) / 2 + scene.offset_mm / view.pixel_mm
    begin = [round(rng.uniform(0, max(0.0, m - reach))) for m in middle]
    end = [round(rng.uniform(min(float(view.size), m + reach), view.size)) for m in middle]
    return slice(begin[0], end[0]), slice(begin[1], end[1])


def _within(field: tuple[slice, slice], images: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """Images that hold their minimum outside the field, as padded ones do, and nothing labelled there."""
    cut = images.amin((1, 2), keepdim=True).expand_as(images).clone()
    told = torch.zeros_like(labels)
    inside = (slice(None), *field)
    cut[inside], told[inside] = images[inside], labels[inside]
    return cut, told


def photograph(rng: np.random.Generator, scene: Scene, view: View, family: str) -> SyntheticSlice:
    """Move the scene for every image, see it through coil, blur and noise, and normalise as the network reads it."""
    n_images = len(scene.signals)
    motion = _draw_motion(rng, n_images)
    artefacts = draw_artefacts(rng, n_images)
    sampling = _sampling(motion, view, scene.offset_mm, scene.lv_radius_mm, scene.cavity_radius_mm)
    picture = torch.from_numpy(scene.signals).unsqueeze(1)
    picture = torch.nn.functional.grid_sample(picture, sampling, mode="bilinear", align_corners=False)
    moved = torch.nn.functional.grid_sample(
        torch.from_numpy(scene.masks).expand(n_images, -1, -1, -1), sampling, mode="bilinear", align_corners=False
    )
    picture = torch.nn.functional.avg_pool2d(picture, view.oversample).squeeze(1)
    moved = torch.nn.functional.avg_pool2d(moved, view.oversample)
    background = 1 - moved.sum(1, keepdim=True)
    labels = torch.cat([background, moved], dim=1).argmax(1)
    images = corrupt(picture, artefacts, rng, view.pixel_mm, phase_sensitive=scene.phase_sensitive)
    if rng.random() < _SMALL_FIELD_SHARE:
        images, labels = _within(_draw_field(rng, scene, view), images, labels)
    return SyntheticSlice(normalise(images), labels, family, torch.tensor(scene.known))
