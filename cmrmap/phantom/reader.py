"""A simulated reader: contours on every weighted image with the error that readers are known to have."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from cmrmap.core.array_files import opened_arrays
from cmrmap.core.arrays import Float64Array, LabelArray
from cmrmap.core.errors import InputError
from cmrmap.core.map_specs import MapKind
from cmrmap.core.outlines import Label
from cmrmap.phantom.anatomy import MATRIX
from cmrmap.phantom.generate import PhantomSeries, PhantomStudy
from cmrmap.phantom.heart_contours import N_ANGLES, contour_angles, heart_contours

READER_NAME = "reader.npz"
_N_WAVES = 6  # a hand moves slowly along a contour: nothing finer than 60 degrees
_THINNEST_MM = 2.0  # a reader never draws the two contours closer


@dataclass(frozen=True, slots=True)
class ReaderError:
    """How far a reader's contours lie from the true border.

    The defaults give two independent readers a Dice of 0.88 on the myocardium and a mean contour distance of 1.1 mm,
    as between two human observers (Bai et al., J Cardiovasc Magn Reson 2018;20:65: Dice 0.88, 1.1 mm on cine images;
    Zhu et al., Radiology: AI 2020;2(1), cite 0.84-0.90 on maps).

    Attributes
    ----------
    slice_sd_mm : of what all images of a slice share, per contour and point
    image_sd_mm : of what changes from image to image
    insertion_sd_deg : of each RV insertion point
    """

    slice_sd_mm: float = 0.80
    image_sd_mm: float = 0.50
    insertion_sd_deg: float = 4.0


def read_series(
    study: PhantomStudy, series: PhantomSeries, rng: np.random.Generator, error: ReaderError | None = None
) -> LabelArray:
    """(slice, time, row, column) uint8 of `Label`: the wall and the cavity as a reader draws them, the RV as it is."""
    error = error or ReaderError()
    anatomy = study.parameters.anatomy
    states = next(one.motion for one in study.parameters.series if one.kind is series.kind)
    labels = np.where(series.labels == Label.RIGHT_VENTRICLE, Label.RIGHT_VENTRICLE, 0).astype(np.uint8)
    for index, heart in enumerate(anatomy.heart):
        shared = [error.slice_sd_mm * _smooth_error(rng) for _ in range(2)]
        for time, state in enumerate(states[index]):
            contours = heart_contours(heart, state)
            own = [error.image_sd_mm * _smooth_error(rng) for _ in range(2)]
            endocardium = np.maximum(contours.endocardium + shared[0] + own[0], 1.0)
            epicardium = np.maximum(contours.epicardium + shared[1] + own[1], endocardium + _THINNEST_MM)
            _draw(labels[index, time], contours.centre_mm, endocardium, epicardium, anatomy.pixel_mm)
    return labels


def reader_insertion_angles(
    study: PhantomStudy, series: PhantomSeries, rng: np.random.Generator, error: ReaderError | None = None
) -> Float64Array:
    """(slice, 2) image angle in rad of the anterior and the inferior RV insertion point, as a reader marks them."""
    error = error or ReaderError()
    angles = []
    for heart in study.parameters.anatomy.heart:
        sides = heart.septal_angle_rad + np.array([1.0, -1.0]) * heart.septal_half_width_rad
        angles.append(sides + np.deg2rad(error.insertion_sd_deg) * rng.standard_normal(2))
    return np.array(angles)


def write_reading(folder: Path, study: PhantomStudy, seed: int, error: ReaderError | None = None) -> Path:
    """Write reader.npz: ``<kind>_labels`` (slice, time, row, column) and ``<kind>_insertion_angles`` (slice, 2), rad.

    The same study and seed give the same bytes.
    """
    arrays: dict[str, np.ndarray[Any, np.dtype[Any]]] = {}
    for number, series in enumerate(study.series):
        rng = np.random.default_rng([seed, number])
        arrays[f"{series.kind.value}_labels"] = read_series(study, series, rng, error)
        arrays[f"{series.kind.value}_insertion_angles"] = reader_insertion_angles(study, series, rng, error)
    path = folder / READER_NAME
    np.savez_compressed(path, allow_pickle=False, **arrays)
    return path


def read_masks(folder: Path, source: str, kind: MapKind) -> LabelArray:
    """Labels of one series from the truth folder of a phantom study.

    Parameters
    ----------
    source : "exact" (the true masks) or "reader"

    Raises
    ------
    InputError
        they cannot be read
    """
    name = "truth.npz" if source == "exact" else READER_NAME
    with opened_arrays(folder / name, name) as arrays:
        return arrays.labels(f"{kind.value}_labels", 4)


def read_insertion_angles(folder: Path, kind: MapKind) -> Float64Array:
    """Return the insertion points that a reader marked in a series of a phantom study: (slice, 2) angles, rad.

    Raises
    ------
    InputError
        they cannot be read
    """
    name = f"{kind.value}_insertion_angles"
    with opened_arrays(folder / READER_NAME, READER_NAME) as arrays:
        found = arrays.numbers(name, 2).astype(np.float64)
    if found.shape[1] != 2 or not np.isfinite(found).all():
        raise InputError(f"{READER_NAME}: {name} has shape {found.shape} or values that are not finite; write it again")
    return found


def _smooth_error(rng: np.random.Generator) -> Float64Array:
    """(angle,) smooth random function around the circle with variance 1 at every angle."""
    angles = contour_angles()
    weights = 1.0 / (1.0 + np.arange(_N_WAVES)) ** 0.5
    total = weights[0] * np.full(N_ANGLES, rng.standard_normal())
    for order in range(1, _N_WAVES):
        cosine, sine = rng.standard_normal(2)
        total += weights[order] * (cosine * np.cos(order * angles) + sine * np.sin(order * angles))
    return np.asarray(total / np.sqrt(np.sum(weights**2)), dtype=np.float64)


def _draw(
    labels: LabelArray, centre_mm: tuple[float, float], endo: Float64Array, epi: Float64Array, pixel_mm: float
) -> None:
    axis = (np.arange(MATRIX) - (MATRIX - 1) / 2) * pixel_mm
    x, y = axis[None, :] - centre_mm[0], axis[:, None] - centre_mm[1]
    radius = np.hypot(x, y)
    bins = np.rint(np.arctan2(y, x) * (N_ANGLES / (2 * np.pi))).astype(np.intp) % N_ANGLES
    labels[radius < epi[bins]] = Label.MYOCARDIUM
    labels[radius < endo[bins]] = Label.CAVITY
