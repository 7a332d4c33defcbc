"""Files appear together, complete, and nothing else is left beside them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from cmrmap.core.errors import OutputError
from cmrmap.run.staging import stage

_CONTENTS = tuple((f"1.2.{number}.dcm", f"content {number}".encode()) for number in range(3))


def test_saved_files_are_complete_and_nothing_else_is_left(tmp_path: Path) -> None:
    target = tmp_path / "new" / "folder"
    staged = stage(target, _CONTENTS)
    assert not any(path.suffix == ".dcm" for path in target.iterdir())
    paths = staged.move()
    assert [path.read_bytes() for path in paths] == [content for _, content in _CONTENTS]
    assert sorted(os.listdir(target)) == sorted(name for name, _ in _CONTENTS)
    stage(target, _CONTENTS).move()
    assert len(os.listdir(target)) == len(_CONTENTS)


def test_unwritable_folder(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="cannot be written") as caught:
        stage(tmp_path / "file", _CONTENTS)
    assert caught.value.exit_code == 2
