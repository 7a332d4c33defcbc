"""Independent programs judge every written object: the dicom3tools validator and the dcmqi readers."""

from __future__ import annotations

import json
import subprocess

import pytest

from cmrmap.core.files import write_file
from cmrmap.core.map_specs import MapKind
from cmrmap.dicom.writing.outputs import OutputRole
from cmrmap.results import to_json
from tests.conformance import expected_measurements, validate


@pytest.fixture(scope="module")
def saved(files, tmp_path_factory):
    folder = tmp_path_factory.mktemp("out")
    return [(file, write_file(folder / file.name, file.content)) for file in files]


def test_validator_finds_no_error_and_only_known_warnings(saved, external_tool):
    validator = external_tool("dciodvfy")
    for file, path in saved:
        assert validate(path, validator) == [], file.description


@pytest.mark.parametrize("role", [OutputRole.REGIONS, OutputRole.AHA])
def test_segmentations_are_read_by_dcmqi(saved, external_tool, tmp_path, role):
    reader = external_tool("segimage2itkimage")
    for file, path in saved:
        if file.role is not role:
            continue
        target = tmp_path / file.name
        target.mkdir()
        command = [reader, "--inputDICOM", str(path), "--outputDirectory", str(target), "-t", "nrrd"]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        assert result.returncode == 0, result.stdout + result.stderr
        described = json.loads((target / "meta.json").read_text())["segmentAttributes"]
        labels = [segment["SegmentLabel"] for group in described for segment in group]
        assert len(labels) == (2 if role is OutputRole.REGIONS else 16)


def test_parametric_maps_are_read_by_dcmqi(saved, external_tool, tmp_path):
    reader = external_tool("paramap2itkimage")
    for file, path in saved:
        if file.role is not OutputRole.PARAMETRIC_MAP:
            continue
        target = tmp_path / file.name
        target.mkdir()
        command = [reader, "--inputDICOM", str(path), "--outputDirectory", str(target), "-t", "nrrd"]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        assert result.returncode == 0, result.stdout + result.stderr
        described = json.loads((target / "meta.json").read_text())
        assert described["MeasurementUnitsCode"]["CodeValue"] == ("%" if file.kind is MapKind.ECV else "ms")


def test_the_measurement_report_is_read_by_dcmqi_with_the_numbers_of_the_results(
    saved, external_tool, tmp_path, results
):
    reader = external_tool("tid1500reader")
    path = next(path for file, path in saved if file.role is OutputRole.MEASUREMENT_REPORT)
    target = tmp_path / "report.json"
    command = [reader, "--inputDICOM", str(path), "--outputMetadata", str(target)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    found = {}
    for group in json.loads(target.read_text())["Measurements"]:
        for item in group["measurementItems"]:
            how = item.get("derivationModifier", {}).get("CodeMeaning", "")
            found[group["TrackingIdentifier"], item["quantity"]["CodeMeaning"], how] = float(item["value"])
    expected = expected_measurements(json.loads(to_json(results)))
    assert found.keys() == expected.keys()
    assert [key for key in found if found[key] != pytest.approx(expected[key], rel=1e-7)] == []
