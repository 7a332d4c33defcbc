"""What the image cannot do ends with its exit code, one line and a status; nothing half-written."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.image_engine import ROOT, Engine, read_status


def test_a_failing_operator_ends_with_1(engine: Engine, one_slice: Path, output: Path, tmp_path: Path) -> None:
    text = (ROOT / "cmrmap" / "pipeline" / "stages.py").read_text(encoding="utf-8")
    broken = tmp_path / "stages.py"
    failing = "def _refine(*_: object) -> None:\n    raise ValueError\n\n\ndef _unused("
    changed = text.replace("def _refine(", failing, 1)
    assert changed != text
    broken.write_text(changed, encoding="utf-8")
    broken.chmod(0o644)
    done = engine.run(
        source=one_slice, output=output, options=("-v", f"{broken}:/opt/holoscan/app/cmrmap/pipeline/stages.py:ro")
    )
    assert done.code == 1, done.stderr
    assert "internal error in stage refine: ValueError" in done.stderr
    assert read_status(output)["exit_code"] == 1
    assert not list(output.glob("*.dcm"))


def test_bad_input_has_its_code_one_line_and_a_status(
    engine: Engine, one_slice: Path, output: Path, tmp_path: Path
) -> None:
    empty = tmp_path / "empty"
    empty.mkdir(mode=0o755)
    cases: list[tuple[Path, tuple[str, ...], tuple[str, ...], int, str]] = [
        (empty, (), (), 3, "holds no files"),
        (one_slice, ("-l", "loud"), (), 2, "invalid choice"),
        (one_slice, (), ("-e", "HOLOSCAN_MODEL_PATH=/models"), 2, "models folder /models does not exist"),
        (one_slice, (), ("--memory", "256m"), 2, "memory is limited to 268 MB"),
        (one_slice, (), ("-e", "HOLOSCAN_TIMEOUT=1"), 124, "took longer than its limit of 1 s"),
    ]
    for source, arguments, options, code, words in cases:
        done = engine.run(*arguments, source=source, output=output, options=options)
        assert done.code == code, done.stderr
        assert words in done.stderr
        assert len([line for line in done.stderr.splitlines() if " INFO " not in line]) == 1, done.stderr
        status = read_status(output)
        assert status["exit_code"] == code
        assert status["message"] in done.stderr
        assert not list(output.glob("*.dcm"))


def test_every_series_refused(engine: Engine, one_slice: Path, output: Path, tmp_path: Path) -> None:
    import pydicom

    folder = tmp_path / "two"
    shutil.copytree(one_slice, folder)
    other = pydicom.dcmread(next(folder.glob("*.dcm")))
    other.PatientID, other.SOPInstanceUID, other.file_meta.MediaStorageSOPInstanceUID = "other", "2.25.7", "2.25.7"
    other.save_as(folder / "other.dcm")
    done = engine.run(source=folder, output=output)
    assert done.code == 4, done.stderr
    assert read_status(output)["outcome"] == "refused"


def test_an_output_that_cannot_be_written(engine: Engine, one_slice: Path, output: Path) -> None:
    output.chmod(0o755)
    done = engine.run(source=one_slice, output=output)
    assert done.code == 2
    assert done.stderr.startswith("cmrmap: output folder (or results/ in it) cannot be written")
    assert len(done.stderr.splitlines()) == 1
