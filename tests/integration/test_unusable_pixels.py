"""Pixels that are no signals, or no signals of one scale: no map, exit code 4, and the reason in words."""

import copy
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.uid import generate_uid


def _put(image: Dataset, pixels: np.ndarray) -> None:
    image.PixelData = np.rint(pixels).astype("<u2").tobytes()
    image.BitsStored, image.HighBit = 16, 15


def _turned_over(images: list[Dataset]) -> None:
    for image in images:
        image.PhotometricInterpretation = "MONOCHROME1"


def _scaled_each(images: list[Dataset]) -> None:
    for image in images:
        _put(image, image.pixel_array / image.pixel_array.max() * 4095.0)


def _about_an_offset(images: list[Dataset]) -> None:
    for image in images:
        _put(image, image.pixel_array + 4096.0)


def _of_two_maps(images: list[Dataset]) -> None:
    for image, value in zip(images[3:6:2], (1150.0, 40.0), strict=True):
        _put(image, np.full(image.pixel_array.shape, value))


def _slice(demo_study: Path) -> list[Dataset]:
    paths = sorted((demo_study / "dicom" / "stone_native_t1").glob("*.dcm"))[22:33]
    return sorted(map(pydicom.dcmread, paths), key=lambda image: float(image.InversionTime))


def _save(images: Iterable[Dataset], folder: Path) -> Path:
    folder.mkdir()
    for index, image in enumerate(images):
        image.save_as(folder / f"{index:02d}.dcm")
    return folder


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (_turned_over, "PhotometricInterpretation is MONOCHROME1"),
        (_scaled_each, "the largest value of every image is 4095: each was scaled separately"),
        pytest.param(_about_an_offset, "expected 0: the values are inverted", marks=pytest.mark.slow),
        pytest.param(_of_two_maps, "two or more of its images", marks=pytest.mark.slow),
    ],
)
def test_it_ends_with_the_reason(
    run_app, tmp_path: Path, demo_study: Path, change: Callable[[list[Dataset]], None], reason: str
) -> None:
    images = _slice(demo_study)
    change(images)
    run = run_app(_save(images, tmp_path / "in"), tmp_path / "out")
    assert run.exit_code == 4
    (line,) = (line for line in run.stderr.splitlines() if line.startswith("cmrmap:"))
    assert reason in line
    refused = run.json("results.json")["maps"]["native_t1"]
    assert refused["status"] == "refused"
    assert reason in refused["reason"]


@pytest.mark.slow
def test_a_map_among_the_weighted_images_changes_nothing_but_the_findings(
    run_app, tmp_path: Path, demo_study: Path
) -> None:
    images = _slice(demo_study)
    foreign = copy.deepcopy(images[0])
    foreign.SOPInstanceUID = foreign.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    foreign.InversionTime = "900"
    _put(foreign, np.full(foreign.pixel_array.shape, 1150.0))
    plain = run_app(_save(images, tmp_path / "plain"), tmp_path / "out_plain")
    mixed = run_app(_save([*images, foreign], tmp_path / "mixed"), tmp_path / "out_mixed")
    expected, found = (run.json("results.json")["maps"]["native_t1"]["patient"] for run in (plain, mixed))
    assert found["mean"] == pytest.approx(expected["mean"], abs=1.0)
    told = [one for one in mixed.json("results.json")["quality"] if one["code"] == "image_unexplained"]
    assert [one["slice_index"] for one in told] == [0]
    assert "900 ms" in told[0]["message"]
