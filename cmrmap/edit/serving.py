"""From a finished output folder to a page that can be edited: what is checked, loaded and served."""

from __future__ import annotations

import json
import logging
import tempfile
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from cmrmap.core.errors import InputError
from cmrmap.core.memo import Memo, remembering
from cmrmap.dicom.headers.read import SourceStudy
from cmrmap.dicom.selection.decisions import Selection
from cmrmap.edit.report_stage import EDIT_STAGES
from cmrmap.edit.saved import kept_corrections, put_beside
from cmrmap.edit.server import EditServer
from cmrmap.edit.session import EditSession
from cmrmap.pipeline.consulted import consulted
from cmrmap.pipeline.context import context_of_run
from cmrmap.pipeline.execution import run_stages
from cmrmap.pipeline.stages import load_images
from cmrmap.results import StudyResult, to_json
from cmrmap.run.ending import signals_are_held, watch_editing
from cmrmap.run.manifest import RESULTS_NAME, read_status
from cmrmap.run.outcome import Outcome
from cmrmap.run.output_folder import claim
from cmrmap.run.replacing import was_interrupted
from cmrmap.run.run_settings import RunSettings

_LEAST_DIFFERENCE = 5e-3  # of a mean: more than the last digits that differ between processors


def serve(settings: RunSettings, port: int, tell: Callable[[str], object]) -> None:
    """Serve the report of a finished run until a signal ends the process.

    Parameters
    ----------
    settings : input and output folder, model and settings, as of the run
    port : 0: one that is free
    tell : is given the address, once the page is there

    Raises
    ------
    InputError
        the output folder holds no finished run, or not one of this input with these settings
    CmrmapError
        of a stage
    """
    folder = settings.output_path
    before = _finished(folder, settings.into_non_empty)
    writing = threading.Lock()
    sessions: list[EditSession] = []
    with claim(folder, into_non_empty=settings.into_non_empty, clear=False):
        if signals_are_held():
            watch_editing(writing, folder, lambda: sum(one.unsaved for one in sessions))
        session, earlier = load_session(settings)
        _compare(before, json.loads(to_json(session.first.one("results", StudyResult))))
        sessions.append(session)
        with EditServer(session, earlier, writing, port) as server:
            tell(server.access.address)
            server.serve_forever()


def _finished(folder: Path, into_non_empty: bool) -> dict[str, Any]:
    """Return the results of the run that wrote into a folder."""
    if was_interrupted(folder):  # while an edit was saved: what it was to replace is put back
        claim(folder, into_non_empty=into_non_empty, clear=False).release()
    status = read_status(folder)
    if status is None or status.get("exit_code") not in (0, 5):
        raise InputError("OUT holds no finished run; give the output folder of cmrmap run, and its input by -i")
    try:
        results = json.loads((folder / RESULTS_NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise InputError("results.json in OUT cannot be read; run the study again") from None
    return results if isinstance(results, dict) else {}


def load_session(settings: RunSettings) -> tuple[EditSession, tuple[tuple[str, bytes], ...]]:
    """Run the stages on the input with its corrections, and with those of an earlier edit.

    Parameters
    ----------
    settings : as of the run

    Returns
    -------
    the session, and what an earlier edit left in the output folder

    Raises
    ------
    CmrmapError
        of a stage
    """
    context = context_of_run(settings, Outcome())
    memo = Memo()
    with remembering(memo), tempfile.TemporaryDirectory() as beside:
        made = run_stages(EDIT_STAGES, context, until="selection", log_level=logging.INFO)
        study, selection = made.one("study", SourceStudy), made.one("selection", Selection)
        earlier = kept_corrections(settings.output_path, study.memory_bytes)
        put_beside(earlier, Path(beside))
        plain = load_images(context, study, selection)
        loaded = consulted(context.source, study, selection, plain, Path(beside) if earlier else None)
        first = run_stages(EDIT_STAGES, context, given={**made, "loaded": loaded}, until="drawing")
    return EditSession(replace(context, outcome=Outcome()), first, plain, memo), earlier


def _compare(before: dict[str, Any], now: dict[str, Any]) -> None:
    """Refuse an input, or settings, that the folder's results were not made with."""
    if before.get("study_instance_uid") != now["study_instance_uid"]:
        raise InputError("the input is another study than the one in the output folder; give its input by -i")
    software = before.get("software") or {}
    for key, option in (("weights_sha256", "another model: give it by -m"), ("settings_sha256", "other settings: -c")):
        if software.get(key) != now["software"][key]:
            raise InputError(f"the output folder was made with {option}, or run the study again")
    if (before.get("hematocrit") or {}).get("value") != now["hematocrit"]["value"]:
        raise InputError("the output folder was made with another hematocrit; give it by --hematocrit")
    for kind, now_map in now["maps"].items():
        old = (before.get("maps") or {}).get(kind) or {}
        pairs = zip(old.get("slices") or (), now_map["slices"], strict=False)
        same = old.get("status") == now_map["status"] and len(old.get("slices") or ()) == len(now_map["slices"])
        if not (same and all(_alike(one.get("mean"), other["mean"]) for one, other in pairs)):
            raise InputError(
                f"the input gives another {kind} map than the output folder holds: its images or corrections were "
                "changed; run the study again, then edit"
            )


def _alike(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return one is other
    return abs(one - other) <= _LEAST_DIFFERENCE * abs(other)
