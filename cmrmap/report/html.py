"""The report as one HTML file that needs nothing else: pictures and bull's-eyes are in it, no script runs."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from html import escape
from io import BytesIO

from cmrmap.core.identity import StudyIdentity
from cmrmap.core.map_specs import MapKind
from cmrmap.report import text
from cmrmap.report.bullseye import WEDGES, segment_means
from cmrmap.report.panels import Panel
from cmrmap.report.scales import SCALES, RgbArray, is_dark, lookup_table
from cmrmap.results import MapResult, StudyResult

_STYLE = """
body{font:15px/1.45 "Source Sans Pro","Segoe UI",Helvetica,Arial,sans-serif;color:#1a1e26;margin:0;background:#fff}
main{max-width:1180px;margin:0 auto;padding:24px}
h1{font-size:26px;margin:0}h2{font-size:19px;margin:0}
header{display:flex;justify-content:space-between;gap:24px;flex-wrap:wrap;margin-bottom:18px}
.soft{color:#59616b}.right{text-align:right}
.badge{display:inline-block;border:2px solid #b3261e;color:#b3261e;border-radius:6px;padding:2px 10px;font-weight:600}
section{background:#f3f5f7;border-radius:8px;padding:16px;margin-bottom:14px}
.value{font-size:25px;font-weight:600;margin:2px 0 4px}
.row{display:flex;gap:20px;flex-wrap:wrap;align-items:flex-start}
.slices{display:flex;gap:6px;flex-wrap:wrap;margin-top:12px}
figure{margin:0;text-align:center}figcaption{font-size:13px;color:#59616b}
figure svg{display:block;background:#000}
table{border-collapse:collapse;font-size:14px;font-variant-numeric:tabular-nums}
th{font-weight:400;color:#59616b;text-align:right;border-bottom:1px solid #ccd0d6}
td,th{padding:2px 10px;text-align:right}td:first-child,th:first-child{text-align:left}
.refused{color:#b3261e}.warning{color:#8a5a00}
details{margin-top:10px}summary{cursor:pointer;color:#59616b}
footer{color:#59616b;font-size:13px;border-top:1px solid #ccd0d6;padding-top:8px}
@media print{main{max-width:none;padding:0}section{break-inside:avoid}}
"""


def write_html(results: StudyResult, panels: Mapping[MapKind, Sequence[Panel]], identity: StudyIdentity | None) -> str:
    """Return the page; the same content gives the same text.

    Parameters
    ----------
    results : the numbers and findings
    panels : per map, the slices that have values
    identity : who and what the study is; None: the page does not say
    """
    sections = "".join(_section(result, panels.get(result.kind, ())) for result in results.maps)
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Myocardial tissue maps</title><style>{_STYLE}</style></head><body><main>\n"
        f"{_head(results, identity)}{sections}{_findings(results)}"
        f"<footer>{escape(text.METHOD)}<br>{escape(text.provenance_line(results))}. "
        f"<strong>{escape(text.RESEARCH)}</strong></footer>\n</main></body></html>\n"
    )


def _head(results: StudyResult, identity: StudyIdentity | None) -> str:
    known = text.person(identity)
    who = f"<strong>{escape(known[0])}</strong> {escape('  '.join(known[1:]))}" if known else ""
    return (
        f"<header><div><h1>Myocardial tissue maps</h1><div>{who}</div>"
        f'<div class="soft">{escape(text.study_line(identity))}</div></div>'
        f'<div class="right"><span class="badge">RESEARCH USE ONLY</span><div>{escape(text.hematocrit_line(results))}'
        f'</div><div class="soft">{escape(text.provenance_line(results))}</div></div></header>\n'
    )


def _section(result: MapResult, panels: Sequence[Panel]) -> str:
    title = f"<h2>{escape(text.TITLE[result.kind])}</h2>"
    if not panels:
        reason = escape(result.reason or "no value")
        return f'<section>{title}<div class="{result.status}">not made: {reason}</div></section>\n'
    value = text.with_error(result.kind, result.patient.mean, result.patient.uncertainty)
    facts = [
        f"SD {text.number(result.kind, result.patient.sd)} {result.kind.unit}",
        f"{result.patient.n_pixels} pixels",
    ]
    if result.blood is not None:
        facts.append(f"blood {text.with_error(result.kind, result.blood.t1_ms, result.blood.uncertainty)} ms")
    facts += [text.slices_made(result), result.model or "", f"times from {result.timing_source}"]
    by_index = {one.slice_index: one for one in result.slices}
    figures = "".join(_figure(panel, text.slice_label(by_index[panel.slice_index])) for panel in panels)
    return (
        f'<section>{title}<div class="value">{value} {result.kind.unit}</div>'
        f'<div class="soft">{escape(" · ".join(fact for fact in facts if fact))}</div>'
        + (f'<div class="refused">{escape(result.reason)}</div>' if result.reason else "")
        + f'<div class="slices">{figures}{_bar(result.kind)}</div>'
        f'<div class="row">{_bullseye(result)}{_table(result)}</div>{_segments(result)}</section>\n'
    )


def _png(pixels: RgbArray) -> str:
    from PIL import Image

    target = BytesIO()
    Image.fromarray(pixels).save(target, "PNG")
    return "data:image/png;base64," + base64.b64encode(target.getvalue()).decode("ascii")


def _figure(panel: Panel, label: str) -> str:
    outlines = (" ".join(f"{x:.4f},{y:.4f}" for x, y in line) for line in panel.contours)
    lines = "".join(f'<polygon fill="none" stroke="#fff" stroke-width=".006" points="{o}"/>' for o in outlines)
    return (
        f'<figure><svg width="200" height="200" viewBox="0 0 1 1" role="img" aria-label="slice {escape(label)}">'
        f'<image width="1" height="1" href="{_png(panel.picture[::2, ::2])}"/>{lines}</svg>'
        f"<figcaption>{escape(label)}</figcaption></figure>"
    )


def _bar(kind: MapKind) -> str:
    scale = SCALES[kind]
    picture = _png(lookup_table(scale.colours)[::-1, None])
    ticks = "".join(
        f'<text x="20" y="{184 - 168 * scale.fraction(tick) + 4:.1f}" font-size="12">{tick:g}</text>'
        for tick in scale.ticks
    )
    return (
        '<svg width="64" height="200" role="img" aria-label="colour scale">'
        f'<image x="2" y="16" width="14" height="168" preserveAspectRatio="none" href="{picture}"/>{ticks}'
        f'<text x="2" y="10" font-size="11" fill="#59616b">{escape(kind.unit)}</text></svg>'
    )


def _bullseye(result: MapResult) -> str:
    means, scale = segment_means(result), SCALES[result.kind]
    parts = []
    for number, wedge in WEDGES.items():
        value = means.get(number)
        red, green, blue = (224, 227, 232) if value is None else scale.colour(value)
        points = " ".join(f"{x:.3f},{-y:.3f}" for x, y in wedge.outline)
        x, y = wedge.middle
        ink = "#fff" if value is not None and is_dark((red, green, blue)) else "#1a1e26"
        label = "-" if value is None else text.number(result.kind, value)
        parts.append(
            f'<polygon fill="#{red:02x}{green:02x}{blue:02x}" stroke="#fff" stroke-width=".02" points="{points}">'
            f"<title>AHA {number}</title></polygon>"
            f'<text x="{x:.3f}" y="{-y + 0.035:.3f}" font-size=".1" text-anchor="middle" fill="{ink}">{label}</text>'
        )
    opening = '<svg width="250" height="250" viewBox="-1.05 -1.05 2.1 2.1" role="img" aria-label="AHA segments">'
    return f"{opening}{''.join(parts)}</svg>"


def _table(result: MapResult) -> str:
    unit = escape(result.kind.unit)
    rows = []
    for one in result.slices:
        if one.status != "ok":
            rows.append(
                f'<tr><td>{escape(text.slice_label(one))}</td><td colspan="5" class="refused">'
                f"{escape(one.status)}: {escape(one.reason or '')}</td></tr>"
            )
            continue
        numbers = one.statistics
        cells = (
            f"<strong>{text.with_error(result.kind, numbers.mean, numbers.uncertainty)}</strong>",
            text.number(result.kind, numbers.sd),
            str(numbers.n_pixels),
            f"{one.n_segmented} of {one.n_images}",
            str(one.n_refined),
        )
        rows.append(f"<tr><td>{escape(text.slice_label(one))}</td>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>")
    heads = ("slice", f"mean ± error [{unit}]", "SD", "pixels", "images", "replaced shapes")
    return f"<table><tr>{''.join(f'<th>{head}</th>' for head in heads)}</tr>{''.join(rows)}</table>"


def _segments(result: MapResult) -> str:
    rows = "".join(
        f"<tr><td>{escape(text.slice_label(one))}</td><td>{segment.aha}</td>"
        f"<td>{text.with_error(result.kind, segment.statistics.mean, segment.statistics.uncertainty)}</td>"
        f"<td>{text.number(result.kind, segment.statistics.sd)}</td><td>{segment.statistics.n_pixels}</td></tr>"
        for one in result.slices
        for segment in one.segments
    )
    heads = "".join(
        f"<th>{head}</th>" for head in ("slice", "AHA", f"mean ± error [{escape(result.kind.unit)}]", "SD", "pixels")
    )
    return f"<details><summary>Every segment of every slice</summary><table><tr>{heads}</tr>{rows}</table></details>"


def _findings(results: StudyResult) -> str:
    found = text.findings(results)
    warned = any(severity != "info" for severity, _ in found)
    lines = "" if warned else "<li>No warnings.</li>"
    lines += "".join(f'<li class="{severity}">{escape(sentence)}</li>' for severity, sentence in found)
    return f"<section><h2>Findings</h2><ul>{lines}</ul></section>\n"
