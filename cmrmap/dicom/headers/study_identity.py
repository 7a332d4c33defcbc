"""What a report says of the patient and the study, cleaned as for every written object."""

from __future__ import annotations

from datetime import date

from pydicom.sequence import Sequence

from cmrmap.core.identity import StudyIdentity
from cmrmap.dicom.headers.cleaning import clean_date, clean_text
from cmrmap.dicom.headers.read import SourceStudy
from cmrmap.dicom.headers.values import number, text, tolerant_reading, value


def study_identity(study: SourceStudy) -> StudyIdentity:
    """Return who and what the study is, from its first image that says it.

    Parameters
    ----------
    study : as read
    """
    headers = list(study.headers.values())

    def first(keyword: str) -> str:
        return next((found for header in headers if (found := clean_text(text(header, keyword), 64))), "")

    with tolerant_reading():
        scanner = (first("Manufacturer"), first("ManufacturerModelName"))
        field = next((found for header in headers if (found := number(header, "MagneticFieldStrength"))), None)
        return StudyIdentity(
            patient_name=readable_name(first("PatientName")),
            patient_id=first("PatientID"),
            birth_date=first("PatientBirthDate"),
            sex=first("PatientSex"),
            study_date=first("StudyDate"),
            study_description=first("StudyDescription"),
            scanner=" ".join(part for part in scanner if part),
            field_strength_t=field,
            study_time=first("StudyTime"),
            accession_number=first("AccessionNumber"),
        )


def readable_name(given: str) -> str:
    """Return "Doe, Jane" of "Doe^Jane"; of several writings of a name the first, which is the alphabetic one.

    Parameters
    ----------
    given : a person name (VR PN); "" gives ""
    """
    parts = [part.strip() for part in given.split("=")[0].split("^")]
    family, rest = parts[0], " ".join(part for part in parts[1:3] if part)
    return ", ".join(part for part in (family, rest) if part)


def patient_identifiers(study: SourceStudy) -> frozenset[str]:
    """PatientID and the patient's other IDs in the study, to be compared and never printed.

    Parameters
    ----------
    study : as read
    """
    found: set[str] = set()
    with tolerant_reading():
        for header in study.headers.values():
            found.add(text(header, "PatientID"))
            found.update(one.strip() for one in text(header, "OtherPatientIDs").split("\\"))
            others = value(header, "OtherPatientIDsSequence")
            found.update(text(one, "PatientID") for one in (others if isinstance(others, Sequence) else ()))
    return frozenset(found - {""})


def study_date(study: SourceStudy) -> date | None:
    """Return the day of the study; None where no image states it.

    Parameters
    ----------
    study : as read
    """
    with tolerant_reading():
        for header in study.headers.values():
            stated = clean_date(text(header, "StudyDate") or text(header, "AcquisitionDate"))
            try:
                return date(int(stated[:4]), int(stated[4:6]), int(stated[6:]))
            except ValueError:
                continue
    return None
