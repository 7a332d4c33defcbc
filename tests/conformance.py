"""What written objects must hold and what a validator may say of them; shared by unit and integration tests."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

#: Warnings that are right to stay, each with its reason.
ALLOWED_WARNINGS = {
    "<QUANTITY>": "a defined term of newer editions of the standard than the validator knows",
    "99CMRMAP": "the private coding scheme of ECV, which has no public code",
    "CodingSchemeUID": "the private scheme's own UID",
    "<ECV MAP>": "the standard names no ECV map",
    "<T2_STAR MAP>": "the validator knows the maps of T1 and T2 only",
    "SD MAP>": "the standard names no map of a standard deviation",
    "Rescale": "the classic MR image has no modality LUT, yet every viewer applies it",
}

_NAMES = {"t2": "T2", "native_t1": "native T1", "postcontrast_t1": "post-contrast T1", "ecv": "ECV", "t2_star": "T2*"}
_QUANTITY = {
    "t2": "T2",
    "native_t1": "T1",
    "postcontrast_t1": "T1",
    "ecv": "Myocardial extracellular volume fraction",
    "t2_star": "T2*",
}
_KEYS = {"mean": "Mean", "sd": "Standard Deviation", "uncertainty": "Standard error of the mean"}


def expected_measurements(results: dict[str, Any]) -> dict[tuple[str, str, str], float]:
    """(tracking identifier, quantity, derivation) -> value."""
    expected: dict[tuple[str, str, str], float] = {}
    for kind, one_map in results["maps"].items():

        def add(region: str, numbers: dict[str, Any], kind: str = kind) -> None:
            if numbers["mean"] is None:
                return
            name = f"{_NAMES[kind]}, {region}"
            for key, meaning in _KEYS.items():
                if numbers.get(key) is not None:
                    expected[name, _QUANTITY[kind], meaning] = numbers[key]
            if "n_pixels" in numbers:
                expected[name, "Number of analysed pixels", "Total"] = numbers["n_pixels"]

        add("patient", one_map["patient"])
        if one_map["blood"]:
            add("blood pool", {"mean": one_map["blood"]["t1_ms"], "uncertainty": one_map["blood"]["uncertainty"]})
        for one in one_map["slices"]:
            region = f"slice {one['slice_index'] + 1}" + (f" ({one['level']})" if one["level"] else "")
            add(region, one)
            for segment in one["segments"]:
                add(f"{region}, AHA {segment['aha']}", segment)
    if results["hematocrit"]["value"] is not None:
        expected["hematocrit", "Hematocrit", ""] = results["hematocrit"]["value"] * 100.0
    return expected


def validate(path: Path, validator: str) -> list[str]:
    """Return what dciodvfy says of a file, but for the warnings that are right to stay."""
    done = subprocess.run([validator, "-new", str(path)], capture_output=True, text=True, check=False)
    said = [line for line in (done.stdout + done.stderr).splitlines() if line.startswith(("Error", "Warning"))]
    unknown = [
        line for line in said if line.startswith("Error") or not any(allowed in line for allowed in ALLOWED_WARNINGS)
    ]
    return unknown + ([f"exit code {done.returncode}"] if done.returncode else [])
