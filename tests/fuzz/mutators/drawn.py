"""Odd values from Hypothesis, the same ones for the same seed."""

from __future__ import annotations

import math
from functools import cache
from random import Random
from typing import Any

import yaml
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

_N = 300

_numbers = st.one_of(
    st.floats(),
    st.integers(-(10**6), 10**6),
    st.sampled_from([0, -1, 1e-300, 1e300, 1.797e308, math.inf, -math.inf, math.nan, 2**31, 2**63, 65535, 0.001]),
)
_words = st.one_of(
    st.text(max_size=40),
    st.sampled_from(
        [
            "",
            " ",
            "\\",
            "\\\\\\",
            "NaN",
            "inf",
            "1e400",
            "0x10",
            "1,5",
            "1\\2\\3",
            "null",
            "True",
            "../../x",
            "%s%n",
            "\0",
            "٣",
        ]
    ),
)
_scalars = st.one_of(st.none(), st.booleans(), _numbers, _words)
_documents = st.recursive(
    _scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=5), st.dictionaries(st.text(max_size=12), inner, max_size=5)),
    max_leaves=12,
)
_STRATEGIES: dict[str, st.SearchStrategy[Any]] = {
    "number": _numbers,
    "word": _words,
    "scalar": _scalars,
    "document": _documents,
    "bytes": st.binary(max_size=64),
}


@cache
def _pool(name: str) -> tuple[Any, ...]:
    made: list[Any] = []

    @seed(1)
    @settings(
        max_examples=_N,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(_STRATEGIES[name])
    def collect(value: Any) -> None:
        made.append(value)

    collect()
    return tuple(made)


def odd(rng: Random, name: str) -> Any:
    """Draw a number, word, scalar, document (of lists, mappings and scalars) or bytes."""
    return rng.choice(_pool(name))


def text_of(number: object) -> str:
    """Return a number as a header has it."""
    return f"{number:.6g}" if isinstance(number, float) else str(number)


def yaml_of(document: object) -> str:
    """Return a document as YAML."""
    return str(yaml.safe_dump(document, allow_unicode=True))
