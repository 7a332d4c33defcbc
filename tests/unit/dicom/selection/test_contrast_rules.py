"""Every word rule on its own examples, and the descriptions of a study together."""

from __future__ import annotations

import pytest

from cmrmap.dicom.headers.words import WordRule, folded
from cmrmap.dicom.selection.contrast_rules import NATIVE_WORDS, NEUTRAL_WORDS, POST_WORDS, contrast_words

RULES = [
    pytest.param(rule, id=f"{rule.answer}-{rule.language}") for rule in (*NEUTRAL_WORDS, *NATIVE_WORDS, *POST_WORDS)
]


@pytest.mark.parametrize("rule", RULES)
def test_rule_fires_on_its_examples_and_on_nothing_else(rule: WordRule):
    assert rule.examples
    for example in rule.examples:
        assert rule.search(folded(example)), example
    for example in rule.not_examples:
        assert rule.search(folded(example)) is None, example


@pytest.mark.parametrize("rule", RULES)
def test_examples_are_decided_as_the_rule_says(rule: WordRule):
    for example in rule.examples:
        native, post = contrast_words(folded(example))
        assert (native is not None, post is not None) == (rule.answer == "native", rule.answer == "post"), example


@pytest.mark.parametrize(
    "description",
    [
        "STONE T1 SAX",
        "T1map prep",
        "MOLLI 5(3)3",
        "T1 posterior",
        "MyoMaps T1 long",
        "T1 pos3",
        "ShMOLLI 192i",
        "SASHA",
    ],
)
def test_plain_descriptions_say_nothing(description):
    assert contrast_words(folded(description)) == (None, None)


def test_both_kinds_are_reported():
    assert contrast_words(folded("MOLLI pre and post")) == ("pre", "post")


def test_folding_keeps_scripts_and_takes_accents_off():
    assert folded(" MOLLI_après-(Gd) ") == "molli apres gd"
    assert folded("T1_조영전") == "t1 조영전"


@pytest.mark.parametrize(
    ("description", "expected"),
    [
        ("T1 native, cardiac post MI", "native"),
        ("MOLLI post Gd (post CABG)", "post"),
        ("heart w/wo contrast: T1 pre", "native"),
        ("Herz ohne und mit KM, T1 nach KM", "post"),
    ],
)
def test_what_is_about_exam_or_patient_does_not_hide_what_is_about_the_series(description, expected):
    native, post = contrast_words(folded(description))
    assert (native is not None, post is not None) == (expected == "native", expected == "post")
