"""What of a folder is sent to an archive: of an output folder, what its run says it wrote."""

from __future__ import annotations

from pathlib import Path

from cmrmap.core.errors import EXIT_NOT_STORED, EXIT_OK, InputError
from cmrmap.dicom.transfer.base import Outgoing
from cmrmap.dicom.transfer.sending import find_files
from cmrmap.run.manifest import is_unchanged, listed_files, read_status
from cmrmap.run.sent_record import read_sent


def sendable_files(source: Path) -> tuple[tuple[Outgoing, ...], str]:
    """Return the files to send, and what is worth telling about the others ("" where there is nothing).

    Parameters
    ----------
    source : an output folder, another folder with files named ``*.dcm``, or one file

    Raises
    ------
    InputError
        nothing to send; the run that writes into the folder has not ended, or has failed; an object is missing or was
        changed; files of two patients
    """
    listed = listed_files(source) if source.is_dir() else None
    if listed is None:
        return find_files(source), ""
    status = read_status(source) or {}
    if status.get("outcome") == "running":
        raise InputError(
            "the run that writes into the folder has not ended, or was killed; wait for it, or run it again"
        )
    code = status.get("exit_code")
    if code not in (EXIT_OK, EXIT_NOT_STORED) and read_sent(source) is None:  # one that was ended while sending
        raise InputError(
            f"the last run into the folder ended with exit code {code}; see its status.json for the reason; run "
            "it again, or send the files one by one"
        )
    objects = [file for file in listed if file.name.endswith(".dcm")]
    if not objects:
        raise InputError("the run that wrote into the folder made no DICOM objects; see its status.json for the reason")
    lost = [file for file in objects if not is_unchanged(source, file)]
    if lost:
        raise InputError(
            f"{len(lost)} of the {len(objects)} objects in the folder are missing or were changed since they were "
            "written; run the study again, or send the files one by one"
        )
    names = {file.name for file in objects}
    others = [path for path in source.glob("*.dcm") if path.name not in names]
    note = f"{len(others)} other *.dcm files in the folder are not of its last run; they are not sent" if others else ""
    return find_files(source, names), note
