"""Words that no output may hold, and a study with them wherever a study has text: headers, names, files beside it."""

from __future__ import annotations

import json
from pathlib import Path

import pydicom
from pydicom.config import IGNORE, settings
from pydicom.dataelem import DataElement

#: part of every one of the words below, whatever is done to their case or their ends
CANARY = "QZKANARI"
FOLDER = f"{CANARY}folder^Jane"
#: what people type to describe a series, which `inspect` shows to those who choose series
DESCRIPTION = f"{CANARY}seriesdescription"


def write_canary_study(source: Path, folder: Path, *, numbers: bool = False) -> Path:
    """Write a copy of a study with canaries into a folder; the study's own folder, whose name is one, is returned.

    Parameters
    ----------
    source : the study, a folder of DICOM files for each series
    folder : where it goes
    numbers : also in place of the numbers of series, which then are no numbers any more
    """
    root = folder / FOLDER
    before = settings.writing_validation_mode
    settings.writing_validation_mode = IGNORE
    try:
        for path in sorted(source.glob("*/*.dcm")):
            header = pydicom.dcmread(path)
            _mark(header, numbers)
            target = root / f"{CANARY}series" / path.parent.name / f"{CANARY}{path.name}"
            target.parent.mkdir(parents=True, exist_ok=True)
            header.save_as(target)
        content = target.read_bytes()
        (root / f"{CANARY}cut.dcm").write_bytes(content[: len(content) // 3])
    finally:
        settings.writing_validation_mode = before
    (root / f"{CANARY}.txt").write_text(CANARY)
    (root / f"{CANARY}.json").write_text("{" + CANARY)
    (root / "hematocrit.json").write_text(json.dumps({"hematocrit": f"{CANARY}value", "measured": f"{CANARY}date"}))
    (root / f"{CANARY}fhir.json").write_text(json.dumps(_observation()))
    return root


def _mark(header: pydicom.Dataset, numbers: bool) -> None:
    header.PatientName, header.PatientID = f"{CANARY}name^Jane", f"{CANARY}id"
    header.StudyDescription, header.SeriesDescription = f"{CANARY}study", f"{header.SeriesDescription} {DESCRIPTION}"
    header.PatientComments = header.ImageComments = header.AccessionNumber = f"{CANARY}comment"[:16]
    header.ReferringPhysicianName = header.OperatorsName = header.InstitutionName = f"{CANARY}people"
    header.private_block(0x0013, f"{CANARY}creator", create=True).add_new(1, "LO", f"{CANARY}private")
    if numbers:
        header[0x00200011] = DataElement(0x00200011, "IS", f"{CANARY}7", already_converted=True)


def _observation() -> dict[str, object]:
    return {
        "resourceType": "Observation",
        "id": f"{CANARY}id",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "4544-3"}], "text": f"{CANARY}text"},
        "subject": {"reference": f"Patient/{CANARY}id", "display": f"{CANARY}name"},
        "valueQuantity": {"value": f"{CANARY}value", "unit": f"{CANARY}unit"},
        "effectiveDateTime": f"{CANARY}date",
        "note": [{"text": f"{CANARY}note"}],
    }
