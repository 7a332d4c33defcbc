"""The left ventricle as a reader draws it: two closed smooth outlines about one centre, from class probabilities.

A pixelwise decision may leave holes in the wall, trabeculae in its border and islands in the liver. Here each border
is one closed path (`cmrmap.segmentation.border`), so that every image's myocardium is one ring.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from cmrmap.core.arrays import Float64Array
from cmrmap.core.outlines import Label
from cmrmap.segmentation.border import FLOOR, Outline, path_cost, trace_together
from cmrmap.segmentation.shape import dice, largest_object

_MAX_RADIUS_MM = 65.0
_LEAST_WALL_MM = 2.0
_LEAST_OVERLAP = 0.7  # Dice of the ring's ventricle with the pixelwise one
_BORDERS = ("endocardium", "epicardium")
_FEWEST_FOR_PRIOR = 3
_EVIDENCE = 2.0  # cap of an image's own grey, nats: the network may be surer than that of a papillary muscle (3.9)
_OTHERS_EVIDENCE = 0.7  # cap of the other images' mean grey, nats: it must not hide contraction
_OTHERS_WEIGHT = 0.5  # of that mean
_SUREST = 6.0  # nats of one image in that mean: no image outvotes all others
_FEWEST_PIXELS = 20
_CAUTION = 0.7  # nats taken off the epicardium: what may be fat or lung must not be averaged as wall
_CERTAIN = 1e-6


@dataclass(frozen=True, slots=True)
class Ring:
    """Both borders of the left ventricle's wall."""

    endocardium: Outline
    epicardium: Outline


def find_rings(
    probabilities: npt.NDArray[np.floating], pixel_mm: float, images: npt.NDArray[np.floating] | None = None
) -> list[Ring | None]:
    """Draw the ring that the class probabilities of each of a slice's images show.

    First every image by itself. Then once more with the slice's median shape, at each image's own place and size, as a
    weak prior: where an image shows its border the prior has no say, where blood and muscle have one grey it decides.
    In that second round the grey has a say too: what is more like an image's blood than like its wall is moved into the
    cavity, so that a heart more contracted than in the other images is not drawn like theirs; and, less, what is more
    like blood in the mean of the other images, for those in which blood and wall have one grey.

    Parameters
    ----------
    probabilities : (image, class, row, column) of ``Label``, each pixel's sum is 1; crops that follow the heart
    pixel_mm : size of their square pixels
    images : (image, row, column) of the same crops; None: their grey has no say

    Returns
    -------
    one per image; None where no ring is seen: no cavity, or a ventricle so unlike the ring that the ring would hide it
    """
    rings = _find_rings(list(probabilities), pixel_mm, [None] * len(probabilities), [None] * len(probabilities))
    drawn = [ring for ring in rings if ring is not None]
    if len(drawn) < _FEWEST_FOR_PRIOR:
        return rings
    shape = [np.median([getattr(ring, name).radius for ring in drawn], axis=0) for name in _BORDERS]
    grey = [
        None if images is None or ring is None else blood_evidence(np.asarray(images[k], dtype=np.float64), ring)
        for k, ring in enumerate(rings)
    ]
    total = sum(one for one in grey if one is not None)
    evidence = [
        None
        if own is None
        else np.clip(own, -_EVIDENCE, _EVIDENCE)
        + np.clip(_OTHERS_WEIGHT * (total - own) / (len(drawn) - 1), -_OTHERS_EVIDENCE, _OTHERS_EVIDENCE)
        for own in grey
    ]
    again = [k for k, ring in enumerate(rings) if ring is not None]
    priors = [_Prior(ring, *shape) for ring in drawn]
    second = _find_rings([probabilities[k] for k in again], pixel_mm, priors, [evidence[k] for k in again])
    out: list[Ring | None] = [None] * len(rings)
    for index, found in zip(again, second, strict=True):
        out[index] = found
    return out


def blood_evidence(image: Float64Array, ring: Ring) -> Float64Array:
    """(row, column) log likelihood ratio of blood over wall, by the grey of both as the ring shows them, capped.

    Zero everywhere where the ring holds too little of either to know.
    """
    shape = (image.shape[0], image.shape[1])
    inner, outer = ring.endocardium.radius, ring.epicardium.radius
    centre = ring.endocardium.centre
    wall = Outline(centre, inner + 0.75 * (outer - inner)).fill(shape)
    wall &= ~Outline(centre, inner + 0.3 * (outer - inner)).fill(shape)
    blood = Outline(centre, 0.8 * inner).fill(shape)
    if min(np.count_nonzero(wall), np.count_nonzero(blood)) < _FEWEST_PIXELS:
        return np.zeros(shape)
    (wall_grey, wall_sd), (blood_grey, blood_sd) = (_grey(image[mask]) for mask in (wall, blood))
    sd = np.sqrt(0.5 * (wall_sd**2 + blood_sd**2))  # one SD for both: only the border between the greys counts
    if not sd > 0:
        return np.zeros(shape)
    ratio = (image - 0.5 * (wall_grey + blood_grey)) * (blood_grey - wall_grey) / sd**2
    return np.asarray(np.clip(ratio, -_SUREST, _SUREST), dtype=np.float64)


def _grey(values: Float64Array) -> tuple[float, float]:
    """Median, and SD by the median absolute deviation: papillary muscles and scar are outliers."""
    middle = float(np.median(values))
    return middle, 1.4826 * float(np.median(np.abs(values - middle)))


class _Prior:
    """The slice's shape at one image's place and size."""

    def __init__(self, ring: Ring, endocardium: Float64Array, epicardium: Float64Array) -> None:
        self.centre = ring.endocardium.centre
        inner, outer = ring.endocardium.radius, ring.epicardium.radius
        # contraction thickens the wall: its two borders need not scale alike
        self.endocardium = endocardium * float(np.median(inner / endocardium))
        self.epicardium = epicardium * float(np.median(outer / epicardium))


def _find_rings(
    probabilities: Sequence[npt.NDArray[np.floating]],
    pixel_mm: float,
    priors: Sequence[_Prior | None],
    evidence: Sequence[Float64Array | None],
) -> list[Ring | None]:
    """One ring per image, each by itself; all outlines of one border are traced together, for speed only."""
    cavities = [np.asarray(one[Label.CAVITY], dtype=np.float64) for one in probabilities]
    ventricles = [cavity + one[Label.MYOCARDIUM] for cavity, one in zip(cavities, probabilities, strict=True)]
    seen = [largest_object(one > 0.5) for one in ventricles]
    inside = [largest_object(one & (cavity > 0.5)) for one, cavity in zip(seen, cavities, strict=True)]
    out: list[Ring | None] = [None] * len(cavities)
    known = [k for k, one in enumerate(inside) if one.any()]
    if not known:
        return out
    centres: list[tuple[float, float]] = []
    blood = []
    for k in known:
        prior, own = priors[k], evidence[k]
        row, column = ndimage.center_of_mass(inside[k]) if prior is None else prior.centre
        centres.append((float(row), float(column)))
        blood.append(cavities[k] if own is None else _surer(np.clip(cavities[k], FLOOR, 1 - FLOOR), own))
    reach = _MAX_RADIUS_MM / pixel_mm
    kept = [priors[k] for k in known]
    epicardia = trace_together(
        [
            path_cost(
                less_sure(ventricles[k], _CAUTION),
                centre,
                reach,
                (0.0, np.inf),
                None if prior is None else prior.epicardium,
            )
            for k, centre, prior in zip(known, centres, kept, strict=True)
        ],
        centres,
    )
    thickest = [np.maximum(one.radius - _LEAST_WALL_MM / pixel_mm, 1.0) for one in epicardia]
    endocardia = trace_together(
        [
            path_cost(one, centre, reach, (0.0, most), None if prior is None else prior.endocardium)
            for one, centre, most, prior in zip(blood, centres, thickest, kept, strict=True)
        ],
        centres,
    )
    for k, endocardium, epicardium in zip(known, endocardia, epicardia, strict=True):
        drawn = epicardium.fill((seen[k].shape[0], seen[k].shape[1]))
        if dice(drawn, seen[k]) >= _LEAST_OVERLAP:
            out[k] = Ring(endocardium, epicardium)
    return out


def less_sure(probability: npt.NDArray[np.floating], nats: float) -> Float64Array:
    """Return probabilities with ``nats`` taken off their log odds: outlines traced in them lie further in."""
    return _surer(np.clip(np.asarray(probability, dtype=np.float64), _CERTAIN, 1 - _CERTAIN), -nats)


def _surer(probability: Float64Array, nats: Float64Array | float) -> Float64Array:
    """Probabilities strictly between 0 and 1 with ``nats`` added to their log odds."""
    odds = probability / (1 - probability) * np.exp(nats)
    return np.asarray(odds / (1 + odds), dtype=np.float64)
