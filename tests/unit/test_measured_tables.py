"""A table of results stands beside the command that gives it and the commit that it was measured at."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.documents import ROOT, commands, documents

_HEADING = re.compile(r"^(#+) (.+)$")
_RULE = re.compile(r"^\|(?:\s*:?-+:?\s*\|)+$")
#: behind the word, one or several; in the README's table, at the end of the last column
_COMMITS = re.compile(r"\bcommits?\s+((?:(?:,|and|to|\s)*\b[0-9a-f]{7,12}\b)+)|, ([0-9a-f]{7,12}) \|$", re.MULTILINE)
_MEASURED_CELL = re.compile(r"\d\.\d|±|\d ?%|^[+-]\d|\d (?:ms|s|mm|MB|MiB)\b")
_WORDS = re.compile(r"[A-Za-z]{3,}")


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with the text up to the next one, and what stands above it."""

    document: str
    title: str
    text: str
    above: str

    def __str__(self) -> str:
        return f"{self.document}: {self.title}"


def sections(document: str, text: str) -> Iterator[Section]:
    """Yield every section; ``above`` is the text of the headings that it is below, up to their first subheading."""
    path: list[tuple[int, str]] = []  # level and own text of the headings that the section is below
    level, title, own, fenced = 0, "", [], False
    for line in [*text.splitlines(), "# "]:
        fenced ^= line.startswith("```")
        found = None if fenced else _HEADING.match(line) or re.match("(#) ()$", line)
        if found is None:
            own.append(line)
            continue
        path = [one for one in path if one[0] < level]
        yield Section(document, title, "\n".join(own), "\n".join(words for _, words in path))
        path.append((level, "\n".join(own)))
        level, title, own = len(found[1]), found[2], []


def measured_tables(text: str) -> Iterator[str]:
    """Yield the first line of every table that is mostly numbers as measurements give them."""
    lines = text.splitlines()
    for place, line in enumerate(lines):
        if not _RULE.match(line):
            continue
        rows = lines[place + 1 :]
        rows = rows[: next((n for n, row in enumerate(rows) if not row.startswith("|")), len(rows))]
        cells = [cell.strip() for row in rows for cell in re.split(r"(?<!\\)\|", row)[1:-1] if cell.strip()]
        numbers = [cell for cell in cells if _MEASURED_CELL.search(cell) and len(_WORDS.findall(cell)) <= 4]
        if len(numbers) > 5 and len(numbers) > 0.3 * len(cells):
            yield lines[place - 1]


def faults(document: str, text: str) -> list[str]:
    """Say which sections have a table of results without a command or without a commit."""
    found = []
    for section in sections(document, text):
        if not any(measured_tables(section.text)):
            continue
        around = f"{section.above}\n{section.text}"
        names = {one.words[0].rpartition("/")[2] for one in commands(document, around)}
        if names.isdisjoint(("cmrmap", "make", "python", "pytest")):
            found.append(f"{section} has a table of results and no command")
        if not _COMMITS.search(around):
            found.append(f"{section} has a table of results and no commit")
    return found


@pytest.mark.parametrize(("document", "text"), documents(), ids=[name for name, _ in documents()])
def test_a_table_of_results_has_its_command_and_commit(document: str, text: str) -> None:
    assert faults(document, text) == []


_TABLE = "| | a | b |\n|---|---|---|\n| x | 1.5 ms | +2.5 % |\n| y | 2.5 ms | 3.5 % |\n| z | 1.0 ± 0.5 | 7.2 |\n"


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        (f"# T\n\n## A\n\n`python benchmarks/blood.py` (commit abc1234)\n\n{_TABLE}", []),
        (f"# T\n\n## A\n\n`make evaluation`, commit abc1234:\n\n### B\n\n{_TABLE}", []),
        (f"# T\n\n## A\n\n`make evaluation`, commit abc1234.\n\n## B\n\n{_TABLE}", ["command", "commit"]),
        (f"# T\n\n## A\n\n`python benchmarks/blood.py`\n\n{_TABLE}", ["commit"]),
        (f"# T\n\n## A\n\nMeasured at commit abc1234 with `settings.py`.\n\n{_TABLE}", ["command"]),
        ("# T\n\n| code | meaning |\n|---|---|\n| 0 | done |\n| 1 | no |\n| 124 | limit |\n", []),
    ],
)
def test_a_table_without_either_is_found(text: str, missing: list[str]) -> None:
    assert [one.rpartition(" ")[2] for one in faults("here", text)] == missing


def _known(commit: str) -> bool:
    return _git("cat-file", "-e", f"{commit}^{{commit}}").returncode == 0


def _git(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=False)


def test_every_commit_that_is_named_is_one_of_ours() -> None:
    if _git("rev-parse", "--is-shallow-repository").stdout.strip() != "false":
        pytest.skip("no checkout with its history")
    lists = [(name, one or other) for name, text in documents() for one, other in _COMMITS.findall(text)]
    named = [(name, one) for name, words in lists for one in re.findall(r"\b[0-9a-f]{7,12}\b", words)]
    assert len(named) > 40
    assert [f"{name}: {one}" for name, one in named if not _known(one)] == []
    assert not _known("0123abc")


def test_the_documents_have_the_tables_that_are_looked_for() -> None:
    texts = {Path(name).name: text for name, text in documents()}
    assert len(list(measured_tables(texts["relaxometry.md"]))) > 8
    assert len(list(measured_tables(texts["evaluation.md"]))) > 8
    assert list(measured_tables(texts["running.md"])) == []
