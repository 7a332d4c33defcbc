"""How far the values of a wide cohort are from its truth, and whether intervals and flags tell, also by condition.

``python benchmarks/wide_cohort.py COHORT RESULTS`` takes a folder of ``cmrmap phantom cohort --conditions wide`` and
the output of ``cmrmap cohort`` on it, and prints Markdown tables: against the truth and, of maps whose model is not the
physics, against the exact fit of signals without noise. In a Siemens profile T1 is divided by the inversion's
efficiency, as the application does it; the exact fit is divided by it too. Last come the values that are far off and
that nobody is warned of. A slice and its segments are flagged by a warning about that slice, a patient by one about any
slice; warnings about a whole map are counted in a table of their own.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from pathlib import Path

import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from cmrmap.cohort.study_tables import RESULT_COLUMNS
from cmrmap.dicom.selection.inversions import SIEMENS_MOLLI_EFFICIENCY
from cmrmap.evaluation.reference import read_references

#: errors above which a slice is far off, as in docs/evaluation.md
FAR_OFF = {"t2": 3.0, "native_t1": 45.0, "postcontrast_t1": 25.0, "ecv": 2.0}
SCOPES = ("segment", "slice", "patient")
_KEYS = ["study", "map", "scope", "slice_index", "aha"]


def read_values(cohort: Path, results: Path) -> pd.DataFrame:
    """Join what was measured with truth, exact fit and condition: one line a value that both have."""
    measured = pd.read_csv(results / "results.csv").astype(RESULT_COLUMNS)
    measured[["slice_index", "aha"]] = measured[["slice_index", "aha"]].fillna(-1).astype("int64")
    for reference in read_references(cohort, "truth"):
        column = "exact" if "exact" in reference.name else "truth"
        table = reference.table.rename(columns={"value": column})
        measured = measured.merge(table[[*_KEYS, column]], on=_KEYS, how="left")
    if "exact" not in measured:
        measured["exact"] = measured["truth"]
    about = json.loads((cohort / "cohort.json").read_text(encoding="utf-8"))
    if about.get("flavour", "").startswith("siemens") and about.get("t1", "").startswith("molli"):
        is_t1 = measured["map"].isin(["native_t1", "postcontrast_t1"])
        measured.loc[is_t1, "exact"] /= SIEMENS_MOLLI_EFFICIENCY
    patients = pd.read_csv(cohort / "patients.csv").set_index("patient")
    measured["condition"] = measured["study"].map(patients["condition"])
    return measured


def flagged_slices(results: Path) -> tuple[set[tuple[str, str, int]], Counter[str]]:
    """Return (study, map, slice) of every slice with a warning, and in how many studies a whole map has which one."""
    slices: set[tuple[str, str, int]] = set()
    maps: Counter[str] = Counter()
    for path in sorted(results.glob("studies/*/results/results.json")):
        quality = json.loads(path.read_text(encoding="utf-8"))["quality"]
        warnings = [one for one in quality if one["severity"] in ("warning", "error")]
        slices |= {
            (path.parts[-3], one["map"], one["slice_index"]) for one in warnings if one["slice_index"] is not None
        }
        maps.update({f"{one['map']} {one['code']}" for one in warnings if one["slice_index"] is None})
    return slices, maps


def print_table(values: pd.DataFrame, by: list[str]) -> None:
    """Print a line a group: number, refused, bias +- SD and coverage for both references, flagged, worst unflagged.

    Errors are in the map's unit; the worst one that nobody is warned of is one against the exact fit.
    """
    heads = [*by, "values", "refused", "off truth", "off exact fit", "held: truth", "held: exact fit", "flagged"]
    print("\n| " + " | ".join([*heads, "worst unflagged"]) + " |\n|" + "---|" * (len(heads) + 1))
    for names, group in values.groupby(by, sort=False):
        known = group.dropna(subset=["mean", "truth", "exact"])
        off = {name: (known["mean"] - known[name]).astype("float64") for name in ("truth", "exact")}
        told = [f"{one.mean():+.2f} ± {one.std():.2f}" for one in off.values()]
        held = [f"{(one.abs() <= 1.96 * known['uncertainty']).mean():.0%}" for one in off.values()]
        unflagged = off["exact"][~known["flagged"]].abs()
        cells = [*names, len(known), len(group) - len(known), *told, *held, f"{known['flagged'].mean():.0%}"]
        cells.append(f"{unflagged.max():.1f}" if len(unflagged) else "-")
        print("| " + " | ".join(map(str, cells)).replace("%", " %") + " |")


def main() -> None:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cohort", type=Path)
    parser.add_argument("results", type=Path)
    options = parser.parse_args()
    values = read_values(options.cohort, options.results)
    values = values[values["map"].isin(list(FAR_OFF))].copy()
    values["scope"] = pd.Categorical(values["scope"], SCOPES)
    values["map"] = pd.Categorical(values["map"], list(FAR_OFF))
    slices, maps = flagged_slices(options.results)
    patients = {(study, kind) for study, kind, _ in slices}
    values["flagged"] = [
        (study, kind) in patients if scope == "patient" else (study, kind, index) in slices
        for study, kind, scope, index in values[["study", "map", "scope", "slice_index"]].itertuples(index=False)
    ]
    values = values.sort_values(["map", "scope", "study", "slice_index", "aha"])
    values[["map", "scope"]] = values[["map", "scope"]].astype(str)
    print_table(values, ["map", "scope"])
    print_table(values[values["scope"] == "slice"], ["map", "condition"])
    print("\nwarnings about whole maps, in how many studies:", dict(maps))
    print("\nslices far off the exact fit that nobody is warned of:")
    for row in values[(values["scope"] == "slice") & ~values["flagged"]].itertuples():
        if abs(row.mean - row.exact) > FAR_OFF[row.map]:
            print(
                f"{row.study} {row.condition}, {row.map}, slice {row.slice_index}: {row.mean:.1f} +- "
                f"{row.uncertainty:.1f}, exact fit {row.exact:.1f}, truth {row.truth:.1f} {row.unit}"
            )


if __name__ == "__main__":
    main()
