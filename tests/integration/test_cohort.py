"""The cohort runner gives what the application gives."""

import dataclasses
import json
import shutil
from pathlib import Path

import pytest

from app.settings import read_analysis_settings
from cmrmap.cohort.config import read_settings
from cmrmap.cohort.studies import StudyFolder
from cmrmap.cohort.task import StudyTask, run_task
from cmrmap.errors import SettingsError

ROOT = Path(__file__).resolve().parents[2]
MODEL = next((ROOT / "models").glob("*/model.json")).parent


@pytest.mark.slow
def test_results_are_those_of_the_application_byte_for_byte(demo_study, demo_run, tmp_path) -> None:
    folder = StudyFolder("demo", demo_study / "dicom", demo_study / "truth")
    task = StudyTask(folder, tmp_path / "out", MODEL, read_settings(ROOT / "app.yaml"), "network", "print")
    assert run_task(task).outcome == "ok"
    for name in ("results.json", "segments.csv"):
        own, applications = (out / "results" / name for out in (tmp_path / "out", demo_run.output))
        assert own.read_bytes() == applications.read_bytes(), name


def test_full_runs_the_application_itself(tmp_path) -> None:
    (tmp_path / "study").mkdir()
    (tmp_path / "study" / "notes.txt").write_text("no image")
    folder = StudyFolder("study", tmp_path / "study")
    task = StudyTask(folder, tmp_path / "out", MODEL, read_settings(ROOT / "app.yaml"), "network", "print", full=True)
    record = run_task(task)
    assert (record.outcome, record.exit_code) == ("nothing_to_do", 3)
    assert json.loads((tmp_path / "out" / "results" / "status.json").read_text())["exit_code"] == 3
    shutil.rmtree(tmp_path / "study")
    assert run_task(dataclasses.replace(task, output=tmp_path / "again")).exit_code == 2


def test_settings_are_read_as_the_application_reads_them(tmp_path: Path) -> None:
    assert read_settings(ROOT / "app.yaml") == read_analysis_settings(ROOT / "app.yaml")
    with pytest.raises(SettingsError, match="cannot be read"):
        read_settings(tmp_path / "none.yaml")
    for text, why in (
        ("a: [", "not valid YAML"),
        ("- a", "holds no sections"),
        ("analysis: {blod: 1}", "did you mean"),
    ):
        (tmp_path / "app.yaml").write_text(text)
        with pytest.raises(SettingsError, match=why):
            read_settings(tmp_path / "app.yaml")
