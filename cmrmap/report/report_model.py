"""What is reported of a study: one object, made once from the results and the maps, that every form is laid out from.

The page, its HTML twin and the pictures read it and compute nothing of their own, so that no two of them can differ.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cmrmap.core.identity import StudyIdentity
from cmrmap.core.map_record import MapRecord
from cmrmap.core.map_specs import MapKind
from cmrmap.core.map_volume import MapVolume
from cmrmap.core.stack import WeightedStack
from cmrmap.report import text
from cmrmap.report.bullseye import FilledWedge, filled_wedges
from cmrmap.report.content import MapContent, map_content
from cmrmap.report.panels import Panel, make_panels
from cmrmap.report.scales import SCALES, Scale
from cmrmap.results import MapResult, StudyResult

PICTURE = 416  # width and height of a slice's picture, px


@dataclass(frozen=True, slots=True)
class FindingContent:
    """One finding in words, those of several slices joined; ``severity`` is "error", "warning" or "info"."""

    severity: str
    sentence: str


@dataclass(frozen=True, slots=True)
class MapReport:
    """One map.

    Attributes
    ----------
    content : everything that is said of it, in words
    numbers : what the words were made from, as in results.json
    scale : its colours
    wedges : the bull's-eye's 16 segments
    panels : one picture a slice that has values, in the order of the stack; empty: it was not made
    volume : its pixels; None where it was not made
    record : how it came about; None where nobody asked for it
    """

    content: MapContent
    numbers: MapResult
    scale: Scale
    wedges: tuple[FilledWedge, ...]
    panels: tuple[Panel, ...] = ()
    volume: MapVolume | None = None
    record: MapRecord | None = None

    @property
    def kind(self) -> MapKind:
        """Which map it is."""
        return self.numbers.kind

    @property
    def made(self) -> bool:
        """Whether there is a slice to show."""
        return bool(self.panels)


@dataclass(frozen=True, slots=True)
class ReportModel:
    """All that any form of the report shows.

    Attributes
    ----------
    person : what the source says of the patient, the name first; empty where the report does not say
    study : date, description, scanner; "" where the report does not say
    hematocrit, provenance, method, research : one line each
    version : of the software
    findings : in the order in which they are shown, errors first
    maps : those that are listed, in the order of results.json
    """

    person: tuple[str, ...]
    study: str
    hematocrit: str
    provenance: str
    version: str
    findings: tuple[FindingContent, ...]
    maps: tuple[MapReport, ...]
    method: str = text.METHOD
    research: str = text.RESEARCH

    @property
    def warned(self) -> bool:
        """Whether a finding is more than a note."""
        return any(one.severity != "info" for one in self.findings)


def report_model(
    results: StudyResult,
    volumes: Sequence[MapVolume] = (),
    stacks: Sequence[WeightedStack] = (),
    identity: StudyIdentity | None = None,
    records: Sequence[MapRecord] = (),
) -> ReportModel:
    """Return what is reported of a study.

    Parameters
    ----------
    results : numbers and findings
    volumes : the maps that were made
    stacks : the weighted images that the maps lie on
    identity : who and what the study is; None: the report does not say
    records : how the maps came about, for the form that shows it
    """
    record_of = {record.kind: record for record in records}
    faulty = text.faulty(results)
    by_kind = {volume.kind: volume for volume in volumes}
    maps = []
    for result in results.listed:
        volume = by_kind.get(result.kind)
        maps.append(
            MapReport(
                content=map_content(result, faulty=result.kind in faulty),
                numbers=result,
                scale=SCALES[result.kind],
                wedges=filled_wedges(result),
                panels=() if volume is None else make_panels(volume, stacks, PICTURE),
                volume=volume,
                record=record_of.get(result.kind),
            )
        )
    return ReportModel(
        person=tuple(text.person(identity)),
        study=text.study_line(identity),
        hematocrit=text.hematocrit_line(results),
        provenance=text.provenance_line(results),
        version=results.software.version,
        findings=tuple(FindingContent(severity, sentence) for severity, sentence in text.findings(results)),
        maps=tuple(maps),
    )
