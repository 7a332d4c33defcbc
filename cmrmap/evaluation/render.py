"""Tables as Markdown, CSV and LaTeX, and the whole evaluation as one HTML page that needs nothing else."""

from __future__ import annotations

import base64
import csv
import html
import io
from collections.abc import Mapping, Sequence

import pandas as pd

from cmrmap.evaluation.wording import TextTable

_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 1200px; margin: 2em auto; padding: 0 1em; color: #1b1b1b; }
table { border-collapse: collapse; margin: 0.5em 0; font-size: 13px; }
th, td { border-bottom: 1px solid #ccc; padding: 3px 9px; text-align: left; vertical-align: top; }
th { border-bottom: 2px solid #444; } tr:hover { background: #f4f6f8; }
.wide { overflow-x: auto; } figure { margin: 1em 0; } img { max-width: 100%; }
.source { color: #555; font-size: 12px; } td.no { color: #a40000; font-weight: 600; } td.yes { color: #006400; }
"""


def to_markdown(table: TextTable, provenance: Sequence[str]) -> str:
    """Return a Markdown table with its title, notes and provenance."""

    def line(cells: Sequence[str]) -> str:
        return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"

    rule = "|" + "---|" * len(table.header)
    lines = [f"**{table.title.replace('|', chr(92) + '|')}**", "", line(table.header), rule, *map(line, table.rows), ""]
    return "\n".join([*lines, *table.notes, "", *(f"*{one}*" for one in provenance)]) + "\n"


def to_csv(table: TextTable, provenance: Sequence[str]) -> str:
    """Return comma-separated text; title, notes and provenance are comment lines that begin with #."""
    text = io.StringIO()
    for one in (table.title, *table.notes, *provenance):
        text.write(f"# {one}\n")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(table.header)
    writer.writerows(table.rows)
    return text.getvalue()


def to_latex(table: TextTable, provenance: Sequence[str]) -> str:
    """Return a LaTeX table (booktabs); provenance as comments."""
    frame = pd.DataFrame(list(table.rows), columns=list(table.header))
    body: str = frame.to_latex(index=False, escape=True, caption=_escape(table.title), label=f"tab:{table.name}")
    body = body.replace("±", r"$\pm$").replace("<", r"$<$").replace(">", r"$>$")
    return "".join(f"% {one}\n" for one in (*table.notes, *provenance)) + body


def to_page(
    title: str,
    introduction: Sequence[str],
    tables: Sequence[TextTable],
    figures: Mapping[str, tuple[str, bytes]],
    provenance: Sequence[str],
) -> str:
    """Return one HTML page with all tables and figures inside it; every one carries the provenance.

    Parameters
    ----------
    figures : name -> (caption, SVG)
    """
    source = "".join(f"<div>{html.escape(one)}</div>" for one in provenance)
    parts = [
        f"<!doctype html><html lang='en'><head><meta charset='utf-8'><title>{html.escape(title)}</title>",
        f"<style>{_STYLE}</style></head><body><h1>{html.escape(title)}</h1>",
        *(f"<p>{html.escape(one)}</p>" for one in introduction),
    ]
    for table in tables:
        head = "".join(f"<th>{html.escape(cell)}</th>" for cell in table.header)
        body = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in table.rows)
        notes = "".join(f"<div>{html.escape(one)}</div>" for one in table.notes)
        parts.append(
            f"<h2>{html.escape(table.title)}</h2><div class='wide'><table><thead><tr>{head}</tr></thead>"
            f"<tbody>{body}</tbody></table></div>{notes}<div class='source'>{source}</div>"
        )
    for caption, svg in figures.values():
        data = base64.b64encode(svg).decode()
        parts.append(
            f"<figure><img alt='{html.escape(caption, quote=True)}' src='data:image/svg+xml;base64,{data}'>"
            f"<figcaption>{html.escape(caption)}<div class='source'>{source}</div></figcaption></figure>"
        )
    return "\n".join([*parts, "</body></html>"]) + "\n"


def _cell(text: str) -> str:
    kind = f" class='{text}'" if text in ("yes", "no") else ""
    return f"<td{kind}>{html.escape(text)}</td>"


def _escape(text: str) -> str:
    return text.replace("_", r"\_").replace("%", r"\%").replace("&", r"\&")
