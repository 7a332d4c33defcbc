"""``cmrmap send``: results to an archive. Imports are late, so that help comes at once."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cmrmap.core.errors import InputError, OutputError
from cmrmap.core.streams import say

if TYPE_CHECKING:
    from cmrmap.dicom.transfer.base import SendReport

_MOST_NAMED = 3  # objects of one reason


def send(
    context: typer.Context,
    source: Annotated[Path, typer.Argument(help="Folder with DICOM files (the application's output), or one file.")],
    to: Annotated[
        str,
        typer.Option(
            "--to",
            envvar="CMRMAP_SEND_TO",
            help="dicom://AETITLE@host:port[?from=OURS], dicom-tls:// the same over TLS, or https://host/dicom-web.",
        ),
    ],
    retries: Annotated[int, typer.Option(min=0, help="Number of retries after a temporary failure.")] = 3,
    wait_s: Annotated[float, typer.Option(min=0.0, help="Wait before the first retry, s; doubles with each.")] = 2.0,
    timeout_s: Annotated[float, typer.Option(min=0.1, help="Longest wait for an answer, s.")] = 30.0,
    limit_s: Annotated[
        float | None,
        typer.Option(min=0.0, help="Total time limit, s; 0: none. Default: CMRMAP_SEND_LIMIT, else 900."),
    ] = None,
    verify: Annotated[
        bool, typer.Option(help="Afterwards, ask the destination which objects it has (C-FIND, QIDO-RS).")
    ] = True,
    resume: Annotated[
        bool | None,
        typer.Option(
            help="First ask the destination, and send only what it does not list. Default: if some were sent before."
        ),
    ] = None,
) -> None:
    """Send the results to an archive and check that all of them arrived; exit code 5 if one did not.

    From an output folder, the objects that its status.json lists are sent, if they are unchanged. From any other
    folder, all *.dcm files are sent, if they are of one patient. status.json records the outcome of each.

    Passwords, tokens and certificates come from the environment or from files that it names: CMRMAP_SEND_USER,
    CMRMAP_SEND_PASSWORD, CMRMAP_SEND_TOKEN (each secret also _FILE), CMRMAP_SEND_CA, CMRMAP_SEND_CERTIFICATE,
    CMRMAP_SEND_KEY.

    cmrmap send results --to dicom://ORTHANC@pacs.local:4242

    cmrmap send results --to https://pacs.local/dicom-web
    """
    from cmrmap.dicom.transfer.access import with_access
    from cmrmap.dicom.transfer.deliveries import Progress
    from cmrmap.dicom.transfer.destinations import has_password, parse_destination
    from cmrmap.dicom.transfer.sending import send as send_files
    from cmrmap.run.ending import watch_sending
    from cmrmap.run.run_settings import read_timeout_s
    from cmrmap.run.sendable import sendable_files
    from cmrmap.run.sent_record import read_sent, record_sent
    from cmrmap.run.signals import signals_are_held

    named = parse_destination(to)
    given_by = context.get_parameter_source("to")
    if has_password(to) and given_by is not None and given_by.name == "COMMANDLINE":
        raise InputError(
            "--to holds a password, and others can read a command line; give it by CMRMAP_SEND_USER and "
            "CMRMAP_SEND_PASSWORD or CMRMAP_SEND_PASSWORD_FILE"
        )
    destination = with_access(named, os.environ)
    files, note = sendable_files(source)
    if note:
        say(f"cmrmap: warning: {note}")
    before = read_sent(source) if source.is_dir() else None
    known = before.accepted if before is not None and before.destination == destination.address else frozenset()
    progress = Progress()
    progress.begin(destination.address, [one.sop_instance_uid for one in files])

    def record(report: SendReport) -> None:
        if not source.is_dir():
            return
        try:
            record_sent(source, report)
        except OutputError:
            say("cmrmap: warning: status.json cannot be written; what was sent is not recorded")

    if signals_are_held():
        watch_sending(progress, record, read_timeout_s(os.environ))
    report = send_files(
        files,
        destination,
        retries=retries,
        wait_s=wait_s,
        timeout_s=timeout_s,
        verify=verify,
        limit_s=limit_s,
        resume=bool(known) if resume is None else resume,
        accepted=known,
        progress=progress,
    )
    record(report)
    _tell(report)
    report.check()
    print(report.words)


def _tell(report: SendReport) -> None:
    """Say what is worth knowing of a sending, each reason once; one that all share is left to the last line."""
    for warning in report.warnings:
        say(f"cmrmap: warning: {warning}")
    if len(report.failed) == report.n_files > 1 and len(report.reasons) == 1:
        return
    for reason, uids in report.reasons.items():
        more = f" and {len(uids) - _MOST_NAMED} more" if len(uids) > _MOST_NAMED else ""
        say(f"cmrmap: not stored: {', '.join(uids[:_MOST_NAMED])}{more}: {reason}")
