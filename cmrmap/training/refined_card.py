"""The card of a refined model: whose convention it is, what it was refined from, and on what."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from cmrmap.core.version import VERSION
from cmrmap.run.software import source_commit
from cmrmap.training.datasets import TrainingCase

#: what a card says of the weights it belongs to, and no longer of refined ones
_NO_LONGER_TRUE = ("measured", "weights", "border_calibration")


def describe(cases: Sequence[TrainingCase]) -> str:
    """Return how many patients, slices and labelled images there are, and of which maps."""
    kinds = Counter(case.kind.value for case in cases)
    slices = ", ".join(f"{count} of {kind}" for kind, count in sorted(kinds.items()))
    images = sum(int(case.labelled.sum()) for case in cases)
    return f"{len({case.patient for case in cases})} patients, {slices} slices, {images} labelled images"


def refined_card(
    card: Mapping[str, Any], weights_sha256: str, convention: str, refinement: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the card of a refined model; figures that were measured with other weights do not go along.

    Parameters
    ----------
    card, weights_sha256 : of the model that it was refined from
    convention : whose contours it was refined with
    refinement : cases, settings and results
    """
    kept = {key: value for key, value in card.items() if key not in _NO_LONGER_TRUE}
    before = {"name": card["name"], "weights_sha256": weights_sha256}
    if card.get("convention"):
        before["convention"] = card["convention"]
    return {
        **kept,
        "name": f"{card['name'].removesuffix('-refined')}-refined",
        "version": VERSION,
        "convention": convention,
        "commit": source_commit(),
        "refined_from": [*card.get("refined_from", []), before],
        "refinement": dict(refinement),
    }
