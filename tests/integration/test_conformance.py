"""Independent programs judge everything that the application writes, of the demo study and of in-vivo studies."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import nrrd
import numpy as np
import pydicom
import pytest

from cmrmap.dicom.writing.stored_values import SIGNIFICANT_BITS
from tests.conformance import expected_measurements, validate

_READERS = Path(sys.executable).parent  # dcmqi comes with the tests' own packages
# six digits of results.json, and what the map rounds away of a pixel: a mean has less of it
_AS_STORED = 1e-6 + 2.0**-SIGNIFICANT_BITS
#: how series descriptions of a map begin, before and after what the series holds
_NAMES = {"t2": ("T2 ", ""), "native_t1": ("T1 ", " native"), "postcontrast_t1": ("T1 ", " post"), "ecv": ("ECV ", "")}


@pytest.fixture(params=["demo", "stone_subject1", "stone_subject2"])
def written(request):
    """A run's output, and the headers of what it wrote."""
    run = (
        request.getfixturevalue("demo_run")
        if request.param == "demo"
        else request.getfixturevalue("real_run")(request.param)
    )
    assert run.exit_code == 0, run.stderr
    return run, [(path, pydicom.dcmread(path, stop_before_pixels=True)) for path in sorted(run.output.glob("*.dcm"))]


def _read(reader: str, path: Path, target: Path) -> dict[str, np.ndarray]:
    """What a dcmqi program makes of a file: values (slice, row, column), and each slice's place along the normal."""
    target.mkdir(parents=True)
    command = [_READERS / reader, "--inputDICOM", path, "--outputDirectory", target, "-t", "nrrd"]
    command += ["--mergeSegments"] if reader.startswith("seg") else []
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (volume,) = target.glob("*.nrrd")
    values, header = nrrd.read(str(volume))
    row, column, step = np.asarray(header["space directions"])
    normal = np.cross(row, column) / np.linalg.norm(np.cross(row, column))
    places = [normal @ (header["space origin"] + number * step) for number in range(values.shape[2])]
    return {"values": values.transpose(2, 1, 0), "places": np.asarray(places)}


def _by_description(headers, words: str) -> Iterator[Path]:
    yield from (path for path, header in headers if words in header.SeriesDescription)


@pytest.mark.program("dciodvfy")
def test_validator_finds_no_error_and_only_known_warnings(written) -> None:
    _, headers = written
    assert [(header.SeriesDescription, said) for path, header in headers if (said := validate(path, "dciodvfy"))] == []


@pytest.mark.program("dcmdump")
def test_dcmtk_reads_every_object(written) -> None:
    _, headers = written
    for path, header in headers:
        # dcmdump cuts long values at a number of bytes, also within a character
        command = ["dcmdump", "-q", str(path)]
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
        assert (done.returncode, done.stderr) == (0, ""), header.SeriesDescription


@pytest.mark.program("dsrdump")
def test_dcmtk_shows_both_structured_reports(written) -> None:
    _, headers = written
    reports = {header.SeriesDescription: path for path, header in headers if header.Modality == "SR"}
    assert reports.keys() == {"Measurements, CMRmap", "Text report, CMRmap"}
    for name, path in reports.items():
        done = subprocess.run(["dsrdump", "-q", "+Pl", str(path)], capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, ""), name
        words = [one.value for one in pydicom.dcmread(path).iterall() if one.keyword == "TextValue"]
        assert len(words) > 20
        assert [line for line in words if line not in done.stdout] == []


def test_dcmqi_gives_the_means_of_every_segment_from_segmentation_and_parametric_map(written, tmp_path) -> None:
    run, headers = written
    checked = 0
    for kind, one_map in run.json("results.json")["maps"].items():
        if one_map["status"] not in ("ok", "partial"):
            continue
        (chart_path,) = _by_description(headers, "float".join(_NAMES[kind]))
        (aha_path,) = _by_description(headers, "AHA".join(_NAMES[kind]))
        chart = _read("paramap2itkimage", chart_path, tmp_path / kind / "chart")
        regions = _read("segimage2itkimage", aha_path, tmp_path / kind / "aha")
        described = json.loads((tmp_path / kind / "aha" / "meta.json").read_text())["segmentAttributes"]
        numbers = {int(s["SegmentLabel"].split()[1].rstrip(":")): s["labelID"] for g in described for s in g}
        for one in one_map["slices"]:
            if one["status"] != "ok":
                continue
            pixels, mask = (
                volume["values"][int(np.abs(volume["places"] - one["position_mm"]).argmin())]
                for volume in (chart, regions)
            )
            for segment in one["segments"]:
                inside = pixels[mask == numbers[segment["aha"]]]
                assert inside.size == segment["n_pixels"]
                assert inside.mean(dtype=np.float64) == pytest.approx(segment["mean"], rel=_AS_STORED)
                # differences of rounded values: their error is of the mean's size
                assert inside.std(dtype=np.float64, ddof=1) == pytest.approx(
                    segment["sd"], rel=1e-4, abs=_AS_STORED * abs(segment["mean"])
                )
                checked += 1
    assert checked >= 16


def test_dcmqi_reads_the_myocardium_of_every_map(written, tmp_path) -> None:
    _, headers = written
    paths = list(_by_description(headers, " seg"))
    assert paths
    for number, path in enumerate(paths):
        regions = _read("segimage2itkimage", path, tmp_path / str(number))["values"]
        assert set(np.unique(regions)) == {0, 1, 2}
        assert (regions.reshape(len(regions), -1) == 1).any(axis=1).all()


def test_dcmqi_reads_the_numbers_of_results_json_from_the_report(written, tmp_path) -> None:
    run, headers = written
    (path,) = _by_description(headers, "Measurements, CMRmap")
    target = tmp_path / "report.json"
    command = [_READERS / "tid1500reader", "--inputDICOM", path, "--outputMetadata", target]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    found = {
        (group["TrackingIdentifier"], item["quantity"]["CodeMeaning"], how): float(item["value"])
        for group in json.loads(target.read_text())["Measurements"]
        for item in group["measurementItems"]
        for how in [item.get("derivationModifier", {}).get("CodeMeaning", "")]
    }
    expected = expected_measurements(run.json("results.json"))
    assert found.keys() == expected.keys()
    assert [key for key in found if found[key] != pytest.approx(expected[key], rel=1e-7)] == []
