"""How often borders are really off where the network leaves doubt: measured on slices that the training did not see."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from scipy import ndimage, optimize

from cmrmap.core.arrays import BoolArray, Float64Array
from cmrmap.core.errors import InputError
from cmrmap.core.outlines import OFF_MM, Label
from cmrmap.segmentation.border import N_ANGLES, STEP_PX, Outline
from cmrmap.segmentation.border_doubt import BorderCalibration, border_log_odds
from cmrmap.segmentation.consensus import agree
from cmrmap.segmentation.network import StackUNet
from cmrmap.segmentation.preprocess import FINE_PIXEL_MM
from cmrmap.segmentation.ring import find_rings
from cmrmap.segmentation.slice_outlines import draw_about
from cmrmap.training.synthetic import SyntheticSlice, View, draw_slice

#: what is drawn about a known place: a margin lets the crops follow the heart
CALIBRATION_VIEW = View(pixel_mm=FINE_PIXEL_MM, size=152, offset_mm=10.0, oversample=2)
_APART = 2**31  # a third number that no step of a training has
_SECTOR = 12  # angles of 96
_ANGLES = np.arange(N_ANGLES) * (2 * np.pi / N_ANGLES)

#: number -> a slice whose labels are known
Drawer = Callable[[int], SyntheticSlice]


@dataclass(frozen=True, slots=True)
class BorderSamples:
    """Sectors of borders of known slices.

    Attributes
    ----------
    log_odds : (sample, border) of :func:`cmrmap.segmentation.border_doubt.border_log_odds`, mean over a sector
    off_mm : (sample, border) by how much the border lies too far out, median over the images, mean over the sector
    """

    log_odds: Float64Array
    off_mm: Float64Array


def synthetic_slices(seed: int) -> Drawer:
    """Return what makes synthetic slices to calibrate on, which no training of a smaller number of steps has seen.

    Synthetic ones, because their borders are off about as often as in vivo (one in ten by more than 3 mm); in cine
    images with simulated contrast, where lung and liver turn into one another, it is one in three.

    Parameters
    ----------
    seed : of the slices
    """

    def draw(number: int) -> SyntheticSlice:
        rng = np.random.default_rng([seed, number, _APART])
        return draw_slice(rng, CALIBRATION_VIEW, int(rng.choice([1, 3, 6, 9])))

    return draw


def measure_borders(network: StackUNet, draw: Drawer, n_slices: int) -> BorderSamples:
    """Outline slices whose labels are known, and measure how far their borders are off.

    Parameters
    ----------
    network : the fine one
    draw : makes slice number 0, 1, ... in ``CALIBRATION_VIEW``
    n_slices : slices in which nothing is outlined are left out
    """
    odds, off = [], []
    for number in range(n_slices):
        found = _of_slice(network, draw(number))
        if found is not None:
            odds.append(found[0])
            off.append(found[1])
    if not odds:
        raise InputError(f"no ventricle was outlined in any of {n_slices} slices; expected a trained network")
    return BorderSamples(np.concatenate(odds), np.concatenate(off))


def border_probabilities(
    network: StackUNet, calibration: BorderCalibration, draw: Drawer, n_slices: int
) -> tuple[BoolArray, Float64Array]:
    """Return whether sectors of known slices are off by more than 3 mm, and how likely the calibration said so.

    Parameters
    ----------
    network : the fine one
    calibration : to check
    draw, n_slices : as in :func:`measure_borders`

    Returns
    -------
    off, probability : (sample, border) each
    """
    samples = measure_borders(network, draw, n_slices)
    told = calibration.probabilities(samples.log_odds.T).T
    return np.asarray(np.abs(samples.off_mm) > OFF_MM, dtype=np.bool_), np.asarray(told, dtype=np.float64)


def calibrate(samples: BorderSamples) -> BorderCalibration:
    """Fit the logistic curves (Platt, Advances in Large Margin Classifiers 1999, with targets smoothed as there).

    Raises
    ------
    InputError
        samples of which none, or all, are off
    """
    curves = []
    for odds, off in zip(samples.log_odds.T, (np.abs(samples.off_mm) > OFF_MM).T, strict=True):
        n_off = int(np.count_nonzero(off))
        if n_off in (0, len(off)):
            raise InputError(f"{n_off} of {len(off)} sectors are off by more than {OFF_MM:g} mm; expected some of both")
        target = np.where(off, (n_off + 1) / (n_off + 2), 1 / (len(off) - n_off + 2))
        curves.append(_logistic(odds, target))
    (a, b), (c, d) = curves
    return BorderCalibration((a, c), (b, d))


def _logistic(odds: Float64Array, target: Float64Array) -> tuple[float, float]:
    def loss(curve: Float64Array) -> float:
        log_odds = curve[0] * odds + curve[1]
        return float(np.mean(np.logaddexp(0, log_odds) - target * log_odds))

    slope, offset = optimize.minimize(loss, np.array([1.0, 0.0])).x
    return float(slope), float(offset)


def _of_slice(network: StackUNet, known: SyntheticSlice) -> tuple[Float64Array, Float64Array] | None:
    with torch.inference_mode():
        drawing = draw_about(known.images, (0.5, 0.5), network)
    probabilities, seen = drawing.probabilities.numpy(), drawing.seen.numpy()
    rings = agree(find_rings(probabilities, FINE_PIXEL_MM, seen), seen)
    errors = []
    for ring, crop, labels in zip(rings, drawing.crops, known.labels.numpy(), strict=True):
        if ring is None:
            continue
        ventricle = (labels == Label.MYOCARDIUM) | (labels == Label.CAVITY)
        pairs = ((ring.endocardium, labels == Label.CAVITY), (ring.epicardium, ventricle))
        errors.append([_further_out(outline, mask, (crop.top, crop.left)) for outline, mask in pairs])
    if not errors:
        return None
    odds = border_log_odds(rings, probabilities, FINE_PIXEL_MM)
    return _sectors(odds), _sectors(np.median(np.array(errors), axis=0))


def _sectors(around: Float64Array) -> Float64Array:
    """(border, angle) to (sector, border) means."""
    return np.asarray(around.reshape(2, -1, _SECTOR).mean(axis=2).T)


def _further_out(outline: Outline, mask: BoolArray, corner: tuple[float, float]) -> Float64Array:
    """(angle,) mm by which ``outline``, in a crop that begins at ``corner``, lies outside the mask's border."""
    radii = np.arange(0.0, max(mask.shape) / 2, STEP_PX / 2)
    rows = outline.centre[0] + corner[0] + radii * np.sin(_ANGLES)[:, None]
    columns = outline.centre[1] + corner[1] + radii * np.cos(_ANGLES)[:, None]
    inside = ndimage.map_coordinates(mask.astype(np.float32), [rows, columns], order=1) > 0.5
    reached = np.where(inside.all(axis=1), len(radii), np.argmin(inside, axis=1))
    return np.asarray((outline.radius - reached * (STEP_PX / 2)) * FINE_PIXEL_MM)
