"""``cmrmap summary``: the maps of any study; beside the truth where one is given."""

import json

import pytest
from typer.testing import CliRunner

from cmrmap.cli.main import cli

PATIENT = {"mean": 51.81, "sd": 7.6, "n_pixels": 9, "uncertainty": 4.2}


@pytest.fixture
def results(tmp_path):
    maps = {
        "t2": {"status": "ok", "reason": None, "slices": [{"status": "ok"}, {"status": "refused"}], "patient": PATIENT},
        "ecv": {"status": "absent", "reason": "ECV needs native T1", "slices": []},
    }
    (tmp_path / "out" / "results").mkdir(parents=True)
    (tmp_path / "out" / "results" / "results.json").write_text(json.dumps({"maps": maps}), encoding="utf-8")
    return tmp_path / "out"


def _printed(*folders):
    return CliRunner().invoke(cli, ["summary", *map(str, folders)], env={"COLUMNS": "200"})


def test_any_study_has_a_summary_without_a_truth(results):
    found = _printed(results)
    assert found.exit_code == 0
    assert "51.8 ± 7.6 ms" in found.output
    assert "1 of 2" in found.output
    assert "ecv: absent, ECV needs native T1" in found.output
    assert "results/results.json" in found.output
    assert f"in {results}\n" in found.output  # where the files are, in one piece
    assert "truth" not in found.output


def test_a_mean_without_an_sd_is_given_none(results):
    path = results / "results" / "results.json"
    document = json.loads(path.read_text(encoding="utf-8"))
    document["maps"]["t2"]["patient"] = {"mean": 51.81, "sd": None}
    path.write_text(json.dumps(document), encoding="utf-8")
    assert "51.8 ms" in _printed(results).output


def test_errors_are_told_and_warnings_counted(results):
    assert "ERROR" not in _printed(results).output
    path = results / "results" / "results.json"
    document = json.loads(path.read_text(encoding="utf-8"))
    error = {"severity": "error", "map": "t2", "message": "wall T2…", "detail": "wall T2 500 ms: not possible"}
    document["quality"] = [error, *[{"severity": "warning", "map": None, "message": "m", "detail": ""}] * 2]
    path.write_text(json.dumps(document), encoding="utf-8")
    found = _printed(results)
    assert found.exit_code == 0
    assert "ERROR, do not use the map: t2: wall T2 500 ms: not possible" in found.output
    assert "2 warnings: see the report" in found.output


def test_a_phantom_stands_beside_its_truth(results, tmp_path):
    (tmp_path / "study" / "truth").mkdir(parents=True)
    truth = {"maps": {"t2": {"patient": {"mean": 50.0}}}}
    (tmp_path / "study" / "truth" / "truth.json").write_text(json.dumps(truth), encoding="utf-8")
    found = _printed(tmp_path / "study", results)
    assert found.exit_code == 0
    assert "50.0 ms" in found.output
    assert "+1.8 ms (+3.6 %)" in found.output


@pytest.mark.parametrize("n_folders", [0, 3])
def test_no_folder_or_too_many_are_refused(results, n_folders):
    assert _printed(*[results] * n_folders).exit_code != 0


def test_a_folder_without_results_is_told(tmp_path):
    found = _printed(tmp_path)
    assert found.exit_code != 0
