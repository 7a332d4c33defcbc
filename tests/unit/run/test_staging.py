"""Files appear together, complete, and nothing else is left beside them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from cmrmap.core.errors import OutputError
from cmrmap.run import staging
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


def _appearing(monkeypatch: pytest.MonkeyPatch, folder: Path, at: int, name: str) -> None:
    """Have somebody else write a file of that name right before or after one of the renames (the ``at``-th)."""
    rename, seen = os.replace, []

    def renamed(source: Path, target: Path) -> None:
        rename(source, target)
        if "results" not in str(target):
            seen.append(target)
            if len(seen) == at:
                (folder / name).write_bytes(b"theirs")

    monkeypatch.setattr(staging.os, "replace", renamed)


@pytest.mark.parametrize(("at", "name"), [(1, "2.dcm"), (2, "1.dcm"), (3, "3.dcm")])
def test_what_another_program_writes_among_the_renames_stays_and_is_told(tmp_path, monkeypatch, at, name) -> None:
    staged = stage(tmp_path, [(f"{number}.dcm", b"ours") for number in (1, 2, 3)])
    _appearing(monkeypatch, tmp_path, at, name)
    with pytest.raises(OutputError, match="1 file of the same name with other content"):
        staged.move()
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {name: b"theirs"}
