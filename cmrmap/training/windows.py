"""From a case to what a network looks at: the images about the heart at the network's pixel size, with their labels."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from cmrmap.core.errors import InputError
from cmrmap.segmentation.inputs import check_slice
from cmrmap.segmentation.motion import estimate_shifts
from cmrmap.segmentation.network import N_CLASSES
from cmrmap.segmentation.preprocess import COARSE_PIXEL_MM, FINE_PIXEL_MM, FINE_SIZE, Crop, normalise, resample
from cmrmap.training.datasets import TrainingCase


@dataclass(frozen=True, slots=True)
class WindowSize:
    """What one network looks at.

    Attributes
    ----------
    pixel_mm : pixel size
    size : rows = columns
    reach_mm : how far the heart may lie from the middle, along each axis
    follows : whether each image's window follows the heart, as it does where the network is used
    """

    pixel_mm: float
    size: int
    reach_mm: float
    follows: bool

    @property
    def reach_px(self) -> int:
        """``reach_mm`` in whole pixels."""
        return int(np.ceil(self.reach_mm / self.pixel_mm))


#: the network that draws the heart sees a crop, the one that finds it the whole field of view
WINDOWS = {
    "fine": WindowSize(FINE_PIXEL_MM, FINE_SIZE, reach_mm=11.0, follows=True),
    "coarse": WindowSize(COARSE_PIXEL_MM, 96, reach_mm=55.0, follows=False),
}


@dataclass(frozen=True, slots=True)
class Window:
    """A case cut out about its heart, with a margin of ``reach_px`` for translation.

    Attributes
    ----------
    images : (image, row, column) float32, any scaling
    labels : (image, row, column) uint8
    known : (image, class) bool
    labelled : indices of the images with a left ventricle
    """

    images: Tensor
    labels: Tensor
    known: Tensor
    labelled: tuple[int, ...]

    @property
    def n_images(self) -> int:
        """Number of images."""
        return len(self.images)


def cut_window(case: TrainingCase, window: WindowSize) -> Window:
    """Cut one case; constant images are left out.

    Raises
    ------
    InputError
        no image with labels is left
    """
    given = check_slice(case.images, case.pixel_spacing_mm)
    kept = [index for index, reason in enumerate(given.reasons) if not reason]
    labelled = tuple(place for place, index in enumerate(kept) if case.labelled[index])
    if not labelled:
        raise InputError(f"{case.name}: every image that has labels is constant")
    images = resample(torch.from_numpy(given.images[kept]), given.spacing_mm, window.pixel_mm)
    middle = tuple(
        (at + 0.5) * mm / window.pixel_mm - 0.5 for at, mm in zip(case.centre, given.spacing_mm, strict=True)
    )
    crop = Crop.about((middle[0], middle[1]), window.size)
    crops = [crop] * len(kept)
    if window.follows:
        shifts = estimate_shifts(normalise(crop.cut(images)).numpy(), window.pixel_mm)
        crops = [crop.moved(float(down), float(right)) for down, right in shifts]
    margin = window.reach_px
    wide = [Crop(one.top - margin, one.left - margin, one.size + 2 * margin) for one in crops]
    labels = torch.from_numpy(np.array(case.labels[kept]))
    masks = torch.stack([labels == value for value in range(1, N_CLASSES)]).float()
    shares = torch.stack(
        [_cut_each(resample(mask, given.spacing_mm, window.pixel_mm), wide) for mask in masks]
    )  # bicubic, so that labels lie where the images lie
    background = 1 - shares.sum(0, keepdim=True)
    return Window(
        images=_cut_each(images, wide),
        labels=torch.cat([background, shares]).argmax(0).to(torch.uint8),
        known=torch.from_numpy(np.array(case.known[kept])),
        labelled=labelled,
    )


def cut_windows(cases: Iterable[TrainingCase], window: WindowSize) -> list[Window]:
    """Cut every case; see :func:`cut_window`."""
    return [cut_window(case, window) for case in cases]


def without_margin(images: Tensor, labels: Tensor, window: WindowSize) -> tuple[Tensor, Tensor]:
    """Return the middle of a window, where the heart lies: images and int64 labels, (image, size, size)."""
    margin = window.reach_px
    inside = slice(margin, margin + window.size)
    return images[:, inside, inside], labels[:, inside, inside].long()


def _cut_each(images: Tensor, crops: list[Crop]) -> Tensor:
    return torch.cat([crop.cut(image[None]) for crop, image in zip(crops, images, strict=True)])
