"""The borders of a wall as closed lines, and labels with a border that a reader moved."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage
from skimage.draw import polygon2mask

from cmrmap.core.arrays import BoolArray, Float64Array, LabelArray
from cmrmap.core.errors import InputError
from cmrmap.core.outlines import Label
from cmrmap.dicom.reference.contour_places import crosses_itself
from cmrmap.pipeline.corrected import closed_ring
from cmrmap.report.panels import outlines

#: a closed line about a ventricle has as many corners; what a browser sends has some hundred
FEWEST_POINTS, MOST_POINTS = 8, 600
_LEAST_CAVITY_MM2 = 20.0  # a ventricle of 5 mm across: smaller ones are a slip of the hand


@dataclass(frozen=True, slots=True)
class Borders:
    """The lines of a wall, (point, 2) row and column, closed: the last point is not the first. None: as it was."""

    epicardium: Float64Array | None = None
    endocardium: Float64Array | None = None


def borders_of(labels: LabelArray) -> Borders:
    """Return both borders of a wall as the report draws them; None for one that is too small to draw.

    Parameters
    ----------
    labels : (row, column) uint8 of ``Label``
    """
    lines = [line[:-1] for line in outlines(np.asarray(labels == Label.MYOCARDIUM, dtype=np.bool_))]
    return Borders(*[*lines, None, None][:2])


def redrawn(labels: LabelArray, drawn: Borders, pixel_mm2: float) -> LabelArray:
    """Return labels whose borders lie where a reader put them; pixels that neither line passed over stay.

    Parameters
    ----------
    labels : (row, column) uint8 of ``Label``, a closed ring
    drawn : the borders that were moved
    pixel_mm2 : area of a pixel

    Raises
    ------
    InputError
        a line leaves the image, crosses itself or the other, or what is left is no wall about a cavity
    """
    before = borders_of(labels)
    wall = labels == Label.MYOCARDIUM
    body = np.asarray(ndimage.binary_fill_holes(wall), dtype=np.bool_)
    cavity = np.asarray(body & ~wall, dtype=np.bool_)
    body = _moved(body, before.epicardium, drawn.epicardium, "epicardium")
    cavity = _moved(cavity, before.endocardium, drawn.endocardium, "endocardium")
    if (cavity & ~body).any():
        raise InputError("the endocardium lies outside the epicardium in places; draw it inside")
    if np.count_nonzero(cavity) * pixel_mm2 < _LEAST_CAVITY_MM2:
        raise InputError(f"the endocardium encloses less than {_LEAST_CAVITY_MM2:g} mm2; draw it larger")
    out = np.where(labels == Label.RIGHT_VENTRICLE, labels, Label.BACKGROUND).astype(np.uint8)
    out[body], out[cavity] = Label.MYOCARDIUM, Label.CAVITY
    ring = closed_ring(out)
    if isinstance(ring, str):
        raise InputError(ring)
    return out


def _moved(mask: BoolArray, before: Float64Array | None, after: Float64Array | None, name: str) -> BoolArray:
    """Return a mask with the pixels between the old and the new place of its border changed."""
    if after is None:
        return mask
    if before is None:
        raise InputError(f"the {name} of this slice is too small to edit here; use a viewer")
    _check(after, mask.shape, name)
    old, new = (polygon2mask(mask.shape, line) for line in (before, after))  # type: ignore[no-untyped-call]
    return np.asarray(np.where(old != new, new, mask), dtype=np.bool_)


def _check(line: Float64Array, shape: tuple[int, ...], name: str) -> None:
    if line.ndim != 2 or line.shape[1] != 2 or not FEWEST_POINTS <= len(line) <= MOST_POINTS:
        raise InputError(f"the {name} needs {FEWEST_POINTS} to {MOST_POINTS} points of row and column")
    if not np.isfinite(line).all():
        raise InputError(f"the {name} has points that are not numbers")
    if (line < -0.5).any() or (line > np.subtract(shape, 0.5)).any():
        raise InputError(f"the {name} leaves the image; draw it within {shape[0]} x {shape[1]} pixels")
    if not (np.ptp(line, axis=0) > 1.0).all():
        raise InputError(f"the {name} encloses nothing; draw it larger")
    if crosses_itself(np.column_stack([line, np.zeros(len(line))])):
        raise InputError(f"the {name} crosses itself; drag the point back")
