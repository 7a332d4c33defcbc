"""Measured values beside their reference, and what could not be paired and why: nothing is dropped in silence."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from cmrmap.core.errors import InputError
from cmrmap.core.map_specs import MapKind
from cmrmap.evaluation.value_table import KEY

_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Exclusion:
    """Values that take no part in a comparison.

    Attributes
    ----------
    reason : why
    n : how many
    examples : names of the first studies
    """

    reason: str
    n: int
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Pairs:
    """The pairs of one map and scope.

    Attributes
    ----------
    table : a line a pair: key columns, ``automatic``, ``reference``, ``uncertainty``, ``warnings``, ``level``
    exclusions : what was left out
    """

    kind: MapKind
    scope: str
    table: pd.DataFrame
    exclusions: tuple[Exclusion, ...]


def pair(measured: pd.DataFrame, reference: pd.DataFrame, kind: MapKind, scope: str) -> Pairs:
    """Join the two sides of one map and scope ("patient", "slice" or "segment").

    A patient counts only where the map succeeded by the paper's rule (a basal, a mid and an apical slice).
    """
    left = measured[(measured["map"] == kind.value) & (measured["scope"] == scope)]
    right = reference[(reference["map"] == kind.value) & (reference["scope"] == scope)]
    joined = left.merge(
        right[[*KEY, "value"]].rename(columns={"value": "reference"}),
        on=KEY,
        how="outer",
        indicator=True,
        validate="one_to_one",
    ).rename(columns={"value": "automatic"})
    here, there = joined["_merge"] == "left_only", joined["_merge"] == "right_only"
    both = ~here & ~there
    failed = both & (joined["success"].eq(False).fillna(False) if scope == "patient" else False)
    no_value = both & ~failed & joined["automatic"].isna()
    no_reference = both & ~failed & ~no_value & joined["reference"].isna()
    reasons = (
        (there & ~joined["study"].isin(set(measured["study"])), "study without automatic results"),
        (there & joined["study"].isin(set(measured["study"])), "not found by the automatic analysis"),
        (here & ~joined["study"].isin(set(reference["study"])), "study without reference"),
        (here & joined["study"].isin(set(reference["study"])), "not in the reference"),
        (failed, "map did not succeed (needs a basal, a mid and an apical slice)"),
        (no_value, "no automatic value (refused)"),
        (no_reference, "reference is not a number"),
    )
    exclusions = tuple(
        Exclusion(reason, int(mask.sum()), tuple(dict.fromkeys(joined.loc[mask, "study"]))[:_SHOWN])
        for mask, reason in reasons
        if mask.any()
    )
    kept = joined[both & ~failed & ~no_value & ~no_reference]
    columns = [*KEY, "automatic", "reference", "uncertainty", "warnings", "level"]
    return Pairs(kind, scope, kept[columns].reset_index(drop=True), exclusions)


def check_overlap(measured: pd.DataFrame, reference: pd.DataFrame, name: str) -> None:
    """Check that the two sides have a study in common.

    Raises
    ------
    InputError
        they have not; names of both sides are shown
    """
    ours, theirs = sorted(set(measured["study"])), sorted(set(reference["study"]))
    if not set(ours) & set(theirs):
        raise InputError(
            f"no study of {name} is among the results: they have {', '.join(ours[:_SHOWN]) or 'none'}, the reference "
            f"has {', '.join(theirs[:_SHOWN]) or 'none'}; a study is named by its folder"
        )
