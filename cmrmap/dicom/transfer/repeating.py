"""Try again what may pass on another try, and ask afterwards what arrived."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from tenacity import Retrying, retry_if_result, sleep_using_event, stop_after_attempt, stop_when_event_set
from tenacity import wait_exponential as doubling
from tenacity.nap import sleep

from cmrmap.dicom.transfer.base import Outgoing, Sender
from cmrmap.dicom.transfer.deliveries import Progress


def repeated(retries: int, wait_s: float, over: threading.Event | None = None) -> Retrying:
    """Return how a step is repeated: while it returns something that is left to do.

    Parameters
    ----------
    retries : how often at most, after the first try
    wait_s : before the first repetition, s; doubles with each
    over : once it is set, nothing is repeated, and no pause goes on

    Returns
    -------
    tenacity.Retrying
        call it with the step; it gives up without an error
    """
    attempts = stop_after_attempt(retries + 1)
    return Retrying(
        stop=attempts if over is None else attempts | stop_when_event_set(over),
        sleep=sleep if over is None else sleep_using_event(over),
        wait=doubling(multiplier=wait_s),
        retry=retry_if_result(bool),
        retry_error_callback=lambda state: None,
    )


def deliver(sender: Sender, files: Sequence[Outgoing], progress: Progress, again: Retrying) -> None:
    """Send the files, those that may pass on another try several times.

    Parameters
    ----------
    sender : the way
    files : what to send
    progress : told what the destination answers
    again : from :func:`repeated`
    """
    waiting = list(files)

    def once() -> bool:
        nonlocal waiting
        for uid, delivery in sender.deliver(waiting):
            progress.tell(uid, delivery)
        known = progress.deliveries
        waiting = [one for one in waiting if (told := known.get(one.sop_instance_uid)) and told.passing]
        return bool(waiting)

    again(once)


def verify(sender: Sender, files: Sequence[Outgoing], progress: Progress, again: Retrying) -> None:
    """Ask the destination which of the files that it took it lists; an archive may need a moment to list them.

    Parameters
    ----------
    sender, files : as sent
    progress : told what is listed; a destination that cannot be asked is a warning, and nothing is verified
    again : from :func:`repeated`
    """
    taken = progress.taken
    asked = [one for one in files if one.sop_instance_uid in taken]
    if not asked:
        return
    refusal = ""

    def once() -> bool:
        nonlocal refusal
        found = sender.listed(asked)
        if isinstance(found, str):
            refusal = found
            return False
        refusal = ""
        progress.verify(found & taken, taken - found)
        return bool(taken - found)

    again(once)
    if refusal:
        progress.verify((), ())
        progress.warn(f"what arrived could not be verified: {refusal}")


def listed_already(sender: Sender, files: Sequence[Outgoing], progress: Progress, accepted: set[str]) -> set[str]:
    """Return which files need not be sent again: those that the destination lists.

    Parameters
    ----------
    sender, files : as they would be sent
    progress : told what is listed
    accepted : files that it has taken before; they count where it cannot be asked
    """
    found = sender.listed(files)
    if isinstance(found, str):
        return accepted
    known = found & {one.sop_instance_uid for one in files}
    progress.verify(known, ())
    return known
