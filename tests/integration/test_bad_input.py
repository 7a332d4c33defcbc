"""Each bad input: its exit code, one clear line, a status file, and nothing lost that could be used."""

import json
import os
import shutil
from pathlib import Path

import pydicom
import pytest

ROOT = Path(__file__).resolve().parents[2]


def _native(demo_study: Path, folder: Path, n_slices: int = 5) -> Path:
    """Copy the native T1 series, or its first slices: enough to run, and quicker than all three."""
    folder.mkdir()
    for path in sorted((demo_study / "dicom" / "stone_native_t1").glob("*.dcm"))[: 11 * n_slices]:
        shutil.copy(path, folder)
    return folder


def _one_line(run) -> str:
    lines = [line for line in run.stderr.splitlines() if line.startswith("cmrmap:")]
    assert len(lines) == 1, run.stderr
    assert "Traceback" not in run.stderr
    return lines[0]


def test_input_path_missing(run_app, tmp_path) -> None:
    run = run_app(tmp_path / "none", tmp_path / "out")
    assert run.exit_code == 2
    assert "does not exist" in _one_line(run)
    assert run.json("status.json")["outcome"] == "error"


def test_a_file_instead_of_a_folder(run_app, tmp_path) -> None:
    (tmp_path / "file.dcm").write_bytes(b"x")
    run = run_app(tmp_path / "file.dcm", tmp_path / "out")
    assert run.exit_code == 2
    assert "is a file" in _one_line(run)
    assert run.json("status.json")["exit_code"] == 2


def test_empty_folder(run_app, tmp_path) -> None:
    (tmp_path / "in").mkdir()
    run = run_app(tmp_path / "in", tmp_path / "out")
    assert run.exit_code == 3
    assert "holds no files" in _one_line(run)
    assert run.json("results.json")["series"] == []
    assert run.json("status.json")["outcome"] == "nothing_to_do"


def test_no_dicom_in_it(run_app, tmp_path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "note.txt").write_text("no image here")
    run = run_app(tmp_path / "in", tmp_path / "out")
    assert run.exit_code == 3
    assert "DICOM" in _one_line(run)
    assert run.json("status.json")["outcome"] == "nothing_to_do"


def test_dicom_without_a_mapping_series(run_app, tmp_path, demo_study) -> None:
    (tmp_path / "in").mkdir()
    for path in sorted((demo_study / "dicom" / "stone_native_t1").glob("*.dcm"))[::11]:  # one image a slice
        dataset = pydicom.dcmread(path)
        dataset.SeriesDescription = dataset.ProtocolName = "cine SAX"
        dataset.save_as(tmp_path / "in" / path.name)
    run = run_app(tmp_path / "in", tmp_path / "out")
    assert run.exit_code == 3
    assert "mapping series" in _one_line(run)
    results = run.json("results.json")
    assert {one["status"] for one in results["maps"].values()} == {"absent"}
    (row,) = results["series"]
    assert (row["verdict"], row["map"], row["n_slices"], row["n_images"], row["n_used"]) == (
        "no_mapping",
        None,
        5,
        5,
        0,
    )


def test_two_patients_in_one_folder(run_app, tmp_path, demo_study) -> None:
    folder = _native(demo_study, tmp_path / "in", 1)
    other = pydicom.dcmread(next(folder.glob("*.dcm")))
    other.PatientID, other.PatientName = "SECRET-7", "Secret^Name"
    other.SOPInstanceUID = other.file_meta.MediaStorageSOPInstanceUID = "2.25.7"
    other.save_as(folder / "other.dcm")
    run = run_app(folder, tmp_path / "out")
    assert run.exit_code == 4
    line = _one_line(run)
    assert "2 patients" in line
    status = (tmp_path / "out" / "results" / "status.json").read_text()
    assert json.loads(status)["outcome"] == "refused"
    results = (tmp_path / "out" / "results" / "results.json").read_text()
    assert json.loads(results)["series"] == []
    assert "secret" not in (line + status + results).lower()


def test_models_folder_missing(run_app, tmp_path, demo_study) -> None:
    run = run_app(demo_study / "dicom", tmp_path / "out", "-m", str(tmp_path / "models"))
    assert run.exit_code == 2
    assert "models folder" in _one_line(run)
    assert run.json("status.json")["exit_code"] == 2


def test_weights_with_a_wrong_checksum(run_app, tmp_path, demo_study) -> None:
    models = tmp_path / "models"
    shutil.copytree(ROOT / "models", models)
    weights = next(models.rglob("*.safetensors"))
    content = bytearray(weights.read_bytes())
    content[-5] ^= 1
    weights.write_bytes(content)
    run = run_app(demo_study / "dicom", tmp_path / "out", "-m", str(models))
    assert run.exit_code == 2
    assert "checksum" in _one_line(run)
    assert not list((tmp_path / "out").glob("*.dcm"))


def test_output_not_writable(run_app, tmp_path, demo_study) -> None:
    (tmp_path / "out").write_text("a file where the folder should be")
    run = run_app(demo_study / "dicom", tmp_path / "out")
    assert run.exit_code == 2
    assert "cannot be written" in _one_line(run)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_output_without_permission(run_app, tmp_path, demo_study) -> None:
    (tmp_path / "out").mkdir(mode=0o555)
    run = run_app(demo_study / "dicom", tmp_path / "out")
    assert run.exit_code == 2
    assert "cannot be written" in _one_line(run)


def test_strays_are_counted_and_a_truncated_file_is_lost_alone(run_app, tmp_path, demo_study) -> None:
    folder = _native(demo_study, tmp_path / "in")
    (folder / "notes.txt").write_text("stray text")
    (folder / "DICOMDIR").write_bytes(b"\0" * 128 + b"DICM" + b"\0" * 64)
    (folder / "task.json").write_text("{}")
    cut = sorted(folder.glob("*.dcm"))[4]
    uid = pydicom.dcmread(cut, stop_before_pixels=True).SOPInstanceUID
    cut.write_bytes(cut.read_bytes()[:-40_000])
    run = run_app(folder, tmp_path / "out")
    assert run.exit_code == 0, run.stderr
    results = run.json("results.json")
    assert results["input"]["n_files"] == 58
    assert results["input"]["n_used"] == 54
    assert sum(results["input"]["skipped"].values()) == 4
    assert run.json("status.json")["skipped_files"] == 4
    lost = [flag for flag in results["quality"] if flag["code"] == "image_lost"]
    assert len(lost) == 1
    assert uid in lost[0]["message"]
    slices = results["maps"]["native_t1"]["slices"]
    assert [one["status"] for one in slices] == ["ok"] * 5
    assert sorted(one["n_images"] for one in slices) == [10, 11, 11, 11, 11]
    assert results["maps"]["ecv"]["status"] == "absent"
