"""A case: the weighted images of one slice with their reference labels, and what of the labels is known."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from cmrmap.core.arrays import BoolArray, Float64Array, FloatArray, LabelArray, readonly
from cmrmap.core.errors import InputError
from cmrmap.core.map_specs import MapKind
from cmrmap.core.outlines import Label

EVERY_CLASS = (True, True, True, True)
NO_CLASS = (False, False, False, False)
#: slices of two series nearer than that show one piece of the heart
_SAME_PLACE_MM = 4.0


@dataclass(frozen=True, slots=True)
class TrainingCase:
    """The images of one slice of one series.

    Attributes
    ----------
    name : for messages and logs; never a patient's name or ID, nor a folder's name, which may hold one
    patient : cases with the same text stay on the same side of a split; see :func:`patient_key`
    kind : map that the series is made for
    images : (image, row, column) float32, any scaling
    labels : (image, row, column) uint8 of ``Label``
    known : (image, class) bool, the classes that were labelled on that image. A class that was not is no background;
        where the background itself is not known, pixels without a label say nothing (an image without labels is
        still context for its neighbours)
    pixel_spacing_mm : (row spacing, column spacing)
    times_ms : (image,) inversion or T2-preparation times; NaN where they are not known
    position_mm : of the slice along the stack's normal; NaN where it is not known

    Raises
    ------
    InputError
        shapes that do not match, values that are not finite, labels that there are none of, or no labelled ventricle
    """

    name: str
    patient: str
    kind: MapKind
    images: FloatArray
    labels: LabelArray
    known: BoolArray
    pixel_spacing_mm: tuple[float, float]
    times_ms: Float64Array
    position_mm: float = float("nan")

    def __post_init__(self) -> None:
        for name, dtype in (
            ("images", np.float32),
            ("labels", np.uint8),
            ("known", np.bool_),
            ("times_ms", np.float64),
        ):
            object.__setattr__(self, name, readonly(getattr(self, name), dtype))
        n_images = len(self.images)
        if self.images.ndim != 3 or self.labels.shape != self.images.shape:
            raise InputError(
                f"{self.name}: images are {self.images.shape} and labels {self.labels.shape}; expected both "
                "(image, row, column)"
            )
        if self.known.shape != (n_images, len(Label)) or self.times_ms.shape != (n_images,):
            raise InputError(
                f"{self.name}: known is {self.known.shape} and times_ms {self.times_ms.shape}; expected "
                f"{(n_images, len(Label))} and {(n_images,)}"
            )
        if not np.isfinite(self.images).all():
            raise InputError(f"{self.name}: images hold values that are not finite; leave those images out")
        if self.labels.max(initial=0) >= len(Label):
            raise InputError(f"{self.name}: labels hold {self.labels.max()}; expected 0 to {len(Label) - 1}")
        if not all(np.isfinite(s) and s > 0 for s in self.pixel_spacing_mm):
            raise InputError(f"{self.name}: pixel spacing is {self.pixel_spacing_mm}; expected positive numbers of mm")
        if not self.labelled.any():
            raise InputError(f"{self.name}: no image has a left ventricle labelled; there is nothing to learn from it")

    @property
    def labelled(self) -> BoolArray:
        """(image,) True where wall or cavity of the left ventricle is labelled."""
        left = (self.labels == Label.MYOCARDIUM) & self.known[:, Label.MYOCARDIUM, None, None]
        left |= (self.labels == Label.CAVITY) & self.known[:, Label.CAVITY, None, None]
        return np.asarray(left.any(axis=(1, 2)), dtype=np.bool_)

    @property
    def centre(self) -> tuple[float, float]:
        """(row, column), pixels: middle of the labelled left ventricle, all images together."""
        left = ((self.labels == Label.MYOCARDIUM) | (self.labels == Label.CAVITY))[self.labelled].any(axis=0)
        rows, columns = np.nonzero(left)
        return float(rows.min() + rows.max()) / 2, float(columns.min() + columns.max()) / 2


def patient_key(identity: str) -> str:
    """Return a text that is the same for the same patient and does not show who it is."""
    return hashlib.sha256(identity.encode()).hexdigest()[:16]


def split_cases(
    cases: Sequence[TrainingCase], held_out: float, seed: int
) -> tuple[tuple[TrainingCase, ...], tuple[TrainingCase, ...]]:
    """Split into training and held-out cases: no patient is in both, or of one patient no place in the heart.

    Parameters
    ----------
    cases : of all patients
    held_out : share of the patients, of one patient of the slices, above 0 to below 1; one at least
    seed : draws the patients; it does not matter in which order the cases come

    Returns
    -------
    training, held out : tuple of TrainingCase
        in the order given

    Raises
    ------
    InputError
        no cases, one slice only, or a share out of range
    """
    if not cases:
        raise InputError("there are no cases to train on")
    if not 0 < held_out < 1:
        raise InputError(f"held_out is {held_out:g}; expected a share of the patients above 0 and below 1")
    patients = sorted({case.patient for case in cases})
    if len(patients) > 1:
        order = np.random.default_rng(seed).permutation(len(patients))
        count = min(max(1, round(held_out * len(patients))), len(patients) - 1)
        kept_aside = {patients[int(index)] for index in order[:count]}
        aside = [case.patient in kept_aside for case in cases]
    else:
        aside = _between_the_ends(cases, held_out)
    if not any(aside):
        raise InputError(
            "there are contours of one slice only; expected two slices or more: one to train on, another to "
            "measure the effect"
        )
    training = tuple(case for case, out in zip(cases, aside, strict=True) if not out)
    return training, tuple(case for case, out in zip(cases, aside, strict=True) if out)


def _between_the_ends(cases: Sequence[TrainingCase], held_out: float) -> list[bool]:
    """Whether each case of a patient is held out: slices evenly between the ends, which are least like the rest."""
    places = _places(cases)
    n_places = max(places) + 1
    count = min(max(1, round(held_out * n_places)), n_places - 1)
    aside = set(np.rint(np.linspace(0, n_places - 1, count + 2)[1:-1]).astype(int).tolist())
    return [place in aside for place in places]


def _places(cases: Sequence[TrainingCase]) -> list[int]:
    """Return the number of each case's place, from one end of the stack to the other; all series together."""
    known = sorted({case.position_mm for case in cases if np.isfinite(case.position_mm)})
    if len(known) == 0:
        return list(range(len(cases)))
    first = {known[0]: 0}
    for before, position in pairwise(known):
        first[position] = first[before] + (position - before > _SAME_PLACE_MM)
    last = max(first.values())
    unknown = (last + 1 + index for index in range(len(cases)))
    return [first[c.position_mm] if np.isfinite(c.position_mm) else next(unknown) for c in cases]
