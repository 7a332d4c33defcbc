"""Make a site's reference-range file from the results of its own normal subjects."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from cmrmap.core.errors import InputError
from cmrmap.core.files import write_file
from cmrmap.core.version import VERSION
from cmrmap.results.reference_ranges import SCHEMA_VERSION

#: below, the SD is too uncertain to judge a patient by (at 10 its 95 % interval is -31 to +83 %)
LEAST_SUBJECTS = 10
#: below, the file says that its ranges are rough (CLSI EP28 asks 20 to verify a range)
FEW_SUBJECTS = 20


def find_results(folder: Path) -> dict[str, Path]:
    """Return subject -> results.json of a cohort's output folder, or of a folder of the application's outputs.

    Raises
    ------
    InputError
        there are none
    """
    base = folder / "studies" if (folder / "studies").is_dir() else folder
    found = {path.parent.parent.name: path for path in sorted(base.glob("*/results/results.json"))}
    if not found:
        raise InputError("the folder holds no results; give the output folder of `cmrmap cohort` on normal subjects")
    return found


def make_reference_ranges(
    folder: Path, output: Path, *, site: str, subjects: Sequence[str] | None = None, command: str = ""
) -> dict[str, Any]:
    """Average over subjects and write the file; returns its content.

    A subject counts once in each range: its slices of a level, or its two slices of a segment, are averaged first.
    Only maps that succeeded by the paper's rule count. A range that fewer than `LEAST_SUBJECTS` have is left out.

    Parameters
    ----------
    subjects : names of the normal ones; None: all

    Raises
    ------
    InputError
        a subject without results, too few subjects, or maps made by several models
    """
    results = find_results(folder)
    missing = sorted(set(subjects or ()) - set(results))
    if missing:
        raise InputError(f"no results of {len(missing)} of the subjects in the folder; run the cohort first")
    chosen = {name: path for name, path in results.items() if subjects is None or name in set(subjects)}
    values: dict[str, dict[tuple[str, str], list[float]]] = defaultdict(lambda: defaultdict(list))
    models: dict[str, set[str]] = defaultdict(set)
    for path in chosen.values():
        for kind, found in json.loads(path.read_text(encoding="utf-8"))["maps"].items():
            if found["success"]:
                models[kind].add(str(found["model"]))
                for key, value in _subject_values(found).items():
                    values[kind][key].append(value)
    made = {kind: _ranges(found, kind, models[kind]) for kind, found in values.items()}
    maps = {kind: found for kind, found in made.items() if found is not None}
    if not maps:
        raise InputError(
            f"{len(chosen)} subjects with results; at least {LEAST_SUBJECTS} with a complete map are needed for a range"
        )
    fewest = min(int(found["patient"]["n"]) for found in maps.values())
    content: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "site": site,
        "software": VERSION,
        "command": command,
        "note": f"rough: fewer than {FEW_SUBJECTS} subjects" if fewest < FEW_SUBJECTS else "",
        "maps": maps,
    }
    write_file(output, (json.dumps(content, indent=1, allow_nan=False) + "\n").encode())
    return content


def _subject_values(found: dict[str, Any]) -> dict[tuple[str, str], float]:
    collected: dict[tuple[str, str], list[float]] = defaultdict(list)
    collected["patient", ""].append(found["patient"]["mean"])
    for one in found["slices"]:
        if one["level"] and one["mean"] is not None:
            collected["levels", one["level"]].append(one["mean"])
        for segment in one["segments"]:
            if segment["mean"] is not None:
                collected["segments", str(segment["aha"])].append(segment["mean"])
    return {key: float(np.mean(numbers)) for key, numbers in collected.items() if None not in numbers}


def _ranges(values: dict[tuple[str, str], list[float]], kind: str, models: set[str]) -> dict[str, Any] | None:
    if len(models) > 1:
        raise InputError(
            f"the {kind} maps were made by several models ({', '.join(sorted(models))}); give one protocol"
        )
    out: dict[str, Any] = {"model": next(iter(models)), "levels": {}, "segments": {}}
    for (scope, name), numbers in sorted(values.items()):
        if len(numbers) < LEAST_SUBJECTS or np.ptp(numbers) == 0:
            continue
        entry = {"mean": float(np.mean(numbers)), "sd": float(np.std(numbers, ddof=1)), "n": len(numbers)}
        if scope == "patient":
            out["patient"] = entry
        else:
            out[scope][name] = entry
    return out if "patient" in out else None
