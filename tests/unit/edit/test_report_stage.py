"""The stages while somebody edits: the application's own, but for what they leave out."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock

import pytest

from cmrmap.edit import report_stage as room
from cmrmap.edit.report_stage import EDIT_STAGES, NUMBER_STAGES
from cmrmap.pipeline import stages as application
from cmrmap.pipeline.stages import STAGES


def _call(stages: Any, name: str) -> Any:
    return next(stage.call for stage in stages if stage.name == name)


def test_every_other_stage_is_the_applications_own() -> None:
    for stages, own in ((EDIT_STAGES, "draw"), (NUMBER_STAGES, "report")):
        assert [stage.name for stage in stages if stage.call is not _call(STAGES, stage.name)] == [own]


def test_the_page_is_given_what_the_report_of_a_run_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same numbers, maps, images, name, records with what the means count, and published ranges."""
    given: list[Any] = []
    records = Mock(side_effect=lambda *some: ("records of", *some))
    for module, drawn in ((room, "report_model"), (application, "draw_report")):
        monkeypatch.setattr(module, "map_records", records)
        monkeypatch.setattr(module, "study_identity", lambda study: ("name of", study))
        monkeypatch.setattr(module, drawn, lambda *some, **named: given.append((some, named["published"])))
    outputs = SimpleNamespace(report_identity=True, report=True, captures=True, text_report=True)
    settings = SimpleNamespace(outputs=outputs, reference_ranges=SimpleNamespace(published=False))
    maps = SimpleNamespace(volumes="volumes", counted="pixels that the means count")
    products = ("study", SimpleNamespace(stacks="stacks"), "series", "ecv", maps, "results")
    for stages in (EDIT_STAGES, STAGES):
        _call(stages, "draw")(SimpleNamespace(settings=settings), *products)
    assert given[0] == given[1]
    assert records.call_args_list[0].args[2] == "pixels that the means count"
