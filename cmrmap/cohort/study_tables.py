"""The cohort's tables: one line a value (results), one line a study (studies); Parquet and CSV."""

from __future__ import annotations

import io
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from cmrmap.cohort.task import StudyRecord
from cmrmap.core.files import write_file
from cmrmap.core.map_specs import MapKind

RESULTS_NAME, STUDIES_NAME = "results", "studies"
#: columns of results.parquet and results.csv, and their types
RESULT_COLUMNS = {
    "study": "string",
    "map": "string",
    "unit": "string",
    "scope": "string",  # patient, slice or segment
    "slice_index": "Int64",
    "level": "string",
    "aha": "Int64",
    "mean": "float64",
    "sd": "float64",
    "n_pixels": "Int64",
    "uncertainty": "float64",
    "status": "string",
    "success": "boolean",  # of the map (patient lines)
    "n_images": "Int64",
    "n_segmented": "Int64",
    "n_refined": "Int64",
    "warnings": "Int64",  # quality findings of severity warning or error about the map or its slice
    "reason": "string",
}


def write_tables(output: Path, records: Sequence[StudyRecord], studies: Path) -> None:
    """Write results.parquet, results.csv, studies.parquet and studies.csv.

    Parameters
    ----------
    studies : folder with each study's output folder
    """
    rows: list[dict[str, Any]] = []
    for record in records:
        path = studies / record.name / "results" / "results.json"
        if record.exit_code in (0, 4) and path.is_file():
            rows += flatten_results(record.name, json.loads(path.read_text(encoding="utf-8")))
    _write(output, RESULTS_NAME, pd.DataFrame(rows, columns=list(RESULT_COLUMNS)).astype(RESULT_COLUMNS))
    about = [
        {
            "study": one.name,
            "outcome": one.outcome,
            "exit_code": one.exit_code,
            **{f"{kind.value}_status": one.maps.get(kind.value) for kind in MapKind},
            "seconds": one.seconds,
            "worker": one.worker,
            "message": one.message,
        }
        for one in records
    ]
    _write(output, STUDIES_NAME, pd.DataFrame(about))


def flatten_results(study: str, document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Turn one results.json into lines: one a map (scope patient), one a slice, one a segment."""
    warnings = _count_warnings(document["quality"])
    rows = []
    for kind, found in document["maps"].items():
        common = {"study": study, "map": kind, "unit": found["unit"]}
        slices = found["slices"]
        rows.append(
            {
                **common,
                "scope": "patient",
                **_numbers(found["patient"]),
                "status": found["status"],
                "success": found["success"],
                **{name: sum(one[name] for one in slices) for name in ("n_images", "n_segmented", "n_refined")},
                "warnings": sum(count for (of, _), count in warnings.items() if of in (kind, None)),
                "reason": found["reason"],
            }
        )
        for one in slices:
            n_warnings = sum(
                count
                for (of, where), count in warnings.items()
                if of in (kind, None) and where in (one["slice_index"], None)
            )
            about = {**common, "slice_index": one["slice_index"], "level": one["level"], "warnings": n_warnings}
            rows.append(
                {
                    **about,
                    "scope": "slice",
                    **_numbers(one),
                    "status": one["status"],
                    **{name: one[name] for name in ("n_images", "n_segmented", "n_refined")},
                    "reason": one["reason"],
                }
            )
            rows += [
                {**about, "scope": "segment", "aha": part["aha"], **_numbers(part), "status": one["status"]}
                for part in one["segments"]
            ]
    return rows


def _numbers(found: Mapping[str, Any]) -> dict[str, Any]:
    return {name: found[name] for name in ("mean", "sd", "n_pixels", "uncertainty")}


def _count_warnings(quality: Sequence[Mapping[str, Any]]) -> dict[tuple[str | None, int | None], int]:
    counts: dict[tuple[str | None, int | None], int] = defaultdict(int)
    for flag in quality:
        if flag["severity"] != "info":
            counts[flag["map"], flag["slice_index"]] += 1
    return dict(counts)


def _write(output: Path, name: str, table: pd.DataFrame) -> None:
    stream = io.BytesIO()
    table.to_parquet(stream, index=False)
    write_file(output / f"{name}.parquet", stream.getvalue())
    write_file(output / f"{name}.csv", table.to_csv(index=False, lineterminator="\n").encode("utf-8"))
