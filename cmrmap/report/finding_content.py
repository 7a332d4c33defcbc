"""The findings in words: grouped by what they threaten, equal ones of several slices joined."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from cmrmap.core.findings import QualityFlag, Severity, Threat
from cmrmap.core.map_specs import MapKind
from cmrmap.quality.catalogue import TITLES
from cmrmap.quality.listing import runs
from cmrmap.quality.telling import ToldFinding, told


@dataclass(frozen=True, slots=True)
class FindingContent:
    """One finding in words.

    Attributes
    ----------
    severity : "error", "warning" or "info"
    code : of its declaration
    kind : the map that it is about; None: the study
    slice_indices : rising; empty: every slice
    where : "T2 slices 1-3", or "" where it is about the study
    message : what was found and what to do
    detail : the whole, where it did not fit into the message, else ""
    number : by which it is named beside a value, from 1; 0 of a note
    """

    severity: str
    code: str
    kind: MapKind | None
    slice_indices: tuple[int, ...]
    where: str
    message: str
    detail: str = ""
    number: int = 0

    @property
    def sentence(self) -> str:
        """Where, and what."""
        return f"{self.where}: {self.message}" if self.where else self.message

    @property
    def is_note(self) -> bool:
        """Whether it is only informative."""
        return self.severity == Severity.INFO.value


@dataclass(frozen=True, slots=True)
class FindingGroup:
    """The findings that threaten the same, the gravest first; ``title`` says what."""

    threatens: Threat
    title: str
    findings: tuple[FindingContent, ...]

    @property
    def n_notes(self) -> int:
        """How many of them are only informative."""
        return sum(one.is_note for one in self.findings)


def finding_groups(flags: Iterable[QualityFlag]) -> tuple[FindingGroup, ...]:
    """Return a study's findings in the order in which they are told; what nothing threatens is left out.

    Parameters
    ----------
    flags : as in the results
    """
    found = told(flags)
    named = [one for one in found if one.severity is not Severity.INFO]
    contents = [(one.threatens, _content(one, named.index(one) + 1 if one in named else 0)) for one in found]
    groups = ((threat, tuple(content for own, content in contents if own is threat)) for threat in Threat)
    return tuple(FindingGroup(threat, TITLES[threat], members) for threat, members in groups if members)


def _content(one: ToldFinding, number: int) -> FindingContent:
    where = [one.map.spec.title] if one.map else []
    if one.slice_indices:
        listed = runs(index + 1 for index in one.slice_indices)
        where.append(f"slices {listed}" if len(one.slice_indices) > 1 else f"slice {listed}")
    return FindingContent(
        one.severity.value, one.code, one.map, one.slice_indices, " ".join(where), one.message, one.detail, number
    )
