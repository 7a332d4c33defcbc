"""UIDs made from content: the same input gives the same UID, changed content gives a new one.

An archive keeps the OLD object when a UID is sent twice, so a UID must never be used for two contents.
"""

from __future__ import annotations

import hashlib
import uuid

import numpy as np

from cmrmap.dicom.provenance import SoftwareProvenance
from cmrmap.types import MapVolume


def derived_uid(*parts: str) -> str:
    """Return a UID under 2.25 (DICOM PS3.5 B.2) made from the parts by SHA-256."""
    digest = hashlib.sha256("\x1f".join(parts).encode()).digest()
    return f"2.25.{uuid.UUID(bytes=digest[:16], version=5).int}"


def content_digest(volume: MapVolume, patient_study: bytes, provenance: SoftwareProvenance) -> str:
    """Return the hexadecimal SHA-256 of all that enters the objects written for a map.

    Parameters
    ----------
    volume : values, their SD, regions, geometry and sources
    patient_study : the encoded patient and study attributes that are copied into every object
    provenance : version, weights and settings
    """
    digest = hashlib.sha256()
    for text in (volume.kind.value, volume.model, repr(volume.geometry), repr(volume.source_uids), repr(provenance)):
        digest.update(text.encode())
    values = np.asarray(volume.values, dtype="<f8")
    for array in (np.where(np.isnan(values), np.nan, values), volume.myocardium, volume.blood_pool, volume.aha):
        digest.update(repr(np.shape(array)).encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    if volume.sd is not None:
        sd = np.asarray(volume.sd, dtype="<f8")
        digest.update(np.where(np.isnan(sd), np.nan, sd).tobytes())
    digest.update(patient_study)
    return digest.hexdigest()
