"""Tables of values: what both sides of a comparison look like, read from files and checked.

A table has the columns ``study``, ``map``, ``scope`` (patient, slice or segment), ``slice_index`` and ``aha`` (-1 where
they do not apply) and ``value``. Measured tables have more: see `read_measured`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from cmrmap.core.errors import InputError
from cmrmap.core.map_specs import MapKind

KEY = ["study", "map", "scope", "slice_index", "aha"]
SCOPES = ("patient", "slice", "segment")
_UNIT_NAMES = {"ms": "ms", "msec": "ms", "%": "%", "percent": "%"}


def read_measured(folder: Path) -> pd.DataFrame:
    """Read a cohort's results.parquet as a table of values.

    Returns
    -------
    with the columns of a table of values and ``uncertainty``, ``level``, ``status``, ``success``, ``n_images``,
    ``n_segmented``, ``n_refined``, ``warnings``; NaN where nothing was measured

    Raises
    ------
    InputError
        no cohort results there
    """
    path = folder / "results.parquet"
    if not path.is_file():
        raise InputError("the folder holds no results.parquet; give the output folder of `cmrmap cohort`")
    table = pd.read_parquet(path).rename(columns={"mean": "value"})
    return _with_key_types(table)


def read_about(folder: Path) -> dict[str, Any]:
    """Return cohort.json of a cohort's output folder: command, model, weights, input."""
    path = folder / "cohort.json"
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return content


def read_csv(path: Path) -> pd.DataFrame:
    """Read reference values from a CSV file with the columns study, map, value; optional unit, slice_index, aha.

    A line with ``aha`` is a segment, else one with ``slice_index`` a slice, else a patient.

    Raises
    ------
    InputError
        a missing column, an unknown map, a unit that is not the map's or not the same everywhere, values that are
        no numbers, the same line twice
    """
    try:
        table = pd.read_csv(path, dtype={"study": "string", "map": "string", "unit": "string"}, skipinitialspace=True)
    except (OSError, ValueError) as error:
        raise InputError(
            f"the reference cannot be read as CSV ({type(error).__name__}); see docs/evaluation.md"
        ) from error
    missing = [name for name in ("study", "map", "value") if name not in table]
    if missing:
        raise InputError(f"the reference has no column {missing[0]}; expected study, map, value, slice_index, aha")
    values = pd.to_numeric(table["value"], errors="coerce")
    wrong = values.isna() & table["value"].notna() & (table["value"].astype("string").str.lower() != "nan")
    if wrong.any():
        raise InputError(f"the reference, line {int(np.argmax(wrong)) + 2}: the value is not a number")
    table = table.assign(value=values)
    for name in ("slice_index", "aha"):
        table[name] = pd.to_numeric(table[name], errors="coerce") if name in table else np.nan
    table["scope"] = np.where(
        table["aha"].notna(), "segment", np.where(table["slice_index"].notna(), "slice", "patient")
    )
    if "unit" in table:
        _check_units(table, path)
    return check_table(_with_key_types(table), str(path))


def check_table(table: pd.DataFrame, name: str) -> pd.DataFrame:
    """Check maps, duplicates and the size of the values of a table; returns it.

    Raises
    ------
    InputError
        what is wrong, and with which study
    """
    known = [kind.value for kind in MapKind]
    strange = sorted(set(table["map"]) - set(known))
    if strange:
        raise InputError(f"{name} has the map {strange[0]}; expected one of {', '.join(known)}")
    double = table[table.duplicated(KEY, keep=False)]
    if len(double):
        first = double.iloc[0]
        raise InputError(
            f"{name} has {len(double)} lines that occur more than once (first: study {first['study']}, "
            f"{first['map']}, {first['scope']}); give each value once"
        )
    for kind in MapKind:
        values = table.loc[table["map"] == kind.value, "value"].dropna()
        low, high = kind.spec.plausible_range
        outside = values[(values < low) | (values > high)]
        if len(outside):
            raise InputError(
                f"{name}: {len(outside)} of {len(values)} {kind.value} values lie outside {low:g}-{high:g} {kind.unit} "
                f"(first {outside.iloc[0]:g}); give all of them in {kind.unit}"
            )
    return table


def _check_units(table: pd.DataFrame, path: Path) -> None:
    for name, found in table.groupby("map")["unit"]:
        units = sorted({str(unit) for unit in found.dropna()})
        if len(units) > 1:
            raise InputError(f"the reference mixes units of {name}: {', '.join(units)}; give one")
        if units and str(name) in [kind.value for kind in MapKind]:
            expected = MapKind(str(name)).unit
            if _UNIT_NAMES.get(units[0]) != expected:
                raise InputError(f"the reference gives {name} in {units[0]}; expected {expected}")


def _with_key_types(table: pd.DataFrame) -> pd.DataFrame:
    out = table.copy()
    for name in ("slice_index", "aha"):
        out[name] = pd.to_numeric(out[name]).fillna(-1).astype(int)
    for name in ("study", "map", "scope"):
        out[name] = out[name].astype(str).str.strip()
    out["value"] = pd.to_numeric(out["value"]).astype(float)
    return out.reset_index(drop=True)
