"""Cells of Markdown tables."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

_BRACKET = re.compile(r"(`[^`]*`)|<(?=[A-Za-z/])")


def cell(text: object) -> str:
    """Return text as one cell may hold it: in one line, with its bars escaped."""
    return plain(" ".join(str(text).split())).replace("|", "\\|")


def plain(text: str) -> str:
    """Return text that is no HTML: "DIR/<study>" would lose its second half to an element that no browser knows."""
    return _BRACKET.sub(lambda match: match[1] or "&lt;", text)


def code(text: object) -> str:
    """Return text as code in a cell; nothing where there is none."""
    # bars in code end no cell, and a backslash before them would be shown
    return f"`{' '.join(str(text).split())}`" if str(text) else ""


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table of cells that were made by ``cell`` or ``code``."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
