"""Which model ships with this version: its digests are part of the package, not of the folder that they speak for.

A checksum in a model's own card says that a file is whole, and nothing of who made it: whoever changes the weights can
write a new one. So a model is the shipped one only where weights and card are those that are pinned here; every other
is a site's own, and every output says so.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

#: of the weights file
WEIGHTS_SHA256 = "f933a3b82eb65ba475677240612e7f1e22c4aa0c45ba312940bbd06cdbd49930"
#: of what is read of the card, as `card_sha256` makes it
CARD_SHA256 = "e8b00a22b749f62be4160d4d8a66af980fdfbb56a9b70037a02c0bc711c6455d"
_READ_OF_CARD = ("name", "version", "networks", "border_calibration", "convention")


def is_shipped(card: Mapping[str, Any]) -> bool:
    """Tell whether a model is the one that ships with this version.

    Parameters
    ----------
    card : content of its model.json, whose checksum the weights have been found to have
    """
    return card["weights"]["sha256"] == WEIGHTS_SHA256 and card_sha256(card) == CARD_SHA256


def card_sha256(card: Mapping[str, Any]) -> str:
    """Return the digest of what a run takes from a card; its words for people are no part of it.

    Parameters
    ----------
    card : content of a model.json
    """
    read = {name: card.get(name) for name in _READ_OF_CARD}
    return hashlib.sha256(json.dumps(read, sort_keys=True).encode()).hexdigest()
