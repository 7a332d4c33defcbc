"""What is sent in the tests of this room."""

from __future__ import annotations

from pathlib import Path

import pytest

from cmrmap.core.files import write_file
from cmrmap.dicom.transfer.base import Outgoing
from cmrmap.dicom.transfer.sending import find_files
from cmrmap.dicom.writing.outputs import OutputFile, OutputRole


@pytest.fixture(scope="module")
def folder(files: tuple[OutputFile, ...], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One file of each kind of object."""
    target = tmp_path_factory.mktemp("to_send")
    one_of_each = {file.sop_class_uid: file for file in files if file.role is not OutputRole.SD_SERIES}
    for file in one_of_each.values():
        write_file(target / file.name, file.content)
    return target


@pytest.fixture(scope="module")
def outgoing(folder: Path) -> tuple[Outgoing, ...]:
    return find_files(folder)


@pytest.fixture
def classes(outgoing: tuple[Outgoing, ...]) -> set[str]:
    return {one.sop_class_uid for one in outgoing}
