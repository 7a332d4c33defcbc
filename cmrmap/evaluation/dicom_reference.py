"""Reference values from DICOM: ``FOLDER/<study>/<map>/`` with a finished map and its segmentation each."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from cmrmap.core.arrays import BoolArray
from cmrmap.core.errors import InputError
from cmrmap.core.map_specs import MapKind
from cmrmap.dicom.reference.maps import ReferenceMap, read_reference_map

_KINDS = {kind.value: kind for kind in MapKind}


def read_dicom_reference(folder: Path) -> pd.DataFrame:
    """Read every study's maps and average them over the segmented pixels.

    The folder of a map is called as in results.json (t2, native_t1, postcontrast_t1, ecv); slices are numbered base
    first, as in the results.

    Raises
    ------
    InputError
        no map folder anywhere, a map that cannot be read, or one in another unit
    """
    rows: list[dict[str, Any]] = []
    for path in sorted(item for item in folder.glob("*/*") if item.is_dir() and item.name in _KINDS):
        kind = _KINDS[path.name]
        found = read_reference_map(path)
        if found.unit not in (None, kind.unit):
            raise InputError(f"a map of the reference is in the unit {found.unit}; expected {kind.unit}")
        rows += _rows(path.parent.name, kind, found)
    if not rows:
        raise InputError(
            f"the folder holds no reference; expected <study>/<map>/ with DICOM, <map> being {', '.join(_KINDS)}"
        )
    return pd.DataFrame(rows)


def _rows(study: str, kind: MapKind, found: ReferenceMap) -> list[dict[str, Any]]:
    def row(scope: str, mask: BoolArray, slice_index: int = -1, aha: int = -1) -> dict[str, Any]:
        values = found.values[mask & np.isfinite(found.values)]
        mean = float(values.mean()) if values.size else float("nan")
        place = {"slice_index": slice_index, "aha": aha}
        return {"study": study, "map": kind.value, "scope": scope, **place, "value": mean}

    rows = [row("patient", found.myocardium)]
    for index in np.flatnonzero(found.myocardium.any(axis=(1, 2))):
        here = np.zeros(found.values.shape, dtype=np.bool_)
        here[index] = True
        rows.append(row("slice", found.myocardium & here, int(index)))
        rows += [
            row("segment", mask & here, int(index), number)
            for number, mask in sorted(found.segments.items())
            if mask[index].any()
        ]
    return rows
