"""A site's own cases: DICOM studies with contours of the wall and the blood, as Segmentations or RT Structure Sets."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np

from cmrmap.core.errors import CmrmapError, InputError
from cmrmap.core.stack import WeightedStack
from cmrmap.dicom.headers.read import SourceStudy
from cmrmap.dicom.headers.study_identity import patient_identifiers
from cmrmap.dicom.reference.labels import ReferenceLabels, read_reference_labels
from cmrmap.pipeline.stages import load_folder
from cmrmap.training.datasets.case import TrainingCase, patient_key

logger = logging.getLogger(__name__)


def read_dicom_cases(folder: Path) -> tuple[TrainingCase, ...]:
    """Read ``folder``/<one folder a study>/, or a folder that is one study; the contours lie among the images.

    Which images are taken is decided as in the application, so a study gives the series that would be analysed. A
    study that cannot be used is left out with its reason, as long as others can. Studies of one patient belong
    together by their PatientID.

    Raises
    ------
    InputError
        no folder, or not one case with labels
    """
    if not folder.is_dir():
        raise InputError(f"{folder} is not a folder; give one with a DICOM folder for every study")
    studies = sorted(path for path in folder.iterdir() if path.is_dir())
    if any(path.is_file() for path in folder.iterdir()) or not studies:
        studies = [folder]
    cases: list[TrainingCase] = []
    reasons = []
    for place, one in enumerate(studies, start=1):
        name = f"study {place} of {len(studies)}"  # a folder's name may be a patient's
        try:
            cases += read_study_cases(one, name)
        except CmrmapError as error:
            reasons.append(f"{name}: {error}")
            logger.warning("%s", reasons[-1])
    if not cases:
        raise InputError(f"{folder} holds no case to learn from: {'; '.join(reasons)}")
    return tuple(cases)


def read_study_cases(folder: Path, name: str) -> tuple[TrainingCase, ...]:
    """Read one study: one case for every slice of every map that has a labelled image.

    Raises
    ------
    InputError
        no contours label any of its images
    CmrmapError
        it cannot be read as a mapping study
    """
    study, selection, loaded = load_folder(folder)
    series = [next(one for one in selection.selected if one.kind is stack.kind) for stack in loaded.stacks]
    references = read_reference_labels(folder, study, series, loaded.stacks)
    cases = [
        case
        for stack, reference in zip(loaded.stacks, references, strict=True)
        for case in _cases(stack, reference, name, _patient(study))
    ]
    if not cases:
        raise InputError(
            "no DICOM Segmentation or RT Structure Set outlines the left ventricle on its images; export the contours "
            "beside the images that they were drawn on"
        )
    return tuple(cases)


def _patient(study: SourceStudy) -> str:
    return patient_key(min(patient_identifiers(study), default=study.study_instance_uid))


def _cases(stack: WeightedStack, reference: ReferenceLabels, name: str, patient: str) -> list[TrainingCase]:
    cases = []
    for index, geometry in enumerate(stack.geometry):
        times = np.flatnonzero(stack.present[index])
        if reference.labels[index, times].any():
            cases.append(
                TrainingCase(
                    name=f"{name}, {stack.kind.value}, slice {index}",
                    patient=patient,
                    kind=stack.kind,
                    images=stack.images[index, times],
                    labels=reference.labels[index, times],
                    known=reference.known[index, times],
                    pixel_spacing_mm=geometry.pixel_spacing_mm,
                    times_ms=stack.times_ms[index, times],
                    position_mm=float(np.dot(geometry.normal, geometry.position_mm)),
                )
            )
    return cases
