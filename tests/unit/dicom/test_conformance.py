"""Independent programs judge every written object: the dicom3tools validator and the dcmqi readers."""

from __future__ import annotations

import json
import subprocess

import pytest

from cmrmap.dicom.outputs import OutputRole, save_files
from cmrmap.types import MapKind

#: Warnings that are right to stay, each with its reason.
ALLOWED_WARNINGS = {
    "<QUANTITY>": "a defined term of newer editions of the standard than the validator knows",
    "99CMRMAP": "the private coding scheme of ECV, which has no public code",
    "CodingSchemeUID": "the private scheme's own UID",
    "<ECV MAP>": "the standard names no ECV map",
    "SD MAP>": "the standard names no map of a standard deviation",
    "Rescale": "the classic MR image has no modality LUT, yet every viewer applies it",
}


@pytest.fixture(scope="module")
def saved(files, tmp_path_factory):
    folder = tmp_path_factory.mktemp("out")
    return list(zip(files, save_files(files, folder), strict=True))


def test_validator_finds_no_error_and_only_known_warnings(saved, external_tool):
    validator = external_tool("dciodvfy")
    for file, path in saved:
        result = subprocess.run([validator, "-new", str(path)], capture_output=True, text=True, check=False)
        lines = (result.stdout + result.stderr).splitlines()
        assert [line for line in lines if line.startswith("Error")] == [], file.description
        assert result.returncode == 0, file.description
        warnings = [line for line in lines if line.startswith("Warning")]
        assert [w for w in warnings if not any(allowed in w for allowed in ALLOWED_WARNINGS)] == [], file.description


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
