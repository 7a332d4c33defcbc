"""The version stands in cmrmap/core/version.py; other places repeat it for programs that cannot read it there.

Usage: ``scripts/version.py`` checks that they agree (``make release-check``), ``scripts/version.py 0.2.0`` writes a new
version into all of them. CHANGELOG.md needs its heading by hand: it says what changed.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
_NUMBER = r"\d+\.\d+\.\d+(?:(?:a|b|rc)\d+)?"


@dataclass(frozen=True, slots=True)
class Place:
    """Where the version is repeated: a file, and what stands before the number there."""

    path: Path
    before: str

    @property
    def pattern(self) -> re.Pattern[str]:
        """What finds it."""
        return re.compile(rf"({self.before}){_NUMBER}\b", re.MULTILINE)

    def found(self) -> list[str]:
        """List the versions that stand there."""
        text = self.path.read_text(encoding="utf-8")
        return [one[0][len(one[1]) :] for one in self.pattern.finditer(text)]

    def write(self, version: str) -> None:
        """Put another version there."""
        text = self.path.read_text(encoding="utf-8")
        self.path.write_text(self.pattern.sub(rf"\g<1>{version}", text), encoding="utf-8")


def places(root: Path = ROOT) -> Iterator[Place]:
    """Yield every place that states this version; the first is the one that counts."""
    yield Place(root / "cmrmap" / "core" / "version.py", r'^VERSION = "')
    yield Place(root / "app.yaml", r'^  version: "')
    yield Place(root / "CITATION.cff", r"^version: ")
    for path in (root / "README.md", *sorted((root / "docs").rglob("*.md"))):
        if path.is_file() and re.search(rf"\bcmrmap:{_NUMBER}", path.read_text(encoding="utf-8")):
            yield Place(path, r"\bcmrmap:")


def faults(root: Path = ROOT) -> list[str]:
    """List the places that state another version than cmrmap/core/version.py, and a changelog without its heading."""
    first, *others = places(root)
    (version,) = first.found()
    wrong = [
        f"{one.path.relative_to(root)} has {', '.join(sorted(set(one.found()))) or 'no version'}; expected {version}"
        for one in others
        if set(one.found()) != {version}
    ]
    if f"## [{version}]" not in (root / "CHANGELOG.md").read_text(encoding="utf-8"):
        wrong.append(f"CHANGELOG.md has no heading [{version}]")
    return wrong


def main() -> int:
    """Check, or write the version that is given."""
    if len(sys.argv) > 1:
        if not re.fullmatch(_NUMBER, sys.argv[1]):
            print(
                f"version.py: the version is {sys.argv[1][:20]!r}; expected one such as 0.2.0 or 0.2.0rc1",
                file=sys.stderr,
            )
            return 2
        for one in places():
            one.write(sys.argv[1])
    found = faults()
    for line in found:
        print(f"version.py: {line}", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
