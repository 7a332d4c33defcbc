"""Cine slices seen with the contrast of mapping sequences: real anatomy, physics of our choice.

In a balanced SSFP cine image blood is bright, muscle grey, lung dark. The grey value, scaled so that the wall is 0 and
the cavity 1, is taken as a mixture of tissues (lung below 0, muscle at 0, blood or fat at 1), and the mixture's signals
under a random preparation are added up. So partial volume, papillary muscles, trabeculae and texture stay real, and any
image of an inversion recovery or a T2 preparation can be made, those without contrast between blood and wall too.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from cmrmap.core.arrays import Float64Array
from cmrmap.core.outlines import Label
from cmrmap.segmentation.border import trace
from cmrmap.training.cine import CineCase
from cmrmap.training.synthetic.rendering import smooth_noise
from cmrmap.training.synthetic.sample import (
    Scene,
    SyntheticSlice,
    View,
    draw_offset,
    photograph,
    scene_grid,
)
from cmrmap.training.synthetic.tissues import Tissue
from cmrmap.training.synthetic.weighting import draw_contrast

_BRIGHTEST = 1.6  # grey above which brightness is the coil's
_LUNG = 0.15  # grey of the lung over that of muscle
_DARKEST = -1.5  # of a scaled grey: where blood is hardly brighter than muscle, air would be far below
_ORGAN_GREYS = (-0.1, 0.6)  # between which grey tissue away from the heart changes from one organ to another
_BRIGHT = 0.5  # grey above which a region outside the ventricle is blood or fat
_LEAST_CONTRAST = 0.08  # of the full scale between wall and cavity: less cannot be taken apart
_SOFT_PX = 0.8
_NEAR_MM = 7.0  # a large bright region this near to the wall is the right ventricle, most of the time
_LARGE_MM2 = 200.0
_DEFORMED = 0.45  # of the slices, whose wall is made thicker or thinner
_CAVITY_SHARE = (0.15, 0.9)  # radius of the endocardium over that of the epicardium
_OUTSIDE = (Tissue.FAT, Tissue.BLOOD, Tissue.OTHER_1, Tissue.OTHER_2, Tissue.STOMACH)


@dataclass(frozen=True, slots=True)
class CineScene:
    """A case prepared once for many drawings.

    Attributes
    ----------
    grey : (row, column) float32, the wall is 0 and the cavity 1
    masks : (2, row, column) float32, myocardium and cavity
    bright : (row, column) uint8, number of the bright region outside the ventricle; 0 = none
    neighbours : numbers of the bright regions that may be the right ventricle
    lung : grey at and below which there is nothing but lung
    """

    grey: npt.NDArray[np.float32]
    masks: npt.NDArray[np.float32]
    bright: npt.NDArray[np.uint8]
    neighbours: tuple[int, ...]
    lung: float
    centre: tuple[float, float]
    radius_mm: float
    cavity_radius_mm: float
    pixel_mm: float
    wall_known: bool
    borders: tuple[Float64Array, Float64Array] | None

    def deformed(
        self, rows: Float64Array, columns: Float64Array, share: float | None
    ) -> tuple[Float64Array, Float64Array]:
        """Places (row, column) to look up so that the cavity's radius becomes ``share`` of the epicardium's.

        The epicardium and all beyond it stay where they are; None changes nothing. Hearts with a thick wall about a
        small cavity, and dilated ones with a thin wall, are rare among the cases and must not be so in the training.
        """
        if share is None or self.borders is None:
            return rows, columns
        down, right = rows - self.centre[0], columns - self.centre[1]
        radius = np.hypot(down, right)
        inner, outer = self.borders
        position = np.mod(np.arctan2(down, right), 2 * np.pi) * (len(inner) / (2 * np.pi))
        angle = np.arange(len(inner) + 1)
        endocardium, epicardium = (
            np.interp(position, angle, np.append(border, border[0])) for border in (inner, outer)
        )
        wanted = endocardium * share * float(outer.mean() / inner.mean())
        wanted = np.clip(wanted, 0.1 * epicardium, 0.93 * epicardium)
        within = radius * endocardium / wanted
        across = endocardium + (radius - wanted) * (epicardium - endocardium) / (epicardium - wanted)
        source = np.where(radius < wanted, within, np.where(radius < epicardium, across, radius))
        factor = source / np.maximum(radius, 1e-9)
        return self.centre[0] + down * factor, self.centre[1] + right * factor


def prepare(case: CineCase) -> CineScene | None:
    """Prepare a case; None where wall and cavity cannot be told apart by their grey."""
    cavity, wall = case.labels == Label.CAVITY, case.labels == Label.MYOCARDIUM
    if not case.wall_known:  # a rim about the cavity holds mostly muscle
        wall = ndimage.binary_dilation(cavity, iterations=3) & ~ndimage.binary_dilation(cavity)
    core = ndimage.binary_erosion(wall)
    muscle = float(np.median(case.image[core if core.sum() > 20 else wall]))
    blood = float(np.percentile(case.image[cavity], 65))
    if blood - muscle < _LEAST_CONTRAST * float(np.percentile(case.image, 99)):
        return None
    grey = (case.image - muscle) / (blood - muscle)
    # of no signal the grey depends on the contrast of the image: one limit for all would mix muscle into the lung
    lung = max((_LUNG - 1) * muscle / (blood - muscle), _DARKEST)
    ventricle = cavity | wall
    regions, count = ndimage.label(
        ndimage.binary_opening((ndimage.gaussian_filter(grey, 0.7) > _BRIGHT) & ~ndimage.binary_dilation(ventricle))
    )
    near = ndimage.binary_dilation(ventricle, iterations=max(1, round(_NEAR_MM / case.pixel_mm)))
    areas = np.bincount(regions.ravel(), minlength=count + 1) * case.pixel_mm**2
    touching = np.unique(regions[near])
    order = np.argsort(-areas[1:])[:255] + 1  # beyond 255 they are specks
    numbers = np.zeros(count + 1, dtype=np.uint8)
    numbers[order] = np.arange(1, len(order) + 1)
    return CineScene(
        grey=np.clip(grey, lung, 3.0).astype(np.float32),
        masks=_soft_masks(cavity, ventricle if case.wall_known else cavity),
        bright=numbers[regions],
        neighbours=tuple(int(numbers[i]) for i in touching if i and numbers[i] and areas[i] > _LARGE_MM2),
        lung=lung,
        centre=tuple(float(c) for c in ndimage.center_of_mass(cavity)),  # type: ignore[arg-type]
        radius_mm=float(np.sqrt(ventricle.sum() / np.pi)) * case.pixel_mm,
        cavity_radius_mm=float(np.sqrt(cavity.sum() / np.pi)) * case.pixel_mm,
        pixel_mm=case.pixel_mm,
        wall_known=case.wall_known,
        borders=_borders(cavity, ventricle) if case.wall_known else None,
    )


def _soft_masks(cavity: npt.NDArray[np.bool_], ventricle: npt.NDArray[np.bool_]) -> npt.NDArray[np.float32]:
    """(2, row, column) shares of wall and cavity, without the steps of pixels that a deformed wall would stretch."""
    inner, outer = (ndimage.gaussian_filter(mask.astype(np.float32), _SOFT_PX) for mask in (cavity, ventricle))
    return np.stack([np.maximum(outer - inner, 0), inner])


def _borders(cavity: npt.NDArray[np.bool_], ventricle: npt.NDArray[np.bool_]) -> tuple[Float64Array, Float64Array]:
    """Radius over the angle of both borders about the cavity's centre, pixels."""
    middle = ndimage.center_of_mass(cavity)
    centre = (float(middle[0]), float(middle[1]))
    reach = float(max(cavity.shape)) / 2
    outer = trace(ventricle.astype(np.float64), centre, reach).radius
    inner = trace(cavity.astype(np.float64), centre, reach).radius
    return np.minimum(inner, outer - 1.0).clip(1.0), outer


def draw_cine_slice(
    rng: np.random.Generator,
    view: View,
    n_images: int,
    scene: CineScene,
    *,
    heart: bool = True,
    family: str | None = None,
    plain: bool = False,
) -> SyntheticSlice:
    """Draw ``n_images`` images of a real slice; the same generator state gives the same images.

    Without ``heart`` the view lies beside it, on what surrounds it. ``family`` of contrasts: None draws one of all.
    ``plain``: the anatomy as it is, with the artefacts of a usual image; the training sees it deformed and spoilt.
    """
    contrast = draw_contrast(rng, n_images, family)
    scale = float(np.exp(rng.normal(0, 0.1)))
    offset = draw_offset(rng, view) if heart else _aside(rng, view, scene.radius_mm * scale)
    y, x = scene_grid(view, offset, rng.uniform(-np.pi, np.pi), bool(rng.random() < 0.5))
    rows, columns = (c + axis / (scene.pixel_mm * scale) for c, axis in zip(scene.centre, (y, x), strict=True))
    share = (
        float(rng.uniform(*_CAVITY_SHARE))
        if not plain and rng.random() < _DEFORMED and scene.borders is not None
        else None
    )
    places = scene.deformed(rows, columns, share)
    grey = ndimage.map_coordinates(scene.grey, places, order=1, mode="constant", cval=scene.lung)
    masks = np.stack([ndimage.map_coordinates(mask, places, order=1) for mask in scene.masks])
    bright = ndimage.map_coordinates(scene.bright, places, order=0)
    layers = contrast.signals if contrast.density is None else np.vstack([contrast.signals, contrast.density])
    signals = _signals(rng, layers, grey.astype(np.float64), masks.sum(0) > 0.5, bright, scene)
    return photograph(
        rng,
        Scene(
            signals=signals[:n_images],
            masks=np.concatenate([masks, np.zeros_like(masks[:1])]).astype(np.float32),
            offset_mm=offset,
            lv_radius_mm=scene.radius_mm * scale,
            cavity_radius_mm=(scene.cavity_radius_mm if share is None else share * scene.radius_mm) * scale,
            phase_sensitive=contrast.phase_sensitive,
            known=(True, scene.wall_known, True, False),
            density=None if contrast.density is None else signals[n_images],
            heart=heart,
        ),
        view,
        ("cine " if heart else "beside the heart ") + contrast.family,
        plain=plain,
    )


def _aside(rng: np.random.Generator, view: View, radius_mm: float) -> Float64Array:
    """(row, column) mm that bring the left ventricle out of the view, along one axis or both."""
    reach = view.pixel_mm * view.size / 2 + radius_mm
    far = rng.choice([-1, 1]) * (reach + rng.uniform(3, 35))
    other = rng.uniform(-reach, reach)
    return np.array([far, other] if rng.random() < 0.5 else [other, far])


def _signals(
    rng: np.random.Generator,
    tissue: Float64Array,
    grey: Float64Array,
    ventricle: npt.NDArray[np.bool_],
    bright: npt.NDArray[np.uint8],
    scene: CineScene,
) -> npt.NDArray[np.float32]:
    """Signed signals (image, row, column) of the mixture that every grey value stands for."""
    kinds = np.full(256, int(Tissue.BLOOD))  # small or unnumbered bright spots are vessels
    for number in range(1, 256):
        if number in scene.neighbours and rng.random() < 0.8:
            kinds[number] = Tissue.RV_BLOOD
        else:
            kinds[number] = rng.choice([int(t) for t in _OUTSIDE], p=[0.45, 0.25, 0.1, 0.1, 0.1])
    high = tissue[:, kinds][:, bright]  # (image, row, column)
    middle = np.broadcast_to(tissue[:, Tissue.MYOCARDIUM, None, None], high.shape)
    if rng.random() < 0.7:  # grey tissue away from the heart need not be muscle
        far = ndimage.gaussian_filter(1.0 - ndimage.binary_dilation(ventricle, iterations=5), 3.0)
        if rng.random() < 0.5:  # organs end where the grey of the cine image changes
            share = np.clip((ndimage.gaussian_filter(grey, 2.0) - rng.uniform(*_ORGAN_GREYS)) / 0.1 + 0.5, 0, 1)
            share = share if rng.random() < 0.7 else 1 - share
        else:
            share = np.clip(1.5 * smooth_noise(rng, grey.shape, int(rng.integers(2, 6))), 0, 1)
        share = share * np.clip(far * 2 - 1, 0, 1)
        other = tissue[:, int(rng.choice([Tissue.LIVER, Tissue.SKELETAL_MUSCLE, Tissue.OTHER_3, Tissue.SPLEEN]))]
        middle = middle * (1 - share) + other[:, None, None] * share
    low = tissue[:, Tissue.LUNG, None, None]
    up = np.clip(grey, 0, 1)
    down = np.clip(grey / scene.lung, 0, 1)
    gain = 1 + np.clip(grey - 1, 0, _BRIGHTEST - 1) * rng.uniform(0.2, 1.0)
    return np.asarray((middle + up * (high * gain - middle) + down * (low - middle)), dtype=np.float32)
