"""The one command line: it teaches, it passes on, and its errors are one line with their exit code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cmrmap.cli.main import ORDER, cli
from cmrmap.core.errors import InputError
from cmrmap.core.map_specs import MapKind
from cmrmap.core.version import VERSION
from tests.processes import ended

ROOT = Path(__file__).resolve().parents[3]


def _run(*arguments: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return ended([sys.executable, "-m", "cmrmap", *arguments], cwd=cwd)


@pytest.mark.parametrize(
    "verb", [(), ("phantom",), ("phantom", "study"), ("phantom", "flavours"), ("summary",), ("inspect",)]
)
def test_help_teaches(verb: tuple[str, ...]) -> None:
    found = CliRunner().invoke(cli, [*verb, "--help"])
    assert found.exit_code == 0
    assert "Usage:" in found.output


def test_version() -> None:
    found = _run("--version")
    assert (found.returncode, found.stdout.strip()) == (0, VERSION)


def test_the_verbs_are_listed_with_what_most_people_need_first() -> None:
    printed = CliRunner().invoke(cli, ["--help"]).output
    listed = [word for line in printed.splitlines() if (word := line[2:].partition(" ")[0]) in ORDER]
    assert listed == [name for name in ORDER if name in listed]
    assert {"run", "send", "evaluate", "phantom"} <= set(listed)


def test_help_and_version_import_nothing_heavy() -> None:
    """Half a second is what people wait for without noticing."""
    heavy = "{'numpy', 'scipy', 'torch', 'pydicom', 'pandas', 'dask', 'numba', 'skimage', 'monai', 'reportlab'}"
    for option in ("--help", "--version"):
        code = (
            f"import sys, contextlib; sys.argv = ['cmrmap', {option!r}]; from cmrmap.cli.main import cli\n"
            f"with contextlib.suppress(SystemExit): cli()\nassert not {heavy} & set(sys.modules), sys.modules.keys()"
        )
        done = ended([sys.executable, "-c", code])
        assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shells_are_taught_to_complete(shell: str) -> None:
    # which shell it is would be told by the process that started this one, and no test knows that
    environment = {**os.environ, "_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"}
    command = [sys.executable, "-m", "cmrmap", "--show-completion", shell]
    script = ended(command, env=environment)
    assert script.returncode == 0, script.stderr
    assert "_COMPLETE" in script.stdout


def test_an_error_is_one_line_and_its_exit_code(tmp_path: Path) -> None:
    found = _run("summary", str(tmp_path), str(tmp_path))
    assert found.returncode == 2
    assert found.stderr.startswith("cmrmap: ")
    assert len(found.stderr.splitlines()) == 1


def test_run_is_the_application(tmp_path: Path) -> None:
    found = _run("run", "-i", str(tmp_path / "none"), "-o", str(tmp_path / "out"))
    assert found.returncode == 2
    assert "input folder" in found.stderr
    assert (tmp_path / "out" / "results" / "status.json").is_file()


def test_run_help_is_the_applications() -> None:
    found = _run("run", "--help")
    assert found.returncode == 0
    assert found.stdout.startswith("usage: cmrmap run ")
    assert "--hematocrit" in found.stdout


def test_run_needs_no_application_beside_the_package_and_any_folder_will_do(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "note.txt").write_text("no image")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = ended([sys.executable, "-m", "cmrmap", "run", "-i", "in", "-o", "out"], cwd=tmp_path, env=environment)
    assert done.returncode == 3
    assert done.stderr.startswith("cmrmap: ")
    assert json.loads((tmp_path / "out" / "results" / "status.json").read_text())["exit_code"] == 3


def test_phantom_study_hands_on_its_options(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: dict[str, object] = {}

    def write_study(folder: Path, **options: object) -> Path:
        asked.update(options, folder=folder)
        (folder / "dicom").mkdir(parents=True)
        (folder / "dicom" / "IM1.dcm").touch()
        return folder

    monkeypatch.setattr("cmrmap.phantom.study_writer.write_study", write_study)
    options = [
        "--seed",
        "7",
        "--snr",
        "inf",
        "--disease",
        "focal",
        "--motion",
        "0",
        "--hematocrit-file",
        "--also",
        "t2",
        "--flavour",
        "ge",
        "--t1",
        "molli",
        "--efficiency",
        "0.94",
        "--off-resonance",
        "40",
        "--heart-rate",
        "85",
        "--scanner-maps",
    ]
    found = CliRunner().invoke(cli, ["phantom", "study", "-o", str(tmp_path / "s"), *options])
    assert found.exit_code == 0, found.output
    assert asked == {
        "folder": tmp_path / "s",
        "seed": 7,
        "snr": float("inf"),
        "disease": "focal",
        "motion": 0.0,
        "hematocrit_file": True,
        "flavour": "ge",
        "also": [MapKind.T2],
        "t1": "molli",
        "efficiency": 0.94,
        "off_resonance_hz": 40.0,
        "heart_rate_bpm": 85.0,
        "scanner_maps": True,
    }
    assert "1 images" in found.output


def test_summary_shows_maps_against_truth_and_files(tmp_path: Path) -> None:
    (tmp_path / "truth").mkdir()
    (tmp_path / "results").mkdir()
    (tmp_path / "1.2.3.dcm").write_bytes(b"0" * 2048)
    (tmp_path / "results" / "report.html").write_bytes(b"0" * 1_300_000)
    truth = {"t2": {"patient": {"mean": 50.0}}, "ecv": {"patient": {"mean": 26.0}}}
    maps = {
        "t2": {"status": "ok", "slices": [{"status": "ok"}] * 5, "patient": {"mean": 50.5, "sd": 2.0}},
        "ecv": {"status": "absent", "reason": "no hematocrit", "slices": [], "patient": None},
    }
    (tmp_path / "truth" / "truth.json").write_text(json.dumps({"maps": truth}))
    (tmp_path / "results" / "results.json").write_text(json.dumps({"maps": maps}))
    found = CliRunner().invoke(cli, ["summary", str(tmp_path), str(tmp_path)], env={"COLUMNS": "140"})
    assert found.exit_code == 0, found.output
    for words in ("5 of 5", "50.5 ± 2.0 ms", "50.0 ms", "+0.5 ms (+1.0 %)", "ecv: absent, no hematocrit"):
        assert words in found.output
    assert "1 DICOM objects" in found.output
    assert "2.0 kB" in found.output
    assert "1.3 MB" in found.output  # a million bytes, as the documents count


def test_summary_tells_an_error_of_the_model_from_one_of_the_analysis(tmp_path: Path) -> None:
    one = {"patient": {"mean": 1150.0}, "exact_fit": {"patient": {"mean": 1010.0}}}
    made = {"status": "ok", "slices": [{"status": "ok"}] * 5, "patient": {"mean": 1013.0, "sd": 30.0}}
    for folder, content in (("truth", one), ("results", made)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / f"{folder}.json").write_text(json.dumps({"maps": {"native_t1": content, "t2": made}}))
    found = CliRunner().invoke(cli, ["summary", str(tmp_path), str(tmp_path)], env={"COLUMNS": "160"})
    assert found.exit_code == 0, found.output
    line = next(line for line in found.output.splitlines() if "native_t1" in line)
    for words in ("1150 ms", "-137.0 ms (-11.9 %)", "1010 ms", "+3.0"):
        assert words in line
    assert "exact fit: of the model to simulated signals" in found.output


def test_summary_keeps_the_maps_names_whole_on_a_narrow_terminal(tmp_path: Path) -> None:
    one = {"patient": {"mean": 580.0}}
    made = {"status": "ok", "slices": [{"status": "ok"}] * 5, "patient": {"mean": 578.0, "sd": 13.0}}
    for folder, content in (("truth", one), ("results", made)):
        (tmp_path / folder).mkdir()
        document = json.dumps({"maps": {"postcontrast_t1": content}})
        (tmp_path / folder / f"{folder}.json").write_text(document)
    found = CliRunner().invoke(cli, ["summary", str(tmp_path), str(tmp_path)], env={"COLUMNS": "80"})
    assert found.exit_code == 0, found.output
    assert "postcontrast_t1" in found.output


def test_a_wrong_folder_to_watch_is_told_before_the_training_begins(tmp_path: Path) -> None:
    found = CliRunner().invoke(cli, ["train", "-o", str(tmp_path / "out"), "--watch", str(tmp_path)])
    assert isinstance(found.exception, InputError)
    assert "holds no subject folders with reference.npz" in str(found.exception)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("option", ["--share", "--held-out", "--learning-rate"])
@pytest.mark.parametrize("value", ["0", "-0.5", "1.5", "nan", "inf"])
def test_what_a_refinement_cannot_be_asked_for_is_refused_before_anything_is_read(option: str, value: str) -> None:
    done = CliRunner().invoke(cli, ["refine", "--data", ".", "-n", "A", "-o", "out", option, value])
    assert done.exit_code == 2
    assert option in done.output
