"""Draw everything that people look at, in one call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cmrmap.core.identity import StudyIdentity
from cmrmap.core.map_volume import MapVolume
from cmrmap.core.stack import WeightedStack
from cmrmap.report.captures import PICTURE, Capture, draw_capture
from cmrmap.report.html import write_html
from cmrmap.report.page import draw_page
from cmrmap.report.panels import make_panels
from cmrmap.report.text import faulty
from cmrmap.results import StudyResult


@dataclass(frozen=True, slots=True)
class Drawing:
    """What was drawn.

    Attributes
    ----------
    pdf : one page; None where not wanted
    html : self-contained; None where not wanted
    captures : one picture per map and slice; empty where not wanted
    """

    pdf: bytes | None = None
    html: str | None = None
    captures: tuple[Capture, ...] = ()


def draw_report(
    results: StudyResult,
    volumes: Sequence[MapVolume],
    stacks: Sequence[WeightedStack],
    identity: StudyIdentity | None = None,
    *,
    report: bool = True,
    captures: bool = True,
) -> Drawing:
    """Return the page as PDF and HTML, and the pictures; the same input gives the same bytes.

    Parameters
    ----------
    results : numbers and findings
    volumes : the maps that were made
    stacks : the weighted images that the maps lie on
    identity : who and what the study is; None: the report does not say
    report, captures : False leaves those out
    """
    if not (report or captures):
        return Drawing()
    by_kind = {one.kind: one for one in results.maps}
    wrong = faulty(results)
    panels = {volume.kind: make_panels(volume, stacks, PICTURE) for volume in volumes}
    pictures = tuple(
        draw_capture(panel, by_kind[kind], results.software.version, faulty=kind in wrong)
        for kind, row in panels.items()
        for panel in row
        if captures
    )
    if not report:
        return Drawing(captures=pictures)
    return Drawing(draw_page(results, panels, identity), write_html(results, panels, identity), pictures)
