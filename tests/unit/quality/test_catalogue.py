"""The catalogue of findings, and the document that is written from it."""

import re
from pathlib import Path

from cmrmap.quality.catalogue import CATALOGUE, GROUPS
from cmrmap.quality.flags_document import flags_document

ROOT = Path(__file__).parents[3]
DOCUMENT = ROOT / "docs" / "flags.md"
HOW = "python -m cmrmap.quality.flags_document docs/flags.md"


def test_the_document_is_that_of_the_catalogue():
    assert DOCUMENT.read_text(encoding="utf-8") == flags_document(), f"write it anew: {HOW}"


def test_every_finding_is_a_row_of_the_document_and_no_other():
    rows = re.findall(
        r"^\| `([a-z0-9_]+)` \| ([^|]+) \| ([^|]+) \|", DOCUMENT.read_text(encoding="utf-8"), re.MULTILINE
    )
    assert [code for code, _, _ in rows] == [one.code for one in CATALOGUE]
    for (_, severity, threshold), one in zip(rows, CATALOGUE, strict=True):
        assert severity.startswith(one.severity.value)
        assert threshold == ("-" if one.threshold is None else str(one.threshold))


def test_no_code_is_declared_twice():
    assert len(CATALOGUE) == len({one.code for one in CATALOGUE}) == sum(len(group) for group in GROUPS.values()) > 20


def test_flags_come_from_declarations_only():
    made = [
        path.relative_to(ROOT).as_posix()
        for path in sorted((ROOT / "cmrmap").rglob("*.py"))
        if "QualityFlag(" in path.read_text(encoding="utf-8")
    ]
    assert made == ["cmrmap/quality/declaration.py"]


def test_every_declaration_is_raised_somewhere():
    source = "".join(
        path.read_text(encoding="utf-8")
        for path in sorted((ROOT / "cmrmap").rglob("*.py"))
        if path.parent.name != "catalogue"
    )
    # a name that is imported and used once is there twice
    assert [one.code for one in CATALOGUE if len(re.findall(rf"\b{one.code.upper()}\b", source)) < 2] == []
