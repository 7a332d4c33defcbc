"""The report without pictures: the words and digits of the page, line by line."""

from __future__ import annotations

from collections.abc import Iterator

from cmrmap.core.text_section import LineName, SectionTopic, TextSection
from cmrmap.report.content import SliceContent
from cmrmap.report.report_model import MapReport, ReportModel
from cmrmap.report.rows import marks

_Line = tuple[LineName, str]
_FINDING = {"error": LineName.ERROR, "warning": LineName.WARNING, "info": LineName.NOTE}


def text_sections(report: ReportModel) -> tuple[TextSection, ...]:
    """Return the report's sections in reading order; nobody is named, and no number is made here.

    Parameters
    ----------
    report : what is reported of the study
    """
    summary = [report.research, report.hematocrit]
    method = [report.method, *(one.reference.citation for one in report.maps), report.provenance]
    return (
        TextSection(SectionTopic.SUMMARY, _comments(*summary)),
        *(TextSection(SectionTopic.MAP, tuple(_of_map(one)), one.kind) for one in report.maps),
        TextSection(SectionTopic.FINDINGS, tuple(_of_findings(report))),
        TextSection(SectionTopic.METHOD, _comments(*method)),
    )


def _comments(*words: str) -> tuple[_Line, ...]:
    return tuple((LineName.COMMENT, one) for one in words if one)


def _of_map(of_map: MapReport) -> Iterator[_Line]:
    content, reference = of_map.content, of_map.reference
    if not of_map.made:
        yield LineName.COMMENT, f"not made: {content.reason or 'no value'}"
        return
    yield LineName.MEAN, "; ".join((content.value, *content.beside_mean))
    seen = marks(of_map.numbers_of_findings(), len(of_map.findings))
    yield from _comments("cannot be right: see the findings" if content.faulty else "", seen, content.reason)
    yield from _comments(f"{reference.headline} ({reference.source})" if reference.headline else "")
    for one in content.slices:
        yield LineName.SLICE, _of_slice(of_map, one)


def _of_slice(of_map: MapReport, one: SliceContent) -> str:
    seen = marks(of_map.numbers_of_findings(one.slice_index), len(of_map.findings))
    if one.made:
        unit = of_map.content.unit
        told = [f"{one.region.mean} {unit}", f"SD of pixels {one.region.sd} {unit}", f"{one.region.n_pixels} pixels"]
        told += [f"{one.images} images", of_map.reference.z.get(one.slice_index, "")]
    else:
        told = [f"{one.status}: {one.reason}"]
    return f"{one.label}: " + "; ".join(filter(None, (*told, one.with_network, seen)))


def _of_findings(report: ReportModel) -> Iterator[_Line]:
    if not report.warned:
        yield LineName.COMMENT, "No warnings."
    for group in report.finding_groups:
        yield LineName.COMMENT, group.title
        for one in group.findings:
            number = f"{one.number}. " if one.number else ""
            yield _FINDING[one.severity], number + one.sentence + (f" [{one.detail}]" if one.detail else "")
