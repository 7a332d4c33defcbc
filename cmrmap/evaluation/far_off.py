"""Slices whose value is far off: how many of them the findings mark, and how many of the others."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from cmrmap.core.map_specs import MapKind
from cmrmap.evaluation.experiment import MAPS, Evaluation
from cmrmap.evaluation.rates import rate
from cmrmap.evaluation.wording import TextTable, rate_text, safe_name

#: difference to the reference, in the map's unit, from which a slice's mean is far off; ours: about twice the SD of the
#: slices' errors
FAR_OFF: Mapping[MapKind, float] = MappingProxyType(
    {MapKind.T2: 3.0, MapKind.NATIVE_T1: 45.0, MapKind.POSTCONTRAST_T1: 25.0, MapKind.ECV: 2.0}
)


def far_off_table(evaluation: Evaluation, reference: str) -> TextTable:
    """Count slices with and without a warning among those that are far off and the others.

    Parameters
    ----------
    evaluation : of any number of models
    reference : name of the reference whose differences count
    """
    rows = []
    for kind in MAPS:
        if kind not in FAR_OFF:
            continue
        for one in evaluation.select(reference, kind):
            table = one.scopes["slice"].pairs.table
            off = np.abs((table["automatic"] - table["reference"]).to_numpy(dtype=float)) > FAR_OFF[kind]
            marked = table["warnings"].to_numpy(dtype=float) > 0
            shares = (
                rate_text(rate(int(np.count_nonzero(marked & these)), int(np.count_nonzero(these))))
                for these in (np.ones_like(off), off, ~off)
            )
            rows.append((one.model, kind.value, f"{FAR_OFF[kind]:g} {kind.spec.difference_unit}", *shares))
    header = ("model", "map", "far off: more than", "slices with a warning", "of those far off", "of the others")
    notes = ("Warnings: findings of severity warning or error about the map or the slice. [95 % interval], Wilson.",)
    return TextTable(
        f"far_off_{safe_name(reference)}", f"Slices far off against {reference}", header, tuple(rows), notes
    )
