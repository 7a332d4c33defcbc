"""Where a drawn ventricle lies, how large it is, and which pixels are well inside a pool: whatever its images show."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from cmrmap.core.arrays import BoolArray, Float64Array, IntArray
from cmrmap.core.geometry import SliceGeometry
from cmrmap.core.outlines import Label, RefinedSegmentation
from cmrmap.core.polar_stack import PolarStack

_CORE_MM = 3.0  # blood is measured this far inside its outline, where it is large enough: muscles, partial volume
_LEAST_CORE = 8  # pixels


@dataclass(frozen=True, slots=True)
class HeartSize:
    """Place and size of what was drawn in one slice; the attributes are those of `HeartSigns`."""

    plane: SliceGeometry
    centre_mm: Float64Array
    outer_mm: float
    cavity_mm: float
    wall_mm: float
    sureness: float
    beside_mm2: float


def measure_size(
    plane: SliceGeometry, refined: RefinedSegmentation, polar: PolarStack, index: int, used: IntArray
) -> HeartSize:
    """Measure what was drawn in one slice, median over its images.

    Parameters
    ----------
    plane : of the slice
    refined, polar : of its series
    index, used : the slice, and its images with an outline
    """
    pixel_mm2 = float(np.prod(plane.pixel_spacing_mm))
    labels = refined.labels[index, used]
    areas = np.array([[np.count_nonzero(one == label) for label in Label] for one in labels]) * pixel_mm2
    thickness = polar.outer_radius[index, used] - polar.inner_radius[index, used]
    return HeartSize(
        plane=plane,
        centre_mm=plane.in_patient(*np.median(polar.centres[index, used], axis=0)),
        outer_mm=_diameter(areas[:, Label.MYOCARDIUM] + areas[:, Label.CAVITY]),
        cavity_mm=_diameter(areas[:, Label.CAVITY]),
        wall_mm=float(np.median(thickness)) * float(np.sqrt(pixel_mm2)),
        sureness=refined.confidence_of(index, used),
        beside_mm2=float(np.median(areas[:, Label.RIGHT_VENTRICLE])),
    )


def pool_core(mask: BoolArray, spacing_mm: tuple[float, float], least_mm2: float) -> BoolArray | None:
    """Return the pixels well inside a pool of blood; None where it is smaller than ``least_mm2``.

    Parameters
    ----------
    mask : (row, column) the pool as it was drawn
    spacing_mm : row and column spacing
    least_mm2 : area below which there is none
    """
    box = ndimage.find_objects(mask.astype(np.uint8))
    if not box or box[0] is None or np.count_nonzero(mask) * np.prod(spacing_mm) < least_mm2:
        return None
    inside = np.pad(mask[box[0]], 1)
    depth = ndimage.distance_transform_edt(inside, sampling=spacing_mm)[1:-1, 1:-1]
    deep = np.sort(depth[depth > 0])[::-1]
    # small pools: their deepest pixels
    reach = min(_CORE_MM, float(deep[min(_LEAST_CORE, deep.size) - 1]))
    core = np.zeros(mask.shape, dtype=np.bool_)
    core[box[0]] = depth >= reach
    return core


def _diameter(areas_mm2: Float64Array) -> float:
    return float(np.sqrt(4.0 / np.pi * np.median(areas_mm2)))
