"""The loop: the loss falls, a killed training goes on where it stopped, the export is a loadable model."""

import json
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from cmrmap.core.errors import InputError
from cmrmap.run.software import source_commit
from cmrmap.segmentation import load_network
from cmrmap.training import loop
from cmrmap.training.export import averaged_weights, export, network_of
from cmrmap.training.loop import TrainingSettings, learning_rate, train
from cmrmap.training.loss import segmentation_loss
from cmrmap.training.synthetic import SyntheticSlice, View


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    view = View(pixel_mm=3.0, size=32, offset_mm=3.0, oversample=1)
    monkeypatch.setattr(loop, "VIEWS", {"coarse": view, "fine": view})
    monkeypatch.setattr(loop, "WIDTHS", {"coarse": (4, 8), "fine": (4, 8)})
    monkeypatch.setattr("cmrmap.training.export.WIDTHS", {"coarse": (4, 8), "fine": (4, 8)})


def test_resume_gives_the_step_reached_and_goes_on(tmp_path: Path) -> None:
    train(TrainingSettings("coarse", 3), tmp_path)
    path = train(TrainingSettings("coarse", 5), tmp_path)
    assert torch.load(path, weights_only=True)["step"] == 5
    logged = [json.loads(line) for line in (tmp_path / "coarse.log.jsonl").read_text().splitlines()]
    assert [entry["step"] for entry in logged] == [3, 5]


def test_the_average_is_the_exponential_one_and_goes_on_from_a_checkpoint() -> None:
    torch.manual_seed(0)
    network = loop.StackUNet((4, 8))
    decay = 0.5
    ours = {name: value.detach().clone() for name, value in network.state_dict().items()}
    average = loop.averaged(network, decay)
    for step in range(14):  # (step + 1) / (step + 10) passes the decay at step 8
        if step == 6:  # as a resumed training does: the average comes from a file, under the names of the network
            kept = {name: value.clone() for name, value in average.module.state_dict().items()}
            average = loop.averaged(network, decay, step)
            average.module.load_state_dict(kept)
        with torch.no_grad():
            for value in network.state_dict().values():
                value.add_(torch.randn_like(value))
        average.update_parameters(network)
        for name, value in network.state_dict().items():
            ours[name].lerp_(value, 1 - min(decay, (step + 1) / (step + 10)))
    assert set(average.module.state_dict()) == set(ours)
    for name, value in average.module.state_dict().items():
        torch.testing.assert_close(value, ours[name], rtol=0, atol=0)


def test_what_is_watched_goes_into_the_log(tmp_path: Path) -> None:
    def watch(weights: Mapping[str, torch.Tensor]) -> dict[str, float]:
        assert set(weights) == set(loop.StackUNet((4, 8), heart_head=True).state_dict())
        return {"one": 0.51234567}

    train(TrainingSettings("fine", 3), tmp_path, watch=watch, watch_s=0.0)
    logged = [json.loads(line) for line in (tmp_path / "fine.log.jsonl").read_text().splitlines()]
    watched = [entry for entry in logged if "watched" in entry]
    assert watched == [{"step": step, "watched": {"one": 0.5123}} for step in (1, 2, 3)]


def test_weights_in_training_make_a_network_that_draws(tmp_path: Path) -> None:
    for part in ("coarse", "fine"):
        train(TrainingSettings(part, 1), tmp_path)
    network = network_of(*(averaged_weights(tmp_path, part) for part in ("coarse", "fine")))
    assert not network.fine.training
    with pytest.raises(InputError, match=r"fine\.pt does not exist; train the fine network first"):
        averaged_weights(tmp_path / "elsewhere", "fine")


def test_loss_falls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "_WARM_UP_STEPS", 5)
    path = train(TrainingSettings("fine", 80, learning_rate=1e-2, without_heart_share=0.0), tmp_path)
    assert path.exists()
    trained = torch.load(path, weights_only=True)["network"]
    batch = loop._Batches(TrainingSettings("fine", 1, seed=9, without_heart_share=0.0))[0]
    losses = []
    for state in (None, trained):
        torch.manual_seed(0)
        network = loop.StackUNet((4, 8), heart_head=True)
        if state is not None:
            network.load_state_dict(state)
        with torch.inference_mode():
            losses.append(float(segmentation_loss(network.eval()(batch[0]), batch[1])))
    assert losses[1] < 0.9 * losses[0]  # 0.7 to 0.85, by the precision that the processor has


def test_it_learns_to_tell_a_heart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "_WARM_UP_STEPS", 5)
    monkeypatch.setattr(loop, "draw_slice_without_heart", _noise)
    settings = TrainingSettings("fine", 60, learning_rate=1e-2, without_heart_share=0.5)
    trained = torch.load(train(settings, tmp_path), weights_only=True)["average"]
    network = loop.StackUNet((4, 8), heart_head=True)
    network.load_state_dict(trained)
    images, _, _, heart = (
        torch.cat(parts) for parts in zip(*(_one_by_one(step, seed=9) for step in range(40)), strict=True)
    )
    with torch.inference_mode():
        _, log_odds = network.eval().with_heart(images)
    assert log_odds is not None
    difference = log_odds[heart == 1][:, None] - log_odds[heart == 0][None]
    assert float((difference > 0).float().mean()) > 0.9  # area under the curve


def _one_by_one(step: int, seed: int) -> tuple[torch.Tensor, ...]:
    """Return a batch as slices of its first image alone, so that batches can be put together."""
    images, labels, known, heart = loop._Batches(TrainingSettings("fine", 100, seed=seed, without_heart_share=0.5))[
        step
    ]
    return images[:, :1], labels[:, :1], known, heart


def _noise(rng: np.random.Generator, view: View, n_images: int) -> SyntheticSlice:
    image = torch.from_numpy(rng.standard_normal((n_images, view.size, view.size), dtype=np.float32))
    nothing = torch.zeros_like(image).long()
    return SyntheticSlice(image, nothing, "none", torch.ones(4, dtype=torch.bool), heart=False)


def test_weights_without_a_head_are_a_start(tmp_path: Path) -> None:
    torch.manual_seed(3)
    start = loop.StackUNet((4, 8)).state_dict()
    path = train(TrainingSettings("fine", 1, learning_rate=1e-9), tmp_path, start=start)
    reached = torch.load(path, weights_only=True)["network"]
    assert all(torch.allclose(reached[name], value, atol=1e-6) for name, value in start.items())
    assert any(name.startswith("heart.") for name in reached)


def test_the_outlines_of_another_model_are_kept_and_a_heart_is_told_beside_them(tmp_path: Path) -> None:
    for part in ("coarse", "fine"):
        train(TrainingSettings(part, 1), tmp_path / "first")
    export(tmp_path / "first", tmp_path / "first" / "model", {"name": "m", "version": "1"})
    kept = load_network(tmp_path / "first" / "model")
    for part in ("coarse", "fine"):
        train(TrainingSettings(part, 2, seed=5), tmp_path / "second")
    head = TrainingSettings("fine", 2, seed=6, heart_only=True)
    trained = averaged_weights(tmp_path / "second", "fine")
    train(head, tmp_path / "second" / "heart", start=trained)
    export(tmp_path / "second", tmp_path / "joined", {"name": "j", "version": "2"}, outlines=kept)
    joined = load_network(tmp_path / "joined")
    images = torch.randn(1, 3, 32, 32)
    alone = network_of(
        *(averaged_weights(tmp_path / "second", "coarse"), averaged_weights(tmp_path / "second" / "heart", "fine"))
    )
    with torch.inference_mode():
        assert torch.equal(joined.fine(images), kept.fine(images))
        assert torch.equal(joined.coarse(images), kept.coarse(images))
        assert torch.equal(joined.fine.heart_log_odds(images), alone.fine.heart_log_odds(images))
        assert not torch.equal(joined.fine(images), alone.fine(images))
    card = json.loads((tmp_path / "joined" / "model.json").read_text())
    assert card["outlines"]["sha256"] == kept.weights_sha256
    assert card["networks"]["fine"]["training"]["heart_only"]


def test_the_head_alone_leaves_the_outlines_as_they_are(tmp_path: Path) -> None:
    torch.manual_seed(4)
    start = loop.StackUNet((4, 8)).state_dict()
    path = train(TrainingSettings("fine", 3, learning_rate=1e-2, heart_only=True), tmp_path, start=start)
    reached = torch.load(path, weights_only=True)["average"]
    assert all(torch.equal(reached[name], value) for name, value in start.items())
    fresh = torch.load(train(TrainingSettings("fine", 1, learning_rate=1e-9), tmp_path / "b"), weights_only=True)
    assert set(fresh["average"]) == set(reached)
    with pytest.raises(InputError, match="expected 'fine', which has the head"):
        TrainingSettings("coarse", 3, heart_only=True)


def test_perfect_logits_have_almost_no_loss() -> None:
    labels = torch.randint(0, 4, (2, 3, 8, 8))
    logits = torch.nn.functional.one_hot(labels, 4).movedim(-1, 2) * 40.0
    assert float(segmentation_loss(logits, labels)) < 1e-3


def test_learning_rate_warms_up_and_ends_near_zero() -> None:
    settings = TrainingSettings("fine", 1000)
    rates = [learning_rate(settings, step) for step in (0, 300, 700, 999)]
    assert rates[0] < 0.01 * settings.learning_rate
    assert rates[1] == rates[2] == settings.learning_rate
    assert rates[3] < 0.01 * settings.learning_rate


def test_unknown_network_is_refused() -> None:
    with pytest.raises(InputError, match="expected one of"):
        TrainingSettings("middle", 10)


def test_export_needs_both_networks_and_can_be_loaded(tmp_path: Path) -> None:
    train(TrainingSettings("coarse", 1), tmp_path)
    with pytest.raises(InputError, match="train the fine network first"):
        export(tmp_path, tmp_path / "model", {"name": "m", "version": "1"})
    train(TrainingSettings("fine", 1), tmp_path)
    export(tmp_path, tmp_path / "model", {"name": "m", "version": "1"})
    assert load_network(tmp_path / "model").name == "m"
    for network in json.loads((tmp_path / "model" / "model.json").read_text())["networks"].values():
        assert (network["steps_done"], network["training"]["seed"]) == (1, TrainingSettings("fine", 1).seed)
        assert network["commit"] == source_commit()


def test_real_anatomy_takes_its_share(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[object] = []

    def _cine(rng: object, view: View, n: int, scene: object, *, heart: bool = True) -> SyntheticSlice:
        drawn.append(scene if heart else "beside")
        return _nothing(n)

    monkeypatch.setattr(loop, "draw_cine_slice", _cine)
    monkeypatch.setattr(loop, "draw_slice", lambda rng, view, n: drawn.append("synthetic") or _nothing(n))
    monkeypatch.setattr(
        loop, "draw_slice_without_heart", lambda rng, view, n: drawn.append("none") or _nothing(n, heart=False)
    )
    scenes = [SimpleNamespace(wall_known=True), SimpleNamespace(wall_known=False)]
    for step in range(60):
        loop._Batches(TrainingSettings("fine", 60, cine_share=0.5), scenes)[step]  # type: ignore[arg-type]
    without = drawn.count("none") + drawn.count("beside")
    assert 0.1 < without / len(drawn) < 0.2
    assert drawn.count("none") > drawn.count("beside") > 0
    share = (drawn.count(scenes[0]) + drawn.count(scenes[1])) / (len(drawn) - without)
    assert 0.4 < share < 0.6
    assert drawn.count(scenes[0]) > 2 * drawn.count(scenes[1])  # walls that an expert outlined come more often


def _nothing(n_images: int, heart: bool = True) -> SyntheticSlice:
    image = torch.zeros(n_images, 4, 4)
    return SyntheticSlice(image, image.long(), "none", torch.ones(4, dtype=torch.bool), heart)
