"""Docstrings in the form that the reference parses."""

from __future__ import annotations

from sitebuild.docstrings import readable

OURS = """Fit it, as :func:`cmrmap.relaxometry.fit_relaxation` does.

Parameters
----------
times_ms : (times,) ms, in any order
    and once more
low, high : limits
*rest : others
plain
    as numpydoc has it

Returns
-------
labels : (row, column) uint8
NaN nowhere

Raises
------
InputError : shapes that do not match
SettingsError
    a bad one

Notes
-----
S : not an item
"""


def test_a_sentence_behind_the_colon_becomes_the_description() -> None:
    assert readable(OURS, "LabelArray").split("\n\n") == [
        "Fit it, as `cmrmap.relaxometry.fit_relaxation` does.",
        "Parameters\n----------\ntimes_ms\n    (times,) ms, in any order\n    and once more\nlow, high\n    limits\n"
        "*rest\n    others\nplain\n    as numpydoc has it",
        "Returns\n-------\nLabelArray\n    `labels`: (row, column) uint8\n    NaN nowhere",
        "Raises\n------\nInputError\n    shapes that do not match\nSettingsError\n    a bad one",
        "Notes\n-----\nS : not an item\n",
    ]


def test_a_type_that_stands_alone_stays() -> None:
    for line in ("RelaxationFit", "float or None", "tuple of OutputFile", "dict[str, int]"):
        text = f"Do.\n\nReturns\n-------\n{line}\n    in ms\n"
        assert readable(text, "object") == text


def test_words_that_are_no_type_are_a_description() -> None:
    found = readable("Do.\n\nReturns\n-------\nthe folder, absolute\n", "Path")
    assert found == "Do.\n\nReturns\n-------\nPath\n    the folder, absolute\n"


def test_a_docstring_without_sections_stays() -> None:
    assert readable("Do it: now.\n\nA : b\n") == "Do it: now.\n\nA : b\n"


def test_two_indices_are_no_link_except_in_code() -> None:
    text = "Times as [slice][time], `a[0][1]`.\n\nExamples\n--------\n>>> a[0][1]\n"
    assert readable(text) == text.replace("[slice][time]", "[slice]\\[time]")


def test_relaxation_times_with_a_star_are_not_set_in_italics() -> None:
    found = readable("The equation |A - B exp(-t/T*)|; T1 = T* (B/A - 1), T2* too, `T2*` as code, *emphasis*.\n")
    assert found == "The equation |A - B exp(-t/T\\*)|; T1 = T\\* (B/A - 1), T2\\* too, `T2*` as code, *emphasis*.\n"
