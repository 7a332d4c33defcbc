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
    """Have somebody else write a file of that name right after the ``at``-th file was put into its place."""
    link, seen = os.link, []

    def linked(source: Path, target: Path) -> None:
        link(source, target)
        if "results" not in str(target):
            seen.append(target)
            if len(seen) == at:
                (folder / name).write_bytes(b"theirs")

    monkeypatch.setattr(staging.os, "link", linked)


@pytest.mark.parametrize(("at", "name"), [(1, "2.dcm"), (2, "1.dcm"), (3, "3.dcm")])
def test_what_another_program_writes_meanwhile_stays_and_is_told(tmp_path, monkeypatch, at, name) -> None:
    staged = stage(tmp_path, [(f"{number}.dcm", b"ours") for number in (1, 2, 3)])
    _appearing(monkeypatch, tmp_path, at, name)
    with pytest.raises(OutputError, match="1 file of the same name with different content"):
        staged.move()
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {name: b"theirs"}


@pytest.mark.parametrize("links", [True, False])
def test_a_file_that_appears_at_the_last_moment_is_not_written_over(tmp_path, monkeypatch, links) -> None:
    """Between the look and the act: only a link finds it there, a rename would write over it."""
    link = os.link

    def late(source: Path, target: Path) -> None:
        if target.name == "2.dcm":
            target.write_bytes(b"theirs")
        if not links:
            raise OSError
        link(source, target)

    monkeypatch.setattr(staging.os, "link", late)
    staged = stage(tmp_path, [(f"{number}.dcm", b"ours") for number in (1, 2, 3)])
    with pytest.raises(OutputError, match="1 file of the same name with different content"):
        staged.move()
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"2.dcm": b"theirs"}


@pytest.mark.parametrize("reported", [True, False])
def test_a_link_that_is_made_although_the_folder_fails_is_taken_back(tmp_path, monkeypatch, reported) -> None:
    """A share that goes away in between: nothing of a set that is not complete stays."""
    link, unlink = os.link, Path.unlink

    def failing(*_: object) -> None:
        raise OSError(5, "Input/output error")

    def then_failing(source: Path, target: Path) -> None:
        link(source, target)
        if target.name == "2.dcm":
            if reported:
                failing()
            monkeypatch.setattr(Path, "unlink", lambda path, **kw: failing() if path == source else unlink(path, **kw))

    staged = stage(tmp_path, [(f"{number}.dcm", b"ours") for number in (1, 2, 3)])
    monkeypatch.setattr(staging.os, "link", then_failing)
    monkeypatch.setattr(staging.os, "replace", failing)
    with pytest.raises(OutputError, match="cannot be written"):
        staged.move()
    assert not [path for path in tmp_path.iterdir() if path.name != staging._STAGING_NAME]


def test_files_of_the_same_content_may_be_there(tmp_path) -> None:
    for _ in range(2):
        stage(tmp_path, [("1.dcm", b"ours")]).move()
    assert [path.name for path in tmp_path.iterdir()] == ["1.dcm"]
    assert (tmp_path / "1.dcm").stat().st_nlink == 1
