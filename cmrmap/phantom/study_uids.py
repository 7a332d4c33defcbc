"""UIDs of a phantom study: the same study has the same ones everywhere."""

from __future__ import annotations

import hashlib

from cmrmap.phantom.generate import PhantomStudy
from cmrmap.phantom.tissue import USUAL_FIELD_T

#: part of every UID: raise it when the meaning of a seed changes
_GENERATION = "phantom-1"


def fingerprint(study: PhantomStudy) -> str:
    """Return a hash of all that was drawn."""
    drawn = [_GENERATION, repr(study.parameters)]
    drawn += [repr((one.protocol, one.images)) for one in study.parameters.series if one.protocol is not None]
    tissues, scan = study.parameters.tissues, study.parameters.acquisition
    drawn += ["echo train" for one in study.parameters.series if one.echo_train]
    if tissues.field_strength_t != USUAL_FIELD_T:
        drawn.append(repr((tissues.field_strength_t, scan.band_width_mm)))
    return hashlib.sha256("|".join(drawn).encode()).hexdigest()


def uid(study_fingerprint: str, *parts: object) -> str:
    """UID under 2.25 (PS3.5 B.2) from a hash of the study and what in it the UID is for."""
    digest = hashlib.sha256("|".join([study_fingerprint, *map(str, parts)]).encode()).digest()
    return f"2.25.{int.from_bytes(digest[:16], 'big')}"
