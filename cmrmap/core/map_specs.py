"""The maps that the application makes."""

from __future__ import annotations

from enum import Enum


class MapKind(str, Enum):
    """The maps the application makes; the value is the key in results.json."""

    T2 = "t2"
    NATIVE_T1 = "native_t1"
    POSTCONTRAST_T1 = "postcontrast_t1"
    ECV = "ecv"

    @property
    def unit(self) -> str:
        """UCUM unit of the reported values."""
        return "%" if self is MapKind.ECV else "ms"
