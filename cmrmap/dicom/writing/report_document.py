"""What every structured report of a study has in common: identifiers, series, equipment, state and time."""

from __future__ import annotations

from typing import Any

from cmrmap.core.provenance import NAME, SoftwareProvenance
from cmrmap.dicom.writing import codes
from cmrmap.dicom.writing.series_names import study_series_name
from cmrmap.dicom.writing.source_context import SourceContext
from cmrmap.dicom.writing.uids import derived_uid


def report_attributes(
    what: str,
    description: str,
    series_number: int,
    digest: str,
    context: SourceContext,
    provenance: SoftwareProvenance,
) -> dict[str, Any]:
    """Return arguments of highdicom's structured reports, all but their evidence and content.

    Parameters
    ----------
    what : kind of report; its UIDs are derived from it, so that it must never change
    description : of the series, as viewers list it
    series_number : of the series
    digest : hexadecimal SHA-256 of all that enters the report
    context : of the map whose images were taken last
    provenance : version, weights and settings
    """
    return {
        "series_instance_uid": derived_uid(digest, f"{what} series"),
        "series_number": series_number,
        "sop_instance_uid": derived_uid(digest, what),
        "instance_number": 1,
        "manufacturer": NAME,
        "manufacturer_model_name": NAME,
        "software_versions": provenance.software_version,
        "device_serial_number": provenance.device_serial_number,
        "series_description": study_series_name(description, provenance),
        "coding_schemes": [codes.private_scheme_item()],
        "is_complete": True,
        "is_final": False,  # nobody has read it
        "is_verified": False,
        "content_date": context.content_date,
        "content_time": context.content_time,
        "series_date": context.content_date,
        "series_time": context.content_time,
    }
