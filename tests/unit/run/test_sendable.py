"""What of a folder is sent: an output folder's own objects, unchanged, of one patient."""

from __future__ import annotations

from pathlib import Path

import pydicom
import pytest
from pydicom.data import get_testdata_file

from cmrmap.core.errors import CmrmapError, EndedError, InputError, NotStoredError, RefusedError
from cmrmap.run.outcome import MapVerdict, Outcome, write_status
from cmrmap.run.sendable import sendable_files
from cmrmap.run.staging import stage


def _object(number: int, patient: str = "P1") -> tuple[str, bytes]:
    header = pydicom.dcmread(get_testdata_file("MR_small.dcm"))
    header.PatientID, header.PatientName, header.PatientBirthDate = patient, patient, ""
    header.SOPInstanceUID = header.file_meta.MediaStorageSOPInstanceUID = f"1.2.{number}"
    buffer = pydicom.filebase.DicomBytesIO()
    header.save_as(buffer)
    return f"1.2.{number}.dcm", buffer.getvalue()


def _run(folder: Path, *contents: tuple[str, bytes], ended: bool = True, failure: CmrmapError | None = None) -> None:
    outcome = Outcome()
    staged = stage(folder, contents)
    outcome.objects = staged.files
    staged.move()
    outcome.report({"t2": MapVerdict("ok")}, 0)
    if failure is not None:
        outcome.fail(failure)
    write_status(folder, outcome, running=not ended)


def test_what_its_run_lists_is_sent_and_nothing_else(tmp_path: Path) -> None:
    _run(tmp_path, _object(1), _object(2), ("results/report.pdf", b"%PDF"))
    name, content = _object(3, "P2")
    (tmp_path / name).write_bytes(content)
    files, note = sendable_files(tmp_path)
    assert [file.sop_instance_uid for file in files] == ["1.2.1", "1.2.2"]
    assert note.startswith("1 other *.dcm files")


def test_a_changed_or_missing_object_is_told(tmp_path: Path) -> None:
    _run(tmp_path, _object(1), _object(2))
    (tmp_path / "1.2.1.dcm").unlink()
    with pytest.raises(InputError, match=r"1 of the 2 objects .* are missing or were changed"):
        sendable_files(tmp_path)
    (tmp_path / "1.2.1.dcm").write_bytes(_object(1, "P2")[1])
    with pytest.raises(InputError, match=r"1 of the 2 objects .* are missing or were changed"):
        sendable_files(tmp_path)


def test_a_run_that_has_not_ended_is_not_sent(tmp_path: Path) -> None:
    _run(tmp_path, _object(1), ended=False)
    with pytest.raises(InputError, match="has not ended, or was killed"):
        sendable_files(tmp_path)


def test_a_run_that_made_nothing_has_nothing_to_send(tmp_path: Path) -> None:
    _run(tmp_path)
    with pytest.raises(InputError, match="made no DICOM objects"):
        sendable_files(tmp_path)


def test_any_other_folder_is_sent_if_it_is_of_one_patient(tmp_path: Path) -> None:
    for name, content in (_object(1), _object(2)):
        (tmp_path / name).write_bytes(content)
    assert len(sendable_files(tmp_path)[0]) == 2
    assert len(sendable_files(tmp_path / "1.2.1.dcm")[0]) == 1
    name, content = _object(3, "P2")
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match="are of 2 patients") as told:
        sendable_files(tmp_path)
    assert "P2" not in str(told.value)


def test_a_run_that_mixed_patients_is_not_sent(tmp_path: Path) -> None:
    _run(tmp_path, _object(1), _object(2, "P2"))
    with pytest.raises(InputError, match="are of 2 patients"):
        sendable_files(tmp_path)


def test_only_what_a_run_finished_is_sent(tmp_path: Path) -> None:
    _run(tmp_path / "sent in part", _object(1), failure=NotStoredError("1 of 2"))
    assert len(sendable_files(tmp_path / "sent in part")[0]) == 1
    for failure, code in ((InputError("bad"), 2), (RefusedError("all"), 4), (EndedError("late", 124), 124)):
        _run(tmp_path / str(code), _object(1), failure=failure)
        with pytest.raises(InputError, match=f"ended with exit code {code}; see its status.json for the reason"):
            sendable_files(tmp_path / str(code))
