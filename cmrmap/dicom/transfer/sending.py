"""Send files to an archive and find out what arrived: what to send, and the one entry point."""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from pathlib import Path

import pydicom
from pydicom.errors import InvalidDicomError

from cmrmap.core.errors import InputError
from cmrmap.dicom.headers.patient import count_patients, identity_of
from cmrmap.dicom.transfer.base import Destination, Outgoing, Sender, SendReport
from cmrmap.dicom.transfer.destinations import check_libraries

_LOG = logging.getLogger("cmrmap.send")


def find_files(folder: Path, names: Collection[str] | None = None) -> tuple[Outgoing, ...]:
    """Return the DICOM files directly in a folder, or the one file named; each instance once.

    Parameters
    ----------
    folder : of files named ``*.dcm``, or one file
    names : of those to take; None: all

    Returns
    -------
    tuple of Outgoing
        in the order of their names

    Raises
    ------
    InputError
        no such path, no DICOM file in it, one that does not say what it is, or files of two patients
    """
    if not folder.exists():
        raise InputError(f"{folder} does not exist; give a folder with DICOM files")
    paths = [folder] if folder.is_file() else sorted(path for path in folder.glob("*.dcm") if path.is_file())
    paths = [path for path in paths if names is None or path.name in names]
    found = {}
    patients = set()
    for path in paths:
        try:
            header = pydicom.dcmread(path, stop_before_pixels=True)
            one = Outgoing(
                path,
                str(header.StudyInstanceUID),
                str(header.SeriesInstanceUID),
                str(header.SOPClassUID),
                str(header.SOPInstanceUID),
                str(header.file_meta.TransferSyntaxUID),
            )
        except (InvalidDicomError, AttributeError, OSError) as error:
            # the name of a file in a folder may be the patient's
            which = f"{path}" if path == folder else f"one of the {len(paths)} *.dcm files in {folder}"
            raise InputError(
                f"{which} cannot be sent ({type(error).__name__}); expected a complete DICOM file"
            ) from error
        found[one.sop_instance_uid] = one
        patients.add(identity_of(header))
    if count_patients(patients) > 1:
        raise InputError(
            f"the DICOM files in {folder} are of {count_patients(patients)} patients; send those of one at a time"
        )
    if not found:
        raise InputError(f"{folder} holds no *.dcm files; give the application's output folder")
    return tuple(found.values())


def send_folder(folder: Path, names: Sequence[str], destination: Destination) -> None:
    """Send the named files of a folder; warnings go to the log "cmrmap.send".

    Parameters
    ----------
    folder : where the files are
    names : of the files, e.g. "<SOPInstanceUID>.dcm"; none: nothing is sent
    destination : from :func:`cmrmap.dicom.transfer.destinations.parse_destination`

    Raises
    ------
    InputError
        a network library is missing
    NotStoredError
        at least one of them was not stored
    """
    files = find_files(folder, set(names)) if names else ()
    report = send(files, destination)
    for warning in report.warnings:
        _LOG.warning(warning)
    report.check()


def send(
    files: Sequence[Outgoing],
    destination: Destination,
    *,
    retries: int = 3,
    wait_s: float = 2.0,
    timeout_s: float = 30.0,
    verify: bool = True,
) -> SendReport:
    """Send the files, try again what may pass on a second try, and ask the destination what it has.

    Parameters
    ----------
    files : from :func:`find_files`
    destination : from :func:`cmrmap.dicom.transfer.destinations.parse_destination`
    retries : how often what failed for a passing reason is tried again
    wait_s : before the first repetition; doubles with each
    timeout_s : without an answer, s
    verify : ask by C-FIND or QIDO-RS; a destination that cannot be asked is a warning

    Returns
    -------
    SendReport
        what was stored and what was not, and why

    Raises
    ------
    InputError
        a network library is missing
    """
    check_libraries(destination)
    from cmrmap.dicom.transfer.repeating import delivered, repeated, verified  # its library may be missing

    sender = _sender(destination, timeout_s)
    again = repeated(retries, wait_s)
    report = delivered(sender, files, destination.address, again)
    return verified(sender, files, report, again) if verify else report


def _sender(destination: Destination, timeout_s: float) -> Sender:
    """Return the way to the destination; the network libraries take time to import, and may be missing."""
    if destination.scheme == "dicom":
        from cmrmap.dicom.transfer.dimse import DimseSender

        return DimseSender(destination, timeout_s)
    from cmrmap.dicom.transfer.web import WebSender

    return WebSender(destination, timeout_s)
