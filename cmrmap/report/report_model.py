"""What is reported of a study: one object, made once from the results and the maps, that every form is laid out from.

The page, its HTML twin and the pictures read it and compute nothing of their own, so that no two of them can differ.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from cmrmap.core.identity import StudyIdentity
from cmrmap.core.map_record import MapRecord
from cmrmap.core.map_specs import MapKind
from cmrmap.core.map_volume import MapVolume
from cmrmap.core.stack import WeightedStack
from cmrmap.report import text
from cmrmap.report.bullseye import FilledWedge, filled_wedges
from cmrmap.report.content import MapContent, map_content
from cmrmap.report.finding_content import FindingContent, FindingGroup, finding_groups
from cmrmap.report.panels import Panel, make_panels
from cmrmap.report.reference_content import ReferenceContent, reference_content
from cmrmap.report.scales import SCALES, Scale
from cmrmap.results import MapResult, StudyResult

PICTURE = 416  # width and height of a slice's picture, px


@dataclass(frozen=True, slots=True)
class MapReport:
    """One map.

    Attributes
    ----------
    content : everything that is said of it, in words
    numbers : what the words were made from, as in results.json
    scale : its colours
    wedges : the bull's-eye's 16 segments
    reference : what its values are set against
    findings : those about it that are more than notes
    panels : one picture a slice that has values, in the order of the stack; empty: it was not made
    volume : its pixels; None where it was not made
    record : how it came about; None where nobody asked for it
    """

    content: MapContent
    numbers: MapResult
    scale: Scale
    wedges: tuple[FilledWedge, ...]
    reference: ReferenceContent = field(default_factory=ReferenceContent)
    findings: tuple[FindingContent, ...] = ()
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

    def numbers_of_findings(self, slice_index: int | None = None) -> tuple[int, ...]:
        """Return the numbers of the findings about a slice, or about the map and any of its slices.

        Parameters
        ----------
        slice_index : None: the map and all of them
        """
        return tuple(one.number for one in self.findings if slice_index is None or slice_index in one.slice_indices)


@dataclass(frozen=True, slots=True)
class ReportModel:
    """All that any form of the report shows.

    Attributes
    ----------
    person : what the source says of the patient, the name first; empty where the report does not say
    study : date, description, scanner; "" where the report does not say
    hematocrit, provenance, method, research : one line each
    version : of the software
    finding_groups : by what they threaten, in the order in which they are shown
    maps : those that are listed, in the order of results.json
    """

    person: tuple[str, ...]
    study: str
    hematocrit: str
    provenance: str
    version: str
    finding_groups: tuple[FindingGroup, ...]
    maps: tuple[MapReport, ...]
    method: str = text.METHOD
    research: str = text.RESEARCH

    @property
    def findings(self) -> tuple[FindingContent, ...]:
        """All of them, notes too, in the order in which they are shown."""
        return tuple(one for group in self.finding_groups for one in group.findings)

    @property
    def warned(self) -> bool:
        """Whether a finding is more than a note."""
        return any(not one.is_note for one in self.findings)


def report_model(
    results: StudyResult,
    volumes: Sequence[MapVolume] = (),
    stacks: Sequence[WeightedStack] = (),
    identity: StudyIdentity | None = None,
    records: Sequence[MapRecord] = (),
    *,
    published: bool = True,
) -> ReportModel:
    """Return what is reported of a study.

    Parameters
    ----------
    results : numbers and findings
    volumes : the maps that were made
    stacks : the weighted images that the maps lie on
    identity : who and what the study is; None: the report does not say
    records : how the maps came about, for the form that shows it
    published : whether a published range stands beside a value that the site has no range for
    """
    record_of = {record.kind: record for record in records}
    groups = finding_groups(results.quality)
    warnings = [one for group in groups for one in group.findings if not one.is_note]
    native = next((one for one in results.maps if one.kind is MapKind.NATIVE_T1), None)
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
                reference=reference_content(result, native, stacks, published=published),
                findings=tuple(one for one in warnings if one.kind is result.kind),
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
        finding_groups=groups,
        maps=tuple(maps),
    )
