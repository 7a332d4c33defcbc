"""Refining a model on cases: the loss falls, a killed run goes on, the card tells the truth."""

import json
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch

from cmrmap.core.errors import InputError
from cmrmap.core.map_specs import MapKind
from cmrmap.core.outlines import Label
from cmrmap.run.software import source_commit
from cmrmap.segmentation import load_network, segment_images
from cmrmap.segmentation.model_folder import save_network
from cmrmap.segmentation.network import StackUNet
from cmrmap.training.datasets import TrainingCase
from cmrmap.training.datasets.case import EVERY_CLASS, NO_CLASS

pytestmark = pytest.mark.training
SIZE = 48


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Networks look at 48 pixels of 2.5 mm, and a step has six images."""
    from cmrmap.training import refinement, windows
    from cmrmap.training.case_loop import CaseTraining

    small = {name: replace(one, pixel_mm=2.5, size=SIZE, reach_mm=8.0) for name, one in windows.WINDOWS.items()}
    monkeypatch.setattr(refinement, "WINDOWS", small)
    monkeypatch.setattr(windows, "WINDOWS", small)
    monkeypatch.setattr(
        refinement,
        "CaseTraining",
        partial(CaseTraining, images_per_step=6, images_per_slice=(1, 3), warm_up=5, validate_every=20),
    )


def _case(number: int) -> TrainingCase:
    """One slice of rings, one image without labels."""
    rng = np.random.default_rng(number)
    rows, columns = np.mgrid[:120, :120]
    radius = np.hypot(rows - rng.uniform(50, 70), columns - rng.uniform(50, 70))
    outer, inner = rng.uniform(22, 28), rng.uniform(12, 17)
    labels = np.zeros((3, 120, 120), np.uint8)
    labels[:, radius < outer] = Label.MYOCARDIUM
    labels[:, radius < inner] = Label.CAVITY
    levels = np.array([50.0, 10.0, 100.0]) + rng.uniform(-8, 8, (3, 3))
    images = np.stack([level[drawn] for level, drawn in zip(levels, labels, strict=True)])
    images += rng.normal(0, 2, images.shape)
    known = np.array([EVERY_CLASS, (True, True, True, False), NO_CLASS])
    return TrainingCase(
        f"case {number}", str(number), MapKind.NATIVE_T1, images, labels, known, (1.25, 1.25), np.array([1.0, 2, 3])
    )


@pytest.fixture
def model(tmp_path: Path) -> Path:
    torch.manual_seed(0)
    widths = {"coarse": (4, 8), "fine": (6, 12, 16)}
    card = {
        "name": "tiny",
        "version": "0",
        "limits": ["tiny"],
        "measured": {"dice": 0.9},
        "networks": {name: {"widths": list(w)} for name, w in widths.items()},
    }
    save_network(tmp_path / "tiny", {name: StackUNet(w).state_dict() for name, w in widths.items()}, card)
    return tmp_path / "tiny"


def _log(folder: Path, name: str = "fine") -> list[dict[str, float]]:
    return [json.loads(line) for line in (folder / f"{name}.log.jsonl").read_text().splitlines()]


def test_the_loss_falls_and_the_refined_model_draws(model: Path, tmp_path: Path) -> None:
    from cmrmap.training.refinement import Refinement, refine_model

    cases = [_case(number) for number in range(5)]
    (result,) = refine_model(cases, model, tmp_path / "out", Refinement(100, learning_rate=1e-2))
    logged = _log(tmp_path / "out")
    assert logged[-1]["held_out_loss"] < 0.6 * logged[0]["held_out_loss"]
    assert result.before is not None
    assert result.after is not None
    assert result.after > result.before + 0.2
    assert result.after == pytest.approx(max(entry.get("held_out_wall_dice", 0.0) for entry in logged), abs=1e-4)
    refined = load_network(tmp_path / "out" / "model")
    assert segment_images(cases[0].images, 1.25, refined).shape == cases[0].images.shape
    start = load_network(model)
    for key, value in start.coarse.state_dict().items():
        assert torch.equal(refined.coarse.state_dict()[key], value)


def test_the_card_says_where_the_weights_come_from(model: Path, tmp_path: Path) -> None:
    from cmrmap.training.refinement import Refinement, refine_model

    settings = Refinement(2, networks=("coarse", "fine"), held_out=0.5)
    refine_model([_case(1), _case(2)], model, tmp_path / "out", settings)
    card = json.loads((tmp_path / "out" / "model" / "model.json").read_text())
    assert card["name"] == "tiny-refined"
    assert card["refined_from"] == [{"name": "tiny", "weights_sha256": load_network(model).weights_sha256}]
    assert card["limits"] == ["tiny"]
    assert "measured" not in card
    assert card["commit"] == source_commit()
    assert card["refinement"]["training"] == "1 patients, 1 of native_t1 slices, 2 labelled images"
    refine_model([_case(1), _case(2)], tmp_path / "out" / "model", tmp_path / "again", settings)
    again = json.loads((tmp_path / "again" / "model" / "model.json").read_text())
    assert again["name"] == "tiny-refined"
    assert len(again["refined_from"]) == 2


def test_it_never_ends_worse_than_it_began(model: Path, tmp_path: Path) -> None:
    from cmrmap.training.refinement import Refinement, refine_model

    good = refine_model([_case(n) for n in range(4)], model, tmp_path / "good", Refinement(100, learning_rate=1e-2))
    spoiled = Refinement(4, learning_rate=1.0)
    (result,) = refine_model([_case(n) for n in range(4)], tmp_path / "good" / "model", tmp_path / "bad", spoiled)
    assert result.step == 0
    assert result.before == pytest.approx(good[0].after, abs=1e-4)
    assert result.after == pytest.approx(result.before, abs=1e-4)


def test_one_patient_leaves_nothing_to_measure_on(model: Path, tmp_path: Path) -> None:
    from cmrmap.training.refinement import Refinement, refine_model

    (result,) = refine_model([_case(1)], model, tmp_path / "out", Refinement(3))
    assert (result.step, result.before, result.after) == (3, None, None)


def test_a_killed_run_goes_on_where_it_stopped(model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from cmrmap.training import case_loop
    from cmrmap.training.case_loop import CaseTraining, train_on_cases
    from cmrmap.training.windows import WINDOWS, cut_windows

    windows = cut_windows([_case(1), _case(2)], WINDOWS["fine"])

    def run(folder: Path) -> dict[str, object]:
        network = StackUNet((4, 8))
        network.load_state_dict(start)
        settings = CaseTraining(6, images_per_step=6, validate_every=2)
        path = train_on_cases(network, WINDOWS["fine"], windows[:1], windows[1:], settings, folder, "x", checkpoint_s=0)
        return torch.load(path, weights_only=True)  # type: ignore[no-any-return]

    start = StackUNet((4, 8)).state_dict()
    whole = run(tmp_path / "whole")
    original, calls = case_loop._batch, []

    def killed(*arguments: object) -> object:
        calls.append(arguments[-1])
        if len(calls) == 4:
            raise KeyboardInterrupt
        return original(*arguments)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(case_loop, "_batch", killed)
        with pytest.raises(KeyboardInterrupt):
            run(tmp_path / "killed")
    assert calls == [0, 1, 2, 3]
    resumed = run(tmp_path / "killed")
    assert resumed["step"] == 6
    for key, value in whole["average"].items():  # type: ignore[attr-defined]
        assert torch.allclose(resumed["average"][key], value, atol=1e-6)  # type: ignore[index]


def test_a_folder_of_another_training_is_refused(model: Path, tmp_path: Path) -> None:
    from cmrmap.training.refinement import Refinement, refine_model

    refine_model([_case(1)], model, tmp_path / "out", Refinement(2))
    with pytest.raises(InputError, match="belongs to a training with other settings"):
        refine_model([_case(1)], model, tmp_path / "out", Refinement(3))
    with pytest.raises(InputError, match="belongs to a training with other settings"):
        refine_model([_case(2)], model, tmp_path / "out", Refinement(2))


def test_unknown_networks_are_refused() -> None:
    from cmrmap.training.refinement import Refinement

    with pytest.raises(InputError, match="expected one or both"):
        Refinement(networks=("middle",))
