"""What a run has written goes to an archive; whatever happens there, the results are there and the run knows of it."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

from cmrmap.dicom.transfer.base import Destination
from cmrmap.dicom.transfer.deliveries import Progress
from cmrmap.run.outcome import Outcome

_LOG = logging.getLogger("cmrmap.send")


def send_results(folder: Path, names: Sequence[str], destination: Destination, outcome: Outcome) -> None:
    """Send the named files of an output folder; warnings go to the log "cmrmap.send".

    Parameters
    ----------
    folder : where the files are
    names : of the files, e.g. "<SOPInstanceUID>.dcm"; none: nothing is sent
    destination : from :func:`cmrmap.dicom.transfer.destinations.parse_destination`
    outcome : of the run; its ``sending`` and ``sent`` tell what became of the files

    Raises
    ------
    NotStoredError
        at least one of them was not stored, for whatever reason
    """
    if not names:
        return
    progress = Progress()
    progress.begin(destination.address, [name.removesuffix(".dcm") for name in names])
    outcome.sending = progress
    try:
        from cmrmap.dicom.transfer.sending import find_files, send  # its libraries are wanted by who sends

        outcome.sent = send(find_files(folder, set(names)), destination, progress=progress)
    except Exception as error:
        outcome.sent = progress.report(f"sending failed ({type(error).__name__})")
        _LOG.debug("details of the failure", exc_info=True)
    for warning in outcome.sent.warnings:
        _LOG.warning(warning)
    outcome.sent.check()
