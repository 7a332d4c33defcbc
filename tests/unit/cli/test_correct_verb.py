"""``cmrmap correct``: writes a file to fill in, and says what of a study's corrections can be used."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cmrmap.cli.main import cli
from cmrmap.core.errors import InputError
from cmrmap.phantom.study_writer import write_study
from tests.sharing import made_once


@pytest.fixture
def folder(tmp_path_factory: pytest.TempPathFactory, tmp_path: Path) -> Path:
    made = made_once(tmp_path_factory, "demo", lambda one: write_study(one, hematocrit_file=True))
    series = next(path for path in sorted((made / "dicom").iterdir()) if "t2" in path.name)
    (tmp_path / "in").mkdir()
    for path in series.glob("*.dcm"):
        (tmp_path / "in" / path.name).symlink_to(path)
    return tmp_path / "in"


def test_a_file_is_written_filled_in_and_checked(folder: Path) -> None:
    run = CliRunner()
    done = run.invoke(cli, ["correct", str(folder), "--write"])
    assert (done.exit_code, done.output) == (0, "written: corrections.json in the input folder\n")
    path = folder / "corrections.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    assert [(one["map"], one["slice_index"]) for one in content["corrections"]] == [("t2", s) for s in range(5)]
    content["corrections"][1]["exclude_segments"] = [7]
    content["corrections"][2].update(exclude_slice=True, reason="ghosting")
    path.write_text(json.dumps(content), encoding="utf-8")
    done = run.invoke(cli, ["correct", str(folder)])
    assert done.exit_code == 0
    assert done.output.splitlines()[:3] == [
        "t2 slice 0: nothing is corrected",
        "t2 slice 1: segments left out: 7",
        "t2 slice 2: slice left out: ghosting",
    ]
    content["corrections"][4]["slice_index"] = 9
    path.write_text(json.dumps(content), encoding="utf-8")
    done = run.invoke(cli, ["correct", str(folder)])
    assert done.exit_code == 2
    assert "entry 5: t2 has no slice 9; its slices are 0 to 4" in done.output


def test_without_corrections_it_says_so(folder: Path) -> None:
    done = CliRunner().invoke(cli, ["correct", str(folder)])
    assert (done.exit_code, done.output) == (0, "nothing is corrected\n")


def test_the_schema_is_printed_without_a_study() -> None:
    done = CliRunner().invoke(cli, ["correct", "--schema"])
    assert json.loads(done.output)["title"] == "CMRmap corrections.json"


def test_help_shows_a_file() -> None:
    done = CliRunner().invoke(cli, ["correct", "--help"])
    assert '"exclude_images": [{"time_ms": 45}]},' in done.output


def test_a_folder_is_needed() -> None:
    done = CliRunner().invoke(cli, ["correct"])
    assert isinstance(done.exception, InputError)
    assert "no folder was named" in str(done.exception)
