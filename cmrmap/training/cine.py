"""Real anatomy for the training: cine slices with the LV cavity outlined in all and the myocardium in some.

Written for the Sunnybrook Cardiac Data (Radau et al., MIDAS J 2009; CC0) as an array file. What the readers left out is
completed: the wall lies between their endocardium and the epicardium that a network trained on synthetic images sees,
traced as one closed outline. A wall that cannot be trusted is not told, and the loss then leaves the class out.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from scipy import ndimage

from cmrmap.core.arrays import LabelArray
from cmrmap.core.errors import InputError
from cmrmap.core.outlines import Label
from cmrmap.segmentation.border import Outline, trace
from cmrmap.segmentation.model_folder import Network
from cmrmap.segmentation.preprocess import FINE_PIXEL_MM, Crop, normalise, resample
from cmrmap.segmentation.ring import Ring, less_sure
from cmrmap.segmentation.shape import dice

_DEFAULT_PIXEL_MM = 1.367  # of the Sunnybrook slices that come without one
_LEAST_CAVITY_MM = 6.0  # radius below which no traced wall is believed
_TRACED_WALL_MM = (3.5, 17.0)  # mean thickness of one that is believed,
_UNEVEN = 2.4  # its greatest thickness over the median: beyond, an outflow tract was taken for wall,
_LEAST_OVERLAP = 0.9  # its ventricle's Dice with the network's,
_MOST_BRIGHT = 0.3  # and the share of it that is as bright as blood
_WIDE_MM = (18.0, 27.0)  # radius of a cavity from which on readers of maps leave out trabeculae as cine readers do
_CAUTION = 1.3  # log odds taken off the network's: traced so, the epicardium has no bias on walls that readers drew
_WALL_MM = (2.5, 26.0)
_TRACE_RADIUS_PX = 52.0


@dataclass(frozen=True, slots=True)
class CineCase:
    """One cine slice.

    Attributes
    ----------
    image : (row, column) float32, 0-1
    labels : (row, column) uint8 of ``Label``; myocardium only where ``wall_known``
    pixel_mm : size of its square pixels
    wall_known : whether the wall is labelled, by a reader or by :func:`complete_walls`
    wall_by_reader : whether it was a reader
    """

    image: npt.NDArray[np.float32]
    labels: LabelArray
    pixel_mm: float
    wall_known: bool
    wall_by_reader: bool = False


def read_cine(path: Path) -> tuple[CineCase, ...]:
    """Read cases from an array file.

    ``images`` (case, row, column), ``labels`` (case, row, column; 1 myocardium, 2 cavity), ``has_myocardium`` (case,)
    and ``pixel_mm`` (case,; NaN: 1.367) as .npz; ``wall_by_reader`` where some walls were traced.

    Raises
    ------
    InputError
        a file that is missing or without these arrays
    """
    wanted = ("images", "labels", "has_myocardium", "pixel_mm")
    try:
        with np.load(path) as archive:
            images, labels, has_wall, pixel_mm = (archive[name] for name in wanted)
            by_reader = archive.get("wall_by_reader", has_wall)
    except (OSError, EOFError, ValueError, KeyError) as error:
        raise InputError(
            f"{path.name} cannot be read as cine slices; expected .npz with {', '.join(wanted)}"
        ) from error
    cases = []
    for image, label, wall, spacing, reader in zip(images, labels, has_wall, pixel_mm, by_reader, strict=True):
        if not (label == Label.CAVITY).any():
            continue
        grey = image.astype(np.float32)
        cases.append(
            CineCase(
                grey / max(float(grey.max()), 1.0),
                label.astype(np.uint8),
                float(spacing) if np.isfinite(spacing) else _DEFAULT_PIXEL_MM,
                bool(wall),
                bool(reader),
            )
        )
    return tuple(cases)


def write_cine(path: Path, cases: tuple[CineCase, ...]) -> None:
    """Write cases as :func:`read_cine` reads them, so that completed walls need not be traced again."""
    beside = path.with_suffix(".part.npz")
    np.savez_compressed(
        beside,
        images=np.stack([np.round(case.image * 255).astype(np.uint8) for case in cases]),
        labels=np.stack([case.labels for case in cases]),
        has_myocardium=np.array([case.wall_known for case in cases]),
        wall_by_reader=np.array([case.wall_by_reader for case in cases]),
        pixel_mm=np.array([case.pixel_mm for case in cases], dtype=np.float32),
    )
    beside.replace(path)


def complete_walls(cases: tuple[CineCase, ...], network: Network) -> tuple[CineCase, ...]:
    """Give every case a wall from its reader's cavity to the epicardium that ``network`` sees, where it can be trusted.

    The probabilities are averaged over the eight rotations and mirrorings and three grey scales.
    """
    return tuple(case if case.wall_known else with_wall(case, see(case, network)) for case in cases)


def see(case: CineCase, network: Network) -> npt.NDArray[np.float32]:
    """(class, row, column) probabilities by the fine network, averaged over rotations, mirrorings and grey scales."""
    cavity = case.labels == Label.CAVITY
    centre = ndimage.center_of_mass(cavity)
    spacing = (case.pixel_mm, case.pixel_mm)
    fine = resample(torch.from_numpy(case.image)[None], spacing, FINE_PIXEL_MM)
    crop = Crop.about(tuple((c + 0.5) * case.pixel_mm / FINE_PIXEL_MM - 0.5 for c in centre))  # type: ignore[arg-type]
    cut = crop.cut(fine).clamp_min(0)
    greys = torch.cat([cut, cut**0.6, cut**1.6])
    total = torch.zeros(())
    with torch.inference_mode():
        for turns in range(4):
            for mirrored in (False, True):
                turned = torch.rot90(greys, turns, (1, 2))
                turned = turned.flip(-1) if mirrored else turned
                seen = network.fine(normalise(turned).unsqueeze(0)).squeeze(0).softmax(1).mean(0)
                seen = seen.flip(-1) if mirrored else seen
                total = total + torch.rot90(seen, -turns, (1, 2)) / 8
    full = crop.paste_back(
        total[None], (fine.shape[-2], fine.shape[-1]), (cavity.shape[0], cavity.shape[1]), torch.tensor([1.0, 0, 0, 0])
    )
    return np.asarray(full[0].numpy(), dtype=np.float32)


def with_wall(case: CineCase, seen: npt.NDArray[np.floating]) -> CineCase:
    """Trace the case's wall in the probabilities ``seen``; where it is not believed, the case stays as it is."""
    cavity = case.labels == Label.CAVITY
    if np.sqrt(cavity.sum() / np.pi) * case.pixel_mm < _LEAST_CAVITY_MM:
        return case
    ring = traced_ring(case, seen)
    shape = (cavity.shape[0], cavity.shape[1])
    ventricle = ring.epicardium.fill(shape) | cavity
    by_network = (seen[Label.MYOCARDIUM] + seen[Label.CAVITY]) > 0.5
    thickness = (ring.epicardium.radius - ring.endocardium.radius) * case.pixel_mm
    wall = ventricle & ~cavity
    blood = np.percentile(case.image[cavity], 65)
    bright = case.image > 0.5 * (blood + np.median(case.image[wall]))
    trusted = (
        _TRACED_WALL_MM[0] < float(thickness.mean()) < _TRACED_WALL_MM[1]
        and np.percentile(thickness, 95) < _UNEVEN * np.median(thickness)
        and dice(ventricle, by_network) > _LEAST_OVERLAP
        and np.count_nonzero(bright & wall) < _MOST_BRIGHT * np.count_nonzero(wall)
    )
    if not trusted:
        return case
    drawn = _mapping_cavity(ring.endocardium, seen, case.pixel_mm).fill(shape)
    labels = np.where(drawn, Label.CAVITY, np.where(ventricle, Label.MYOCARDIUM, Label.BACKGROUND))
    return replace(case, labels=labels.astype(np.uint8), wall_known=True)


def traced_ring(case: CineCase, seen: npt.NDArray[np.floating]) -> Ring:
    """Trace the reader's endocardium, and the epicardium that the network sees."""
    cavity = case.labels == Label.CAVITY
    middle = ndimage.center_of_mass(cavity)
    centre = (float(middle[0]), float(middle[1]))
    reach = _TRACE_RADIUS_PX * FINE_PIXEL_MM / case.pixel_mm
    endocardium = trace(cavity.astype(np.float64), centre, reach)
    bounds = tuple(endocardium.radius + limit / case.pixel_mm for limit in _WALL_MM)
    inside = np.where(cavity, 1.0, less_sure(seen[Label.MYOCARDIUM] + seen[Label.CAVITY], _CAUTION))
    return Ring(endocardium, trace(inside, centre, reach, (bounds[0], bounds[1])))


def _mapping_cavity(reader: Outline, seen: npt.NDArray[np.floating], pixel_mm: float) -> Outline:
    """Draw the endocardium as readers of maps do: in small cavities nearer to the blood that is seen.

    Cine readers count trabeculae and papillary muscles as cavity, in systole most of what they outline; readers of
    maps do so in wide cavities and do not in small ones.
    """
    radius_mm = float(reader.radius.mean()) * pixel_mm
    share = 0.5 * float(np.clip((_WIDE_MM[1] - radius_mm) / (_WIDE_MM[1] - _WIDE_MM[0]), 0, 1))
    if not share:
        return reader
    blood = trace(np.asarray(seen[Label.CAVITY], dtype=np.float64), reader.centre, float(reader.radius.max()) + 2)
    return Outline(reader.centre, (1 - share) * reader.radius + share * np.minimum(blood.radius, reader.radius))
