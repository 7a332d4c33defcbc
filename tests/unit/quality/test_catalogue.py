"""The catalogue of findings, and the document that is written from it."""

import re
from pathlib import Path

import pytest

from cmrmap.core.findings import Severity, Threat
from cmrmap.quality.catalogue import CATALOGUE, GROUPS, TITLES
from cmrmap.quality.flags_document import flags_document

ROOT = Path(__file__).parents[3]
DOCUMENT = ROOT / "docs" / "flags.md"
HOW = "python -m cmrmap.quality.flags_document docs/flags.md"


def test_the_document_is_that_of_the_catalogue():
    assert DOCUMENT.read_text(encoding="utf-8") == flags_document(), f"write it anew: {HOW}"


def test_every_finding_has_a_heading_in_the_document_and_no_other():
    text = DOCUMENT.read_text(encoding="utf-8")
    entries = re.findall(r"^### `([a-z0-9_]+)`\n\n(.*?)\n\n> ", text, re.MULTILINE | re.DOTALL)
    assert [code for code, _ in entries] == [one.code for one in CATALOGUE]
    assert len(re.findall("^### ", text, re.MULTILINE)) == len(entries)
    for (_, line), one in zip(entries, CATALOGUE, strict=True):
        assert line.lower().startswith(one.severity.value)
        assert ("Threshold: " in line) == (one.threshold is not None)
        assert one.threshold is None or f"Threshold: {one.threshold}." in line


@pytest.mark.parametrize("one", CATALOGUE, ids=lambda one: one.code)
def test_a_message_is_read_at_a_glance(one):
    """With typical values nothing is shortened, and the words are those of people."""
    told, detail = one.words(one.typical)
    assert detail == ""
    for words in filter(None, (told, one.inherited)):
        assert len(words.split()) <= 25, words
        assert not re.search(r"\+-|\+/-|and alike|\{|\}|  |\.\.", words), words
    document = DOCUMENT.read_text(encoding="utf-8")
    assert told in document
    assert one.means in document
    assert one.advice in document


def test_findings_are_listed_by_what_they_threaten_and_errors_come_first():
    assert list(GROUPS) == list(Threat) == list(TITLES)
    assert [one.value for one in Threat] == ["value", "segment", "slice", "map", "study"]
    weights = [Severity.ERROR, Severity.WARNING, Severity.INFO]
    for threat, group in GROUPS.items():
        assert {one.threatens for one in group} == {threat}
        ranks = [weights.index(one.severity) for one in group]
        assert ranks == sorted(ranks)
    errors = [one for one in CATALOGUE if one.severity is Severity.ERROR]
    assert errors
    assert {one.threatens for one in errors} == {next(iter(Threat))}  # so that they are the first of all


def test_the_contours_in_doubt_are_told_in_the_words_of_the_field():
    (one,) = (one for one in CATALOGUE if one.code == "uncertain_outlines")
    assert one.words({"found": 0.81})[0] == "segmentation confidence 0.81, below 0.85: verify contours"


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
