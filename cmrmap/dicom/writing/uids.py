"""UIDs made from content: the same content gives the same UID, changed content gives a new one.

An archive keeps the OLD object when a UID is sent twice, so a UID must never be used for two contents, and source and
settings alone cannot make it. What is stored makes it, not the finer values before rounding, whose last bits differ
between processors.
"""

from __future__ import annotations

import hashlib
import uuid
from typing import Any

import numpy as np
import numpy.typing as npt

from cmrmap.core.map_volume import MapVolume
from cmrmap.core.provenance import SoftwareProvenance
from cmrmap.dicom.writing.stored_values import float_values, whole_steps

#: raised whenever objects of the same values are written otherwise: their UIDs must change too
_FORM = "4"


def derived_uid(*parts: str) -> str:
    """Return a UID under 2.25 (DICOM PS3.5 B.2) made from the parts by SHA-256.

    Parameters
    ----------
    *parts : a digest of the content, and what the UID is of
    """
    digest = hashlib.sha256("\x1f".join(parts).encode()).digest()
    return f"2.25.{uuid.UUID(bytes=digest[:16], version=5).int}"


def content_digest(volume: MapVolume, patient_study: bytes, provenance: SoftwareProvenance) -> str:
    """Return the hexadecimal SHA-256 of all that enters the objects written for a map.

    Parameters
    ----------
    volume : values and their SD as they are stored, regions, geometry and sources
    patient_study : the encoded patient and study attributes that are copied into every object
    provenance : version, weights and settings
    """
    digest = hashlib.sha256()
    for text in (
        _FORM,
        volume.kind.value,
        volume.model,
        repr(volume.geometry),
        repr(volume.source_uids),
        repr(provenance),
        *([repr(volume.by_reader)] if volume.by_reader else []),
    ):
        digest.update(text.encode())
    sd = volume.shown_sd
    arrays: list[npt.NDArray[Any]] = [
        float_values(volume.shown_values),
        whole_steps(volume.shown_values, volume.kind.spec.dicom.values.stored_step),
        *([] if sd is None else [whole_steps(sd, volume.kind.spec.dicom.sd.stored_step)]),
        *(volume.myocardium, volume.blood_pool, volume.aha),
    ]
    for array in arrays:
        digest.update(repr((array.shape, array.dtype.str)).encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    digest.update(patient_study)
    return digest.hexdigest()
