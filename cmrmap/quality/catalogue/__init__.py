"""Every finding that can be told of a study, each declared once; docs/flags.md is written from it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType, ModuleType

from cmrmap.core.findings import Severity, Threat
from cmrmap.quality.catalogue import fits, images, mean_quality, outline_quality, reader_findings
from cmrmap.quality.declaration import Finding

TITLES: Mapping[Threat, str] = MappingProxyType(
    {
        Threat.VALUE: "Values: may be wrong or less certain",
        Threat.SEGMENT: "Segments: may be misplaced or without a value",
        Threat.SLICE: "Slices: their images or contours",
        Threat.MAP: "Maps: series, times and what they may be compared with",
        Threat.STUDY: "Study: what was read",
    }
)
"""What each kind of threat is called where findings are listed."""
_BY_WEIGHT = (Severity.ERROR, Severity.WARNING, Severity.INFO)


def _declared(module: ModuleType) -> tuple[Finding, ...]:
    return tuple(value for value in vars(module).values() if isinstance(value, Finding))


_ALL = tuple(
    one for module in (mean_quality, fits, outline_quality, reader_findings, images) for one in _declared(module)
)

GROUPS: Mapping[Threat, tuple[Finding, ...]] = MappingProxyType(
    {
        threat: tuple(
            sorted((one for one in _ALL if one.threatens is threat), key=lambda one: _BY_WEIGHT.index(one.severity))
        )
        for threat in Threat
    }
)
"""The findings by what they threaten, the gravest first."""
CATALOGUE: tuple[Finding, ...] = tuple(one for group in GROUPS.values() for one in group)
"""All findings, in the order of the groups."""

__all__ = ["CATALOGUE", "GROUPS", "TITLES"]
