"""What a browser may send."""

from __future__ import annotations

import math

import pytest

from cmrmap.core.errors import InputError
from cmrmap.core.map_specs import MapKind
from cmrmap.edit.changes import read_changes, read_shown

LINE = [[10.0 + math.sin(turn / 5), 20.0 + math.cos(turn / 5)] for turn in range(31)]
CHANGE = {"map": "t2", "slice_index": 2, "base": "start", "epicardium": LINE, "endocardium": None}


def test_a_change_is_read() -> None:
    (one,) = read_changes({"edits": [CHANGE]}).edits
    assert one.place == (MapKind.T2, 2)
    assert one.borders.epicardium.shape == (31, 2)
    assert one.borders.endocardium is None


@pytest.mark.parametrize(
    "sent",
    [
        None,
        [],
        {},
        {"edits": "x" * 50},
        {"edits": [{**CHANGE, "map": "patient Jane"}]},
        {"edits": [{**CHANGE, "slice_index": -1}]},
        {"edits": [{**CHANGE, "slice_index": "2"}]},
        {"edits": [{**CHANGE, "base": "nothing"}]},
        {"edits": [{**CHANGE, "epicardium": LINE[:7]}]},
        {"edits": [{**CHANGE, "epicardium": LINE * 30}]},
        {"edits": [{**CHANGE, "epicardium": [[math.nan, 1.0], *LINE]}]},
        {"edits": [{**CHANGE, "epicardium": [[math.inf, 1.0], *LINE]}]},
        {"edits": [{**CHANGE, "epicardium": [[1.0, 2.0, 3.0], *LINE]}]},
        {"edits": [{**CHANGE, "epicardium": [[1e9, 2.0], *LINE]}]},
        {"edits": [{**CHANGE, "patient": "Jane"}]},
        {"edits": [], "have": ["abc"]},
        {"edits": [CHANGE, CHANGE]},
        {"edits": [{**CHANGE, "slice_index": place} for place in range(300)]},
    ],
    ids=lambda sent: str(sent)[:40],
)
def test_anything_else_is_refused_in_one_line_that_quotes_nothing(sent: object) -> None:
    with pytest.raises(InputError, match="load the page again") as told:
        read_changes(sent)
    assert "\n" not in str(told.value)
    assert "Jane" not in str(told.value)
    assert "xxx" not in str(told.value)


MARKS = {"insertion_angles": [-2.1, 2.5], "exclude_slice": False, "exclude_segments": [3], "reason": "ghosting"}


def test_marks_are_read_and_contours_are_not_needed() -> None:
    (one,) = read_changes({"edits": [{"map": "t2", "slice_index": 2, "marks": MARKS}]}).edits
    assert one.marks.model_dump(mode="json") == MARKS
    assert not one.draws
    (drawn,) = read_changes({"edits": [CHANGE]}).edits
    assert drawn.draws
    assert drawn.marks is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"insertion_angles": [1.0]},
        {"insertion_angles": [1.0, math.nan]},
        {"insertion_angles": [1.0, 100.0]},
        {"exclude_slice": "yes"},
        {"exclude_segments": [0]},
        {"exclude_segments": [17]},
        {"exclude_segments": [1] * 17},
        {"reason": "xxx" * 40},
        {"patient": "Jane"},
    ],
    ids=str,
)
def test_marks_of_another_form_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(InputError, match="load the page again") as told:
        read_changes({"edits": [{"map": "t2", "slice_index": 2, "marks": {**MARKS, **wrong}}]})
    assert "xxx" not in str(told.value)
    assert "Jane" not in str(told.value)


def test_what_the_page_has_is_read_and_nothing_else() -> None:
    assert read_shown({"have": ["abc", "def"]}).have == ("abc", "def")
    for sent in ({"have": ["x" * 100]}, {"have": ["a"] * 3000}, {"have": 1}, {"edits": []}, "xxx", None):
        with pytest.raises(InputError, match="load the page again") as told:
            read_shown(sent)
        assert "xxx" not in str(told.value)
