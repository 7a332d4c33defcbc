"""Do all objects in a folder belong to one patient? Identities are compared, never printed."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from pydicom.dataset import Dataset

from cmrmap.dicom.headers.values import text


@dataclass(frozen=True, slots=True)
class PatientIdentity:
    """What identifies a patient in a header (DICOM PS3.3 C.7.1.1); empty strings where nothing is said."""

    patient_id: str
    issuer: str
    name: str
    birth_date: str
    study_instance_uid: str

    def __repr__(self) -> str:
        """Hide the identity: it must never reach a log or a message."""
        return "PatientIdentity(hidden)"

    def differs_from(self, other: PatientIdentity) -> bool:
        """Tell whether the two cannot be the same patient.

        An attribute that one of the two leaves empty decides nothing. Names are compared only where the IDs cannot
        decide or the studies differ, because the same patient's name is spelled in several ways.

        Parameters
        ----------
        other : of another header
        """
        if _conflict(self.patient_id, other.patient_id) or _conflict(self.issuer, other.issuer):
            return True
        if _conflict(self.birth_date, other.birth_date):
            return True
        ids_decide = bool(self.patient_id and other.patient_id)
        if ids_decide and self.study_instance_uid == other.study_instance_uid:
            return False
        return _conflict(self.name, other.name)


def identity_of(header: Dataset) -> PatientIdentity:
    """Return the identity that a header states.

    Parameters
    ----------
    header : of any DICOM object
    """
    return PatientIdentity(
        patient_id=text(header, "PatientID"),
        issuer=text(header, "IssuerOfPatientID"),
        name=" ".join(sorted(re.split(r"[\s^=,]+", text(header, "PatientName").casefold()))).strip(),
        birth_date=text(header, "PatientBirthDate"),
        study_instance_uid=text(header, "StudyInstanceUID"),
    )


def count_patients(identities: Iterable[PatientIdentity]) -> int:
    """Return how many patients the identities stand for at least.

    Parameters
    ----------
    identities : one a header, in any order and number
    """
    known: list[PatientIdentity] = []
    for identity in dict.fromkeys(identities):
        if not known or all(identity.differs_from(other) for other in known):
            known.append(identity)
    return len(known)


def _conflict(one: str, other: str) -> bool:
    return bool(one and other and one != other)
