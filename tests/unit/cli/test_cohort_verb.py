"""The verbs of the command line: what they print, and how they end."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cmrmap.cli.main import cli
from cmrmap.core.errors import InputError
from tests.unit.evaluation.conftest import make_cohort


def run(*arguments: object):
    return CliRunner().invoke(cli, [str(one) for one in arguments], catch_exceptions=True)


def test_evaluation_by_command_prints_the_aims_and_names_the_page(tmp_path: Path) -> None:
    make_cohort(tmp_path / "results").to_csv(tmp_path / "reader.csv", index=False)
    done = run(
        *("evaluate", "cohort", "-r", f"N1={tmp_path / 'results'}", "--reference", tmp_path / "reader.csv"),
        *("-o", tmp_path / "report", "--seed", 5),
    )
    assert done.exit_code == 0, done.output
    assert "SD per segment" in done.output
    assert (tmp_path / "report" / "evaluation.html").is_file()
    assert json.loads((tmp_path / "report" / "evaluation.json").read_text())["provenance"]["seed"] == 5


@pytest.mark.parametrize("option", ["-r", "--reference"])
def test_two_of_one_name_are_told(tmp_path: Path, option: str) -> None:
    make_cohort(tmp_path / "a" / "x", n=1).to_csv(tmp_path / "x.csv", index=False)
    given = {"-r": [tmp_path / "a" / "x"], "--reference": [tmp_path / "x.csv"]}
    given[option] *= 2
    words = [part for name, paths in given.items() for path in paths for part in (name, path)]
    done = run("evaluate", "cohort", *words, "-o", tmp_path / "report")
    assert isinstance(done.exception, InputError)
    assert "same name" in str(done.exception)


def test_reference_ranges_by_command(tmp_path: Path) -> None:
    for number in range(10):
        path = tmp_path / "results" / f"n{number}" / "results" / "results.json"
        path.parent.mkdir(parents=True)
        t2 = {"success": True, "model": "t2_3p", "patient": {"mean": 50.0 + number}, "slices": []}
        path.write_text(json.dumps({"maps": {"t2": t2}}))
    (tmp_path / "normals.txt").write_text("".join(f"n{number}\n" for number in range(10)))
    done = run(
        *("reference-ranges", "-i", tmp_path / "results", "-o", tmp_path / "ranges.json", "--site", "Site A"),
        *("--subjects", tmp_path / "normals.txt"),
    )
    assert done.exit_code == 0, done.output
    assert "54.5 ± 3.0" in done.output
    assert json.loads((tmp_path / "ranges.json").read_text())["maps"]["t2"]["patient"]["n"] == 10
    missing = run("reference-ranges", "-i", tmp_path, "-o", "x", "--site", "A", "--subjects", tmp_path / "none.txt")
    assert isinstance(missing.exception, InputError)
    assert "cannot be read" in str(missing.exception)


def test_acceptance_that_fails_says_so_by_its_exit_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from cmrmap.evaluation.acceptance import Check

    for passed, code in ((True, 0), (False, 1)):
        checks = (Check("exit code of the application", "0", "0", True), Check("t2: slices made", "5", "4", passed))
        monkeypatch.setattr("cmrmap.evaluation.acceptance.run_acceptance", lambda *_, checks=checks: checks)
        done = run("acceptance", "-o", tmp_path)
        assert done.exit_code == code
        assert ("passed" in done.output) == passed
