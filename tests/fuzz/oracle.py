"""Whether what a run made of a damaged study may be believed, and what of it a reader of the results is told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.canaries import CANARY
from tests.fuzz.process import Ran

SAME, TOLD, REFUSED, WRITTEN, NOT_ALLOWED = "same", "told", "refused", "as written", "not allowed"
OUTCOMES = (SAME, TOLD, REFUSED, WRITTEN, NOT_ALLOWED)
_OK, _BAD_ARGUMENTS, _NOTHING, _ALL_REFUSED = 0, 2, 3, 4
_NUMBERS = ("mean", "sd", "n_pixels", "uncertainty", "t1_ms", "status", "level", "contour_off_probability")
#: findings that every series has, or that follow from its numbers: their words change with any number
_USUAL = ("fit_residuals", "slice_order_unconfirmed", "uncertain_segments", "saturation_efficiency", "offset_unknown")


#: part of a reader's reasons in corrections.json, which results.json and segments.csv show, and nothing else
READERS_WORD = "QZREASON"
_READERS = ("results.json", "segments.csv")


@dataclass(frozen=True)
class Verdict:
    """One of ``OUTCOMES``, and why."""

    outcome: str
    why: str = ""


def judge(ran: Ran, out: Path, base: dict[str, Any], *, asked: bool) -> Verdict:
    """Judge a run.

    Parameters
    ----------
    ran : of the command, on the damaged study
    out : its output folder
    base : results.json of the study as it was
    asked : what was changed is what a user asks for, and may be wrong: exit code 2 and other numbers are allowed
    """
    fault = _fault(ran, out)
    if fault:
        return Verdict(NOT_ALLOWED, fault)
    results = _json(out / "results" / "results.json")
    if ran.code != _OK:
        return _refusal(ran, out, asked)
    if not isinstance(results, dict):
        return Verdict(NOT_ALLOWED, "exit code 0 without results.json")
    before, after = numbers(base), numbers(results)
    if before == after:
        return Verdict(SAME)
    return _other_numbers(base, results, asked)


def _fault(ran: Ran, out: Path) -> str:
    if ran.ended:
        return ran.ended
    if ran.code not in (_OK, _BAD_ARGUMENTS, _NOTHING, _ALL_REFUSED):
        last = [line for line in ran.stderr.splitlines() if line.startswith("cmrmap:")][-1:]
        return f"exit code {ran.code}: {(last or [ran.stderr[-200:]])[0][:200]}"
    if "Traceback (most recent call last)" in ran.stderr + ran.stdout:
        return "a traceback"
    if ran.stdout:
        return "words on stdout"
    strange = [line for line in ran.stderr.splitlines() if "Warning" in line and not line.startswith("cmrmap:")]
    if strange:
        return f"a warning of a library: {strange[0][:100]}"
    return _leak(ran, out)


def _leak(ran: Ran, out: Path) -> str:
    texts = {"stderr": ran.stderr, "stdout": ran.stdout}
    for path in out.rglob("*"):
        if CANARY.lower() in path.name.lower():
            return "text of the input in a file's name"
        if path.suffix in (".json", ".csv"):
            texts[path.name] = path.read_text(encoding="utf-8", errors="replace")
    leaking = [
        name
        for name, text in texts.items()
        if CANARY.lower() in text.lower() or (READERS_WORD in text and name not in _READERS)
    ]
    return f"text of the input in {leaking[0]}" if leaking else ""


def _refusal(ran: Ran, out: Path, asked: bool) -> Verdict:
    lines = [line for line in ran.stderr.splitlines() if line.startswith("cmrmap:")]
    if len(lines) != 1 or len(lines[0]) < len("cmrmap: "):
        return Verdict(NOT_ALLOWED, f"{len(lines)} last lines; expected one")
    if ran.code == _BAD_ARGUMENTS and not asked:
        return Verdict(NOT_ALLOWED, f"exit code 2 for damaged data: {lines[0][:150]}")
    status = _json(out / "results" / "status.json")
    if not isinstance(status, dict) or status.get("exit_code") != ran.code:
        return Verdict(NOT_ALLOWED, "status.json has another exit code, or is none")
    if list(out.glob("*.dcm")):
        return Verdict(NOT_ALLOWED, "a refusal that leaves DICOM objects")
    return Verdict(REFUSED, f"{ran.code} {lines[0][8:150]}")


def _other_numbers(base: dict[str, Any], results: dict[str, Any], asked: bool) -> Verdict:
    changed = sorted({place.split("/")[0] for place in _different(numbers(base), numbers(results))})
    untold = [kind for kind in changed if not _told(kind, base, results)]
    if not untold:
        return Verdict(TOLD, ", ".join(changed))
    if asked:
        return Verdict(WRITTEN, "as asked: " + ", ".join(untold))
    return Verdict(NOT_ALLOWED, f"other numbers of {', '.join(untold)}, without a word")


def _told(kind: str, base: dict[str, Any], results: dict[str, Any]) -> bool:
    """Whether the results say more, of this map or the study, than those of the study as it was."""
    one, other = base["maps"][kind], results["maps"][kind]
    if kind == "ecv" and base["hematocrit"] != results["hematocrit"]:
        return True
    if any(one[key] != other[key] for key in ("status", "reason", "source", "drawn_by", "model", "timing_source")):
        return True
    known = [(s["status"], s["reason"]) for s in one["slices"]]
    if any(s["reason"] and (s["status"], s["reason"]) not in known for s in other["slices"]):
        return True
    kinds = (kind, None, "native_t1", "postcontrast_t1") if kind == "ecv" else (kind, None)
    before, after = (
        {(f["code"], f["map"], f["message"]) for f in found["quality"] if f["map"] in kinds and f["code"] not in _USUAL}
        for found in (base, results)
    )
    if after - before:
        return True
    return base["input"] != results["input"]


def numbers(results: dict[str, Any]) -> dict[str, Any]:
    """Return every number and status of the maps by its place: map, slice, segment."""
    return {place: value for kind, one in results["maps"].items() for place, value in _leaves(one, kind)}


def _leaves(value: Any, place: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            if isinstance(inner, (dict, list)):
                if key != "reference_range":
                    yield from _leaves(inner, f"{place}/{key}")
            elif key in _NUMBERS:
                yield f"{place}/{key}", inner
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            name = inner.get("aha", index) if isinstance(inner, dict) else index
            yield from _leaves(inner, f"{place}/{name}")


def _different(one: dict[str, Any], other: dict[str, Any]) -> list[str]:
    return [place for place in one.keys() | other.keys() if one.get(place) != other.get(place)]


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
