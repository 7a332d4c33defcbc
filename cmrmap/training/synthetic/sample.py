"""One synthetic slice: anatomy and contrast put together, moved, seen through a coil and noise, and normalised."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from cmrmap.core.arrays import Float64Array
from cmrmap.segmentation.preprocess import COARSE_PIXEL_MM, FINE_PIXEL_MM, FINE_SIZE, normalise
from cmrmap.training.synthetic.corruption import corrupt, draw_artefacts, draw_usual_artefacts
from cmrmap.training.synthetic.displacement import Displacement, draw_displacement, sampling_grid
from cmrmap.training.synthetic.map_appearance import spoil_map
from cmrmap.training.synthetic.rendering import render, smooth_noise
from cmrmap.training.synthetic.scene import draw_anatomy
from cmrmap.training.synthetic.tissues import N_TISSUES
from cmrmap.training.synthetic.weighting import draw_contrast


@dataclass(frozen=True, slots=True)
class View:
    """What the network looks at.

    Attributes
    ----------
    pixel_mm : size of the square pixels, mm
    size : rows, and as many columns
    offset_mm : how far the left ventricle may lie from the middle, mm
    oversample : pixels that are rendered for each, along rows and along columns
    """

    pixel_mm: float
    size: int
    offset_mm: float
    oversample: int


FINE_VIEW = View(pixel_mm=FINE_PIXEL_MM, size=FINE_SIZE, offset_mm=11.0, oversample=2)
"""Of the network that draws the heart, on a crop about it."""
COARSE_VIEW = View(pixel_mm=COARSE_PIXEL_MM, size=96, offset_mm=55.0, oversample=2)
"""Of the network that finds the heart, on the whole field of view."""
_SMALL_FIELD_SHARE = 0.25  # of slices whose field of view ends within what the network looks at
_FIELD_MARGIN_MM = 8.0  # of it about the left ventricle at least
_THICK_SLICE_SHARE = 0.25  # of slices whose thickness shows two depths of an oblique wall
_THICK_SLICE = 0.06  # largest relative difference of the heart's size between them
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
    heart : whether it is a left ventricle in short axis
    """

    images: Tensor
    labels: Tensor
    family: str
    known: Tensor
    heart: bool = True


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
    density : (row, column) float32 proton density where ``signals`` are maps; None: weighted images
    heart : whether there is a left ventricle in short axis
    """

    signals: npt.NDArray[np.float32]
    masks: npt.NDArray[np.float32]
    offset_mm: Float64Array
    lv_radius_mm: float
    cavity_radius_mm: float
    phase_sensitive: bool
    known: tuple[bool, ...] = (True, True, True, True)
    density: npt.NDArray[np.float32] | None = None
    heart: bool = True


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


def draw_slice(rng: np.random.Generator, view: View, n_images: int) -> SyntheticSlice:
    """Draw one slice; the same generator state gives the same slice.

    Parameters
    ----------
    rng : draws anatomy, contrast, motion and artefacts
    view : what the network looks at
    n_images : weighted images of the slice

    Returns
    -------
    SyntheticSlice
        images and labels
    """
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
    scene = Scene(
        signals,
        masks,
        offset,
        outer,
        inner,
        contrast.phase_sensitive,
        density=None if contrast.density is None else contrast.density.astype(np.float32)[tissue],
    )
    return photograph(rng, scene, view, contrast.family)


def draw_offset(rng: np.random.Generator, view: View) -> Float64Array:
    """(row, column) mm by which the left ventricle lies off the middle of the view."""
    spread = view.offset_mm * (1.0 if rng.random() < 0.9 else 1.4)
    return np.asarray(rng.uniform(-spread, spread, 2), dtype=np.float64)


def _draw_field(rng: np.random.Generator, scene: Scene, view: View) -> tuple[slice, slice]:
    """Rows and columns of a field of view that ends within the view, beyond the left ventricle or the middle."""
    reach = (scene.lv_radius_mm + _FIELD_MARGIN_MM) / view.pixel_mm
    middle = (view.size - 1) / 2 + (scene.offset_mm if scene.heart else np.zeros(2)) / view.pixel_mm
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


def photograph(
    rng: np.random.Generator, scene: Scene, view: View, family: str, *, plain: bool = False
) -> SyntheticSlice:
    """Move the scene for every image, see it through coil, blur and noise, and normalise as the network reads it.

    ``plain``: with the artefacts of a usual image and its whole field of view.
    """
    n_images = len(scene.signals)
    motion = draw_displacement(rng, n_images)
    artefacts = draw_usual_artefacts(rng, n_images) if plain else draw_artefacts(rng, n_images)
    dilations = [0.0]
    if rng.random() < _THICK_SLICE_SHARE:
        dilations = [depth * rng.uniform(0.3, 1.0) * _THICK_SLICE for depth in (-0.5, 0.5)]
    content = torch.from_numpy(np.concatenate([scene.signals[:, None], _per_image(scene)], axis=1))
    moved = _moved(content, motion, scene, view, dilations)
    background = 1 - moved[:, 1:4].sum(1, keepdim=True)
    labels = torch.cat([background, moved[:, 1:4]], dim=1).argmax(1)
    if scene.density is None:
        images = corrupt(moved[:, 0], artefacts, rng, view.pixel_mm, phase_sensitive=scene.phase_sensitive)
    else:
        images = spoil_map(moved[:, 0], moved[:, 4], artefacts, rng, view.pixel_mm)
    if not plain and rng.random() < _SMALL_FIELD_SHARE:
        images, labels = _within(_draw_field(rng, scene, view), images, labels)
    return SyntheticSlice(normalise(images), labels, family, torch.tensor(scene.known), scene.heart)


def _per_image(scene: Scene) -> npt.NDArray[np.float32]:
    """(image, channel, row, column): the masks and, of maps, the proton density."""
    layers = scene.masks if scene.density is None else np.concatenate([scene.masks, scene.density[None]])
    return np.broadcast_to(layers, (len(scene.signals), *layers.shape))


def _moved(content: Tensor, motion: Displacement, scene: Scene, view: View, dilations: Sequence[float]) -> Tensor:
    """(image, channel, row, column) of the view: every image at its place, the mean over the depths of the slice."""
    grids = [
        sampling_grid(
            motion,
            view.size * view.oversample,
            view.pixel_mm / view.oversample,
            (view.size + 2 * _MARGIN) * view.pixel_mm / 2,
            scene.offset_mm,
            scene.lv_radius_mm,
            scene.cavity_radius_mm,
            dilation,
        )
        for dilation in dilations
    ]
    seen = [torch.nn.functional.grid_sample(content, grid, mode="bilinear", align_corners=False) for grid in grids]
    return torch.nn.functional.avg_pool2d(torch.stack(seen).mean(0), view.oversample)
