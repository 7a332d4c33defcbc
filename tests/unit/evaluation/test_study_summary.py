"""Results beside the phantom's truth."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cmrmap.core.errors import InputError
from cmrmap.core.map_specs import MapKind
from cmrmap.evaluation.study_summary import summarise_study


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    study, output = tmp_path / "study", tmp_path / "out"
    (study / "truth").mkdir(parents=True)
    (output / "results").mkdir(parents=True)
    slices = [{"status": "ok"}, {"status": "partial"}, {"status": "refused"}]
    results: dict[str, Any] = {
        "t2": {"status": "partial", "reason": None, "slices": slices, "patient": {"mean": 51.0, "sd": 2.5}},
        "ecv": {"status": "absent", "reason": "no hematocrit", "slices": [], "patient": None},
    }
    truth = {"t2": {"unit": "ms", "patient": {"mean": 50.0}}, "ecv": {"unit": "%", "patient": {"mean": 25.0}}}
    (output / "results" / "results.json").write_text(json.dumps({"maps": results}))
    (study / "truth" / "truth.json").write_text(json.dumps({"maps": truth}))
    return study, output


def test_summary_counts_slices_and_takes_the_bias(folders: tuple[Path, Path]) -> None:
    t2, ecv = summarise_study(*folders)
    assert (t2.kind, t2.slices_made, t2.slices_all, t2.mean, t2.sd, t2.truth) == (MapKind.T2, 2, 3, 51.0, 2.5, 50.0)
    assert t2.bias == pytest.approx(1.0)
    assert t2.bias_percent == pytest.approx(2.0)
    assert (ecv.status, ecv.reason, ecv.mean, ecv.bias, ecv.bias_percent) == (
        "absent",
        "no hematocrit",
        None,
        None,
        None,
    )


def test_missing_results_are_named(folders: tuple[Path, Path]) -> None:
    study, output = folders
    (output / "results" / "results.json").unlink()
    with pytest.raises(InputError, match=r"results\.json cannot be read .* expected the application's output folder"):
        summarise_study(study, output)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"maps": []}', '{"maps": {"t2": 3}}'])
def test_a_file_of_another_kind_is_named(folders: tuple[Path, Path], text: str) -> None:
    study, output = folders
    (study / "truth" / "truth.json").write_text(text)
    with pytest.raises(InputError, match=r"truth\.json does not hold maps as JSON; expected a phantom study"):
        summarise_study(study, output)
