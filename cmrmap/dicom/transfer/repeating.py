"""Try again what may pass on another try, and ask afterwards what arrived."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tenacity import Retrying, retry_if_result, stop_after_attempt, wait_exponential

from cmrmap.dicom.transfer.base import Delivery, Outgoing, Sender, SendReport


def repeated(retries: int, wait_s: float) -> Retrying:
    """Return how a step is repeated: while it returns something that is left to do.

    Parameters
    ----------
    retries : how often at most, after the first try
    wait_s : before the first repetition, s; doubles with each

    Returns
    -------
    tenacity.Retrying
        call it with the step; it gives up without an error
    """
    return Retrying(
        stop=stop_after_attempt(retries + 1),
        wait=wait_exponential(multiplier=wait_s),
        retry=retry_if_result(bool),
        retry_error_callback=lambda state: None,
    )


def delivered(sender: Sender, files: Sequence[Outgoing], address: str, again: Retrying) -> SendReport:
    """Send the files, those that may pass on another try several times.

    Parameters
    ----------
    sender : the way
    files : what to send
    address : the destination's, for the report
    again : from :func:`repeated`

    Returns
    -------
    SendReport
        by what the destination answered; nobody has asked it what it has
    """
    known: dict[str, Delivery] = {}
    waiting = list(files)

    def once() -> bool:
        nonlocal waiting
        known.update(sender.deliver(waiting))
        waiting = [one for one in waiting if known[one.sop_instance_uid].passing]
        return bool(waiting)

    again(once)
    warnings = dict.fromkeys(delivery.words for delivery in known.values() if delivery.stored and delivery.words)
    return SendReport(
        address,
        stored=tuple(uid for uid, delivery in known.items() if delivery.stored),
        failed={uid: delivery.words for uid, delivery in known.items() if not delivery.stored},
        warnings=tuple(warnings),
    )


def verified(sender: Sender, files: Sequence[Outgoing], report: SendReport, again: Retrying) -> SendReport:
    """Move what the destination does not list to what failed; an archive may need a moment to list it.

    Parameters
    ----------
    sender, files : as sent
    report : from :func:`delivered`
    again : from :func:`repeated`

    Returns
    -------
    SendReport
        with a warning where the destination cannot be asked
    """
    claimed = set(report.stored)
    if not claimed:
        return report
    asked = [one for one in files if one.sop_instance_uid in claimed]
    missing = claimed
    refusal = ""

    def once() -> bool:
        nonlocal missing, refusal
        listed = sender.listed(asked)
        if isinstance(listed, str):
            missing, refusal = set(), listed
        else:
            missing = claimed - listed
        return bool(missing)

    again(once)
    if refusal:
        return replace(report, warnings=(*report.warnings, f"what arrived could not be verified: {refusal}"))
    if not missing:
        return report
    failed = dict(report.failed) | dict.fromkeys(sorted(missing), "taken, but not listed afterwards")
    return replace(report, stored=tuple(uid for uid in report.stored if uid not in missing), failed=failed)
