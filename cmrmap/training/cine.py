"""Real anatomy for the training: cine slices with the LV cavity outlined in all and the myocardium in some.

Written for the Sunnybrook Cardiac Data (Radau et al., MIDAS J 2009; CC0) as an array file: experts outlined both
borders at end diastole and the endocardium alone at end systole. Where they left out the wall, the loss leaves it out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from cmrmap.core.array_files import opened_arrays, same_length
from cmrmap.core.arrays import LabelArray
from cmrmap.core.errors import InputError
from cmrmap.core.outlines import Label

_WANTED = ("images", "labels", "has_myocardium", "pixel_mm")
_DEFAULT_PIXEL_MM = 1.367  # of the Sunnybrook slices that come without one


@dataclass(frozen=True, slots=True)
class CineCase:
    """One cine slice.

    Attributes
    ----------
    image : (row, column) float32, 0-1
    labels : (row, column) uint8 of ``Label``; myocardium only where ``wall_known``
    pixel_mm : size of its square pixels
    wall_known : whether the wall is labelled
    subject : whose slice it is; "" where the file does not say
    """

    image: npt.NDArray[np.float32]
    labels: LabelArray
    pixel_mm: float
    wall_known: bool
    subject: str = ""


def read_cine(path: Path) -> tuple[CineCase, ...]:
    """Read cases from an array file.

    ``images`` (case, row, column), ``labels`` (case, row, column; 1 myocardium, 2 cavity), ``has_myocardium`` (case,)
    and ``pixel_mm`` (case,; NaN: 1.367) as .npz; ``subject`` (case,) where patients are to be held out.

    Raises
    ------
    InputError
        a file that is missing, damaged, without these arrays, or with others than these
    """
    try:
        with opened_arrays(path, "the file of --cine") as archive:
            images, labels = archive.numbers("images", 3), archive.labels("labels", 3)
            has_wall, pixel_mm = archive.numbers("has_myocardium", 1), archive.numbers("pixel_mm", 1)
            subjects = archive.array("subject", 1) if "subject" in archive.names else np.full(len(images), "")
    except InputError as error:
        raise InputError(f"{error}; expected .npz with {', '.join(_WANTED)}") from error
    same_length("the file of --cine", (images, labels, has_wall, pixel_mm, subjects))
    if images.shape != labels.shape or not np.isfinite(images).all():
        raise InputError(
            f"the file of --cine has images {images.shape} and labels {labels.shape}; expected the same shape, and "
            "finite values"
        )
    cases = []
    for image, label, wall, spacing, subject in zip(images, labels, has_wall, pixel_mm, subjects, strict=True):
        if not (label == Label.CAVITY).any():
            continue
        grey = image.astype(np.float32)
        cases.append(
            CineCase(
                grey / max(float(grey.max()), 1.0),
                label.astype(np.uint8),
                float(spacing) if np.isfinite(spacing) else _DEFAULT_PIXEL_MM,
                bool(wall),
                str(subject),
            )
        )
    return tuple(cases)


def held_out_subjects(cases: Sequence[CineCase], count: int) -> tuple[str, ...]:
    """Names of ``count`` patients, evenly spread over the sorted names, so that every group of a collection has some.

    They are kept out of the training to measure on; none where the cases name no patients.
    """
    names = sorted({case.subject for case in cases} - {""})
    if not names:
        return ()
    places = ((np.arange(min(count, len(names))) + 0.5) * len(names) / min(count, len(names))).astype(int)
    return tuple(names[place] for place in places)
