"""A list of stages: what is inconsistent is told when it is built; one can be replaced; only what is needed runs."""

from __future__ import annotations

import logging

import pytest

from cmrmap.core.errors import InputError
from cmrmap.pipeline import RunContext, Stage, StageList
from cmrmap.pipeline.stage import Flow, perform


def _one(context: RunContext) -> int:
    return 1


def _double(context: RunContext, number: int) -> int:
    return 2 * number


def _sum(context: RunContext, one: int, other: int) -> int:
    return one + other


ONE = Stage("one", (), "number", _one)
DOUBLE = Stage("double", ("number",), "doubled", _double)
SUM = Stage("sum", ("number", "doubled"), "total", _sum)
LIST = StageList((ONE, DOUBLE, SUM))


@pytest.mark.parametrize(
    ("stages", "message"),
    [
        ((ONE, Stage("one", ("number",), "other", _double)), "two stages are called one; give each a name of its own"),
        ((ONE, Stage("again", (), "number", _one)), "stages one and again both make number; one of them must not"),
        ((DOUBLE,), "stage double takes number, which no stage before it makes; made are none"),
        ((ONE, SUM, DOUBLE), "stage sum takes doubled, which no stage before it makes; made are number"),
    ],
)
def test_an_inconsistent_list_is_told_in_one_line(stages: tuple[Stage, ...], message: str) -> None:
    with pytest.raises(InputError, match=message) as found:
        StageList(stages)
    assert "\n" not in str(found.value)


def test_flows_lead_from_makers_to_takers_in_order() -> None:
    assert LIST.flows == (
        Flow("one", "double", "number"),
        Flow("one", "sum", "number"),
        Flow("double", "sum", "doubled"),
    )
    assert LIST.outputs == ("number", "doubled", "total")


def test_picture_has_one_line_a_stage() -> None:
    assert LIST.picture.splitlines() == [
        "one        input folder -> number",
        "double           number -> doubled",
        "sum     number, doubled -> total",
    ]


def test_a_replaced_stage_keeps_its_place() -> None:
    other = Stage("double", ("number",), "doubled", _one)
    assert LIST.replace(other).stages == (ONE, other, SUM)
    with pytest.raises(InputError, match="no stage treble to replace; known are one, double, sum"):
        LIST.replace(Stage("treble", ("number",), "trebled", _double))
    with pytest.raises(InputError, match="stage sum takes doubled, which no stage before it makes"):
        LIST.replace(Stage("double", ("number",), "halved", _double))


def test_only_what_is_needed_runs() -> None:
    assert LIST.until("doubled").stages == (ONE, DOUBLE)
    assert LIST.needed() == (ONE, DOUBLE, SUM)
    assert LIST.needed(given=["doubled"]) == (ONE, SUM)
    assert LIST.needed("total", ["number", "doubled"]) == (SUM,)
    assert LIST.needed("total", ["total"]) == ()
    for wrong in ({"product": "halved"}, {"given": ["halved"]}):
        with pytest.raises(InputError, match="no stage makes halved; made are number, doubled, total"):
            LIST.needed(**wrong)  # type: ignore[arg-type]


def test_a_stage_is_one_line_of_the_log(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "cmrmap.stage"):
        assert perform(SUM, RunContext(), [1, 2]) == 3
    (line,) = caplog.messages
    assert line.startswith("sum ")
    assert line.endswith(" s")


def test_a_failure_is_told_to_the_outcome_and_raised() -> None:
    def fail(context: RunContext) -> None:
        raise ValueError("Doe^Jane")

    context = RunContext()
    with pytest.raises(ValueError, match="Doe"):
        perform(Stage("read", (), "study", fail), context, ())
    assert context.outcome.failed
    assert context.outcome.message.startswith("internal error in stage read: ValueError")


@pytest.mark.parametrize(("frees", "owns"), [(True, True), (True, False), (False, True)])
def test_a_stage_that_needs_much_memory_gives_back_what_was_freed_before_and_after_it(
    frees: bool, owns: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr(
        "cmrmap.pipeline.stage.return_memory", lambda *, cycles=False: told.append("cycles" if cycles else "freed")
    )
    stage = Stage("one", (), "number", lambda context: told.append("work"), frees_memory=frees)
    perform(stage, RunContext(owns_process=owns), [])
    assert told == (["cycles", "work", "freed"] if frees and owns else ["work"])
