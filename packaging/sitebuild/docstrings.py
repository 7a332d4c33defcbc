"""Docstrings as the reference shows them.

Ours have a sentence behind the colon ("times_ms : (times,) ms") where numpydoc has a type, which the annotations tell.
The reference would take the sentence for the type. So it becomes a description, before it is parsed.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

_ROLE = re.compile(r":(?:func|class|meth|mod|attr|data):`~?([^`]+)`")
_HEADING = re.compile(
    r"^(Parameters|Attributes|Returns|Yields|Raises|Notes|Examples|References|See Also)\n-{3,}$", re.M
)
_INDEXED = re.compile(r"(`[^`]*`)|\]\[")
_STARRED = re.compile(r"(`[^`]*`)|(\b[A-Z][0-9]?)\*")
_ITEM = re.compile(r"^([*\w]+(?:, [*\w]+)*) : (.+)$")
_TYPE = re.compile(r"^[A-Za-z_][\w.]*(?:\[[\w., |\[\]]*\])?(?: (?:or|of|,) [A-Za-z_][\w.]*)*$")
_DESCRIBED = ("Parameters", "Attributes", "Raises")


def readable(text: str, returns: str = "") -> str:
    """Return a docstring in numpydoc's own form.

    Parameters
    ----------
    text : the docstring, its common indentation taken off
    returns : the annotation of what is returned; "" where there is none
    """
    parts = [_ROLE.sub(r"`\1`", part) for part in _sections(text)]
    return "\n".join(_section(part, returns) for part in parts)


def _sections(text: str) -> Iterator[str]:
    starts = [0, *(match.start() for match in _HEADING.finditer(text)), len(text)]
    for start, end in itertools.pairwise(starts):
        yield text[start:end].rstrip("\n") + "\n"


def _section(part: str, returns: str) -> str:
    heading = _HEADING.match(part)
    if heading is None or heading[1] != "Examples":
        # two indices in a row, "[slice][time]", are a link to Markdown
        part = _INDEXED.sub(lambda match: match[1] or "]\\[", part)
        # and two relaxation times, "T1* ... T2*", are words set off in italics
        part = _STARRED.sub(lambda match: match[1] or f"{match[2]}\\*", part)
    if heading is None:
        return part
    body = part[heading.end() :].strip("\n")
    if heading[1] in _DESCRIBED:
        body = "\n".join(_described(body))
    elif heading[1] in ("Returns", "Yields"):
        body = _returned(body, returns)
    return f"{heading[0]}\n{body}\n"


def _described(body: str) -> Iterator[str]:
    for line in body.split("\n"):
        item = _ITEM.match(line)
        if item is None:
            yield line
        else:
            yield item[1]
            yield f"    {item[2]}"


def _returned(body: str, returns: str) -> str:
    first, *rest = body.split("\n")
    if _TYPE.match(first) and (not rest or rest[0].startswith(" ")):
        return body
    item = _ITEM.match(first)
    told = [f"`{item[1]}`: {item[2]}" if item else first, *(line.strip() for line in rest)]
    return "\n".join([returns or "object", *(f"    {line}" for line in told)])
