"""The container image and what it is given; `make test-map` builds it and runs the tests of this folder."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tests.image_engine import Engine


@pytest.fixture(scope="session")
def engine() -> Engine:
    if "CMRMAP_TEST_IMAGE" not in os.environ:
        pytest.skip("the image is tested by `make test-map`")
    return Engine()


@pytest.fixture
def output(tmp_path: Path) -> Path:
    """Return a folder that belongs to the container's user, as a host prepares it."""
    folder = tmp_path / "out"
    folder.mkdir()
    folder.chmod(0o777)
    return folder


@pytest.fixture(scope="session")
def one_slice(engine: Engine, demo_study: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One native slice, as mercure lays it out: flat, with its own files beside it."""
    folder = tmp_path_factory.mktemp("one") / "in"
    folder.mkdir()
    for path in sorted((demo_study / "dicom" / "stone_native_t1").glob("*.dcm"))[:11]:
        shutil.copy(path, folder)
        (folder / f"{path.stem}.tags").write_text('{"PatientName": "x"}')
    (folder / "task.json").write_text('{"id": "1", "process": {"settings": {}}}')
    return folder
