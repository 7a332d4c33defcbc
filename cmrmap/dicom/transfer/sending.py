"""Send files to an archive and find out what arrived: destination, outcome of each file, the one entry point."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pydicom
from pydicom.errors import InvalidDicomError
from pydicom.uid import UID

from cmrmap.core.errors import InputError, NotStoredError

_LOG = logging.getLogger("cmrmap.send")
_AE_TITLE = re.compile(r"[\x21-\x5b\x5d-\x7e]{1,16}")
_EXAMPLES = "dicom://AETITLE@host:port (C-STORE) or https://host/dicom-web (STOW-RS)"


@dataclass(frozen=True, slots=True)
class Destination:
    """Where objects go.

    Attributes
    ----------
    scheme : "dicom" (C-STORE), "http" or "https" (STOW-RS)
    address : as given, without what would identify a user
    host, port : of a DICOM node
    called, calling : application entity titles of a DICOM node and of ourselves
    url : of a DICOMweb service
    user, password : for HTTP basic authentication; "" for none
    """

    scheme: str
    address: str
    host: str = ""
    port: int = 0
    called: str = ""
    calling: str = "CMRMAP"
    url: str = ""
    user: str = ""
    password: str = ""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One file to send: where it is and what it says of itself."""

    path: Path
    study_uid: str
    series_uid: str
    sop_class_uid: str
    sop_instance_uid: str
    transfer_syntax: str


@dataclass(frozen=True, slots=True)
class SendReport:
    """What became of the files.

    Attributes
    ----------
    destination : address
    stored : SOP instance UIDs that the destination took and, where it can be asked, lists
    failed : SOP instance UID -> why it is not stored
    warnings : what is worth telling although everything may be stored
    """

    destination: str
    stored: tuple[str, ...]
    failed: Mapping[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()

    def check(self) -> None:
        """Raise unless every file was stored.

        Raises
        ------
        NotStoredError
            names how many are not, and the first reason
        """
        if self.failed:
            uid, reason = next(iter(self.failed.items()))
            raise NotStoredError(
                f"{len(self.failed)} of {len(self.failed) + len(self.stored)} objects were not stored at "
                f"{self.destination}; the first, {uid}: {reason}"
            )


def parse_destination(text: str) -> Destination:
    """Read ``dicom://CALLED@host:port[?from=CALLING]`` or the base URL of a DICOMweb service.

    Raises
    ------
    InputError
        anything else
    """
    parts = urlsplit(text.strip())
    try:
        port = parts.port or 0
    except ValueError:
        port = -1
    if parts.scheme in ("http", "https") and parts.hostname and port >= 0:
        url = parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl().rstrip("/")
        return Destination(parts.scheme, url, url=url, user=parts.username or "", password=parts.password or "")
    calling = parse_qs(parts.query).get("from", ["CMRMAP"])[0]
    if parts.scheme != "dicom" or not parts.hostname or port <= 0 or not parts.username:
        shown = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
        raise InputError(f"destination {shown!r} is not understood; expected {_EXAMPLES}")
    for title in (parts.username, calling):
        if not _AE_TITLE.fullmatch(title):
            raise InputError(f"application entity title {title!r} is not valid; expected 1 to 16 ASCII characters")
    address = f"dicom://{parts.username}@{parts.hostname}:{port}"
    return Destination("dicom", address, host=parts.hostname, port=port, called=parts.username, calling=calling)


def find_files(folder: Path) -> tuple[Outgoing, ...]:
    """Return the DICOM files directly in a folder, or the one file named; each instance once.

    Raises
    ------
    InputError
        no such path, no DICOM file in it, or one that does not say what it is
    """
    if not folder.exists():
        raise InputError(f"{folder} does not exist; give a folder with DICOM files")
    paths = [folder] if folder.is_file() else sorted(path for path in folder.glob("*.dcm") if path.is_file())
    found = {}
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
            raise InputError(
                f"{path} cannot be sent ({type(error).__name__}); expected a complete DICOM file"
            ) from error
        found[one.sop_instance_uid] = one
    if not found:
        raise InputError(f"{folder} holds no *.dcm files; give the application's output folder")
    return tuple(found.values())


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of one file: ``stored``, and in words why not or with what warning; ``passing`` may be repeated."""

    stored: bool
    words: str = ""
    passing: bool = False


class Sender:
    """One way to send; the two ways derive from it."""

    def deliver(self, files: Sequence[Outgoing]) -> dict[str, Delivery]:
        """Try every file once; return SOP instance UID -> what became of it."""
        raise NotImplementedError

    def listed(self, files: Sequence[Outgoing]) -> set[str] | str:
        """Return the SOP instance UIDs that the destination lists, or why it cannot be asked."""
        raise NotImplementedError


def send_folder(folder: Path, names: Sequence[str], destination: Destination) -> None:
    """Send the named files of a folder.

    Raises
    ------
    NotStoredError
        at least one of them was not stored
    """
    wanted = set(names)
    files = [one for one in find_files(folder) if one.path.name in wanted] if wanted else []
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
    destination : from :func:`parse_destination`
    retries : how often what failed for a passing reason is tried again
    wait_s : before the first repetition; doubles with each
    timeout_s : without an answer, s
    verify : ask by C-FIND or QIDO-RS; a destination that cannot be asked is a warning
    """
    if destination.scheme == "dicom":
        from cmrmap.dicom.transfer.dimse import DimseSender  # the network libraries take time to import

        sender: Sender = DimseSender(destination, timeout_s)
    else:
        from cmrmap.dicom.transfer.web import WebSender

        sender = WebSender(destination, timeout_s)
    stored, failed, warnings = _deliver(sender, files, retries, wait_s)
    if not verify:
        return SendReport(destination.address, stored, failed, warnings)
    return _verified(sender, files, SendReport(destination.address, stored, failed, warnings), retries, wait_s)


def _deliver(
    sender: Sender, files: Sequence[Outgoing], retries: int, wait_s: float
) -> tuple[tuple[str, ...], dict[str, str], tuple[str, ...]]:
    known: dict[str, Delivery] = {}
    waiting = list(files)
    for attempt in range(retries + 1):
        if attempt:
            _pause(wait_s * 2.0 ** (attempt - 1))
        known |= sender.deliver(waiting)
        waiting = [one for one in waiting if not known[one.sop_instance_uid].stored]
        waiting = [one for one in waiting if known[one.sop_instance_uid].passing]
        if not waiting:
            break
    stored = tuple(uid for uid, delivery in known.items() if delivery.stored)
    failed = {uid: delivery.words for uid, delivery in known.items() if not delivery.stored}
    warnings = dict.fromkeys(delivery.words for delivery in known.values() if delivery.stored and delivery.words)
    return stored, failed, tuple(warnings)


def _verified(sender: Sender, files: Sequence[Outgoing], report: SendReport, retries: int, wait_s: float) -> SendReport:
    """Move what the destination does not list to what failed; an archive may need a moment to list it."""
    claimed = set(report.stored)
    if not claimed:
        return report
    asked = [one for one in files if one.sop_instance_uid in claimed]
    missing = claimed
    for attempt in range(retries + 1):
        if attempt:
            _pause(wait_s * 2.0 ** (attempt - 1))
        listed = sender.listed(asked)
        if isinstance(listed, str):
            return replace(report, warnings=(*report.warnings, f"what arrived could not be verified: {listed}"))
        missing = claimed - listed
        if not missing:
            return report
    failed = dict(report.failed) | dict.fromkeys(sorted(missing), "taken, but not listed afterwards")
    return replace(report, stored=tuple(uid for uid in report.stored if uid not in missing), failed=failed)


def _pause(seconds: float) -> None:
    time.sleep(seconds)


def name_of(uid: str) -> str:
    """Return a UID's name where it has one, for messages."""
    return UID(uid).name
