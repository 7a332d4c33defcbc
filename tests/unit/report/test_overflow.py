"""Whatever there is to say is on the pages: nothing is cut, nothing lies over something else, pages are added."""

from __future__ import annotations

import re
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from reportlab.pdfgen.canvas import Canvas
from reportlab.pdfgen.textobject import PDFTextObject

from cmrmap.core.findings import Threat
from cmrmap.core.identity import StudyIdentity
from cmrmap.core.map_specs import MapKind
from cmrmap.quality.catalogue import CATALOGUE
from cmrmap.report import draw_report
from cmrmap.report.fonts import width
from cmrmap.report.sheet import EDGE_MM, HEIGHT_MM, WIDTH_MM, Sheet

POINT = 72.0 / 25.4


class Page:
    """Every piece of text of a page: words, and box in points as (left, bottom, right, top)."""

    def __init__(self) -> None:
        self.texts: list[tuple[str, tuple[float, float, float, float]]] = []


@pytest.fixture
def pages(monkeypatch):
    """What is written on the pages of the PDF drawn last; texts of both passes are kept apart by clearing."""
    found: list[Page] = [Page()]

    def add(canvas, words, x, y, font, size):
        if words.strip():
            a, b, c, d, e, f = canvas._currentMatrix
            x, y = a * x + c * y + e, b * x + d * y + f
            right = x + width(words.rstrip(), font, size)
            found[-1].texts.append((words, (x, y - 0.2 * size, right, y + 0.7 * size)))

    inside: list[str] = []  # a call of the canvas that makes a text object of its own

    def spied(name, share):
        original = getattr(Canvas, name)

        def draw(self, x, y, words, *args, **kwargs):
            left = x - share * width(words, self._fontname, self._fontsize)
            add(self, words, left, y, self._fontname, self._fontsize)
            inside.append(name)
            try:
                return original(self, x, y, words, *args, **kwargs)
            finally:
                inside.pop()

        monkeypatch.setattr(Canvas, name, draw)

    for name, share in (("drawString", 0.0), ("drawRightString", 1.0), ("drawCentredString", 0.5)):
        spied(name, share)
    original_out, original_show = PDFTextObject._textOut, Canvas.showPage

    def text_out(self, words, new_line=0):  # of a paragraph; pieces of a line follow each other
        if not inside:
            start = (self._x, self._y)
            place, along, down = getattr(self, "_spied", (None, 0.0, 0.0))
            along, down = (along, down) if place == start else (0.0, 0.0)
            add(self._canvas, words, self._x + along, self._y - down, self._fontname, self._fontsize)
            along += width(words, self._fontname, self._fontsize)
            self._spied = (start, 0.0, down + self._leading) if new_line else (start, along, down)
        return original_out(self, words, new_line)

    monkeypatch.setattr(PDFTextObject, "_textOut", text_out)

    def show(self):
        found.append(Page())
        return original_show(self)

    monkeypatch.setattr(Canvas, "showPage", show)
    return found


def _drawn(pages, case, identity=None) -> list[Page]:
    """Return the pages of the second pass, whose feet know how many there are."""
    pages[:] = [Page()]
    pdf = draw_report(case.results, case.volumes, case.stacks, identity, captures=False).pdf
    n_pages = len(re.findall(rb"/Type /Page\b", pdf))
    return [page for page in pages if page.texts][-n_pages:]


def _said(drawn) -> str:
    """All words of the pages, without the line ends."""
    return " ".join(" ".join(words for words, _ in page.texts) for page in drawn).replace("  ", " ")


def _overlaps(page: Page) -> list[tuple[str, str]]:
    boxes = page.texts
    out = []
    for index, (words, (left, bottom, right, top)) in enumerate(boxes):
        for other, (left_2, bottom_2, right_2, top_2) in boxes[index + 1 :]:
            if min(right, right_2) - max(left, left_2) > 0.5 and min(top, top_2) - max(bottom, bottom_2) > 1.0:
                out.append((words, other))
    return out


def _checked(drawn) -> None:
    for page in drawn:
        for words, (left, bottom, right, top) in page.texts:
            assert left >= EDGE_MM * POINT - 0.5, words
            assert right <= (WIDTH_MM - EDGE_MM) * POINT + 0.5, words
            assert bottom >= 3.0 * POINT, words
            assert top <= (HEIGHT_MM - 3.0) * POINT, words
        assert _overlaps(page) == []


def _many_findings(n: int) -> tuple:
    """Findings of three maps and many slices, with long reasons, of which no two are alike."""
    flags = []
    kinds = (MapKind.T2, MapKind.NATIVE_T1)
    for number in range(n):
        one = CATALOGUE[number % len(CATALOGUE)]
        values = {
            name: f"{value} {number} {'and its reason goes on ' * 5}".strip() if isinstance(value, str) else value
            for name, value in one.typical.items()
        }
        flags.append(one.flag(kinds[number % 2], number % 12, **values))
    return tuple(flags)


def _worst_case(make_case, n_slices=12, n_findings=40) -> SimpleNamespace:
    case = make_case(n_slices)
    maps = []
    for one in case.results.maps:
        if one.kind is MapKind.T2:
            slices = list(one.slices)
            slices[3] = replace(slices[3], status="refused", reason="too few images for a fit " * 20)
            one = replace(one, slices=tuple(slices), reason="slice 4 was refused " * 10, status="partial")
        elif one.kind is MapKind.ECV:
            one = replace(one, reason="a reason without an end " * 40)
        maps.append(one)
    results = replace(case.results, maps=tuple(maps), quality=_many_findings(n_findings))
    return SimpleNamespace(results=results, volumes=case.volumes, stacks=case.stacks)


def test_twelve_slices_and_forty_findings_are_all_there(make_case, pages):
    case = _worst_case(make_case)
    drawn = _drawn(pages, case)
    assert len(drawn) > 2
    _checked(drawn)
    said = re.sub(r"\s+", "", _said(drawn[1:]))
    for flag in case.results.quality:
        assert re.sub(r"\s+", "", flag.message) in said, flag.message
        assert re.sub(r"\s+", "", flag.detail) in said
    for result in case.results.listed:
        if result.reason:
            assert re.sub(r"\s+", "", result.reason) in said
        for one in result.slices:
            assert f"{one.slice_index + 1}{one.level.value}" in said
            if one.reason:
                assert re.sub(r"\s+", "", one.reason) in said
    assert _said(drawn).count(f"of {len(drawn)}") >= len(drawn)


@pytest.mark.parametrize("n_slices", [1, 3, 7, 14])
def test_any_number_of_slices_fits(make_case, pages, identity, n_slices):
    _checked(_drawn(pages, make_case(n_slices), identity))


def test_a_study_with_one_map_uses_the_page_for_it(make_case, pages):
    case = make_case(3)
    maps = tuple(
        one if one.kind is MapKind.T2 else replace(one, status="absent", reason="none", slices=(), blood=None)
        for one in case.results.maps
    )
    alone = SimpleNamespace(
        results=replace(case.results, maps=maps),
        volumes=[one for one in case.volumes if one.kind is MapKind.T2],
        stacks=case.stacks,
    )
    sizes = []
    original = Sheet.picture
    with pytest.MonkeyPatch.context() as patch:

        def picture(self, pixels, x, y, wide, high):
            sizes.append((wide, high))
            return original(self, pixels, x, y, wide, high)

        patch.setattr(Sheet, "picture", picture)
        _checked(_drawn(pages, alone))
    squares = [wide for wide, high in sizes if abs(wide - high) < 1e-6]
    assert min(squares) > 45.0  # mm; 34 where four maps share the page


@pytest.mark.parametrize("n_findings", [0, 1, 5, 12])
def test_findings_on_the_wall_are_whole_or_counted(make_case, pages, n_findings):
    case = _worst_case(make_case, 4, n_findings)
    drawn = _drawn(pages, case)
    _checked(drawn)
    wall, groups = _said(drawn[:1]), case.results.quality
    told = [flag for flag in groups if flag.severity != "info"]
    shown = sum(re.sub(r"\s+", "", flag.message) in re.sub(r"\s+", "", wall) for flag in told)
    assert (f"{len(told) - shown} more finding" in wall) == (shown < len(told))
    assert ("No warnings." in wall) == (not told)
    assert all(isinstance(flag.threatens, Threat) for flag in groups)


def test_long_names_and_descriptions_stay_on_the_page(make_case, pages):
    identity = StudyIdentity(
        "Wolfeschlegelsteinhausenbergerdorff, Adolph Blaine Charles David Earl Frederick Gerald",
        "ID" * 32, "19700101", "F", "20260131", "a description " * 4, "Maker " * 10, 1.5, "140501", "1" * 16,
    )  # fmt: skip
    drawn = _drawn(pages, make_case(3), identity)
    _checked(drawn)
    assert "Gerald" in _said(drawn)


def test_the_check_sees_what_is_cut_and_what_lies_over_other_words(pages):
    page = Page()
    page.texts = [("a", (100.0, 100.0, 140.0, 107.0)), ("b", (120.0, 102.0, 160.0, 109.0))]
    assert _overlaps(page) == [("a", "b")]
    with pytest.raises(AssertionError):
        _checked([page])
    page.texts = [("a", (100.0, 100.0, 900.0, 107.0))]
    with pytest.raises(AssertionError):
        _checked([page])
    assert np.isfinite(width("a", "SourceSansPro", 8.0))
