"""What any reader would call wrong: borders drawn across clear blood, fat or lung, on slices whose truth is known.

Readers differ by where they put a border (trabeculae to the wall or to the cavity), and a refined network is meant to
follow its reader. What no convention allows is a heart that is not found, or a border that lies here inside and there
outside of an edge that the image shows. So each border is measured along rays against the true edge, only where the
image shows it; its median is taken for the convention, and what lies further than `OFF_MM` from that is a mistake.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from scipy import ndimage

from cmrmap.core.arrays import BoolArray, Float64Array, FloatArray, LabelArray, finite_median
from cmrmap.core.map_specs import MapKind
from cmrmap.core.outlines import OFF_MM, Label
from cmrmap.phantom.generate import generate_study
from cmrmap.phantom.parameters import draw_study_parameters
from cmrmap.segmentation import Network, predict_slice

#: of a border as a whole: more is no convention (readers lie within 2 mm of each other)
LARGEST_SHIFT_MM = 3.0
#: by which the share of rays that are off may rise, and that of images with a heart fall: what two trainings differ by
TOLERANCE = 0.01
N_RAYS = 24
_SEEDS = (9001, 9002)
_KINDS = (MapKind.NATIVE_T1, MapKind.T2)
_SLICES = (0, 2, 4)  # base, middle, apex
_STEP_MM = 0.25
_LEAST_HEART = 0.5  # probability
_LONGEST_MM = 70.0
_BESIDE_MM = (1.0, 3.0)  # from the edge, where the grey of either side is read
_LEAST_CONTRAST = 0.2  # of the greys about the heart


@dataclass(frozen=True, slots=True)
class EdgeSlice:
    """The images of one slice with the true outlines of each.

    Attributes
    ----------
    images : (image, row, column)
    labels : (image, row, column) uint8 of ``Label``
    pixel_spacing_mm : (row spacing, column spacing)
    """

    images: FloatArray
    labels: LabelArray
    pixel_spacing_mm: tuple[float, float]


@dataclass(frozen=True, slots=True)
class ClearBorders:
    """How a network draws edges that the images show.

    Attributes
    ----------
    drawn : share of the images with a left ventricle, of slices that the network takes for a heart
    endocardium_mm, epicardium_mm : median by which the border lies further out than the edge
    off : share of the rays whose border lies more than ``OFF_MM`` from that median; a border that is not there is off
    """

    drawn: float
    endocardium_mm: float
    epicardium_mm: float
    off: float


def phantom_slices() -> tuple[EdgeSlice, ...]:
    """Return slices of two phantom studies, always the same: every second image of T1 and T2, base to apex."""
    slices = []
    for seed in _SEEDS:
        drawn = draw_study_parameters(seed=seed)
        study = generate_study(replace(drawn, series=tuple(one for one in drawn.series if one.kind in _KINDS)))
        for series in study.series:
            slices += [
                EdgeSlice(series.stack.images[s, ::2], series.labels[s, ::2], series.stack.geometry[s].pixel_spacing_mm)
                for s in _SLICES
            ]
    return tuple(slices)


def measure_clear_borders(network: Network, slices: Iterable[EdgeSlice]) -> ClearBorders:
    """Draw the slices as the application does, and measure each border along ``N_RAYS`` rays.

    Parameters
    ----------
    network : both networks of a model
    slices : from :func:`phantom_slices`
    """
    drawn: list[bool] = []
    errors: dict[Label, list[Float64Array]] = {Label.CAVITY: [], Label.MYOCARDIUM: []}
    for one in slices:
        prediction = predict_slice(one.images, one.pixel_spacing_mm, network)
        found, is_heart = prediction.labels, not prediction.heart_probability < _LEAST_HEART  # NaN: it does not tell
        for image, true, ours in zip(one.images, one.labels, found, strict=True):
            drawn.append(is_heart and bool((ours == Label.MYOCARDIUM).any()))
            row, column = ndimage.center_of_mass(inside(true, Label.MYOCARDIUM))
            centre = (float(row), float(column))
            for label, values in errors.items():
                edge = radii_mm(inside(true, label), centre, one.pixel_spacing_mm)
                clear = _clear(image, edge, true, centre, one.pixel_spacing_mm)
                values.append((radii_mm(inside(ours, label), centre, one.pixel_spacing_mm) - edge)[clear])
    joined = {label: np.concatenate(values) for label, values in errors.items()}
    shift = {label: finite_median(values) for label, values in joined.items()}
    off = np.concatenate([~(np.abs(values - shift[label]) <= OFF_MM) for label, values in joined.items()])
    return ClearBorders(float(np.mean(drawn)), shift[Label.CAVITY], shift[Label.MYOCARDIUM], float(off.mean()))


def fault(before: ClearBorders, after: ClearBorders) -> str:
    """Return in words what the second draws worse than the first; "" where nothing.

    Parameters
    ----------
    before, after : of the same slices
    """
    if after.drawn < before.drawn - TOLERANCE:
        return f"it segments the heart in {after.drawn:.0%} of the phantom's images, before {before.drawn:.0%}"
    for name, shift in (("endocardium", after.endocardium_mm), ("epicardium", after.epicardium_mm)):
        if not abs(shift) <= LARGEST_SHIFT_MM:
            return (
                f"it places the {name} {shift:+.1f} mm off the clear edges of the phantom; no convention is more than "
                f"{LARGEST_SHIFT_MM:.0f} mm off"
            )
    if after.off > before.off + TOLERANCE:
        return (
            f"{after.off:.1%} of the borders along clear edges of the phantom are more than {OFF_MM:.0f} mm off, "
            f"before {before.off:.1%}"
        )
    return ""


def inside(labels: LabelArray, label: Label) -> BoolArray:
    """(row, column) what a border encloses: that of the myocardium the cavity too."""
    return np.asarray((labels == label) | (labels == Label.CAVITY), dtype=np.bool_)


def radii_mm(
    mask: BoolArray, centre: tuple[float, float], pixel_spacing_mm: tuple[float, float], n_rays: int = N_RAYS
) -> Float64Array:
    """(ray,) distance from ``centre`` to where each ray leaves a mask for the last time; NaN where it never enters.

    Parameters
    ----------
    mask : (row, column)
    centre : (row, column)
    pixel_spacing_mm : (row spacing, column spacing)
    n_rays : evenly over the circle, from the +column axis towards +row
    """
    distance = np.arange(0.0, _LONGEST_MM, _STEP_MM)
    along = _along_rays(mask.astype(np.float64), distance[None].repeat(n_rays, 0), centre, pixel_spacing_mm)
    within = along >= 0.5
    last = len(distance) - 1 - within[:, ::-1].argmax(1)
    return np.where(within.any(1), distance[last] + _STEP_MM / 2, np.nan)


def _along_rays(
    image: Float64Array, distance_mm: Float64Array, centre: tuple[float, float], spacing_mm: tuple[float, float]
) -> Float64Array:
    """Values of an image at distances (ray, sample) from a point; 0 outside of it."""
    angle = np.arange(len(distance_mm))[:, None] * (2 * np.pi / len(distance_mm))
    rows = centre[0] + distance_mm * np.sin(angle) / spacing_mm[0]
    columns = centre[1] + distance_mm * np.cos(angle) / spacing_mm[1]
    return np.asarray(ndimage.map_coordinates(image, [rows, columns], order=1), dtype=np.float64)


def _clear(
    image: FloatArray,
    edge_mm: Float64Array,
    labels: LabelArray,
    centre: tuple[float, float],
    spacing_mm: tuple[float, float],
) -> BoolArray:
    """(ray,) whether the greys beside an edge differ, by the scale of what lies about the heart."""
    beside = np.linspace(*_BESIDE_MM, 5)
    picture = np.asarray(image, dtype=np.float64)
    inner, outer = (
        _along_rays(picture, np.nan_to_num(edge_mm)[:, None] + side * beside, centre, spacing_mm).mean(1)
        for side in (-1, 1)
    )
    near = ndimage.binary_dilation(labels > 0, iterations=8)
    low, high = np.percentile(picture[near], (2, 98)) if near.any() else (0.0, 0.0)
    return np.asarray(np.isfinite(edge_mm) & (np.abs(outer - inner) > _LEAST_CONTRAST * (high - low)) & (high > low))
