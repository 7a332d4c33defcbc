"""Progress is told to a listener, and to nobody without one."""

import pytest

from cmrmap.core.progress import listening, tracked


def test_every_item_is_counted_after_it_is_done():
    heard = []
    with listening(lambda *told: heard.append(told)):
        heard.extend((item,) for item in tracked("ab", "work", 2))
    assert heard == [("work", 0, 2), ("a",), ("work", 1, 2), ("b",), ("work", 2, 2)]


def test_without_a_listener_the_items_are_all_there_is():
    assert list(tracked(iter("ab"), "work", 2)) == ["a", "b"]


def test_a_listener_hears_nothing_after_it_has_gone_even_after_a_failure():
    heard = []
    with pytest.raises(ValueError, match="broken"), listening(lambda *told: heard.append(told)):
        raise ValueError("broken")
    assert list(tracked("a", "work", 1)) == ["a"]
    assert heard == []
