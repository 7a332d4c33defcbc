"""One slice of a map as a picture: the weighted image in grey, the map in its colours on the wall, the contours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cmrmap.core.arrays import BoolArray, Float64Array, FloatArray
from cmrmap.core.map_specs import MapKind
from cmrmap.core.map_volume import MapVolume
from cmrmap.core.memo import remembered
from cmrmap.core.stack import WeightedStack
from cmrmap.report.scales import SCALES, RgbArray

_MARGIN_MM = 12.0  # about the heart: enough of the right ventricle to know where one is
_GREY_PERCENTILES = (1.0, 99.0)

Line = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Panel:
    """One slice, cut to a square about the heart and enlarged.

    Attributes
    ----------
    slice_index : in the map's stack
    picture : (size, size, 3) uint8
    contours : closed lines as (x, y) from 0 to 1, y downwards: epicardium and endocardium
    centre : row and column of the map that is in the middle
    half_mm : from the middle to each side
    """

    slice_index: int
    picture: RgbArray
    contours: tuple[Line, ...]
    centre: tuple[float, float]
    half_mm: float


def make_panels(volume: MapVolume, stacks: Sequence[WeightedStack], size: int) -> tuple[Panel, ...]:
    """Return a panel of every slice that has a value, all cut to the same width.

    Parameters
    ----------
    volume : the map
    stacks : the weighted images; those that the map lies on are found by their UID
    size : width and height of the pictures, px
    """
    shown = [index for index in range(len(volume.geometry)) if np.isfinite(volume.values[index]).any()]
    if not shown:
        return ()
    half_mm = max(_half_width_mm(volume, index) for index in shown)
    return tuple(
        _panel(
            volume.kind,
            index,
            volume.myocardium[index],
            _heart(volume, index),
            volume.shown_wall[index],
            volume.geometry[index].pixel_spacing_mm,
            _base_image(volume, index, stacks),
            half_mm,
            size,
        )
        for index in shown
    )


def _base_image(volume: MapVolume, index: int, stacks: Sequence[WeightedStack]) -> FloatArray | None:
    """Return the weighted image that the map lies on, or None where it is not at hand."""
    wanted = next(iter(volume.source_uids[index]), "")
    for stack in stacks:
        for row, uids in enumerate(stack.source_uids):
            if wanted and wanted in uids:
                return np.asarray(stack.images[row, uids.index(wanted)])
    return None


def _heart(volume: MapVolume, index: int) -> BoolArray:
    return np.asarray(volume.myocardium[index] | volume.blood_pool[index], dtype=np.bool_)


def _half_width_mm(volume: MapVolume, index: int) -> float:
    spacing = volume.geometry[index].pixel_spacing_mm
    spans = [
        float(np.ptp(axis) + 1) * step for axis, step in zip(np.nonzero(_heart(volume, index)), spacing, strict=True)
    ]
    return max(spans) / 2.0 + _MARGIN_MM


@remembered
def _panel(
    kind: MapKind,
    index: int,
    wall: BoolArray,
    heart: BoolArray,
    shown: Float64Array,
    spacing: tuple[float, float],
    base: FloatArray | None,
    half_mm: float,
    size: int,
) -> Panel:
    centre = [(float(axis.min()) + float(axis.max())) / 2.0 for axis in np.nonzero(heart)]
    # where the picture's pixels lie in the image: square in mm, whatever the image's pixels are
    along = ((np.arange(size) + 0.5) / size * 2.0 - 1.0) * half_mm
    rows, columns = centre[0] + along / spacing[0], centre[1] + along / spacing[1]
    picture = np.repeat(_grey(base, heart.shape, rows, columns)[..., None], 3, axis=2)
    nearest = np.ix_(_nearest(rows, heart.shape[0]), _nearest(columns, heart.shape[1]))
    values = shown[nearest]
    coloured = np.isfinite(values) & _inside(rows, heart.shape[0])[:, None] & _inside(columns, heart.shape[1])[None, :]
    picture[coloured] = SCALES[kind].paint(values[coloured])
    contours = tuple(
        tuple(
            (
                float((column - centre[1]) * spacing[1] / half_mm + 1.0) / 2.0,
                float((row - centre[0]) * spacing[0] / half_mm + 1.0) / 2.0,
            )
            for row, column in line
        )
        for line in outlines(wall)
    )
    return Panel(index, picture, contours, (centre[0], centre[1]), half_mm)


def _grey(base: FloatArray | None, shape: tuple[int, ...], rows: Float64Array, columns: Float64Array) -> RgbArray:
    """Return the image at those places, smoothly interpolated, 0-255; black where there is none."""
    from scipy import ndimage

    if base is None:
        return np.zeros((rows.size, columns.size), np.uint8)
    known = np.nan_to_num(np.asarray(base, np.float64))
    grid = np.meshgrid(rows, columns, indexing="ij")
    sampled = ndimage.map_coordinates(known, grid, order=1, mode="constant", cval=0.0)
    low, high = np.percentile(sampled, _GREY_PERCENTILES)
    return np.asarray(np.clip((sampled - low) / max(high - low, 1e-12) * 255.0, 0.0, 255.0), dtype=np.uint8)


def _nearest(places: Float64Array, length: int) -> np.typing.NDArray[np.intp]:
    return np.clip(np.rint(places), 0, length - 1).astype(np.intp)


def _inside(places: Float64Array, length: int) -> BoolArray:
    return np.asarray((places > -0.5) & (places < length - 0.5), dtype=np.bool_)


def outlines(wall: BoolArray) -> list[Float64Array]:
    """Return the closed outlines of a wall (row, column) as (point, 2) lines, smoothed; the outer one first.

    Parameters
    ----------
    wall : of one image
    """
    from scipy import ndimage
    from skimage import measure

    padded = np.pad(wall.astype(np.float64), 1)
    lines = measure.find_contours(padded, 0.5)  # type: ignore[no-untyped-call]
    smooth = []
    for line in sorted(lines, key=len, reverse=True)[:2]:  # epicardium, endocardium; crumbs are no contours
        if len(line) < 8:
            continue
        open_line = line[:-1] - 1.0
        soft = ndimage.gaussian_filter1d(open_line, 1.5, axis=0, mode="wrap")
        smooth.append(np.vstack([soft, soft[:1]]))
    return smooth
