"""What was computed before: by content, bit by bit, and only where somebody asks for it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmrmap.core import memo as room
from cmrmap.core.arrays import frozen
from cmrmap.core.memo import Memo, remembered, remembering
from cmrmap.core.threads import map_in_threads

CALLS: list[object] = []


@dataclass(frozen=True)
class Pair:
    one: np.ndarray
    other: float


class Kind(Enum):
    T1 = "t1"
    T2 = "t2"


@remembered
def doubled(value, *, by=2):
    CALLS.append(value)
    return value.one * by if isinstance(value, Pair) else (value, by)


@pytest.fixture(autouse=True)
def _no_calls() -> None:
    CALLS.clear()


def test_elsewhere_a_function_is_called_as_any_other() -> None:
    assert [doubled(1), doubled(1)] == [(1, 2), (1, 2)]
    assert len(CALLS) == 2


def test_the_same_content_gives_the_same_object_whoever_holds_it() -> None:
    memo = Memo()
    with remembering(memo):
        first = doubled(Pair(np.arange(5.0), 1.0))
        again = doubled(Pair(np.arange(5.0), 1.0))
    assert first is again
    assert len(CALLS) == 1
    doubled(Pair(np.arange(5.0), 1.0))
    assert len(CALLS) == 2  # what remembers has ended


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, 1.0),
        (1, True),
        ("1", 1),
        (None, "None"),
        ((1, 2), [1, 2]),
        ((1, (2,)), ((1,), 2)),
        (Kind.T1, Kind.T2),
        (np.zeros(2), np.zeros((2, 1))),
        (np.zeros(2), np.zeros(2, dtype=np.float32)),
        (Pair(np.zeros(2), 1.0), Pair(np.zeros(2), 2.0)),
        ({"a": 1}, {"a": 2}),
    ],
    ids=str,
)
def test_content_of_another_kind_is_another(one: object, other: object) -> None:
    with remembering(Memo()):
        doubled(one)
        doubled(other)
    assert len(CALLS) == 2


def test_an_array_that_was_changed_in_between_is_read_again() -> None:
    values = np.zeros(4)
    with remembering(Memo()):
        doubled(Pair(values, 1.0))
        values[2] = 7.0
        changed = doubled(Pair(values, 1.0))
    assert changed.tolist() == [0.0, 0.0, 14.0, 0.0]


def test_the_place_of_a_frozen_array_that_is_gone_tells_nothing() -> None:
    with remembering(Memo()):
        for number in range(200):
            assert doubled(Pair(frozen(np.full(3, float(number))), 1.0))[0] == 2.0 * number
    assert len(CALLS) == 200


def test_the_oldest_results_are_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(room._MOST, "default", 2)
    with remembering(Memo()):
        for value in (1, 2, 3, 3, 2, 1):
            doubled(value)
    assert CALLS == [1, 2, 3, 1]


def test_a_result_that_is_none_is_a_result_and_an_error_is_none() -> None:
    told: list[int] = []

    @remembered
    def nothing(number: int) -> None:
        told.append(number)
        if number < 0:
            raise ValueError("negative")

    with remembering(Memo()):
        nothing(1)
        nothing(1)
        for _ in range(2):
            with pytest.raises(ValueError, match="negative"):
                nothing(-1)
    assert told == [1, -1, -1]


def test_threads_of_the_caller_remember_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    monkeypatch.setattr("cmrmap.core.threads.available_cpus", lambda *_: 2)
    monkeypatch.setitem(room._MOST, "default", 3)
    with remembering(Memo()):
        for _ in range(3):
            assert map_in_threads(doubled, [1, 2, 3], "test", 2) == [(1, 2), (2, 2), (3, 2)]
        assert sorted(CALLS) == [1, 2, 3]
        # many results come and go at once
        many = list(range(400)) * 2
        assert map_in_threads(doubled, many, "test", 2) == [(value, 2) for value in many]


def test_an_argument_without_content_is_refused() -> None:
    with remembering(Memo()), pytest.raises(TypeError, match="no content"):
        doubled(object())


@given(st.lists(st.floats(allow_nan=True), min_size=1, max_size=8), st.integers(1, 5))
def test_remembering_changes_no_bit(values: list[float], by: int) -> None:
    pair = Pair(np.array(values), 0.0)
    with np.errstate(all="ignore"):
        with remembering(Memo()):
            twice = [doubled(pair, by=by), doubled(pair, by=by)]
        expected = doubled(pair, by=by)
    assert all(one.tobytes() == expected.tobytes() for one in twice)
