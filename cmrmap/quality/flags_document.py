"""docs/flags.md, written from the catalogue: ``python -m cmrmap.quality.flags_document docs/flags.md``."""

from __future__ import annotations

import sys
from pathlib import Path

from cmrmap.quality.catalogue import GROUPS, TITLES
from cmrmap.quality.declaration import Finding

_HEAD = """# What the flags say

Findings are listed under `quality` in results.json ([schema](results.schema.json)), in the structured report, in the
PDF and in the HTML report. Each has a code that does not change, a severity, what it `threatens`, a message of at most
25 words and, where they apply, the map and the slice (`slice_index` starts at 0; reports count slices from 1). If the
reason is too long for a message, `detail` gives the full sentence.

- `error`: the value cannot be right. Do not use it. No ECV is made from it.
- `warning`: check before you use the value.
- `info`: worth knowing.

A map that cannot be made is refused. `maps` in results.json gives the reason. A slice that shows no left ventricle in
short axis is refused too ([how this is checked](segmentation.md#is-it-a-heart)).

Findings that make a value doubtful come first, then those about segments, slices, maps and the study. Within each
group the most severe come first. If several slices have the same finding, it is listed once, with the lowest and the
highest of the values. Below, each code has an example message, indented.

This page is generated from `cmrmap/quality/catalogue`: `python -m cmrmap.quality.flags_document docs/flags.md`.
"""


def flags_document() -> str:
    """Return the text of docs/flags.md: one section a group of findings, one heading a code."""
    # no table: its last column, what to do, would lie beyond the edge of most screens
    sections = (f"\n## {TITLES[threat]}\n" + "".join(map(_entry, group)) for threat, group in GROUPS.items())
    return _HEAD + "".join(sections)


def _entry(one: Finding) -> str:
    severity = one.severity.value
    if one.warning_where:
        severity += f"; warning {one.warning_where}"
    threshold = "" if one.threshold is None else f" Threshold: {one.threshold}."
    message, _ = one.words(one.typical)
    return (
        f"\n### `{one.code}`\n\n{_sentence(severity)}{threshold}\n\n> {message}\n\n"
        f"- What it may mean: {one.means}.\n- What to do: {one.advice}.\n"
    )


def _sentence(words: str) -> str:
    return f"{words[0].upper()}{words[1:]}."


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(flags_document(), encoding="utf-8")
