"""How a run ended: first failure or the maps that were made, the exit code that follows, and status.json.

One `Outcome` is shared by everything that takes part in a run. It is the one mutable object of a run, since the
stages of a graph have no other way to say what became of them.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cmrmap.core.errors import (
    EXIT_ALL_REFUSED,
    EXIT_INTERNAL_ERROR,
    EXIT_NO_MAPPING_SERIES,
    EXIT_OK,
    CmrmapError,
    InputError,
    internal_error,
)
from cmrmap.core.files import write_file
from cmrmap.core.map_specs import MapKind
from cmrmap.core.statuses import MapStatus
from cmrmap.dicom.transfer.base import SendReport
from cmrmap.dicom.transfer.deliveries import Progress
from cmrmap.run.manifest import STATUS_NAME, WrittenFile
from cmrmap.run.sent_record import sent_entry, with_deliveries
from cmrmap.run.software import software_versions

_RUNNING = "the run has not ended; if none is running, it was killed: run it again"
#: where an ``InputError`` is about what the user has given: before the first stage, in it, which opens the folder, and
#: where the hematocrit of the settings is read; that of the study refuses ECV
_ASKED = ("", "read", "hematocrit")
_OUTCOMES = {EXIT_OK: "ok", EXIT_NO_MAPPING_SERIES: "nothing_to_do", EXIT_ALL_REFUSED: "refused"}


@dataclass(frozen=True, slots=True)
class MapVerdict:
    """What became of one map (its word is taken too), why ("" if there is nothing to say), and its errors."""

    status: MapStatus
    reason: str = ""
    errors: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        try:
            object.__setattr__(self, "status", MapStatus(self.status))
        except ValueError:
            expected = ", ".join(MapStatus)
            raise ValueError(f"status of a map is {self.status!r}; expected one of {expected}") from None


@dataclass(slots=True)
class Outcome:
    """Collects what a run did; safe to use from several threads.

    Attributes
    ----------
    maps : per map, by its key in results.json; empty until `report`
    skipped_files : files of the input that are no DICOM image of use
    objects : the files that the run has put, or is about to put, into its output folder
    model : what drew the outlines, in words; None until it is loaded
    writing : held while the results are written, so that nobody ends the run in between
    sending : what is known of the objects that are being sent; None: nothing is being sent
    sent : what became of them, once it is known
    settled : set when all is done but for the last lines: nobody need end the run any more
    """

    maps: dict[str, MapVerdict] = field(default_factory=dict)
    skipped_files: int = 0
    objects: tuple[WrittenFile, ...] = ()
    model: str | None = None
    writing: threading.Lock = field(default_factory=threading.Lock, repr=False)
    sending: Progress | None = None
    sent: SendReport | None = None
    settled: threading.Event = field(default_factory=threading.Event, repr=False)
    _failure: BaseException | None = None
    _stage: str = ""
    _reported: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @property
    def reported(self) -> bool:
        """Whether the results are written."""
        return self._reported

    @property
    def failed(self) -> bool:
        """Whether a stage has failed: what comes after it has nothing to work on."""
        return self._failure is not None

    def fail(self, error: BaseException, stage: str = "") -> None:
        """Keep the first failure; later ones follow from it.

        Parameters
        ----------
        error : what was raised
        stage : in which; "" where none was running
        """
        with self._lock:
            if self._failure is None:
                self._failure, self._stage = error, stage

    def report(self, maps: Mapping[str, MapVerdict], skipped_files: int) -> None:
        """Say what was made, once the results are written; a run that never does has ended early.

        Parameters
        ----------
        maps : what became of each, by its key in results.json
        skipped_files : files of the input that are no DICOM image of use
        """
        with self._lock:
            self.maps, self.skipped_files, self._reported = dict(maps), skipped_files, True

    def note(self, maps: Mapping[str, MapVerdict], skipped_files: int) -> None:
        """Say what became of the maps of a run that fails; its failure decides how it ends.

        Parameters
        ----------
        maps : what became of each, by its key in results.json
        skipped_files : files of the input that are no DICOM image of use
        """
        with self._lock:
            self.maps, self.skipped_files = dict(maps), skipped_files

    @property
    def exit_code(self) -> int:
        """Exit code of the run (docs/running.md, "Exit codes")."""
        if isinstance(self._failure, InputError) and self._stage not in _ASKED:
            return EXIT_ALL_REFUSED  # data that a stage cannot use: arguments and settings were checked before
        if isinstance(self._failure, CmrmapError):
            return self._failure.exit_code
        if self._failure is not None or not self._reported:
            return EXIT_INTERNAL_ERROR
        found = {verdict.status for verdict in self.maps.values()}
        if any(status.made for status in found):
            return EXIT_OK
        return EXIT_ALL_REFUSED if MapStatus.REFUSED in found else EXIT_NO_MAPPING_SERIES

    @property
    def message(self) -> str:
        """One line about how the run ended."""
        if isinstance(self._failure, CmrmapError):
            return " ".join(str(self._failure).split())
        if self._failure is not None:
            return internal_error(self._failure, self._stage, advice="; run again with -l DEBUG for the details")
        if not self._reported:
            return "the run ended before its results were written; run again with -l DEBUG for the reason"
        made = [
            f"{key} (DO NOT USE, see its errors)" if verdict.errors else key
            for key, verdict in self.maps.items()
            if verdict.status.made
        ]
        left = [
            f"{key} {v.status} ({v.reason})"
            for key, v in self.maps.items()
            if not v.status.made and v.reason and (v.status is MapStatus.REFUSED or MapKind(key).spec.always_listed)
        ]
        sent = [] if self.sent is None else [self.sent.words]
        return "; ".join([f"made {', '.join(made)}" if made else "made no map", *left, *sent])

    def as_dict(self, *, running: bool = False) -> dict[str, Any]:
        """Return the content of status.json.

        Parameters
        ----------
        running : the run has not ended: its outcome is "running", and it has no exit code yet

        Returns
        -------
        dict
            outcome, exit code, message, maps, files and versions, ready for JSON
        """
        content: dict[str, Any] = {
            "outcome": "running" if running else _OUTCOMES.get(self.exit_code, "error"),
            "exit_code": None if running else self.exit_code,
            "message": _RUNNING if running else self.message,
            "maps": {
                key: {
                    "status": v.status,
                    "reason": v.reason or None,
                    **({"errors": list(v.errors)} if v.errors else {}),
                }
                for key, v in self.maps.items()
            },
            "skipped_files": self.skipped_files,
            "objects": [{"file": one.name, "sha256": one.sha256} for one in self.objects],
            "model": self.model,
            "versions": software_versions(),
        }
        if self.sent is not None:
            content["sent"] = sent_entry(self.sent)
            content["objects"] = with_deliveries(content["objects"], self.sent)
        return content


def write_status(output_folder: Path, outcome: Outcome, *, running: bool = False) -> Path:
    """Write ``output_folder/results/status.json``, complete or not at all; an older one is replaced.

    Parameters
    ----------
    output_folder : of the run
    outcome : of the run
    running : the run has not ended

    Raises
    ------
    OutputError
        the folder cannot be made or written
    """
    content = json.dumps(outcome.as_dict(running=running), indent=2, allow_nan=False) + "\n"
    return write_file(output_folder / STATUS_NAME, content.encode())
