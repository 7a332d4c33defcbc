"""Networks N1-N5: which patients, which starting weights; nothing is trained twice."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from cmrmap.core.errors import InputError
from cmrmap.core.map_specs import MapKind

pytestmark = pytest.mark.training


def test_training_sets_are_the_papers_in_whole_patients() -> None:
    from cmrmap.training.transfer_learning import IMAGES_PER_PATIENT, NETWORKS, TransferSettings

    whole = TransferSettings()
    for plan in NETWORKS.values():
        assert whole.n_patients(plan) * IMAGES_PER_PATIENT[plan.kind] == plan.n_images
    assert [TransferSettings(fraction=0.001).n_patients(plan) for plan in NETWORKS.values()] == [1] * 5


@pytest.mark.parametrize("changes", [{"fraction": 0.0}, {"fraction": 1.5}, {"seed": -1}])
def test_impossible_settings_are_refused(changes: dict[str, float]) -> None:
    from cmrmap.training.transfer_learning import TransferSettings

    with pytest.raises(InputError, match="expected"):
        TransferSettings(**changes)  # type: ignore[arg-type]


def test_patients_of_training_and_evaluation_differ() -> None:
    from cmrmap.training.transfer_learning import NETWORKS, TransferSettings, held_out_patients, training_cases

    settings = TransferSettings(fraction=0.001)
    native, t2 = (training_cases(NETWORKS[name], settings) for name in ("N1", "N2"))
    tested = {f"phantom {one.seed}" for one in held_out_patients(3, settings)}
    groups = [{case.patient for case in native}, {case.patient for case in t2}, tested]
    assert [len(group) for group in groups] == [1, 1, 3]
    assert len(set.union(*groups)) == 5
    assert {case.kind for case in t2} == {MapKind.T2}
    post = {case.patient for case in training_cases(NETWORKS["N3"], settings)}
    assert post == groups[1]  # T2 and post-contrast T1 come from the same patients, as in the paper


def test_each_network_starts_where_the_paper_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from cmrmap.training import transfer_learning as transfer

    started: dict[str, torch.Tensor] = {}
    rates: dict[str, float] = {}

    def trained(network: torch.nn.Module, *arguments: object) -> Path:
        settings, folder, name = arguments[3], arguments[4], arguments[5]
        state = network.state_dict()
        started[name] = torch.cat([value.flatten() for value in state.values()])  # type: ignore[index]
        rates[name] = settings.learning_rate  # type: ignore[attr-defined, index]
        moved = {key: value + 1.0 for key, value in state.items()}
        path = folder / f"{name}.pt"  # type: ignore[operator]
        path.parent.mkdir(parents=True, exist_ok=True)
        torch.save({"average": moved, "step": settings.steps}, path)  # type: ignore[attr-defined]
        return path

    monkeypatch.setattr(transfer, "train_on_cases", trained)
    monkeypatch.setattr(transfer, "training_cases", lambda plan, settings: ())
    settings = transfer.TransferSettings(native_steps=5, other_steps=3)
    checkpoints = transfer.train_networks(settings, tmp_path)
    assert list(checkpoints) == list(started) == ["N1", "N2", "N3", "N4", "N5"]
    for refined in ("N2", "N3"):
        assert torch.equal(started[refined], started["N1"] + 1.0)
    for random in ("N4", "N5"):
        assert torch.equal(started[random], started["N1"])
    assert rates["N2"] < rates["N4"]
    started.clear()
    (tmp_path / "N3.pt").unlink()
    assert transfer.train_networks(settings, tmp_path) == checkpoints
    assert list(started) == ["N3"]  # what is there is not trained again
    transfer.train_networks(replace(settings, other_steps=4), tmp_path)
    assert set(started) == {"N2", "N3", "N4", "N5"}
