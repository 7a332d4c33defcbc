"""The tests that docs/security.md and docs/risk.md name as their evidence exist."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
_NAMED = re.compile(r"`(tests/[\w./-]+)((?:::\w+)?)`")
_DOCUMENTS = ("docs/security.md", "docs/risk.md")


def missing(named: list[tuple[str, str]]) -> list[str]:
    """List the tests of ``named``, pairs of a file and "::function" or nothing, that are not there."""
    without = []
    for file, function in named:
        path = ROOT / file
        there = path.is_file() and (not function or function[2:] in _tests_of(path))
        if not there:
            without.append(file + function)
    return without


def _tests_of(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {one.name for one in ast.walk(tree) if isinstance(one, ast.FunctionDef) and one.name.startswith("test_")}


@pytest.mark.parametrize("document", _DOCUMENTS)
def test_every_test_that_a_document_names_exists(document: str) -> None:
    named = _NAMED.findall((ROOT / document).read_text(encoding="utf-8"))
    assert len(named) > 15
    assert missing(named) == []


@pytest.mark.parametrize("document", _DOCUMENTS)
def test_every_hazard_and_threat_names_a_test(document: str) -> None:
    text = (ROOT / document).read_text(encoding="utf-8")
    entries = re.findall(r"^### (.+)\n\n((?:(?!^##).*\n?)+)", text, re.MULTILINE)
    assert len(entries) > 12
    assert [title for title, told in entries if not _NAMED.search(told)] == []
    if document == "docs/risk.md":
        parts = ("*Cause:*", "*Effect:*", "*Control:*", "*What remains:*", "*Test:*")
        assert [title for title, told in entries if any(told.count(part) != 1 for part in parts)] == []


def test_a_test_that_is_gone_is_found() -> None:
    this = "tests/unit/test_named_tests.py"
    assert missing([(this, "::test_that_was_renamed"), ("tests/unit/test_gone.py", ""), (this, "")]) == [
        f"{this}::test_that_was_renamed",
        "tests/unit/test_gone.py",
    ]
