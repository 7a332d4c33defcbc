"""What became of a map and of a slice."""

from __future__ import annotations

from enum import Enum


class MapStatus(str, Enum):
    """What became of a map; the value is the word in results.json and status.json.

    Attributes
    ----------
    OK : every slice that the series has was made, and no image of it is lost
    PARTIAL : some were, or images are lost
    REFUSED : there was something to make it from, but it may not be used
    ABSENT : there was nothing to make it from
    """

    OK = "ok"
    PARTIAL = "partial"
    REFUSED = "refused"
    ABSENT = "absent"

    def __str__(self) -> str:
        return self.value

    @property
    def made(self) -> bool:
        """Whether the map has values."""
        return self in (MapStatus.OK, MapStatus.PARTIAL)


class SliceStatus(str, Enum):
    """What became of one slice of a map; the value is the word in results.json.

    Attributes
    ----------
    OK : it was made
    REFUSED : there was something to make it from, but it may not be used
    ABSENT : there was nothing to make it from
    """

    OK = "ok"
    REFUSED = "refused"
    ABSENT = "absent"

    def __str__(self) -> str:
        return self.value
