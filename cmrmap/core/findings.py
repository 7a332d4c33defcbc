"""What is worth telling about a study, and why something was not made."""

from __future__ import annotations

from dataclasses import dataclass

from cmrmap.core.map_specs import MapKind


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why something was not made; travels where the result would have travelled."""

    kind: MapKind
    status: str  # "absent" (nothing to make it from) or "refused" (there was, but it may not be used)
    reason: str
    slice_index: int | None = None  # None: the whole map


@dataclass(frozen=True, slots=True)
class QualityFlag:
    """One finding about a study, with its reason."""

    code: str
    severity: str  # "info" | "warning" | "error"
    message: str
    map: MapKind | None = None
    slice_index: int | None = None
