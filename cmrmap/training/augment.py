"""Random translation, mirroring and deformation, as in Zhu 2020 ("Network training"), by MONAI's transforms."""

from __future__ import annotations

import torch
from torch import Tensor

from cmrmap.core.errors import InputError
from cmrmap.training.windows import WindowSize

try:
    from monai.transforms import Compose, Rand2DElasticd, RandFlipd
except ImportError as error:  # pragma: no cover - depends on the environment
    raise InputError(
        'training on cases needs MONAI, which is not installed; pip install "cmrmap[train]", or in a checkout run '
        "`make env-train` and use .venv-train/bin/cmrmap"
    ) from error

_KEYS = ("images", "labels")
_DEFORMATION_GRID_MM = 35.0  # distance of the points that move: about a ventricle's radius
_DEFORMATION_MM = (0.0, 3.0)  # SD of their shifts: ours, the paper gives none
_DEFORMED_SHARE = 0.8
_ROTATION_RAD = 0.5  # ours: planes are prescribed by hand, and differ by as much


class Augmentation:
    """Cuts a window's margin off at a random place, mirrors and deforms; a slice's images and labels together.

    Together, because one heart is in all of them: what moves between them is real and stays.
    """

    def __init__(self, window: WindowSize) -> None:
        spacing = _DEFORMATION_GRID_MM / window.pixel_mm
        magnitude = tuple(size / window.pixel_mm for size in _DEFORMATION_MM)
        self._transform = Compose(
            [
                RandFlipd(_KEYS, prob=0.5, spatial_axis=0),
                RandFlipd(_KEYS, prob=0.5, spatial_axis=1),
                Rand2DElasticd(
                    _KEYS,
                    spacing=(spacing, spacing),
                    magnitude_range=magnitude,
                    spatial_size=(window.size, window.size),
                    prob=_DEFORMED_SHARE,
                    rotate_range=_ROTATION_RAD,
                    translate_range=(window.reach_px, window.reach_px),
                    mode=("bilinear", "nearest"),
                    padding_mode="border",
                ),
            ]
        )

    def __call__(self, images: Tensor, labels: Tensor, seed: int) -> tuple[Tensor, Tensor]:
        """Augment the images of one slice.

        Parameters
        ----------
        images : (image, row, column) of a window, margin included
        labels : the same shape
        seed : the same seed gives the same result

        Returns
        -------
        images float32 and labels int64, (image, size, size)
        """
        self._transform.set_random_state(seed=seed)
        out = self._transform({"images": images, "labels": labels.float()})
        plain = [torch.as_tensor(out[key]).as_subclass(Tensor) for key in _KEYS]
        return plain[0], plain[1].round().long()
