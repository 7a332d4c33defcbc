"""What counts as the same arguments, and that what is kept is what was computed."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from types import MappingProxyType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

from tests.fuzz.remembered import Digests, Remembered, UnknownError


@dataclasses.dataclass(frozen=True)
class _Pair:
    one: Any
    other: Any


_ARRAY = np.arange(6.0).reshape(2, 3)
DIFFERENT = [
    *(None, 0, 0.0, -0.0, False, "0", b"0", (), [], {}, "", 1, 1.0, True, float("nan")),
    *(
        _ARRAY,
        _ARRAY.T,
        _ARRAY.astype(np.float32),
        _ARRAY.reshape(3, 2),
        _ARRAY + 1e-15,
        np.float64(1.0),
        np.float32(1.0),
    ),
    *(_Pair(1, 2), _Pair(2, 1), _Pair((1, 2), ()), _Pair(1, (2, ())), (1, 2), [1, 2], {1: 2}, MappingProxyType({1: 2})),
    *({"a": 1, "b": 2}, {"b": 2, "a": 1}, {"a": 1}, ["ab", "c"], ["a", "bc"], Path("a"), "a"),
]


def test_values_that_differ_have_digests_that_differ() -> None:
    digests = Digests()
    assert len({digests.of(value) for value in DIFFERENT}) == len(DIFFERENT)


def test_equal_values_have_one_digest() -> None:
    copies = [_Pair(np.array([1.0, np.nan]), {"a": (1, "x")}) for _ in range(2)]
    assert Digests().of(copies[0]) == Digests().of(copies[1])


def test_an_array_that_was_changed_is_another_one() -> None:
    digests, values = Digests(), np.zeros(3)
    before = digests.of(values)
    values[0] = 1.0
    assert digests.of(values) != before
    values.flags.writeable = False
    assert digests.of(values) == digests.of(values) != before


def test_a_value_of_unknown_parts_has_none() -> None:
    with pytest.raises(UnknownError, match="object"):
        Digests().of([1, object()])


def _counting() -> tuple[SimpleNamespace, list[Any]]:
    calls: list[Any] = []

    def slow(*given: Any) -> Any:
        calls.append(given)
        return _Pair(given, sum(range(2_000_000)))  # long enough to be worth keeping

    return SimpleNamespace(slow=slow), calls


def test_a_function_is_called_once_for_equal_arguments_and_again_for_others(tmp_path: Path) -> None:
    module, calls = _counting()
    memory = Remembered(tmp_path / "kept")
    memory.before(module, "slow")
    first = module.slow(1, "a")
    assert module.slow(1, "a") == first
    assert len(calls) == 1
    module.slow(2, "a")
    assert len(calls) == 2
    module.slow(object())
    module.slow(object())
    assert len(calls) == 4  # never remembered


def test_what_one_process_kept_another_reads(tmp_path: Path) -> None:
    made = []
    for _ in range(2):
        module, calls = _counting()
        Remembered(tmp_path / "kept").before(module, "slow")
        made.append((module.slow(3), len(calls)))
    assert made[0][0] == made[1][0]
    assert [count for _, count in made] == [1, 0]
