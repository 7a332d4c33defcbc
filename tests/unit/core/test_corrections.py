"""What a reader wrote stays out of the log and of status.json."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmrmap.core.corrections import left_out_because, without_readers_words


@pytest.mark.parametrize("words", ["ghosting", 'of "Jane"', ") of Jane (", "a; slice 1: b", "", '"', '")'])
def test_a_reason_loses_the_readers_words_and_nothing_else(words: str) -> None:
    reason = f"no slice could be mapped: slice 0 {left_out_because(words)}; slice 1 has no images"
    told = without_readers_words(reason)
    assert told == "no slice could be mapped: slice 0 left out by corrections.json; slice 1 has no images"


@given(st.text(), st.integers(0, 60))
def test_a_reason_that_was_cut_off_shows_none_of_them(words: str, end: int) -> None:
    cut = left_out_because(f"Jane{words}")[: 30 + end]
    assert "Jane" not in without_readers_words(cut)


def test_other_reasons_stay_as_they_are() -> None:
    reason = 'the series has no slice ("SAX") that could be mapped'
    assert without_readers_words(reason) == reason
