"""The page's HTML twin: whole, by itself, and escaping what it shows."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import replace
from html.parser import HTMLParser

from cmrmap.core.findings import QualityFlag, Severity, Threat
from cmrmap.core.map_specs import MapKind
from cmrmap.report import draw_report

_VOID = {"meta", "br", "image", "polygon", "input"}


class _Checker(HTMLParser):
    """Keeps the open tags, and what would be fetched."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.fetched: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.fetched += [value or "" for name, value in attrs if name in ("src", "href")]
        if tag not in _VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in _VOID:
            assert self.open.pop() == tag


def test_the_html_is_whole_fetches_nothing_and_escapes_what_it_shows(drawing):
    checker = _Checker()
    checker.feed(drawing.html)
    assert checker.open == []
    assert all(value.startswith("data:image/png;base64,") for value in checker.fetched)
    assert len(checker.fetched) == 6 + 2  # a picture a slice, a colour bar a map
    assert "Heart &lt;mapping&gt;" in drawing.html
    for expected in ("51.0 ± 0.2 ms", "no ecv series in the input", "Hematocrit 42.0 % (given)", "Research use only"):
        assert expected in drawing.html


def test_words_of_the_study_are_never_markup(case, identity):
    hostile = "<script>alert(1)</script>&'\""
    first, *others = case.results.maps
    refused = replace(first.slices[1], status="refused", reason=hostile)
    partial = replace(first, status="partial", reason=hostile, slices=(first.slices[0], refused, first.slices[2]))
    flags = tuple(replace(flag, message=hostile) for flag in case.results.quality)
    maps = (partial, *others[:-1], replace(others[-1], reason=hostile))
    results = replace(
        case.results, maps=maps, quality=flags, hematocrit=replace(case.results.hematocrit, source=hostile)
    )
    who = replace(identity, patient_name=hostile, study_description=hostile)
    html = draw_report(results, case.volumes, case.stacks, who, captures=False).html
    assert "<script>alert" not in html
    assert html.count("&lt;script&gt;alert(1)&lt;/script&gt;&amp;&#39;&#34;") >= 7
    checker = _Checker()
    checker.feed(html)
    assert checker.open == []


def test_a_refused_slice_and_a_map_that_was_not_made_say_why(case):
    first, *others = case.results.maps
    refused = replace(first.slices[1], status="refused", reason="too few images")
    partial = replace(first, status="partial", reason="some", slices=(first.slices[0], refused, first.slices[2]))
    results = replace(case.results, maps=(partial, *others[:-1], replace(others[-1], status="refused", reason="why")))
    html = draw_report(results, case.volumes, case.stacks, captures=False).html
    assert '<td>2 mid</td><td colspan="6" class="refused">refused: too few images</td>' in html
    for table in re.findall(r"<table>.*?</table>", html, re.DOTALL):  # every row as wide as its head
        wide = [_columns(row) for row in re.findall(r"<tr.*?</tr>", table, re.DOTALL)]
        assert wide == [wide[0]] * len(wide)
    assert '<div class="refused">not made: why</div>' in html
    assert '<div class="absent">not made: no postcontrast_t1 series in the input</div>' in html
    assert '<div class="refused">some</div>' in html


def _columns(row):
    """How many columns of a table its row takes."""
    return sum(int((re.search(r'colspan="(\d+)"', cell) or [0, 1])[1]) for cell in re.findall(r"<t[dh][^>]*>", row))


def test_the_reference_of_a_map_is_told_once(case):
    first, *others = case.results.maps
    stacks = [replace(one, field_strength_t=1.5) for one in case.stacks]
    results = replace(case.results, maps=(replace(first, model="t2_3p"), *others))
    html = draw_report(results, case.volumes, stacks, captures=False).html
    assert html.count("published, for orientation only: 52 (51-53) ms") == 1
    assert html.count("pooled mean (95 % confidence interval); T2-prepared") == 1


def test_a_slice_that_a_reader_outlined_has_both_numbers(case):
    first, *others = case.results.maps
    network = replace(first.slices[1].statistics, mean=41.25, uncertainty=0.5)
    drawn = replace(first.slices[1], drawn_by="reader", by_network=network)
    results = replace(case.results, maps=(replace(first, slices=(first.slices[0], drawn, first.slices[2])), *others))
    drawing = draw_report(results, case.volumes, case.stacks, captures=False)
    assert drawing.html.count("<td>reader</td>") == 1
    assert '<td>41.2 ± 0.5</td><td colspan="6">by the network&#39;s contours</td>' in drawing.html
    assert drawing.html.count("<td>network</td>") == drawing.html.count("<td>reader</td>") * (len(_made(results)) - 1)
    assert draw_report(case.results, case.volumes, case.stacks, captures=False).html.count("<td>reader</td>") == 0
    assert drawing.pdf != draw_report(case.results, case.volumes, case.stacks, captures=False).pdf


def _made(results):
    """The slices of the maps that the page shows."""
    return [one for each in results.maps if each.status in ("ok", "partial") for one in each.slices]


def test_a_map_that_cannot_be_right_says_so(case):
    error = QualityFlag(
        "implausible_values", Severity.ERROR, "the wall's T2 is 100 ms", MapKind.T2, threatens=Threat.VALUE
    )
    html = draw_report(replace(case.results, quality=(error,)), case.volumes, case.stacks).html
    assert html.count('<div class="value error">') == html.count("cannot be right") == 1
    assert '<li class="error"><strong>1. error</strong> T2: the wall&#39;s T2 is 100 ms</li>' in html
    assert '<li class="error"><strong>1</strong> T2: the wall&#39;s T2 is 100 ms</li>' in html  # beside the value
    assert "No warnings" not in html


def test_what_can_be_worked_with_is_in_the_page_and_nothing_of_it_is_fetched(case, record, identity):
    html = draw_report(case.results, case.volumes, case.stacks, identity, (record,), captures=False).html
    checker = _Checker()
    checker.feed(html)
    assert checker.open == []
    assert all(value.startswith("data:image/png;base64,") for value in checker.fetched)
    assert not re.findall(r"https?://(?!www\.w3\.org/2000/svg)", html)
    assert "@import" not in html
    assert "url(" not in html
    script = html[html.rindex("<script>") + 8 : html.rindex("</script>")]
    for word in ("fetch(", "XMLHttpRequest", "WebSocket", "import(", "eval(", "localStorage"):
        assert word not in script
    assert html.count('<div class="tools"') == 1  # the map with a record
    assert len(re.findall(r'data-aha="\d', html)) == 2 * (16 + 6)
    assert "1 basal anterior: 51.3 ms" in html


def test_only_the_pages_own_script_and_style_may_run(drawing):
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', drawing.html).group(1)
    assert policy.startswith("default-src 'none'")
    for tag, name in (("script", "script-src"), ("style", "style-src")):
        text = drawing.html[drawing.html.rindex(f"<{tag}>") + len(tag) + 2 : drawing.html.rindex(f"</{tag}>")]
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{name} 'sha256-{digest}'" in policy
    assert "unsafe" not in policy


def test_words_in_the_pages_data_cannot_end_it(case, record):
    hostile = "</script><script>alert(1)</script>"
    changed = replace(record, words=("", hostile))
    html = draw_report(case.results, case.volumes, case.stacks, None, (changed,), captures=False).html
    assert "<script>alert" not in html
    document = re.search(r'id="report-data">(.*?)</script>', html, re.DOTALL).group(1)
    assert json.loads(document)["maps"][0]["words"] == ["", hostile]
