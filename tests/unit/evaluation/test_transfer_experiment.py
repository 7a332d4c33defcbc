"""Experiments 1-6: which network draws what, and the table with the paper's figures beside."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from cmrmap.core.map_specs import MapKind
from cmrmap.phantom.generate import generate_study

pytestmark = pytest.mark.training


def _outcome(dice: float, shift: float = 0.0) -> object:
    from cmrmap.evaluation.transfer_experiment import Outcome

    pairs = tuple((value + shift, value) for value in (40.0, 45.0, 50.0))
    return Outcome((dice, dice), 20, 1, True, 5, 4, {"patient": pairs[:1], "slice": pairs, "segment": pairs})


def test_experiments_are_the_papers() -> None:
    from cmrmap.evaluation.transfer_experiment import EXPERIMENTS

    assert [experiment.network for experiment in EXPERIMENTS.values()] == ["N1", "N2", "N4", "N1", "N3", "N5"]
    assert [experiment.series for experiment in EXPERIMENTS.values()] == [MapKind.T2] * 3 + [
        MapKind.POSTCONTRAST_T1
    ] * 3


def test_summary_of_known_values() -> None:
    from cmrmap.evaluation.transfer_table import summarise

    found = summarise([_outcome(0.8, 1.0), replace(_outcome(0.9, 2.0), success=False, n_made=1)])  # type: ignore
    assert found.refinement_percent == pytest.approx(5.0)
    assert found.dice == pytest.approx(0.85)
    assert (found.patient_success_percent, found.slice_success_percent) == (50.0, 50.0)
    assert found.pairs == {"patient": 2, "slice": 6, "segment": 6}
    assert found.bias["slice"] == pytest.approx(1.5)
    assert found.sd["slice"] == pytest.approx(0.5477, abs=1e-4)
    assert found.pearson["slice"] == pytest.approx(0.9926, abs=1e-3)
    assert found.pearson["patient"] != found.pearson["patient"]  # two pairs do not determine it


def test_table_has_a_column_an_experiment_and_the_papers_figures() -> None:
    from cmrmap.evaluation.transfer_experiment import EXPERIMENTS
    from cmrmap.evaluation.transfer_table import PAPER, transfer_table

    outcome = _outcome(0.8)
    outcome = replace(outcome, values=dict.fromkeys(("patient", "slice", "segment"), outcome.values["slice"]))  # type: ignore
    table = transfer_table(dict.fromkeys(EXPERIMENTS, (outcome,)))  # type: ignore
    lines = table.splitlines()
    assert len(lines) == 2 + len(PAPER)
    assert {line.count("|") for line in lines} == {8}
    assert "| Exp 3: T2 by N4 |" in lines[0]
    assert lines[2].startswith("| refinement rate, % | 5.0 (2.6) | 5.0 (2.6) | 5.0 (4.1) |")
    assert "| .80 ± .00 (.87 ± .11) |" in lines[3]
    assert "nan" not in table


def test_with_the_true_masks_for_a_network_the_values_are_true_and_nothing_is_done_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cmrmap.core.outlines import SegmentationStack
    from cmrmap.core.stack import WeightedStack
    from cmrmap.evaluation import transfer_experiment as transfer
    from cmrmap.training.transfer_learning import NETWORKS, TransferSettings

    studies = []

    def generated(drawn: object) -> object:
        studies.append(generate_study(drawn))  # type: ignore[arg-type]
        return studies[-1]

    def true_masks(stacks: tuple[WeightedStack, ...], network: object) -> tuple[SegmentationStack, ...]:
        asked.append((stacks[0].kind, network))
        labels = studies[-1][stacks[0].kind].labels
        return (SegmentationStack(stacks[0].kind, labels, np.ones(labels.shape[:2])),)

    asked: list[tuple[MapKind, object]] = []
    few = {name: transfer.EXPERIMENTS[name] for name in ("Exp 2", "Exp 6")}
    monkeypatch.setattr(transfer, "EXPERIMENTS", few)
    monkeypatch.setattr(transfer, "generate_study", generated)
    monkeypatch.setattr(transfer, "segment", true_masks)
    monkeypatch.setattr(transfer, "train_networks", lambda settings, folder: {n: Path(f"{n}.pt") for n in NETWORKS})
    monkeypatch.setattr(transfer, "drawing_network", lambda path, model: path.stem)
    outcomes = transfer.run_transfer(TransferSettings(), tmp_path, tmp_path, 1)
    assert asked == [(MapKind.NATIVE_T1, "N1"), (MapKind.T2, "N2"), (MapKind.POSTCONTRAST_T1, "N5")]
    for name, limit in (("Exp 2", 3.0), ("Exp 6", 2.0)):
        (outcome,) = outcomes[name]
        assert set(outcome.dice) == {1.0}
        assert outcome.n_images == len(outcome.dice) == (45 if name == "Exp 2" else 55)
        assert outcome.n_refined <= outcome.n_images // 5
        assert outcome.success
        assert outcome.n_made >= 4
        ((measured, true),) = outcome.values["patient"]
        assert abs(measured - true) < limit
        assert len(outcome.values["slice"]) == outcome.n_made

    again = transfer.run_transfer(TransferSettings(), tmp_path, tmp_path, 1)
    assert len(studies) == 1
    assert again["Exp 6"][0].n_refined == outcomes["Exp 6"][0].n_refined
