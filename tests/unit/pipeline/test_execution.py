"""Stages one after the other in this process: products by name, nothing twice, types checked where they are taken."""

from __future__ import annotations

import logging

import pytest

from cmrmap.core.errors import InputError, RefusedError
from cmrmap.pipeline import Products, RunContext, Stage, StageList, run_stages

CALLS: list[str] = []


def _stage(name: str, *inputs: str) -> Stage:
    def call(context: RunContext, *given: object) -> tuple[object, ...]:
        CALLS.append(name)
        return (name, *given)

    return Stage(name, inputs, f"{name}_made", call)


LIST = StageList((_stage("a"), _stage("b", "a_made"), _stage("c", "a_made", "b_made")))


@pytest.fixture(autouse=True)
def _no_calls() -> None:
    CALLS.clear()


def test_every_product_is_kept_and_given_on_in_order() -> None:
    made = run_stages(LIST, RunContext())
    assert CALLS == ["a", "b", "c"]
    assert dict(made) == {
        "a_made": ("a",),
        "b_made": ("b", ("a",)),
        "c_made": ("c", ("a",), ("b", ("a",))),
    }


def test_what_is_given_is_not_made_and_what_is_not_wanted_neither() -> None:
    made = run_stages(LIST, RunContext(), given={"a_made": 7}, until="b_made")
    assert CALLS == ["b"]
    assert dict(made) == {"a_made": 7, "b_made": ("b", 7)}


def test_a_run_goes_on_where_another_stopped() -> None:
    first = run_stages(LIST, RunContext(), until="b_made")
    assert dict(run_stages(LIST, RunContext(), given=first)) == dict(run_stages(LIST, RunContext()))
    assert CALLS == ["a", "b", "c", "a", "b", "c"]


def test_a_failure_ends_the_run() -> None:
    def refuse(context: RunContext, given: object) -> None:
        raise RefusedError("two patients")

    context = RunContext()
    with pytest.raises(RefusedError):
        run_stages(LIST.replace(Stage("b", ("a_made",), "b_made", refuse)), context)
    assert CALLS == ["a"]
    assert (context.outcome.exit_code, context.outcome.message) == (4, "two patients")


def test_lines_of_the_log_have_the_level_that_is_asked_for(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, "cmrmap.stage"):
        run_stages(LIST, RunContext(), log_level=logging.DEBUG)
    assert {record.levelno for record in caplog.records} == {logging.DEBUG}
    assert len(caplog.records) == 3


def test_products_check_what_they_are_taken_for() -> None:
    made = Products({"number": 1, "words": ("a", "b")})
    assert made.one("number", int) == 1
    assert made.several("words", str) == ("a", "b")
    with pytest.raises(InputError, match="number is a int; expected a str"):
        made.one("number", str)
    with pytest.raises(InputError, match="words is a tuple; expected a tuple of int"):
        made.several("words", int)
    with pytest.raises(InputError, match="maps was not made; made are number, words"):
        made.one("maps", int)


def test_products_do_not_follow_what_they_were_built_from() -> None:
    source: dict[str, object] = {"number": 1}
    made = Products(source)
    source["number"] = 2
    assert made["number"] == 1
