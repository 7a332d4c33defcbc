"""Links of the documents: to a page of the site where there is one, else to a page that shows the file.

The documents link to each other and to source files as GitHub resolves them: relative to the file that the link is in.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

#: documents outside docs/ that are pages of the site
ROOT_PAGES = {
    "README.md": "overview.md",
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "CODE_OF_CONDUCT.md": "code-of-conduct.md",
    "SECURITY.md": "security-policy.md",
    "SUPPORT.md": "support.md",
}
_LARGEST_SHOWN = 100_000
_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})")
_CODE_SPAN = re.compile(r"(`+)(?!`).*?(?<!`)\1(?!`)")
_TARGET = re.compile(r"(\]\()([^()\s<>]+)(\))")
_ELSEWHERE = re.compile(r"^([a-z][a-z0-9+.-]*:|//|#)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file or folder of the repository that a document links to, and where the site has it."""

    path: str
    uri: str
    kind: str  # "page", "folder" or "asset"


def source_file(root: Path, path: str) -> SourceFile | None:
    """Say where the site has the file or folder ``path`` of the repository; None: there is no such file."""
    file = root / path
    if file.is_dir():
        return SourceFile(path, f"source/{path}/index.md", "folder")
    if not file.is_file():
        return None
    if file.stat().st_size > _LARGEST_SHOWN or b"\0" in file.read_bytes():
        return SourceFile(path, f"source/{path}", "asset")
    return SourceFile(path, f"source/{path}.md", "page")


def targets(text: str) -> Iterator[str]:
    """Yield the relative targets of the links and pictures of a document, without their anchors."""
    for prose, part in _parts(text):
        if prose:
            yield from (one[2].partition("#")[0] for one in _TARGET.finditer(part) if not _ELSEWHERE.match(one[2]))


def rewritten(text: str, path: str, uri: str, places: Mapping[str, str]) -> str:
    """Return a document with its links as the site needs them.

    Parameters
    ----------
    text : Markdown
    path : the document's place in the repository, e.g. "docs/how-to/add-a-map.md"
    uri : its place in the site, e.g. "how-to/add-a-map.md"
    places : the site's place of every file of the repository that is linked to
    """
    return "".join(
        _TARGET.sub(lambda match: _link(match, path, uri, places), part) if prose else part
        for prose, part in _parts(text)
    )


def resolved(path: str, target: str) -> str:
    """Return the place in the repository that a relative link of the document ``path`` leads to."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(path), target.partition("#")[0]))


def _link(match: re.Match[str], path: str, uri: str, places: Mapping[str, str]) -> str:
    target = match[2]
    if _ELSEWHERE.match(target):
        return match[0]
    place = places.get(resolved(path, target))
    if place is None:
        return match[0]  # the strict build tells what leads nowhere
    _, mark, anchor = target.partition("#")
    return f"{match[1]}{posixpath.relpath(place, posixpath.dirname(uri) or '.')}{mark}{anchor}{match[3]}"


def _parts(text: str) -> Iterator[tuple[bool, str]]:
    """Yield the whole text in parts: whether it is prose rather than code, and the part."""
    fence = ""
    for line in text.splitlines(keepends=True):
        found = _FENCE.match(line)
        if fence:
            fence = "" if found and found[1].startswith(fence) else fence
            yield False, line
        elif found:
            fence = found[1]
            yield False, line
        else:
            end = 0
            for span in _CODE_SPAN.finditer(line):
                yield True, line[end : span.start()]
                yield False, span[0]
                end = span.end()
            yield True, line[end:]
