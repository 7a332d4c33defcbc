"""The report as plain lines: what the text object of the archive and any other form without pictures say."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from cmrmap.core.map_specs import MapKind


class SectionTopic(str, Enum):
    """What a section is about."""

    SUMMARY = "summary"
    MAP = "map"
    FINDINGS = "findings"
    METHOD = "method"


class LineName(str, Enum):
    """What a line says."""

    MEAN = "mean"
    SLICE = "slice"
    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"
    COMMENT = "comment"


@dataclass(frozen=True, slots=True)
class TextSection:
    """Lines under one heading.

    Attributes
    ----------
    topic : what the heading says
    lines : what each says, and its words
    kind : the map, where it is about one
    """

    topic: SectionTopic
    lines: tuple[tuple[LineName, str], ...]
    kind: MapKind | None = None
