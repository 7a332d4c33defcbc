"""Send files to an archive and find out what arrived: what to send, and the one entry point."""

from __future__ import annotations

import threading
from collections.abc import Collection, Sequence
from pathlib import Path

import pydicom

from cmrmap.core.errors import InputError, no_thread_is_left
from cmrmap.dicom.headers.patient import count_patients, identity_of
from cmrmap.dicom.transfer.base import Delivery, Destination, Outgoing, Sender, SendReport
from cmrmap.dicom.transfer.deliveries import Progress
from cmrmap.dicom.transfer.destinations import check_libraries

_CLOSING_S = 3.0  # for what is under way when the limit comes
_NO_THREAD = "not sent: no thread could be started; allow more processes (of a container: --pids-limit), and send again"


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
        raise InputError("the folder or file to send does not exist; give a folder with DICOM files")
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
        except Exception as error:  # whatever is in a file
            # its name, and that of the folder, may be the patient's
            which = "the file" if path == folder else f"one of the {len(paths)} *.dcm files in the folder"
            raise InputError(
                f"{which} cannot be sent ({type(error).__name__}); expected a complete DICOM file"
            ) from error
        found[one.sop_instance_uid] = one
        patients.add(identity_of(header))
    if count_patients(patients) > 1:
        raise InputError(
            f"the DICOM files in the folder are of {count_patients(patients)} patients; send those of one at a time"
        )
    if not found:
        raise InputError("the folder to send holds no *.dcm files; give the application's output folder")
    return tuple(found.values())


def send(
    files: Sequence[Outgoing],
    destination: Destination,
    *,
    retries: int = 3,
    wait_s: float = 2.0,
    timeout_s: float = 30.0,
    verify: bool = True,
    limit_s: float | None = None,
    resume: bool = False,
    accepted: Collection[str] = (),
    progress: Progress | None = None,
) -> SendReport:
    """Send the files, try again what may pass on a second try, and ask the destination what it has.

    Whatever the destination does is in the report, never raised.

    Parameters
    ----------
    files : from :func:`find_files`
    destination : from :func:`cmrmap.dicom.transfer.destinations.parse_destination`
    retries : how often what failed for a passing reason is tried again
    wait_s : before the first repetition; doubles with each
    timeout_s : without an answer, s
    verify : ask by C-FIND or QIDO-RS; a destination that cannot be asked is a warning
    limit_s : for everything, s; 0: none; None: the destination's
    resume : ask first, and send only what the destination does not list
    accepted : SOP instance UIDs that the destination took before; not sent again by ``resume`` if it cannot be asked
    progress : told what is known so far; None: nobody asks

    Returns
    -------
    SendReport
        what was stored and what was not, and why

    Raises
    ------
    InputError
        a network library is missing, or a certificate cannot be used
    """
    check_libraries(destination)
    limit_s = destination.limit_s if limit_s is None else limit_s
    progress = Progress() if progress is None else progress
    progress.begin(destination.address, [one.sop_instance_uid for one in files])
    sender = _sender(destination, timeout_s)
    over = threading.Event()
    faults: list[Exception] = []

    def work() -> None:
        try:
            _send(sender, files, progress, (retries, wait_s, over), verify, set(accepted) if resume else None)
        except Exception as error:  # of our own making: the results are there all the same
            faults.append(error)

    # a thread, since no library's own limit counts for a server that answers, but slowly
    worker = threading.Thread(target=work, name="sending", daemon=True)
    try:
        worker.start()
    except RuntimeError as error:
        if not no_thread_is_left(error):
            raise
        return progress.report(_NO_THREAD)
    try:
        worker.join(limit_s or None)
        rest = f"not sent within {limit_s:g} s" if worker.is_alive() else "not sent"
        if faults:
            rest = f"sending failed ({type(faults[0]).__name__})"
        return progress.report(rest)
    finally:
        over.set()
        sender.close()
        worker.join(_CLOSING_S)


def _send(
    sender: Sender,
    files: Sequence[Outgoing],
    progress: Progress,
    repetition: tuple[int, float, threading.Event],
    verify: bool,
    accepted: set[str] | None,
) -> None:
    from cmrmap.dicom.transfer import repeating  # its library may be missing

    again = repeating.repeated(*repetition)
    known = set() if accepted is None else repeating.listed_already(sender, files, progress, accepted)
    for uid in known:
        progress.tell(uid, Delivery(True))
    repeating.deliver(sender, [one for one in files if one.sop_instance_uid not in known], progress, again)
    if verify:
        repeating.verify(sender, files, progress, again)


def _sender(destination: Destination, timeout_s: float) -> Sender:
    """Return the way to the destination; the network libraries take time to import, and may be missing."""
    if destination.is_dimse:
        from cmrmap.dicom.transfer.dimse import DimseSender

        return DimseSender(destination, timeout_s)
    from cmrmap.dicom.transfer.web import WebSender

    return WebSender(destination, timeout_s)
