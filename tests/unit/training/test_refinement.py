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
from cmrmap.training.datasets import TrainingCase, split_cases
from cmrmap.training.datasets.case import EVERY_CLASS, NO_CLASS

pytestmark = pytest.mark.training
SIZE = 48


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Networks look at 48 pixels of 2.5 mm, and a step has six images."""
    from cmrmap.training import refinement, windows
    from cmrmap.training.case_loop import CaseTraining
    from cmrmap.training.clear_borders import ClearBorders

    small = {name: replace(one, pixel_mm=2.5, size=SIZE, reach_mm=8.0) for name, one in windows.WINDOWS.items()}
    monkeypatch.setattr(refinement, "WINDOWS", small)
    monkeypatch.setattr(windows, "WINDOWS", small)
    monkeypatch.setattr(refinement, "CaseTraining", partial(CaseTraining, images_per_slice=(1, 3), warm_up=5))
    monkeypatch.setattr(refinement, "_IMAGES_PER_STEP", 6)
    # tiny networks from random weights draw no phantom: what the check of clear edges decides has tests of its own
    same = ClearBorders(1.0, 0.0, 0.0, 0.0)
    monkeypatch.setattr(refinement, "phantom_slices", tuple)
    monkeypatch.setattr(refinement, "measure_clear_borders", lambda network, slices: same)


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
    (result,) = refine_model(
        cases, model, tmp_path / "out", Refinement("R", 100, learning_rate=1e-2, share=1.0)
    ).networks
    logged = _log(tmp_path / "out")
    assert logged[-1]["held_out_loss"] < 0.6 * logged[0]["held_out_loss"]
    assert result.after > result.before + 0.2
    assert result.after == pytest.approx(max(entry.get("held_out_wall_dice", 0.0) for entry in logged), abs=2e-3)
    refined = load_network(tmp_path / "out" / "model")
    assert segment_images(cases[0].images, 1.25, refined).shape == cases[0].images.shape
    start = load_network(model)
    for key, value in start.coarse.state_dict().items():
        assert torch.equal(refined.coarse.state_dict()[key], value)


def test_half_of_what_was_learned_is_stored(model: Path, tmp_path: Path) -> None:
    from cmrmap.training.refinement import Refinement, refine_model

    cases = [_case(number) for number in range(5)]
    settings = Refinement("R", 60, learning_rate=1e-2, share=1.0)
    assert not refine_model(cases, model, tmp_path / "all", settings).refused
    first = tmp_path / "all" / "model"  # a start that is no random network
    more = replace(settings, steps=40, seed=3, learning_rate=2e-3, share=0.25)
    outcome = refine_model(cases, first, tmp_path / "quarter", more)
    began, learned = load_network(first).fine.state_dict(), _best(tmp_path / "quarter")
    expected = {key: (0.75 * began[key] + 0.25 * learned[key]).half().float() for key in began}
    if not outcome.refused:
        stored = load_network(tmp_path / "quarter" / "model").fine.state_dict()
        assert all(torch.allclose(stored[key], expected[key], rtol=1e-3, atol=1e-6) for key in began)
    assert outcome.networks[0].after == pytest.approx(_wall_dice(first, expected, cases, 3), abs=5e-3)
    for wrong in (0.0, -0.5, 1.5, float("nan")):
        with pytest.raises(InputError, match="share is"):
            Refinement("R", share=wrong)


def _best(folder: Path) -> dict[str, torch.Tensor]:
    weights = torch.load(folder / "fine.pt", map_location="cpu", weights_only=True)["best"]["weights"]
    return {key: value.float() for key, value in weights.items()}


def _wall_dice(model: Path, weights: dict[str, torch.Tensor], cases: list[TrainingCase], seed: int) -> float:
    from cmrmap.training.score import score
    from cmrmap.training.windows import WINDOWS, cut_windows

    aside = cut_windows(split_cases(cases, 0.2, seed)[1], WINDOWS["fine"])
    return score(load_network(model).fine, weights, WINDOWS["fine"], aside).wall_dice


def test_the_card_says_where_the_weights_come_from(model: Path, tmp_path: Path) -> None:
    from cmrmap.training.refinement import Refinement, refine_model

    settings = Refinement("Reader B", 20, learning_rate=1e-2, networks=("coarse", "fine"), held_out=0.5, share=1.0)
    cases = [_case(number) for number in (1, 2, 3)]
    refine_model(cases, model, tmp_path / "out", settings)
    card = json.loads((tmp_path / "out" / "model" / "model.json").read_text())
    assert card["name"] == "tiny-refined"
    assert card["refined_from"] == [{"name": "tiny", "weights_sha256": load_network(model).weights_sha256}]
    assert card["limits"] == ["tiny"]
    assert "measured" not in card
    assert card["commit"] == source_commit()
    assert card["refinement"]["training"] == "1 patients, 1 of native_t1 slices, 2 labelled images"
    assert card["convention"] == "Reader B"
    assert load_network(tmp_path / "out" / "model").convention == "Reader B"
    other = replace(settings, convention="Reader C", steps=60)
    assert not refine_model(cases, tmp_path / "out" / "model", tmp_path / "again", other).refused
    again = json.loads((tmp_path / "again" / "model" / "model.json").read_text())
    assert again["name"] == "tiny-refined"
    assert again["convention"] == "Reader C"
    assert [one.get("convention") for one in again["refined_from"]] == [None, "Reader B"]


def test_what_is_drawn_no_better_is_not_written(model: Path, tmp_path: Path) -> None:
    from cmrmap.training.refinement import Refinement, refine_model

    cases = [_case(n) for n in range(4)]
    good = refine_model(cases, model, tmp_path / "good", Refinement("R", 100, learning_rate=1e-2, share=1.0))
    assert not good.refused
    spoiled = refine_model(
        cases, tmp_path / "good" / "model", tmp_path / "bad", Refinement("R", 4, learning_rate=1.0, share=1.0)
    )
    assert spoiled.networks[0].step == 0
    assert spoiled.networks[0].before == pytest.approx(good.networks[0].after, abs=1e-6)
    assert "held-out images are not segmented better" in spoiled.refused
    assert spoiled.borders is None
    assert not (tmp_path / "bad" / "model").exists()


def test_what_draws_clear_edges_worse_is_not_written(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cmrmap.training import refinement
    from cmrmap.training.clear_borders import ClearBorders

    measured = iter([ClearBorders(1.0, 0.0, 0.0, 0.01), ClearBorders(1.0, 0.0, 0.0, 0.05)])
    monkeypatch.setattr(refinement, "measure_clear_borders", lambda network, slices: next(measured))
    settings = refinement.Refinement("R", 40, learning_rate=1e-2, share=1.0)
    outcome = refinement.refine_model([_case(n) for n in range(3)], model, tmp_path / "out", settings)
    assert outcome.networks[0].after > outcome.networks[0].before
    assert "5.0% of the borders" in outcome.refused
    assert not (tmp_path / "out" / "model").exists()


def test_the_stored_weights_are_those_that_were_measured(model: Path, tmp_path: Path) -> None:
    from cmrmap.training.refinement import Refinement, refine_model
    from cmrmap.training.score import score
    from cmrmap.training.windows import WINDOWS, cut_windows

    cases = [_case(n) for n in range(5)]
    outcome = refine_model(
        cases, model, tmp_path / "out", Refinement("R", 60, learning_rate=1e-2, held_out=0.4, share=1.0)
    )
    refined = load_network(tmp_path / "out" / "model")
    start = load_network(model)
    half = (tmp_path / "out" / "model" / "weights.safetensors").stat().st_size
    whole = (model / "weights.safetensors").stat().st_size
    n_coarse = sum(value.numel() for value in start.coarse.state_dict().values())
    assert half - 4 * n_coarse < 0.6 * (whole - 4 * n_coarse)
    card = json.loads((tmp_path / "out" / "model" / "model.json").read_text())
    patients = 2
    assert card["refinement"]["held_out"].startswith(f"{patients} patients")
    aside = [c for c in cases if c not in refine_training(cases)]
    found = score(refined.fine, refined.fine.state_dict(), WINDOWS["fine"], cut_windows(aside, WINDOWS["fine"]))
    assert outcome.networks[0].after == pytest.approx(found.wall_dice, abs=1e-6)


def refine_training(cases: list[TrainingCase]) -> tuple[TrainingCase, ...]:
    return split_cases(cases, 0.4, 0)[0]


def test_a_training_that_gains_no_more_ends(model: Path, tmp_path: Path) -> None:
    from cmrmap.training.case_loop import CaseTraining, train_on_cases
    from cmrmap.training.windows import WINDOWS, cut_windows

    windows = cut_windows([_case(1), _case(2)], WINDOWS["fine"])
    settings = CaseTraining(50, learning_rate=1.0, images_per_step=3, validate_every=2, patience=2)
    arguments = (WINDOWS["fine"], windows[:1], windows[1:], settings, tmp_path, "x")
    torch.manual_seed(0)
    network = StackUNet((4, 8))
    start = {name: value.clone() for name, value in network.state_dict().items()}
    state = torch.load(train_on_cases(network, *arguments), weights_only=True)
    assert state["step"] == state["best"]["step"] + 4 < 50
    network.load_state_dict(start)
    again = torch.load(train_on_cases(network, *arguments), weights_only=True)  # ended, so it does not go on
    assert again["step"] == state["step"]


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

    cases = [_case(1), _case(2), _case(3)]
    refine_model(cases, model, tmp_path / "out", Refinement("R", 2, share=1.0))
    with pytest.raises(InputError, match="belongs to a training with other settings"):
        refine_model(cases, model, tmp_path / "out", Refinement("R", 3, share=1.0))
    for number in range(3):  # whether it is learned from or held out
        other = [*cases[:number], _case(5), *cases[number + 1 :]]
        with pytest.raises(InputError, match="belongs to a training with other settings"):
            refine_model(other, model, tmp_path / "out", Refinement("R", 2, share=1.0))


def test_unknown_networks_are_refused() -> None:
    from cmrmap.training.refinement import Refinement

    with pytest.raises(InputError, match="expected one or both"):
        Refinement("R", networks=("middle",))
