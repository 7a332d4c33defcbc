"""A cohort's results made by hand: 12 patients of known errors."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd

LEVELS = ("basal", "mid", "apical")
SEGMENTS = {"basal": range(1, 7), "mid": range(7, 13), "apical": range(13, 17)}


def make_cohort(folder: Path, n: int = 12, *, bias: float = 0.0, seed: int = 0) -> pd.DataFrame:
    """Write results.parquet, studies.parquet and cohort.json; return the reference table."""
    rng = np.random.default_rng(seed)
    rows, truth = [], []
    for number in range(n):
        study = f"s{number:02d}"
        for kind, unit, base, raised, sd in (("t2", "ms", 50.0, 63.0, 1.0), ("ecv", "%", 26.0, 33.0, 0.6)):
            true = raised if number % 4 == 0 else base

            def add(scope: str, true: float, sd: float, slice_index=None, level=None, aha=None, **more: object) -> None:
                common = {"study": study, "map": kind, "scope": scope, "slice_index": slice_index, "aha": aha}  # noqa: B023
                value = true + bias + sd * rng.standard_normal()
                numbers = {"unit": unit, "mean": value, "sd": 1.0, "n_pixels": 50, "uncertainty": sd}  # noqa: B023
                rows.append({**common, **numbers, "level": level, "status": "ok", "warnings": number % 2, **more})  # noqa: B023
                truth.append({**common, "value": true})

            counts = {"n_images": 27, "n_segmented": 27, "n_refined": 1}
            add("patient", true, sd, success=True, **counts)
            for index, level in enumerate(LEVELS):
                add("slice", true, 1.5 * sd, index, level, n_images=9, n_segmented=9, n_refined=0)
                for aha in SEGMENTS[level]:
                    add("segment", true, 2 * sd, index, level, aha)
    from cmrmap.cohort.study_tables import RESULT_COLUMNS

    folder.mkdir(parents=True, exist_ok=True)
    table = pd.DataFrame(rows, columns=list(RESULT_COLUMNS)).astype(RESULT_COLUMNS)
    table.to_parquet(folder / "results.parquet", index=False)
    studies = pd.DataFrame({"study": [f"s{number:02d}" for number in range(n)]})
    studies.to_parquet(folder / "studies.parquet", index=False)
    about = {"command": "cmrmap cohort -i x -o y", "model": "net", "model_version": "1", "weights_sha256": "ab" * 32}
    (folder / "cohort.json").write_text(json.dumps({**about, "source": "network", "input": {"seed": 7}}))
    return pd.DataFrame(truth)
