"""Benchmarks say how they are called, and ``make bench`` runs those that need nothing."""

from __future__ import annotations

import argparse
import re
import runpy
import sys
from pathlib import Path

import pytest

from cmrmap.core.errors import InputError

ROOT = Path(__file__).resolve().parents[2]
BENCHMARKS = sorted(path.stem for path in (ROOT / "benchmarks").glob("*.py"))
#: they need nothing and yet are started by hand: why
NOT_FOR_ALL = {"whole_job": "it adds a line to benchmarks/whole_job_history.jsonl"}
#: they import what only the environment for training has
OF_TRAINING = {"refine_gain"}


class _ParsedError(Exception):
    """A benchmark came as far as its command line."""


def _needs(name: str, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the arguments that a benchmark cannot do without, from the parser that it makes."""
    required: list[str] = []

    def parse(parser: argparse.ArgumentParser, *_: object, **__: object) -> None:
        required.extend(action.dest for action in parser._actions if action.required and action.nargs != "*")
        raise _ParsedError(parser.format_help())

    monkeypatch.setattr(argparse.ArgumentParser, "parse_args", parse)
    monkeypatch.setattr(sys, "argv", [f"{name}.py"])
    monkeypatch.setattr(sys, "path", [str(ROOT / "benchmarks"), *sys.path])  # as Python does it for a script
    with pytest.raises(_ParsedError, match="usage:"):
        runpy.run_path(str(ROOT / "benchmarks" / f"{name}.py"), run_name="__main__")
    return required


def _by_hand() -> set[str]:
    found = re.search(r"^BENCH_BY_HAND := (.*?[^\\])$", (ROOT / "Makefile").read_text(), re.MULTILINE | re.DOTALL)
    assert found is not None
    return set(found[1].replace("\\", " ").split())


@pytest.mark.parametrize("name", BENCHMARKS)
def test_make_bench_runs_what_needs_nothing_and_nothing_else(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    try:
        required = _needs(name, monkeypatch)
    except InputError:
        required = ["the environment for training"]
        assert name in OF_TRAINING
    assert (name in _by_hand()) == (bool(required) or name in NOT_FOR_ALL), f"needs {required or 'nothing'}"


def test_make_bench_leaves_out_only_benchmarks_that_exist() -> None:
    assert _by_hand() <= set(BENCHMARKS)
