"""The labels of an image's own pixels, from the ring that was drawn on a crop of it."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from cmrmap.core.outlines import Label
from cmrmap.segmentation.preprocess import Crop
from cmrmap.segmentation.ring import Ring


def ring_labels(full: Tensor, ring: Ring | None, crop: Crop, resampled: tuple[int, int]) -> tuple[Tensor, Tensor]:
    """Probability and label (row, column) of each pixel of the image: the ring, and what the network sees around it.

    Parameters
    ----------
    full : (class, row, column) class probabilities on the image's own pixels
    ring : in pixels of the crop; None: none was drawn, and each pixel has its likeliest class
    crop : that the ring was drawn on
    resampled : (rows, columns) of the image that the crop was cut from
    """
    if ring is None:
        best, label = full.max(0)
        return best, label
    # outside the ring only background and right ventricle are left
    label = torch.where(full[Label.RIGHT_VENTRICLE] > full[Label.BACKGROUND], int(Label.RIGHT_VENTRICLE), 0)
    rows, columns = (
        (np.arange(count) + 0.5) * size / count - 0.5 - begin
        for count, size, begin in zip(full.shape[1:], resampled, (crop.top, crop.left), strict=True)
    )
    label[torch.from_numpy(ring.epicardium.contains(rows, columns))] = Label.MYOCARDIUM
    label[torch.from_numpy(ring.endocardium.contains(rows, columns))] = Label.CAVITY
    return full.gather(0, label[None])[0], label
