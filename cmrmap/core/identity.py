"""Who and what a study is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StudyIdentity:
    """What a report says of the patient and the study, as the source states it; "" where it does not.

    Attributes
    ----------
    patient_name : as people write it, e.g. "Doe, Jane"
    patient_id : PatientID
    birth_date, study_date : YYYYMMDD
    sex : PatientSex, "M", "F" or "O"
    study_description : StudyDescription
    scanner : maker and model
    field_strength_t : tesla; None where the source does not state it
    study_time : HHMMSS, perhaps with a fraction
    accession_number : of the order that the study answers
    """

    patient_name: str = ""
    patient_id: str = ""
    birth_date: str = ""
    sex: str = ""
    study_date: str = ""
    study_description: str = ""
    scanner: str = ""
    field_strength_t: float | None = None
    study_time: str = ""
    accession_number: str = ""
