"""Listing a folder: links are followed, nothing is listed twice, circles come to an end."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from cmrmap.core.errors import InputError, ModelError, NoMappingSeriesError
from cmrmap.core.map_specs import MapKind
from cmrmap.dicom.headers.folder import list_files
from cmrmap.dicom.headers.read import read_study
from cmrmap.run.paths import check_input
from cmrmap.run.shipped_model import choose_model


def _files(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    return folder


def _names(folder: Path) -> list[str]:
    return [path.relative_to(folder).as_posix() for path in list_files(folder).files]


def test_a_linked_folder_is_read(tmp_path, toolbox):
    toolbox.save(toolbox.make_series(MapKind.T2, 1, 1), tmp_path / "elsewhere")
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "study").symlink_to(tmp_path / "elsewhere")
    study = read_study(tmp_path / "in")
    assert len(study.headers) == study.n_files == 5
    check_input(tmp_path / "in")


def test_links_below_links_are_followed(tmp_path):
    _files(tmp_path / "a", "one")
    _files(tmp_path / "b", "two")
    (tmp_path / "a" / "deeper").symlink_to(tmp_path / "b")
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "x").symlink_to(tmp_path / "a")
    assert _names(tmp_path / "in") == ["x/deeper/two", "x/one"]


@pytest.mark.parametrize("target", [".", "..", "inner", "../in/inner"])
def test_links_in_a_circle_come_to_an_end(tmp_path, target):
    folder = _files(tmp_path / "in", "inner/file")
    (folder / "inner" / "back").symlink_to(Path(os.path.normpath(folder / "inner" / target)))
    assert _names(folder) == ["inner/file"]


def test_two_folders_that_link_each_other(tmp_path):
    _files(tmp_path / "in" / "a", "one")
    _files(tmp_path / "in" / "b", "two")
    (tmp_path / "in" / "a" / "to_b").symlink_to(tmp_path / "in" / "b")
    (tmp_path / "in" / "b" / "to_a").symlink_to(tmp_path / "in" / "a")
    assert _names(tmp_path / "in") == ["a/one", "b/two"]


def test_a_file_that_two_links_lead_to_counts_once(tmp_path):
    _files(tmp_path / "elsewhere", "one")
    (tmp_path / "in").mkdir()
    for name in ("x", "y"):
        (tmp_path / "in" / name).symlink_to(tmp_path / "elsewhere")
    (tmp_path / "in" / "z").symlink_to(tmp_path / "elsewhere" / "one")
    assert len(_names(tmp_path / "in")) == 1


def test_the_way_without_a_link_is_listed(tmp_path):
    folder = _files(tmp_path / "in", "z/file")
    (folder / "a").symlink_to(folder / "z")
    (folder / "b").symlink_to(folder / "z" / "file")
    assert _names(folder) == ["z/file"]


def test_links_that_lead_nowhere_are_counted(tmp_path, toolbox):
    toolbox.save(toolbox.make_series(MapKind.T2, 1, 1), tmp_path / "in")
    (tmp_path / "in" / "gone").symlink_to(tmp_path / "nothing")
    (tmp_path / "in" / "itself").symlink_to(tmp_path / "in" / "itself")
    study = read_study(tmp_path / "in")
    assert dict(study.skipped) == {"broken_link": 2}
    assert study.n_files == 7


def test_a_folder_of_broken_links_says_so(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "gone").symlink_to(tmp_path / "nothing")
    with pytest.raises(NoMappingSeriesError, match="holds 1 links that lead nowhere"):
        read_study(tmp_path / "in")


def test_no_folder_and_no_file(tmp_path):
    with pytest.raises(InputError, match="does not exist"):
        list_files(tmp_path / "nothing")
    with pytest.raises(InputError, match="is a file"):
        list_files(_files(tmp_path, "file") / "file")


def test_a_subfolder_that_may_not_be_read_costs_only_itself(tmp_path, toolbox, monkeypatch):
    toolbox.save(toolbox.make_series(MapKind.T2, 1, 1), tmp_path / "in")
    _files(tmp_path / "in", "closed/file")
    scandir = os.scandir

    def closed(path):
        if Path(path).name == "closed":
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", closed)  # root may read everything
    study = read_study(tmp_path / "in")
    assert len(study.headers) == 5
    assert dict(study.skipped) == {"unreadable": 1}
    assert study.n_files == 6
    (lost,) = study.lost
    assert "check its permissions" in lost.reason
    assert "closed" not in lost.reason
    assert lost.file_name == ""


@pytest.mark.parametrize(("names", "told"), [(["a"], "only 1 subfolder that"), (["a", "b"], "only 2 subfolders that")])
def test_an_input_with_nothing_but_closed_subfolders_is_told(tmp_path, monkeypatch, names, told):
    for name in names:
        _files(tmp_path, f"{name}/file")
    scandir = os.scandir

    def closed(path):
        if Path(path) != tmp_path:
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", closed)
    with pytest.raises(InputError, match=f"holds {told} cannot be read; check their permissions"):
        check_input(tmp_path)


def test_a_folder_that_may_not_be_read_at_all_is_told(tmp_path, monkeypatch):
    def closed(path):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "scandir", closed)
    with pytest.raises(InputError, match="cannot be read"):
        list_files(tmp_path)


@pytest.fixture
def plain_user() -> Iterator[Path]:
    """A folder, and the permissions of a user: none are denied to root."""
    folder = Path(tempfile.mkdtemp())  # pytest's own folders are closed to others
    try:
        folder.chmod(0o777)
        is_root = os.geteuid() == 0
        if is_root:
            os.seteuid(65534)
        try:
            yield folder
        finally:
            if is_root:
                os.seteuid(0)
    finally:
        for path in folder.rglob("*"):
            path.chmod(0o777)
        shutil.rmtree(folder)


def test_a_subfolder_that_may_be_listed_but_not_entered_costs_only_itself(plain_user):
    _files(plain_user, "in/one", "in/closed/two", "in/closed/three")
    (plain_user / "in" / "closed").chmod(0o444)
    listed = list_files(plain_user / "in")
    assert [path.name for path in listed.files] == ["one"]
    assert (listed.n_broken_links, listed.n_closed_folders) == (0, 1)
    check_input(plain_user / "in")


def test_an_input_that_may_not_be_entered_is_told(plain_user):
    _files(plain_user, "in/study/one")
    (plain_user / "in").chmod(0o444)
    for look in (check_input, list_files):
        with pytest.raises(InputError, match=r"cannot be read \(Permission denied\)"):
            look(plain_user / "in")
        with pytest.raises(InputError, match="does not exist"):
            look(plain_user / "in" / "study")
    with pytest.raises(ModelError, match="does not exist"):
        choose_model(plain_user / "in" / "study")
