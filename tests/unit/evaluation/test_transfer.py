"""Experiments 1-6: which network draws what, and the table with the paper's figures beside."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from cmrmap.types import MapKind

pytestmark = pytest.mark.training
ROOT = Path(__file__).resolve().parents[3]


def _outcome(dice: float, shift: float = 0.0) -> object:
    from cmrmap.evaluation.transfer import Outcome

    pairs = tuple((value + shift, value) for value in (40.0, 45.0, 50.0))
    return Outcome((dice, dice), 20, 1, True, 5, 4, {"patient": pairs[:1], "slice": pairs, "segment": pairs})


def test_experiments_are_the_papers() -> None:
    from cmrmap.evaluation.transfer import EXPERIMENTS

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
    from cmrmap.evaluation.transfer import EXPERIMENTS
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


@pytest.mark.slow
def test_the_whole_of_it_on_a_little_resumes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from cmrmap.evaluation import transfer
    from cmrmap.evaluation.transfer_table import transfer_table
    from cmrmap.training.transfer import TransferSettings

    model = next(iter(sorted((ROOT / "models").glob("*/model.json")))).parent
    settings = TransferSettings(fraction=0.001, native_steps=2, other_steps=1)
    outcomes = transfer.run_transfer(settings, tmp_path, model, 1)
    assert set(outcomes) == set(transfer.EXPERIMENTS)
    for name, (outcome,) in outcomes.items():
        assert outcome.n_images == (45 if transfer.EXPERIMENTS[name].kind is MapKind.T2 else 55)
        assert len(outcome.dice) == outcome.n_images
    assert "Exp 6" in transfer_table(outcomes)

    def never(study: object, networks: Mapping[str, object]) -> None:
        raise AssertionError("a patient that is there was evaluated again")

    monkeypatch.setattr(transfer, "evaluate_patient", never)
    again = transfer.run_transfer(settings, tmp_path, model, 1)
    assert again["Exp 1"][0].n_refined == outcomes["Exp 1"][0].n_refined
