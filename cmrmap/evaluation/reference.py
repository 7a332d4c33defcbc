"""What the automatic values are compared with: a CSV file, DICOM maps, a phantom's truth, another cohort's results."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from cmrmap.core.array_files import opened_arrays
from cmrmap.core.arrays import LabelArray
from cmrmap.core.errors import InputError
from cmrmap.core.map_specs import MapKind
from cmrmap.evaluation.dicom_reference import read_dicom_reference
from cmrmap.evaluation.value_table import check_table, read_csv, read_measured
from cmrmap.phantom.truth_reading import TRUTH_NAME, read_truth_summary

_LABELS = Path("results") / "labels.npz"
_LABEL_AXES = 4  # slice, time, row, column


@dataclass(frozen=True, slots=True)
class Reference:
    """Reference values, and outlines where there are any.

    Attributes
    ----------
    name : how the tables call it
    table : of values, see `cmrmap.evaluation.value_table`
    labels : per study a file with ``<kind>_labels`` (slice, time, row, column)
    results : the cohort's output folder that it was made from; None for any other reference
    """

    name: str
    table: pd.DataFrame
    labels: dict[str, Path]
    results: Path | None = None


def read_reference(path: Path, name: str | None = None) -> Reference:
    """Read a reference; what it is, is seen from what is there.

    - a CSV file (`cmrmap.evaluation.value_table.read_csv`)
    - an output folder of ``cmrmap cohort`` (for example with a reader's outlines)
    - a folder of phantom studies (``<study>/truth/truth.json``)
    - a folder with one folder of DICOM a study: maps and segmentation (`cmrmap.evaluation.dicom_reference`)

    Raises
    ------
    InputError
        none of these, or one that is not as it should be
    """
    if path.is_file():
        return Reference(name or path.stem, read_csv(path), {})
    if (path / "results.parquet").is_file():
        table = read_measured(path)[["study", "map", "scope", "slice_index", "aha", "value"]]
        labels = {one.parent.parent.name: one for one in sorted((path / "studies").glob(f"*/{_LABELS}"))}
        return Reference(name or path.name, check_table(table, str(path)), labels, path.resolve())
    truths = _truths(path)
    if truths:
        rows = [
            row
            for study, document in truths.items()
            for kind, found in document["maps"].items()
            for row in _map_rows(study, kind, found)
        ]
        labels = {study: path / study / "truth" / "truth.npz" for study in truths}
        return Reference(name or "truth", check_table(pd.DataFrame(rows), str(path)), labels)
    if path.is_dir():
        return Reference(name or path.name, check_table(read_dicom_reference(path), str(path)), {})
    raise InputError("the reference does not exist; give a CSV file or a folder, see docs/evaluation.md")


def read_references(path: Path, name: str | None = None) -> tuple[Reference, ...]:
    """Read a reference and, of phantoms whose T1 series are simulated, what exact fits of their signals give.

    Models that are fitted to MOLLI have a bias of their own. The second reference, ``<name> (exact fit)``, has it too,
    so that what is left of an error is the analysis'.
    """
    reference = read_reference(path, name)
    truths = {} if path.is_file() or reference.results else _truths(path)
    if not any("exact_fit" in found for document in truths.values() for found in document["maps"].values()):
        return (reference,)
    rows = [
        row
        for study, document in truths.items()
        for kind, found in document["maps"].items()
        for row in _map_rows(study, kind, found.get("exact_fit", found))
    ]
    table = check_table(pd.DataFrame(rows), str(path))
    return reference, Reference(f"{reference.name} (exact fit)", table, reference.labels)


def read_labels(path: Path, kind: MapKind) -> LabelArray | None:
    """Outlines of one series from a labels file; None where it has none.

    Raises
    ------
    InputError
        the file cannot be read
    """
    key = f"{kind.value}_labels"
    with opened_arrays(path, path.name) as arrays:
        return arrays.labels(key, _LABEL_AXES) if key in arrays.names else None


def _truths(path: Path) -> dict[str, dict[str, Any]]:
    """truth.json of every phantom study of a folder, by the study's name."""
    return {
        one.parent.parent.name: read_truth_summary(one.parent) for one in sorted(path.glob(f"*/truth/{TRUTH_NAME}"))
    }


def _map_rows(study: str, kind: str, found: dict[str, Any]) -> list[dict[str, Any]]:
    """Rows of the means that there are."""
    common = {"study": study, "map": kind}
    rows = [{**common, "scope": "patient", "slice_index": -1, "aha": -1, "value": found["patient"]["mean"]}]
    for one in found["slices"]:
        here = {**common, "slice_index": one["slice_index"]}
        rows.append({**here, "scope": "slice", "aha": -1, "value": one["mean"]})
        rows += [{**here, "scope": "segment", "aha": part["aha"], "value": part["mean"]} for part in one["segments"]]
    return [row for row in rows if row["value"] is not None]
