"""docs/flags.md, written from the catalogue: ``python -m cmrmap.quality.flags_document docs/flags.md``."""

from __future__ import annotations

import sys
from pathlib import Path

from cmrmap.quality.catalogue import GROUPS
from cmrmap.quality.declaration import Finding

_HEAD = """# What the flags say

`quality` in results.json ([schema](results.schema.json)), the structured report and the page hold what was found: a
code that does not change, a severity, a sentence and, where they apply, the map and the slice (`slice_index` counts
from 0).
`error`: the value cannot be right; do not use it, and no ECV is made from it. `warning`: check before a value is
used. `info`: worth knowing. What cannot be mapped at all is refused, with its reason, in `maps`; so is a slice that
shows no left ventricle in short axis ([how this is checked](segmentation.md#is-it-a-heart)).

Written from the catalogue in `cmrmap/quality/catalogue`: `python -m cmrmap.quality.flags_document docs/flags.md`.
"""
_TABLE = """
## {title}

| code | severity | threshold | what it says | what to do |
|---|---|---|---|---|
"""


def flags_document() -> str:
    """Return the text of docs/flags.md: one table a group of findings."""
    tables = (_TABLE.format(title=title) + "".join(map(_row, group)) for title, group in GROUPS.items())
    return _HEAD + "".join(tables)


def _row(one: Finding) -> str:
    severity = one.severity.value
    if one.warning_where:
        severity += f"; warning {one.warning_where}"
    threshold = "-" if one.threshold is None else str(one.threshold)
    return f"| `{one.code}` | {severity} | {threshold} | {one.means} | {one.advice} |\n"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(flags_document(), encoding="utf-8")
