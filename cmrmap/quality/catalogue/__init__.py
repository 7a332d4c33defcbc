"""Every finding that can be told of a study, each declared once; docs/flags.md is written from it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType, ModuleType

from cmrmap.quality.catalogue import fits, images, outline_quality, reader_findings
from cmrmap.quality.declaration import Finding


def _declared(module: ModuleType) -> tuple[Finding, ...]:
    return tuple(value for value in vars(module).values() if isinstance(value, Finding))


#: title -> the findings of that group, in the order of their declaration
GROUPS: Mapping[str, tuple[Finding, ...]] = MappingProxyType(
    {
        "The images that were given": _declared(images),
        "The outlines": _declared(outline_quality),
        "What a reader corrected": _declared(reader_findings),
        "The fits": _declared(fits),
    }
)
#: all of them
CATALOGUE: tuple[Finding, ...] = tuple(one for group in GROUPS.values() for one in group)

__all__ = ["CATALOGUE", "GROUPS"]
