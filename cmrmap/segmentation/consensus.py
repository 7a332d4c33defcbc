"""Rings of a slice's images brought into agreement by the images themselves.

The network draws every image with the others in view, and so draws a heart that is a little smaller or displaced in one
image too much like the others. But whatever an image's contrast, its edges (wall against blood, fat, lung) lie at the
same anatomical places. So each ring's borders are moved along the rays, by a constant and a first harmonic of the
angle, to where the edges about them agree best with those of the slice's other images. The slice's median stays where
it was: this aligns, it does not draw.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from cmrmap.core.arrays import Float64Array
from cmrmap.segmentation.border import N_ANGLES, Outline
from cmrmap.segmentation.ring import Ring

_EDGE_SIGMA_PX = 1.0
_STEP_PX = 0.25
_REACH_PX = 4.0  # to both sides of a border, where edges are compared
_MAX_SHIFT_PX = 1.25
_PENALTY = 0.05  # of a squared pixel of shift, averaged over the angle, in units of the correlation
_ROUNDS = 3
_FEWEST = 3
_LEAST_WALL_PX = 1.6

_ANGLES = np.arange(N_ANGLES) * (2 * np.pi / N_ANGLES)
_HARMONICS = np.stack([np.ones(N_ANGLES), np.cos(_ANGLES), np.sin(_ANGLES)])
_MEAN_SQUARES = np.array([1.0, 0.5, 0.5])  # of the harmonics
_SHIFTS = np.arange(-_MAX_SHIFT_PX, _MAX_SHIFT_PX + _STEP_PX / 2, _STEP_PX)
_TILTS = np.arange(-1.0, 1.0 + _STEP_PX / 2, _STEP_PX)
_ROWS = np.arange(N_ANGLES)


def agree(rings: Sequence[Ring | None], images: npt.NDArray[np.floating]) -> list[Ring | None]:
    """Move the rings' borders to where the edges about them agree.

    Parameters
    ----------
    rings : one per image, drawn on crops that follow the heart; None where none was drawn
    images : (image, row, column) of the same crops

    Returns
    -------
    the rings, moved; with fewer than three there is nothing to agree with, and they come back as they are
    """
    drawn = [index for index, ring in enumerate(rings) if ring is not None]
    if len(drawn) < _FEWEST:
        return list(rings)
    edges = [
        ndimage.gaussian_gradient_magnitude(np.asarray(images[i], dtype=np.float64), _EDGE_SIGMA_PX) for i in drawn
    ]
    kept = [ring for ring in rings if ring is not None]
    epicardia = _aligned([ring.epicardium for ring in kept], edges)
    endocardia = _aligned([ring.endocardium for ring in kept], edges)
    out: list[Ring | None] = [None] * len(rings)
    for index, endocardium, epicardium in zip(drawn, endocardia, epicardia, strict=True):
        inner = np.minimum(endocardium.radius, np.maximum(epicardium.radius - _LEAST_WALL_PX, 1.0))
        out[index] = Ring(Outline(endocardium.centre, inner), epicardium)
    return out


def _aligned(outlines: Sequence[Outline], edges: Sequence[Float64Array]) -> list[Outline]:
    windows = [_windows(_profiles(outline, edge)) for outline, edge in zip(outlines, edges, strict=True)]
    energies = [(one**2).sum(axis=2) for one in windows]
    shifts = np.zeros((len(outlines), len(_HARMONICS)))
    seen = [_at(one, shift) for one, shift in zip(windows, shifts, strict=True)]
    for _ in range(_ROUNDS):
        for index, one in enumerate(windows):
            others = np.mean([other for k, other in enumerate(seen) if k != index], axis=0)
            shifts[index] = _best_shift(one, energies[index], others)
            seen[index] = _at(one, shifts[index])
    shifts -= np.median(shifts, axis=0)
    return [
        Outline(outline.centre, np.maximum(outline.radius + shift @ _HARMONICS, 1.0))
        for outline, shift in zip(outlines, shifts, strict=True)
    ]


def _profiles(outline: Outline, edge: Float64Array) -> Float64Array:
    """(angle, offset) strength of the edges along the rays about a border, as far as it may be moved and compared."""
    reach = _REACH_PX + _MAX_SHIFT_PX
    radii = np.maximum(outline.radius[:, None] + np.arange(-reach, reach + _STEP_PX / 2, _STEP_PX), 0.0)
    places = [
        outline.centre[0] + radii * np.sin(_ANGLES)[:, None],
        outline.centre[1] + radii * np.cos(_ANGLES)[:, None],
    ]
    return np.asarray(ndimage.map_coordinates(edge, places, order=1, mode="nearest"), dtype=np.float64)


def _windows(table: Float64Array) -> Float64Array:
    """(angle, shift, offset): the profiles as they are seen when the border is moved by each of ``_SHIFTS``."""
    length = table.shape[1] - len(_SHIFTS) + 1
    windows = np.lib.stride_tricks.sliding_window_view(table, length, axis=1)
    return np.asarray(windows - windows.mean(axis=2, keepdims=True), dtype=np.float64)


def _columns(shift: Float64Array) -> npt.NDArray[np.intp]:
    """Index into ``_SHIFTS`` per angle, of (..., 3) coefficients of the harmonics."""
    wanted = np.clip(shift @ _HARMONICS, -_MAX_SHIFT_PX, _MAX_SHIFT_PX)
    return np.asarray(np.rint((wanted + _MAX_SHIFT_PX) / _STEP_PX), dtype=np.intp)


def _candidates(constants: Float64Array, tilts: Float64Array) -> tuple[Float64Array, npt.NDArray[np.intp]]:
    """(candidate, 3) coefficients of the harmonics, and their (candidate, angle) columns."""
    coefficients = np.stack(np.meshgrid(constants, tilts, tilts, indexing="ij"), axis=-1).reshape(-1, 3)
    return coefficients, _columns(coefficients)


_WITHOUT_TILT = _candidates(_SHIFTS, np.zeros(1))
_TILTED = _candidates(_SHIFTS[::2], _TILTS)


def _at(windows: Float64Array, shift: Float64Array) -> Float64Array:
    """(angle, offset) profiles of the moved border, of unit norm."""
    moved = windows[_ROWS, _columns(shift)]
    return np.asarray(moved / np.sqrt((moved**2).sum() + 1e-12), dtype=np.float64)


def _best_shift(windows: Float64Array, energy: Float64Array, others: Float64Array) -> Float64Array:
    """Coefficients of the harmonics with which the profiles correlate best with those of the other images."""
    others = others / np.sqrt((others**2).sum() + 1e-12)
    product = np.einsum("aso,ao->as", windows, others)
    shift = _best(product, energy, *_WITHOUT_TILT)
    candidates, columns = _TILTED
    near = np.abs(candidates[:, 0] - shift[0]) <= 2 * _STEP_PX
    # without tilt first: among equals it stays
    tried = np.concatenate([shift[None], candidates[near]])
    return _best(product, energy, tried, np.concatenate([_columns(shift)[None], columns[near]]))


def _best(
    product: Float64Array, energy: Float64Array, candidates: Float64Array, columns: npt.NDArray[np.intp]
) -> Float64Array:
    """Return the candidate (of (candidate, 3) coefficients, at (candidate, angle) columns) that correlates best."""
    score = product[_ROWS, columns].sum(axis=1) / np.sqrt(energy[_ROWS, columns].sum(axis=1) + 1e-12)
    chosen: Float64Array = candidates[int(np.argmax(score - _PENALTY * (candidates**2 @ _MEAN_SQUARES)))]
    return chosen
