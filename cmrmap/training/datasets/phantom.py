"""Cases from phantom studies, whose labels are true in every image: from arrays, or as `cmrmap phantom` wrote them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from cmrmap.core.array_files import opened_arrays
from cmrmap.core.arrays import LabelArray
from cmrmap.core.errors import InputError
from cmrmap.core.map_specs import MapKind
from cmrmap.core.stack import WeightedStack
from cmrmap.phantom.generate import PhantomStudy
from cmrmap.pipeline.stages import load_folder
from cmrmap.training.datasets.case import EVERY_CLASS, TrainingCase

TRUTH = Path("truth") / "truth.npz"


def phantom_cases(study: PhantomStudy, kinds: Iterable[MapKind] = tuple(MapKind)) -> tuple[TrainingCase, ...]:
    """Return one case a slice of every series of ``kinds``; every class of every image is known."""
    wanted = set(kinds)
    patient = f"phantom {study.parameters.seed}"
    return tuple(
        case
        for series in study.series
        if series.kind in wanted
        for case in _cases(patient, patient, series.stack, series.labels)
    )


def read_phantom_cases(folder: Path) -> tuple[TrainingCase, ...]:
    """Read a folder with ``dicom/`` and ``truth/``, as `cmrmap phantom study` writes it, or a folder of such folders.

    Raises
    ------
    InputError
        there is none, or its truth does not fit its images
    """
    studies = sorted(path.parent.parent for path in folder.glob(f"**/{TRUTH}"))
    if not studies:
        raise InputError(
            f"{folder} holds no phantom study; expected dicom/ and {TRUTH} as `cmrmap phantom` writes them"
        )
    cases: list[TrainingCase] = []
    for number, one in enumerate(studies, start=1):
        study, _, loaded = load_folder(one / "dicom")
        with opened_arrays(one / TRUTH, f"{TRUTH} of phantom study {number}") as truth:
            outlines = [truth.labels(f"{stack.kind.value}_labels", 4) for stack in loaded.stacks]
        for stack, labels in zip(loaded.stacks, outlines, strict=True):
            if labels.shape != stack.images.shape:
                raise InputError(
                    f"{one}: {stack.kind.value} has images {stack.images.shape} and labels {labels.shape}; "
                    "write the phantom study again"
                )
            cases += _cases(f"phantom study {number}", study.study_instance_uid, stack, labels)
    return tuple(cases)


def _cases(name: str, patient: str, stack: WeightedStack, labels: LabelArray) -> list[TrainingCase]:
    return [
        TrainingCase(
            name=f"{name}, {stack.kind.value}, slice {index}",
            patient=patient,
            kind=stack.kind,
            images=stack.images[index],
            labels=labels[index],
            known=np.tile(EVERY_CLASS, (len(labels[index]), 1)),
            pixel_spacing_mm=stack.geometry[index].pixel_spacing_mm,
            times_ms=stack.times_ms[index],
            position_mm=float(np.dot(stack.geometry[index].normal, stack.geometry[index].position_mm)),
        )
        for index in range(len(labels))
    ]
