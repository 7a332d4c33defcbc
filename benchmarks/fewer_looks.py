"""What would be lost if the networks looked at the images less often.

    .venv/bin/python benchmarks/fewer_looks.py DIR -o WORK [--seeds 21] [--only LOOKS ...]

Every image is looked at three times: by the coarse network to find the heart, by the fine one to follow it from image
to image, and by the fine one to draw it. Here one of the first two looks is left out, made by the coarse network, or
made at five of a slice's images. What is measured, kept and printed is as in `benchmarks/ablation.py`; DIR as there.
"""

from __future__ import annotations

import sys

import numpy as np
import torch
from ablation import main
from torch import Tensor, nn

from cmrmap.core.arrays import Float64Array
from cmrmap.core.outlines import Label
from cmrmap.segmentation import locate, slice_outlines
from cmrmap.segmentation.network import StackUNet, class_probabilities
from cmrmap.segmentation.preprocess import COARSE_PIXEL_MM, FINE_PIXEL_MM, FINE_SIZE, Crop, normalise

_FEW = 5
_VIEW = 48  # rows and columns of the coarse network's view in place of the fine one's: 154 mm
_FOLLOW, _FIND = "cmrmap.segmentation.slice_outlines._look_for_place", "cmrmap.segmentation.predict.ventricle_places"

_AS_SHIPPED = slice_outlines._look_for_place  # before it is replaced


class _CoarseLook:
    """What the coarse network saw of the slice that is being drawn, and the network."""

    def __init__(self) -> None:
        self.seen = torch.empty(0)
        self.network: StackUNet | None = None

    def find(self, images: Tensor, spacing: tuple[float, float], network: StackUNet) -> tuple[locate.Place, ...]:
        """Find the heart as ever, and remember."""
        self.seen, self.network = locate.look_at_all(images, spacing, network), network
        return locate.ventricle_places(images, spacing, network)

    def where_it_was(self, fine: Tensor, crops: list[Crop], _: StackUNet) -> Float64Array:
        """Return what was seen about the heart's place."""
        middle = Crop(*(float(np.median([getattr(one, side) for one in crops])) for side in ("top", "left")), FINE_SIZE)
        return _array(middle.cut(self._enlarged(fine).mean(0, keepdim=True)))

    def moved_along(self, fine: Tensor, crops: list[Crop], _: StackUNet) -> Float64Array:
        """Return what was seen in each image, where that image's heart lies."""
        cut = [crop.cut(one[None]) for crop, one in zip(crops, self._enlarged(fine), strict=True)]
        return _array(torch.cat(cut))

    def again(self, fine: Tensor, crops: list[Crop], _: StackUNet) -> Float64Array:
        """Return what the coarse network sees in crops that follow the heart."""
        assert self.network is not None
        size = round(_VIEW * COARSE_PIXEL_MM / FINE_PIXEL_MM)
        beside = (size - FINE_SIZE) / 2
        wide = [
            Crop(crop.top - beside, crop.left - beside, size).cut(image[None])
            for crop, image in zip(crops, fine, strict=True)
        ]
        small = _resized(torch.cat(wide), (_VIEW, _VIEW), mode="bicubic", antialias=True)
        seen = class_probabilities(self.network, normalise(small))[:, [Label.MYOCARDIUM, Label.CAVITY]].sum(1)
        inside = slice(int(beside), int(beside) + FINE_SIZE)
        return _array(_resized(seen, (size, size), mode="bilinear")[:, inside, inside])

    def _enlarged(self, fine: Tensor) -> Tensor:
        return _resized(self.seen, (fine.shape[-2], fine.shape[-1]), mode="bilinear")


def _resized(images: Tensor, size: tuple[int, int], **how: object) -> Tensor:
    return nn.functional.interpolate(images[:, None], size=size, align_corners=False, **how)[:, 0]


def _array(seen: Tensor) -> Float64Array:
    """(row, column) mean over the images."""
    return np.asarray(seen.mean(0).clamp(0, 1).numpy(), dtype=np.float64)


def _few(images: Tensor) -> list[int]:
    return np.unique(np.linspace(0, len(images) - 1, _FEW).round()).astype(int).tolist()


def _follow_few(fine: Tensor, crops: list[Crop], network: StackUNet) -> Float64Array:
    indices = _few(fine)
    return _AS_SHIPPED(fine[indices], [crops[index] for index in indices], network)


def _find_few(images: Tensor, spacing: tuple[float, float], network: StackUNet) -> tuple[locate.Place, ...]:
    return locate.ventricle_places(images[_few(images)], spacing, network)


_COARSE = _CoarseLook()
LOOKS: dict[str, dict[str, object]] = {
    "nothing": {},
    "the second look": {_FIND: _COARSE.find, _FOLLOW: _COARSE.where_it_was},
    "the second look, the first moved along": {_FIND: _COARSE.find, _FOLLOW: _COARSE.moved_along},
    "the second look, by the coarse network instead": {_FIND: _COARSE.find, _FOLLOW: _COARSE.again},
    "the second look at more than five images": {_FOLLOW: _follow_few},
    "the coarse look at more than five images": {_FIND: _find_few},
}

if __name__ == "__main__":
    sys.exit(main(LOOKS, __doc__))
