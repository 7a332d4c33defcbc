"""Look at a built site: every link leads to a page and an anchor that exist, nothing is fetched from elsewhere.

Words in angle brackets, "DIR/<study>", that were taken for an element, and so are not shown, are found too.

Usage: ``python -m sitebuild.check_links DIR``; ends with 1 where something is wrong, and says what.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

#: what a page loads by itself, by element: it must come from the site, or the page needs a network
_LOADED = {"script": "src", "img": "src", "link": "href", "iframe": "src", "source": "src"}
_MOST_TOLD = 40
#: every element that HTML has, and those that the icons consist of
_ELEMENTS = """
a abbr address area article aside audio b base bdi bdo blockquote body br button canvas caption cite code col
colgroup data datalist dd del details dfn dialog div dl dt em embed fieldset figcaption figure footer form h1
h2 h3 h4 h5 h6 head header hgroup hr html i iframe img input ins kbd label legend li link main map mark menu
meta meter nav noscript object ol optgroup option output p picture pre progress q rp rt ruby s samp script
search section select slot small source span strong style sub summary sup table tbody td template textarea
tfoot th thead time title tr track u ul var video wbr svg path g circle rect
"""
_KNOWN = frozenset(_ELEMENTS.split())
#: links that load nothing
_NAMED_ONLY = ("canonical", "prev", "next", "alternate", "edit")


@dataclass(slots=True)
class _Page(HTMLParser):
    anchors: set[str] = field(default_factory=set)
    links: list[str] = field(default_factory=list)
    loaded: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        HTMLParser.__init__(self, convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.anchors |= {given[name] for name in ("id", "name") if given.get(name)}
        if tag not in _KNOWN:
            self.unknown.append(tag)
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        if tag in _LOADED and given.get(_LOADED[tag]) and given.get("rel") not in _NAMED_ONLY:
            self.loaded.append(given[_LOADED[tag]])


def faults(site: Path) -> list[str]:
    """List what is wrong with a built site, one line each; empty where nothing is.

    Parameters
    ----------
    site : its folder
    """
    pages = {path: _read(path) for path in sorted(site.rglob("*.html"))}
    found = []
    for path, page in pages.items():
        here = path.relative_to(site)
        found += [f"{here}: loads {target}" for target in page.loaded if _elsewhere(target)]
        found += [f"{here}: <{name}> is no element: a word in angle brackets is not shown" for name in page.unknown]
        for target in (*page.links, *(one for one in page.loaded if not _elsewhere(one))):
            wrong = _wrong(target, path, site, pages)
            if wrong:
                found.append(f"{here}: {target} {wrong}")
    return found


def _read(path: Path) -> _Page:
    page = _Page()
    page.feed(path.read_text(encoding="utf-8"))
    return page


def _elsewhere(target: str) -> bool:
    parts = urlsplit(target)
    return bool(parts.netloc) or parts.scheme not in ("", "data")


def _wrong(target: str, path: Path, site: Path, pages: dict[Path, _Page]) -> str:
    """Say what is wrong with a link of a page; "" where nothing is, or where it leads out of the site."""
    parts = urlsplit(target)
    if parts.scheme or parts.netloc:
        return ""
    if parts.path.startswith("/"):
        # the page for what is not found does not know where it is read from
        return "" if path == site / "404.html" else "is absolute: it leads elsewhere when the page is opened as a file"
    file = Path(os.path.normpath(path.parent / unquote(parts.path))) if parts.path else path
    if file.is_dir():
        file = file / "index.html"
    if not file.is_file():
        return "leads to no file"
    anchor = unquote(parts.fragment)
    if anchor and file in pages and anchor not in pages[file].anchors:
        return "leads to no place on that page"
    return ""


def main() -> None:
    """Check the site that is named."""
    found = faults(Path(sys.argv[1]))
    for line in found[:_MOST_TOLD]:
        print(line, file=sys.stderr)
    if len(found) > _MOST_TOLD:  # a page that is missing is missed by the navigation of every other
        print(f"... and {len(found) - _MOST_TOLD} more", file=sys.stderr)
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
