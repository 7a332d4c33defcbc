"""From acquired images to what the network reads: pixel size, crop and grey scale; and the way back."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

COARSE_PIXEL_MM = 3.2  # whole field of view, to find the heart
FINE_PIXEL_MM = 1.25  # crop about the heart, to draw it
FINE_SIZE = 112  # rows and columns of the crop: 140 mm, the largest left ventricle and a margin for its finding


def normalise(images: Tensor) -> Tensor:
    """Clip each image (..., row, column) to its 0.5-99.5 percentiles, then to zero mean and unit SD.

    An image without contrast becomes zero everywhere.
    """
    flat = images.flatten(-2)
    count = flat.shape[-1]
    low = flat.kthvalue(max(1, round(0.005 * count)), dim=-1, keepdim=True).values
    high = flat.kthvalue(max(1, round(0.995 * count)), dim=-1, keepdim=True).values
    clipped = flat.clamp(low, high) if count > 1 else flat
    centred = clipped - clipped.mean(-1, keepdim=True)
    spread = centred.square().mean(-1, keepdim=True).sqrt()
    return torch.where(spread > 0, centred / spread.clamp_min(1e-12), torch.zeros_like(centred)).reshape(images.shape)


def resample(images: Tensor, pixel_spacing_mm: tuple[float, float], pixel_mm: float) -> Tensor:
    """Images (image, row, column) to square pixels of ``pixel_mm``, bicubic (Zhu 2020), band-limited when shrinking.

    Both grids cover the same field of view: pixel edges coincide, not pixel centres.
    """
    size = [
        max(1, round(count * spacing / pixel_mm))
        for count, spacing in zip(images.shape[-2:], pixel_spacing_mm, strict=True)
    ]
    out: Tensor = torch.nn.functional.interpolate(
        images.unsqueeze(1), size=size, mode="bicubic", antialias=True, align_corners=False
    )
    return out.squeeze(1)


def pad_about(images: Tensor, rows: int, columns: int) -> tuple[Tensor, tuple[slice, slice]]:
    """Pad with each image's minimum (air) to at least ``rows`` x ``columns``, the images in the middle.

    Returns
    -------
    padded : (image, row, column)
    inside : rows and columns that the images take in it
    """
    size = max(rows, images.shape[-2]), max(columns, images.shape[-1])
    begin = [(new - old) // 2 for new, old in zip(size, images.shape[-2:], strict=True)]
    inside = tuple(slice(first, first + count) for first, count in zip(begin, images.shape[-2:], strict=True))
    padded = images.amin((-2, -1), keepdim=True).repeat(*[1] * (images.ndim - 2), *size)
    padded[..., inside[0], inside[1]] = images
    return padded, (inside[0], inside[1])


@dataclass(frozen=True, slots=True)
class Crop:
    """A square window of the resampled image: where it begins (may be negative, may be fractions) and its size."""

    top: float
    left: float
    size: int

    @classmethod
    def about(cls, centre: tuple[float, float], size: int = FINE_SIZE) -> Crop:
        """Window of ``size`` pixels whose middle is nearest to ``centre`` (row, column)."""
        return cls(round(centre[0] - (size - 1) / 2), round(centre[1] - (size - 1) / 2), size)

    def moved(self, down: float, right: float) -> Crop:
        """Return the window shifted by pixels."""
        return Crop(self.top + down, self.left + right, self.size)

    def cut(self, images: Tensor) -> Tensor:
        """Cut the window out of (image, row, column), bicubic; outside the images it holds each image's minimum."""
        rows, columns = images.shape[-2:]
        line = torch.arange(self.size, dtype=images.dtype) + 0.5
        v, u = torch.meshgrid((line + self.top) * 2 / rows - 1, (line + self.left) * 2 / columns - 1, indexing="ij")
        grid = torch.stack([u, v], dim=-1).expand(images.shape[0], -1, -1, -1)
        lowest = images.amin((-2, -1), keepdim=True)
        cut = torch.nn.functional.grid_sample(
            (images - lowest).unsqueeze(1), grid, mode="bicubic", padding_mode="zeros", align_corners=False
        )
        return cut.squeeze(1) + lowest

    def paste_back(self, values: Tensor, resampled: tuple[int, int], shape: tuple[int, int], outside: Tensor) -> Tensor:
        """Bring (image, class, row, column) of the window to the acquired ``shape``, bilinear.

        ``resampled`` is the size of the image that the window was cut from; ``outside`` (class,) fills the rest.
        """
        rows = (torch.arange(shape[0]) + 0.5) * resampled[0] / shape[0] - self.top  # in window pixels, edge = 0
        columns = (torch.arange(shape[1]) + 0.5) * resampled[1] / shape[1] - self.left
        inside_rows = torch.nonzero((rows >= 0) & (rows <= self.size)).flatten()
        inside_columns = torch.nonzero((columns >= 0) & (columns <= self.size)).flatten()
        out = outside.reshape(1, -1, 1, 1).repeat(values.shape[0], 1, *shape)
        if not len(inside_rows) or not len(inside_columns):
            return out
        r0, r1 = int(inside_rows[0]), int(inside_rows[-1]) + 1
        c0, c1 = int(inside_columns[0]), int(inside_columns[-1]) + 1
        v, u = torch.meshgrid(rows[r0:r1] * 2 / self.size - 1, columns[c0:c1] * 2 / self.size - 1, indexing="ij")
        grid = torch.stack([u, v], dim=-1).expand(values.shape[0], -1, -1, -1)
        out[:, :, r0:r1, c0:c1] = torch.nn.functional.grid_sample(
            values, grid.to(values.dtype), mode="bilinear", padding_mode="border", align_corners=False
        )
        return out
