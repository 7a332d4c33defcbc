"""The application on studies that say too little or the wrong thing: native or post-contrast, times, damaged data."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pydicom
import pytest
from pydicom.dataset import FileDataset

import cmrmap
from cmrmap.pipeline import StudyAnalysis

pytestmark = pytest.mark.slow

NATIVE, POST, T2 = "stone_native_t1", "stone_postcontrast_t1", "t2prep_t2"
TIMES = ("AcquisitionTime", "SeriesTime", "ContentTime", "StudyTime", "AcquisitionDateTime")
AGENT = ("ContrastBolusAgent", "ContrastBolusVolume", "ContrastBolusStartTime", "ContrastBolusAgentSequence")
#: of the demo study's mid slice, ms
NATIVE_MS, POST_MS = 1155.0, 578.0


def _without(image: FileDataset, *keywords: str) -> None:
    for keyword in keywords:
        if keyword in image:
            delattr(image, keyword)


@pytest.fixture
def study(one_slice_study: Path, tmp_path: Path) -> Callable[..., Path]:
    """A copy of some series of the demo study's mid slice, every image of which may be changed."""

    def make(change: Callable[[FileDataset, str], None], *names: str) -> Path:
        folder = tmp_path / "in"
        folder.mkdir()
        shutil.copy(one_slice_study / "hematocrit.json", folder)
        for name in names:
            (folder / name).mkdir()
            for path in sorted((one_slice_study / name).iterdir()):
                image = pydicom.dcmread(path)
                change(image, name)
                image.save_as(folder / name / path.name)
        return folder

    return make


def _means(analysis: StudyAnalysis) -> dict[str, float]:
    return {one.kind.value: one.patient.mean for one in analysis.results.maps if one.status.made}


def _flags(analysis: StudyAnalysis, code: str) -> Iterator[str]:
    return (flag.detail or flag.message for flag in analysis.results.quality if flag.code == code)


def _nothing_said(image: FileDataset, name: str) -> None:
    _without(image, *TIMES, *AGENT)
    image.SeriesDescription = image.ProtocolName = "T1_SAX_STONE"


def test_an_anonymised_study_is_told_by_what_it_measures(study) -> None:
    analysis = cmrmap.analyse_folder(study(_nothing_said, NATIVE, POST))
    means = _means(analysis)
    assert means["native_t1"] == pytest.approx(NATIVE_MS, rel=0.02)
    assert means["postcontrast_t1"] == pytest.approx(POST_MS, rel=0.02)
    assert 15.0 < means["ecv"] < 35.0


def test_the_same_with_the_numbers_of_the_series_exchanged(study) -> None:
    def change(image: FileDataset, name: str) -> None:
        _nothing_said(image, name)
        image.SeriesNumber = {NATIVE: 9, POST: 3}[name]

    analysis = cmrmap.analyse_folder(study(change, NATIVE, POST))
    means = _means(analysis)
    assert means["native_t1"] == pytest.approx(NATIVE_MS, rel=0.02)
    assert means["postcontrast_t1"] == pytest.approx(POST_MS, rel=0.02)
    assert 15.0 < means["ecv"] < 35.0
    assert len(list(_flags(analysis, "contrast_relabelled"))) == 2


def test_a_lone_post_contrast_series_is_no_native_t1(study, run_app, tmp_path) -> None:
    run = run_app(study(_nothing_said, POST), tmp_path / "out")
    assert run.exit_code == 0, run.stderr
    results = run.json("results.json")
    assert results["maps"]["native_t1"]["status"] == "absent"
    assert results["maps"]["postcontrast_t1"]["patient"]["mean"] == pytest.approx(POST_MS, rel=0.02)
    warned = [flag for flag in results["quality"] if flag["code"] == "contrast_relabelled"]
    assert [flag["map"] for flag in warned] == ["postcontrast_t1"]
    chosen = [flag["map"] for flag in results["quality"] if flag["code"] == "series_chosen"]
    assert chosen == ["postcontrast_t1"]
    assert [row["map"] for row in results["series"]] == ["postcontrast_t1"]
    written = [pydicom.dcmread(path, stop_before_pixels=True) for path in (tmp_path / "out").glob("*.dcm")]
    described = [one.SeriesDescription for one in written if one.SOPClassUID.name == "MR Image Storage"]
    assert len(described) == 2  # values and their SD
    assert all(one.startswith(("T1 map post", "T1 SD post")) for one in described)


def test_words_that_the_measurement_contradicts_refuse_the_map_and_ecv(study) -> None:
    def change(image: FileDataset, name: str) -> None:
        _without(image, *AGENT)
        image.SeriesDescription = image.ProtocolName = "T1 STONE native" if name == POST else "T2 prep"

    with_t2 = cmrmap.analyse_folder(study(change, POST, T2))
    by_kind = {one.kind.value: one for one in with_t2.results.maps}
    assert by_kind["native_t1"].status == "refused"
    assert 'the description says "native"' in by_kind["native_t1"].reason
    assert "blood 36" in by_kind["native_t1"].reason
    assert by_kind["postcontrast_t1"].status == "absent"
    assert by_kind["t2"].status == "ok"


def test_the_exams_name_in_every_series_decides_nothing(study) -> None:
    def change(image: FileDataset, name: str) -> None:
        _without(image, *AGENT)
        image.ProtocolName = "CARDIAC CONTRAST"
        image.SeriesDescription = "T2 prep SAX" if name == T2 else "T1 map SAX"

    analysis = cmrmap.analyse_folder(study(change, NATIVE, POST, T2))
    means = _means(analysis)
    assert means["native_t1"] == pytest.approx(NATIVE_MS, rel=0.02)
    assert means["postcontrast_t1"] == pytest.approx(POST_MS, rel=0.02)
    assert 15.0 < means["ecv"] < 35.0


@pytest.mark.parametrize("factor", [2.0, 0.5])
def test_times_off_by_a_factor_of_two_are_an_error_that_nothing_is_made_of(study, run_app, tmp_path, factor) -> None:
    def change(image: FileDataset, name: str) -> None:
        if float(image.InversionTime) < 30000:
            image.InversionTime = f"{factor * float(image.InversionTime):.1f}"

    run = run_app(study(change, NATIVE, POST), tmp_path / "out")
    assert run.exit_code == 0, run.stderr
    results, status = run.json("results.json"), run.json("status.json")
    errors = [flag for flag in results["quality"] if flag["severity"] == "error"]
    assert "native_t1" in {flag["map"] for flag in errors}
    assert {flag["code"] for flag in errors} == {"implausible_values"}
    assert results["maps"]["ecv"]["status"] == "refused"
    assert errors[0]["message"] in results["maps"]["ecv"]["reason"]
    assert "DO NOT USE" in status["message"]
    assert status["maps"]["native_t1"]["errors"] == [errors[0]["message"]]
    assert "cannot be right" in (tmp_path / "out" / "results" / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("content", ["{not json", '{"hematocrit": 3}'])
def test_a_hematocrit_that_cannot_be_used_costs_ecv_only(study, run_app, tmp_path, content) -> None:
    folder = study(lambda image, name: None, NATIVE, POST)
    (folder / "hematocrit.json").write_text(content, encoding="utf-8")
    run = run_app(folder, tmp_path / "out")
    assert run.exit_code == 0, run.stderr
    maps = run.json("results.json")["maps"]
    assert (maps["native_t1"]["status"], maps["postcontrast_t1"]["status"]) == ("ok", "ok")
    assert maps["ecv"]["status"] == "refused"
    assert "hematocrit" in maps["ecv"]["reason"]


def test_a_slice_without_spacing_makes_the_map_partial_and_is_named(demo_study, tmp_path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    paths = sorted((demo_study / "dicom" / NATIVE).glob("*.dcm"))
    n_images = len(paths) // 5
    for number, path in enumerate(paths[n_images : 3 * n_images]):
        image = pydicom.dcmread(path)
        if number < n_images:
            _without(image, "PixelSpacing")
        image.save_as(folder / path.name)
    analysis = cmrmap.analyse_folder(folder)
    native = next(one for one in analysis.results.maps if one.kind.value == "native_t1")
    assert native.status == "partial"
    assert len(native.slices) == 1
    assert f"{n_images} images of its series are lost" in native.reason
    assert "PixelSpacing" in native.reason
    (told,) = _flags(analysis, "series_incomplete")
    assert told == f"{native.reason}; export the series again"


def test_a_wall_without_one_value_is_no_map(study, run_app, tmp_path) -> None:
    def change(image: FileDataset, name: str) -> None:
        pixels = image.pixel_array
        image.PixelData = (int(pixels.max()) + 400 - pixels).astype("<u2").tobytes()

    run = run_app(study(change, NATIVE), tmp_path / "out")
    assert run.exit_code == 4, run.stdout
    native = json.loads((tmp_path / "out" / "results" / "results.json").read_text(encoding="utf-8"))["maps"][
        "native_t1"
    ]
    assert native["status"] == "refused"
    assert "the signal in the cavity does not recover like blood" in native["reason"]
