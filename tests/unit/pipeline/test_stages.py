"""THE list of stages: its types fit together, its document shows it, and the graph and `cmrmap run` run it."""

from __future__ import annotations

import inspect
import re
from dataclasses import replace
from pathlib import Path
from typing import get_type_hints
from unittest.mock import Mock

import pytest

from cmrmap.core.errors import InputError
from cmrmap.core.findings import Refusal
from cmrmap.core.map_specs import MapKind
from cmrmap.dicom.headers.read import SourceStudy
from cmrmap.dicom.loading.loaded_study import LoadedStudy
from cmrmap.dicom.transfer.destinations import parse_destination
from cmrmap.pipeline import STAGES, RunContext, stages
from cmrmap.pipeline.stages import load_folder, stages_of
from cmrmap.settings import AnalysisSettings, HematocritSettings

DOCUMENT = Path(__file__).resolve().parents[3] / "docs" / "how-it-works.md"


def test_every_call_takes_what_the_stages_before_it_make() -> None:
    made: dict[str, object] = {}
    for stage in STAGES:
        hints = get_type_hints(stage.call)
        assert list(inspect.signature(stage.call).parameters) == ["context", *stage.inputs]
        assert hints["context"] is RunContext
        for name in stage.inputs:
            assert hints[name] == made[name], (stage.name, name)
        made[stage.output] = hints["return"]


def test_every_product_but_the_last_is_taken() -> None:
    taken = {flow.product for flow in STAGES.flows}
    assert set(STAGES.outputs) - taken == {"sent"}


def test_the_document_shows_the_list() -> None:
    blocks = re.findall(r"```\n(read .*?)\n```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)
    assert blocks == [STAGES.picture]


def test_the_document_describes_every_stage() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([a-z, ]+) \| .+ \|$", text, re.MULTILINE)
    told = [name for row in rows for name in row.split(", ")]
    assert [name for name in told if name != "stage"] == [stage.name for stage in STAGES]


def test_results_are_sent_only_where_a_destination_is_named() -> None:
    assert [stage.name for stage in stages_of(RunContext())] == [stage.name for stage in STAGES][:-1]
    destination = parse_destination("dicom://PACS@host:104")
    assert stages_of(RunContext(send_to=destination)) == STAGES


@pytest.mark.parametrize(
    ("what", "words"), [("source", "input folder"), ("target", "output folder"), ("drawn_by", "network")]
)
def test_a_stage_says_what_its_run_lacks(what: str, words: str) -> None:
    with pytest.raises(InputError, match=f"this run has no {words}, and a stage of it needs one"):
        getattr(RunContext(), what)


def test_a_folder_that_is_none_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="the input path does not exist; give a folder"):
        load_folder(tmp_path / "nowhere")


@pytest.mark.parametrize("asked", [True, False])
def test_the_fit_is_prepared_while_the_network_draws_where_the_run_asks(
    asked: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[object] = []
    monkeypatch.setattr(stages, "prepare", lambda *, wait: calls.append(wait))
    monkeypatch.setattr(stages.chain, "segment", lambda stacks, network: calls.append("segment"))
    (segment,) = (stage for stage in STAGES if stage.name == "segment")
    segment.call(RunContext(network=Mock(), owns_process=asked), Mock())
    assert calls == ([False, "segment"] if asked else ["segment"])
    assert RunContext().owns_process is False


@pytest.mark.parametrize("content", ["{", '{"hematocrit": 3}', '{"hct": 0.4}'])
def test_a_hematocrit_file_that_cannot_be_used_refuses_ecv_and_ends_no_run(tmp_path: Path, content: str) -> None:
    (tmp_path / "hematocrit.json").write_text(content, encoding="utf-8")
    (stage,) = (one for one in STAGES if one.name == "hematocrit")
    found = stage.call(RunContext(input_folder=tmp_path), SourceStudy("1", {}, {}))
    assert isinstance(found, Refusal)
    assert (found.kind, found.status) == (MapKind.ECV, "refused")
    assert "hematocrit" in found.reason


def test_a_setting_that_is_no_hematocrit_is_a_setting(tmp_path: Path) -> None:
    (stage,) = (one for one in STAGES if one.name == "hematocrit")
    study = SourceStudy("1", {}, {})
    settings = replace(AnalysisSettings(), hematocrit=HematocritSettings(value=0.41))
    assert stage.call(RunContext(input_folder=tmp_path, settings=settings), study).value_fraction == 0.41
    assert stage.call(RunContext(input_folder=tmp_path), study) is None


def test_what_was_refused_before_is_handed_to_fit_and_check(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = LoadedStudy(
        (),
        (
            Refusal(MapKind.NATIVE_T1, "refused", "in seconds"),
            Refusal(MapKind.T2, "refused", "a map", 1),
            Refusal(MapKind.POSTCONTRAST_T1, "absent", "no series"),
        ),
        (),
    )
    fit, check = Mock(return_value=()), Mock(return_value=())
    monkeypatch.setattr(stages, "fit", fit)
    monkeypatch.setattr(stages, "check_beside", check)
    calls = {stage.name: stage.call for stage in STAGES}
    calls["fit"](RunContext(), loaded, (), ())
    calls["check"](RunContext(), loaded, ())
    assert fit.call_args.args[-1] == loaded.refusals
    assert check.call_args.args[-1] == {MapKind.NATIVE_T1}
