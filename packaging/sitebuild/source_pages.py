"""Pages that show a file or folder of the repository to which a document links, so that the link works offline."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from pathlib import Path

#: they are found by the link that leads to them; in the search they would hide the documents
_FRONT = "---\nsearch:\n  exclude: true\nhide:\n  - navigation\n  - toc\n---\n"
_LANGUAGES = {".py": "python", ".toml": "toml", ".yaml": "yaml", ".yml": "yaml", ".json": "json", ".sh": "sh"}


def file_page(root: Path, path: str) -> str:
    """Return the Markdown of the page that shows the file ``path`` as it was when the site was built."""
    text = (root / path).read_text(encoding="utf-8", errors="replace").rstrip("\n")
    fence = "`" * max(4, _longest_run(text) + 1)
    language = _LANGUAGES.get(Path(path).suffix, "text")
    return f'{_FRONT}# `{path}`\n\n{fence}{language} linenums="1"\n{text}\n{fence}\n'


def folder_page(root: Path, path: str, places: Mapping[str, str]) -> str:
    """Return the Markdown of the page that lists the folder ``path``; what the site shows is a link."""
    here = f"source/{path}"
    lines = []
    for file in shown_files(root, path):
        place = places.get(file)
        name = f"`{posixpath.relpath(file, path)}`"
        lines.append(f"- {name}" if place is None else f"- [{name}]({posixpath.relpath(place, here)})")
    return f"{_FRONT}# `{path}/`\n\n" + "\n".join(lines) + "\n"


def shown_files(root: Path, path: str) -> list[str]:
    """List the source files directly in a folder, as paths of the repository."""
    return sorted(
        str(file.relative_to(root)) for file in (root / path).iterdir() if file.is_file() and file.name[0] != "."
    )


def _longest_run(text: str) -> int:
    longest = run = 0
    for character in text:
        run = run + 1 if character == "`" else 0
        longest = max(longest, run)
    return longest
