"""Site acceptance: the fixed phantom study through the whole application, against stated limits."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from cmrmap.core.files import write_file
from cmrmap.core.map_specs import MapKind
from cmrmap.run.manifest import read_status
from cmrmap.run.software import software_versions

#: the study: these never change, so that sites and years can be compared
STUDY = {"seed": 1, "snr": 30.0, "disease": "none", "motion": 1.0}
#: largest difference to the truth, patient and slice: percent of the truth, for ECV points. Twice what the shipped
#: network reaches on this study (docs/segmentation.md), half of the paper's limits of agreement per patient at most
LIMITS: dict[MapKind, tuple[float, float]] = {
    kind: kind.spec.acceptance for kind in MapKind if kind.spec.acceptance is not None
}
_HEMATOCRIT_DIFFERENCE = 1e-4


@dataclass(frozen=True, slots=True)
class Check:
    """One check: what, the limit, what was found, and whether it passed."""

    what: str
    limit: str
    found: str
    passed: bool


def run_acceptance(output: Path, more: Sequence[str] = ()) -> tuple[Check, ...]:
    """Write the study, run the application on it in a process of its own, and check what comes out.

    Parameters
    ----------
    output : gets study/, results/ and acceptance.json
    more : further arguments of the application, e.g. ("-m", "models")
    """
    from cmrmap.phantom.study_writer import write_study

    write_study(output / "study", hematocrit_file=True, **STUDY)  # type: ignore[arg-type]
    command = [sys.executable, "-m", "cmrmap", "run", "-l", "ERROR", *more]
    paths = ["-i", str(output / "study" / "dicom"), "-o", str(output / "results")]
    done = subprocess.run([*command, *paths], check=False)
    checks = (_exit_check(done.returncode), *check_results(output / "study", output / "results"))
    content = {
        "study": STUDY,
        "passed": all(one.passed for one in checks),
        "checks": [asdict(one) for one in checks],
        "versions": (read_status(output / "results") or {}).get("versions") or software_versions(),
    }
    write_file(output / "acceptance.json", (json.dumps(content, indent=1) + "\n").encode())
    return checks


def _exit_check(code: int) -> Check:
    return Check("exit code of the application", "0", str(code), code == 0)


def check_results(study: Path, results: Path) -> tuple[Check, ...]:
    """Check an output folder of the application against the truth of the study."""
    path = results / "results" / "results.json"
    if not path.is_file():
        return (Check("results.json is written", "yes", "no", False),)
    found = json.loads(path.read_text(encoding="utf-8"))
    truth = json.loads((study / "truth" / "truth.json").read_text(encoding="utf-8"))
    n_objects = len(list(results.glob("*.dcm")))
    value = found["hematocrit"]["value"]
    checks = [
        Check("DICOM objects are written", ">= 1", str(n_objects), n_objects >= 1),
        Check(
            "hematocrit is the study's",
            f"{truth['hematocrit']:.4f}",
            str(value),
            value is not None and abs(value - truth["hematocrit"]) <= _HEMATOCRIT_DIFFERENCE,
        ),
    ]
    for kind in LIMITS:
        checks += _map_checks(kind, found["maps"][kind.value], truth["maps"][kind.value])
    return tuple(checks)


def _map_checks(kind: MapKind, found: dict[str, Any], truth: dict[str, Any]) -> list[Check]:
    name, unit = kind.value, "points" if kind.unit == "%" else "%"
    made = sum(one["status"] == "ok" for one in found["slices"])
    expected = len(truth["slices"])
    checks = [Check(f"{name}: slices made", str(expected), str(made), made == expected)]
    segments = sum(len(one["segments"]) for one in found["slices"])
    true_segments = sum(len(one["segments"]) for one in truth["slices"])
    checks.append(Check(f"{name}: segments", str(true_segments), str(segments), segments == true_segments))
    patient, worst = LIMITS[kind]
    off = _difference(kind, found["patient"]["mean"], truth["patient"]["mean"])
    checks.append(Check(f"{name}: patient mean", f"within {patient:g} {unit}", _text(off, unit), _within(off, patient)))
    offs = [
        _difference(kind, one["mean"], true["mean"])
        for one, true in zip(found["slices"], truth["slices"], strict=False)
        if one["status"] == "ok"
    ]
    far = max((one for one in offs if one is not None), key=abs, default=None)
    checks.append(Check(f"{name}: worst slice mean", f"within {worst:g} {unit}", _text(far, unit), _within(far, worst)))
    return checks


def _difference(kind: MapKind, value: float | None, truth: float) -> float | None:
    if value is None:
        return None
    return value - truth if kind.unit == "%" else 100.0 * (value - truth) / truth


def _within(off: float | None, limit: float) -> bool:
    return off is not None and abs(off) <= limit


def _text(off: float | None, unit: str) -> str:
    return "no value" if off is None else f"{off:+.2f} {unit}"
