"""What status.json says of sending: what became of each object, for the next sending to read."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cmrmap.core.files import write_file
from cmrmap.dicom.transfer.base import SendReport
from cmrmap.run.manifest import STATUS_NAME, read_status

#: of an object: the archive lists it; it took it, and nobody could ask, or asked, whether it has it; it has it not
STORED, ACCEPTED, NOT_STORED = "stored", "accepted, not verified", "not stored"
_SUFFIX = ".dcm"


@dataclass(frozen=True, slots=True)
class SentBefore:
    """What an earlier sending from this folder left.

    Attributes
    ----------
    destination : address
    accepted : SOP instance UIDs that it took, those that it lists among them
    """

    destination: str
    accepted: frozenset[str]


def sent_entry(report: SendReport) -> dict[str, Any]:
    """Return the section "sent" of status.json: how many objects are where, and why others are not.

    Parameters
    ----------
    report : of the sending
    """
    return {
        "to": report.destination,
        STORED: len(report.stored),
        ACCEPTED: len(report.accepted),
        NOT_STORED: len(report.failed),
        "reasons": {reason: len(uids) for reason, uids in report.reasons.items()},
        "warnings": list(report.warnings),
    }


def with_deliveries(objects: Sequence[dict[str, Any]], report: SendReport) -> list[dict[str, Any]]:
    """Return the list of objects with what became of those that were to be sent.

    Parameters
    ----------
    objects : of status.json
    report : of the sending
    """
    states = dict.fromkeys(report.stored, STORED) | dict.fromkeys(report.accepted, ACCEPTED)
    states |= dict.fromkeys(report.failed, NOT_STORED)
    found = []
    for one in objects:
        state = states.get(str(one["file"]).removesuffix(_SUFFIX))
        found.append(one if state is None else {**one, "sent": state})
    return found


def read_sent(folder: Path) -> SentBefore | None:
    """Return what the status.json of an output folder says of an earlier sending; None: nothing.

    Parameters
    ----------
    folder : an output folder
    """
    status = read_status(folder) or {}
    sent, objects = status.get("sent"), status.get("objects")
    if not isinstance(sent, dict) or not isinstance(sent.get("to"), str) or not isinstance(objects, list):
        return None
    accepted = {
        one["file"].removesuffix(_SUFFIX)
        for one in objects
        if isinstance(one, dict) and isinstance(one.get("file"), str) and one.get("sent") in (STORED, ACCEPTED)
    }
    return SentBefore(sent["to"], frozenset(accepted))


def record_sent(folder: Path, report: SendReport) -> None:
    """Write into the status.json of an output folder what became of its objects; all else stays as it is.

    Parameters
    ----------
    folder : whose run has ended
    report : of the sending

    Raises
    ------
    OutputError
        the folder cannot be written
    """
    status = read_status(folder)
    if status is None or not isinstance(status.get("objects"), list):
        return
    status["sent"] = sent_entry(report)
    status["objects"] = with_deliveries([one for one in status["objects"] if isinstance(one, dict)], report)
    write_file(folder / STATUS_NAME, (json.dumps(status, indent=2, allow_nan=False) + "\n").encode())
