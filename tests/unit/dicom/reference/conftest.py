"""A study of two series, and the same with all that the application wrote of it."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from cmrmap.core.map_specs import MapKind
from cmrmap.dicom.writing.outputs import OutputFile


@pytest.fixture
def folder(tmp_path: Path, toolbox: SimpleNamespace) -> Path:
    toolbox.save(toolbox.make_series(MapKind.T2, 1) + toolbox.make_series(MapKind.NATIVE_T1, 2), tmp_path)
    return tmp_path


@pytest.fixture
def with_outputs(study_folder: Path, files: tuple[OutputFile, ...], tmp_path: Path) -> Path:
    """A study and all that the application wrote of it, in one folder."""
    for path in study_folder.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    for file in files:
        (tmp_path / f"out-{file.name}").write_bytes(file.content)
    return tmp_path
