"""``cmrmap send``: results to an archive. Imports are late, so that help comes at once."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer


def send(
    source: Annotated[Path, typer.Argument(help="Folder with DICOM files (the application's output), or one file.")],
    to: Annotated[
        str,
        typer.Option(
            "--to",
            envvar="CMRMAP_SEND_TO",
            help="dicom://AETITLE@host:port[?from=OURS], or https://[user:password@]host/dicom-web.",
        ),
    ],
    retries: Annotated[int, typer.Option(min=0, help="How often what may pass on another try is tried again.")] = 3,
    wait_s: Annotated[float, typer.Option(min=0.0, help="Before the first repetition, s; doubles with each.")] = 2.0,
    timeout_s: Annotated[float, typer.Option(min=0.1, help="Without an answer, s.")] = 30.0,
    verify: Annotated[bool, typer.Option(help="Ask the destination afterwards what it has (C-FIND, QIDO-RS).")] = True,
) -> None:
    """Send the results to an archive and check that all of them arrived; exit code 5 where one did not.

    Of an output folder the objects that its status.json lists are sent, if they are unchanged; of any other folder all
    *.dcm files, if they are of one patient.

    cmrmap send results --to dicom://ORTHANC@pacs.local:4242

    cmrmap send results --to https://pacs.local/dicom-web
    """
    from cmrmap.dicom.transfer.destinations import parse_destination
    from cmrmap.dicom.transfer.sending import send as send_files
    from cmrmap.run.sendable import sendable_files

    destination = parse_destination(to)
    files, note = sendable_files(source)
    if note:
        print(f"cmrmap: warning: {note}", file=sys.stderr)
    report = send_files(files, destination, retries=retries, wait_s=wait_s, timeout_s=timeout_s, verify=verify)
    for warning in report.warnings:
        print(f"cmrmap: warning: {warning}", file=sys.stderr)
    for uid, reason in report.failed.items():
        print(f"cmrmap: not stored: {uid}: {reason}", file=sys.stderr)
    report.check()
    print(f"{len(report.stored)} objects stored at {report.destination}")
