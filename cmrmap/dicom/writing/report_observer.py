"""Who made a structured report: this software, as a device (DICOM PS3.16 TID 1002, TID 1004)."""

from __future__ import annotations

from highdicom.sr import DeviceObserverIdentifyingAttributes, ObserverContext
from pydicom.sr.codedict import codes as dicom_codes

from cmrmap.core.provenance import NAME, SoftwareProvenance
from cmrmap.dicom.writing.uids import derived_uid


def observing_device(provenance: SoftwareProvenance) -> ObserverContext:
    """Return the content items that name the software and its version.

    Parameters
    ----------
    provenance : version, weights and settings
    """
    return ObserverContext(
        observer_type=dicom_codes.DCM.Device,
        observer_identifying_attributes=DeviceObserverIdentifyingAttributes(
            uid=derived_uid(NAME, "device", provenance.software_version),
            name=NAME,
            manufacturer_name=NAME,
            model_name=NAME,
            serial_number=provenance.device_serial_number,
        ),
    )
