"""Written studies: bytes, conformance, tags, truth."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pydicom
import pytest

from cmrmap.core.errors import OutputError
from cmrmap.core.map_specs import MapKind
from cmrmap.phantom.generate import PhantomStudy
from cmrmap.phantom.study_writer import write_phantom, write_study


def _digest(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def written(study: PhantomStudy, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_phantom(tmp_path_factory.mktemp("phantom"), study, hematocrit_file=True)


def test_same_arguments_write_the_same_bytes(written: Path, tmp_path: Path) -> None:
    again = write_study(tmp_path / "deep" / "folder", seed=1, hematocrit_file=True)
    assert _digest(again) == _digest(written)
    assert len(_digest(written / "dicom")) == 5 * (11 + 11 + 9) + 1


def test_conformance_checker_finds_no_errors(written: Path) -> None:
    checker = shutil.which("dciodvfy")
    if checker is None:
        if os.environ.get("CI") == "true":
            pytest.fail("dciodvfy is absent; install dicom3tools")
        pytest.skip("dciodvfy is absent; install dicom3tools to check conformance")
    chosen = [path for folder in sorted((written / "dicom").iterdir()) if folder.is_dir()
              for path in (min(folder.iterdir()), max(folder.iterdir()))]  # fmt: skip
    for path in chosen:
        done = subprocess.run([checker, "-new", str(path)], capture_output=True, text=True, check=False)
        assert "Error" not in done.stdout + done.stderr
        assert done.returncode == 0


def test_files_hold_the_arrays_times_and_geometry(written: Path, study: PhantomStudy) -> None:
    identifiers = set()
    for series in study.series:
        files = [pydicom.dcmread(path) for path in sorted((written / "dicom").rglob("*.dcm"))]
        words = {"native_t1": "native", "postcontrast_t1": "post-contrast", "t2": "T2prep"}[series.kind.value]
        files = [item for item in files if words in item.SeriesDescription]
        n_times = series.stack.images.shape[1]
        assert len({item.SeriesInstanceUID for item in files}) == 1
        assert len(files) == 5 * n_times
        for number, item in enumerate(files):
            index, time = divmod(number, n_times)
            np.testing.assert_array_equal(item.pixel_array, series.stack.images[index, time])
            plane = series.stack.geometry[index]
            np.testing.assert_allclose(item.ImagePositionPatient, plane.position_mm, atol=1e-8)
            np.testing.assert_allclose(
                item.ImageOrientationPatient, (*plane.row_cosines, *plane.column_cosines), atol=1e-8
            )
            assert tuple(map(float, item.PixelSpacing)) == plane.pixel_spacing_mm
            expected = series.stack.times_ms[index, time]
            if series.kind is not MapKind.T2:
                assert item.InversionTime == expected
            elif np.isinf(expected):
                assert item.ImageComments == "T2 prep. duration = inf ms, saturation"
            else:
                assert item.ImageComments == f"T2 prep. duration = {expected:g} ms"
            assert ("ContrastBolusAgent" in item) == (series.kind is MapKind.POSTCONTRAST_T1)
            identifiers.add((item.StudyInstanceUID, item.FrameOfReferenceUID))
    assert len(identifiers) == 1


def test_instances_have_their_own_uids(written: Path) -> None:
    uids = [pydicom.dcmread(path, stop_before_pixels=True).SOPInstanceUID for path in written.rglob("*.dcm")]
    assert len(set(uids)) == 155
    assert all(uid.startswith("2.25.") and len(uid) <= 64 for uid in uids)


def test_truth_is_read_back(written: Path, study: PhantomStudy) -> None:
    with np.load(written / "truth" / "truth.npz") as arrays:
        for kind, name in (
            (MapKind.T2, "t2_ms"),
            (MapKind.NATIVE_T1, "native_t1_ms"),
            (MapKind.POSTCONTRAST_T1, "postcontrast_t1_ms"),
            (MapKind.ECV, "ecv_percent"),
        ):
            np.testing.assert_allclose(arrays[name], study.truth.maps[kind], rtol=1e-6)
        for series in study.series:
            np.testing.assert_array_equal(arrays[f"{series.kind.value}_labels"], series.labels)
            np.testing.assert_array_equal(arrays[f"{series.kind.value}_times_ms"], series.stack.times_ms)
            np.testing.assert_array_equal(arrays[f"{series.kind.value}_insertion_points"], series.insertion_points)
            np.testing.assert_array_equal(arrays[f"{series.kind.value}_motion"], series.motion)
        np.testing.assert_array_equal(arrays["aha"], study.truth.aha)
    summary = json.loads((written / "truth" / "truth.json").read_text(encoding="utf-8"))
    assert summary["seed"] == 1
    assert summary["hematocrit"] == study.truth.hematocrit
    assert (written / "truth" / "truth.npz").stat().st_size < 1_000_000


def test_hematocrit_file_is_written_on_request_only(written: Path, study: PhantomStudy, tmp_path: Path) -> None:
    note = json.loads((written / "dicom" / "hematocrit.json").read_text(encoding="utf-8"))
    assert note == {"hematocrit": pytest.approx(study.truth.hematocrit, abs=1e-6), "measured": "2026-01-15"}
    write_phantom(tmp_path, study, hematocrit_file=True)
    write_phantom(tmp_path, study)
    assert not (tmp_path / "dicom" / "hematocrit.json").exists()


def test_a_folder_that_cannot_be_written_is_said(study: PhantomStudy, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OutputError, match=r"cannot write the phantom study: .*choose a writable folder"):
        write_phantom(tmp_path / "file", study)
