"""docs/flags.md, written from the catalogue: ``python -m cmrmap.quality.flags_document docs/flags.md``."""

from __future__ import annotations

import sys
from pathlib import Path

from cmrmap.quality.catalogue import GROUPS, TITLES
from cmrmap.quality.declaration import Finding

_HEAD = """# What the flags say

`quality` in results.json ([schema](results.schema.json)), the structured report, the PDF and the HTML report list what
was found: a code that does not change, a severity, what it `threatens`, a message of at most 25 words and, where they
apply, the map and the slice (`slice_index` counts from 0, people from 1). Where the reason is longer than a message may
be, `detail` has the whole sentence.

`error`: the value cannot be right; do not use it, and no ECV is made from it. `warning`: check before a value is
used. `info`: worth knowing. What cannot be mapped at all is refused, with its reason, in `maps`; so is a slice that
shows no left ventricle in short axis ([how this is checked](segmentation.md#is-it-a-heart)).

Findings are listed in this order: what makes a value doubtful, then segments, slices, maps, the study; the most severe
first. Equal findings of several slices are listed once, with the lowest and the highest of their values. Below, each
code has an example of its message, indented.

Written from the catalogue in `cmrmap/quality/catalogue`: `python -m cmrmap.quality.flags_document docs/flags.md`.
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
