"""``cmrmap inspect``: on every kind of folder it says what there is, and what a run would end with."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, MRImageStorage
from typer.testing import CliRunner, Result

from cmrmap.cli.main import cli
from cmrmap.core.errors import InputError

ROOT = Path(__file__).resolve().parents[3]
SETTINGS = "analysis:\n  selection:\n    native_t1_series: '2'\n"


def _save(folder: Path, series: int, times: Sequence[float] = (100, 300, 900, 2000), **changes: object) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for index, time in enumerate(times):
        image = Dataset()
        image.SOPClassUID, image.StudyInstanceUID = MRImageStorage, "1.2.3"
        image.SeriesInstanceUID, image.SOPInstanceUID = f"1.2.3.{series}", f"1.2.3.{series}.{index}"
        image.FrameOfReferenceUID, image.Modality, image.ImageType = "1.2.9", "MR", ["ORIGINAL", "PRIMARY", "M"]
        image.PatientName, image.PatientID, image.PatientBirthDate = "Doe^Jane", "p1", ""
        image.SeriesNumber, image.InstanceNumber, image.InversionTime = series, index + 1, str(time)
        image.SeriesDescription, image.AcquisitionDate, image.AcquisitionTime = "MOLLI native", "20260102", "101500"
        image.ImagePositionPatient, image.ImageOrientationPatient = [0, 0, 5], [1, 0, 0, 0, 1, 0]
        image.PixelSpacing, image.SliceThickness = [1.5, 1.5], 8
        image.SamplesPerPixel, image.PhotometricInterpretation = 1, "MONOCHROME2"
        image.Rows = image.Columns = 32
        image.BitsAllocated, image.BitsStored, image.HighBit, image.PixelRepresentation = 16, 16, 15, 0
        image.PixelData = np.full((32, 32), index, "<u2").tobytes()
        for keyword, value in changes.items():
            setattr(image, keyword, value)
        image.file_meta = FileMetaDataset()
        image.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        image.save_as(folder / f"{image.StudyInstanceUID}_{series:03d}_{index}.dcm", enforce_file_format=True)


def _inspect(*arguments: object) -> Result:
    return CliRunner().invoke(cli, ["inspect", *map(str, arguments)])


def test_what_would_be_mapped_ends_with_0(tmp_path: Path) -> None:
    _save(tmp_path, 7)
    _save(tmp_path, 8, SeriesDescription="cine SAX", InversionTime="")
    _save(tmp_path, 9, times=(0,), SOPClassUID=CTImageStorage, Modality="CT")
    (tmp_path / "note.txt").write_text("stray")
    found = _inspect(tmp_path)
    assert found.exit_code == 0, found.output
    assert "files: 10; MR objects: 8; series: 2" in found.output
    assert "other objects: 1 CT Image" in found.output
    assert "not used: 1 not dicom" in found.output
    assert "native T1: series 7, 1 slice, 4 images, model molli_3p" in found.output
    assert "hematocrit: none given" in found.output
    assert "Doe" not in found.output


def test_the_hematocrit_of_the_folder_is_told(tmp_path: Path) -> None:
    _save(tmp_path, 7, StudyDate="20260102")
    (tmp_path / "hematocrit.json").write_text('{"hematocrit": 42, "measured": "2025-10-01"}')
    told = "0.42 from hematocrit.json (measured 2025-10-01); hematocrit 42 read as percent (0.42); hematocrit from"
    assert f"hematocrit: {told}" in " ".join(_inspect(tmp_path).output.split())
    assert json.loads(_inspect(tmp_path, "--json").stdout)["hematocrit"].endswith("measured 93 days before the study")
    (tmp_path / "hematocrit.json").write_text("{")
    assert "hematocrit: hematocrit.json cannot be used" in _inspect(tmp_path).output


def test_json_holds_the_same(tmp_path: Path) -> None:
    _save(tmp_path, 7)
    document = json.loads(_inspect(tmp_path, "--json").stdout)
    (study,) = document["studies"]
    (row,) = study["series"]
    assert (document["exit_code"], document["message"], document["n_files"]) == (0, None, 4)
    assert (row["description"], row["map"], row["times_ms"]) == ("MOLLI native", "native_t1", [100, 300, 900, 2000])
    assert study["maps"]["native_t1"]["status"] == "taken"
    assert study["maps"]["t2"]["status"] == "absent"


def test_pictures_are_one_a_series(tmp_path: Path) -> None:
    _save(tmp_path / "in", 7)
    _save(tmp_path / "in", 8, ImageType=["ORIGINAL", "PRIMARY", "P"])
    found = _inspect(tmp_path / "in", "--pictures", tmp_path / "sheets")
    assert found.exit_code == 0, found.output
    names = sorted(path.name for path in (tmp_path / "sheets").iterdir())
    assert names == ["001_series_7.png", "002_series_8.png"]
    with Image.open(tmp_path / "sheets" / names[0]) as sheet:
        assert sheet.width > 800


def test_pictures_do_not_go_into_the_input(tmp_path: Path) -> None:
    found = _inspect(tmp_path, "--pictures", tmp_path / "sheets")
    assert isinstance(found.exception, InputError)
    assert "lies in the input folder" in str(found.exception)


def test_nothing_to_map_ends_with_3_and_has_its_table(tmp_path: Path) -> None:
    _save(tmp_path, 7, SeriesDescription="cine SAX", InversionTime="")
    found = _inspect(tmp_path)
    assert found.exit_code == 3
    assert "cine SAX" in found.stdout
    assert "belongs to a T1 or T2 mapping series" in found.stderr
    assert json.loads(_inspect(tmp_path, "--json").stdout)["exit_code"] == 3


def test_only_refused_series_end_with_4_and_have_their_table(tmp_path: Path) -> None:
    _save(tmp_path, 7, SeriesDescription="MOLLI liver")
    found = _inspect(tmp_path)
    assert found.exit_code == 4
    assert "(refused)" in found.stdout
    assert "names another organ" in found.stderr


def test_two_studies_have_a_table_each_and_end_with_4(tmp_path: Path) -> None:
    _save(tmp_path, 7)
    _save(tmp_path, 8, StudyInstanceUID="1.2.4")
    found = _inspect(tmp_path)
    assert found.exit_code == 4
    assert "study 2 of 2" in found.stdout
    assert "holds 2 studies; expected one" in found.stderr


@pytest.mark.parametrize(("content", "words"), [(b"", "is empty"), (b"text", "is DICOM"), (b"\0" * 128 + b"DICM", "")])
def test_a_folder_without_images_ends_with_3(tmp_path: Path, content: bytes, words: str) -> None:
    (tmp_path / "in").mkdir()
    if content:
        (tmp_path / "in" / "file").write_bytes(content)
    found = _inspect(tmp_path / "in", "--pictures", tmp_path / "sheets")
    assert found.exit_code == 3
    assert words in found.stderr
    assert "0 contact sheets" in found.stderr


@pytest.mark.parametrize("name", ["nowhere", "file"])
def test_no_folder_is_told_as_everywhere(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").touch()
    found = _inspect(tmp_path / name)
    assert isinstance(found.exception, InputError)
    assert found.exception.exit_code == 2


def test_it_is_told_what_a_run_is_told(tmp_path: Path) -> None:
    for number in (1, 2):
        _save(tmp_path / "in", number)
    (tmp_path / "app.yaml").write_text(SETTINGS)
    times = {"series": [{"series": 2, "weighting": "t1", "times_ms": [50, 150, 800, 1900]}]}
    (tmp_path / "times.json").write_text(json.dumps(times))
    found = _inspect(tmp_path / "in", "-c", tmp_path / "app.yaml", "--times", tmp_path / "times.json")
    assert "the settings name series 2 for native T1" in found.output
    assert "50 150 800 1900 ms from given by the user" in found.output


def test_nothing_that_computes_is_loaded(tmp_path: Path) -> None:
    _save(tmp_path, 7)
    heavy = "{'torch', 'scipy', 'numba', 'skimage', 'reportlab', 'highdicom', 'cmrmap.pipeline'}"
    code = (
        f"import sys, contextlib; sys.argv = ['cmrmap', 'inspect', {str(tmp_path)!r}]\n"
        "from cmrmap.cli.main import cli\nwith contextlib.suppress(SystemExit): cli()\n"
        f"assert not {heavy} & set(sys.modules), {heavy} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
