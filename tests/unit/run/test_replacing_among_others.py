"""While a set takes the place of another, what other programs put there stays, and nothing of ours is lost."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from cmrmap.core.errors import OutputError
from cmrmap.run.manifest import listed_files
from cmrmap.run.output_folder import claim
from tests.unit.run.replaced_set import OLD, act_before, disk_is_full, files_of, save, status_of, which_is_whole


def test_what_another_program_put_into_a_place_meanwhile_stays(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    link = os.link

    def late(source: Path, target: Path) -> None:
        if Path(target).name == "3.dcm":
            Path(target).write_bytes(b"theirs")
        link(source, target)

    monkeypatch.setattr("os.link", late)
    with pytest.raises(OutputError, match="1 file of the same name with different content"):
        save(folder)
    assert (folder / "3.dcm").read_bytes() == b"theirs"
    (folder / "3.dcm").unlink()
    assert which_is_whole(folder) == "old"


def test_a_file_changed_after_it_was_looked_at_stays(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    act_before(monkeypatch, "replace", "2.dcm", lambda: (folder / "2.dcm").write_bytes(b"theirs"))
    with pytest.raises(OutputError, match="another program is changing files"):
        save(folder)
    assert files_of(folder) == {**OLD, "2.dcm": b"theirs", "results/status.json": status_of(folder)}
    assert json.loads(status_of(folder))["outcome"] == "ok"


@pytest.mark.parametrize("change", ["file", "folder", "link", "pipe"])
@pytest.mark.parametrize("name", ["2.dcm", "results/notes.txt", "4.dcm"])
def test_what_others_put_beside_the_set_stays(folder: Path, name: str, change: str) -> None:
    """Also in the place of a file of the old set, which the new one does not have."""
    place = folder / name
    place.unlink(missing_ok=True)
    _put(place, change)
    save(folder)
    assert _what(place) == change
    assert json.loads(status_of(folder))["outcome"] == "ok"
    assert (folder / "3.dcm").read_bytes() == b"new"


@pytest.mark.parametrize("change", ["file", "folder", "link", "pipe"])
@pytest.mark.parametrize("name", ["3.dcm", "results/results.json"])
def test_what_others_put_into_a_place_of_the_new_set_stays(folder: Path, name: str, change: str) -> None:
    place = folder / name
    place.unlink(missing_ok=True)
    _put(place, change)
    before = status_of(folder)
    with pytest.raises(OutputError, match="1 file of the same name with different content"):
        save(folder)
    assert _what(place) == change
    assert status_of(folder) == before
    assert {key: (folder / key).read_bytes() for key in OLD if key != name} == {
        key: content for key, content in OLD.items() if key != name
    }


def _put(place: Path, change: str) -> None:
    if change == "file":
        place.write_bytes(b"theirs")
    elif change == "folder":
        place.mkdir()
        (place / "inside").write_bytes(b"theirs")
    elif change == "link":
        place.symlink_to("nowhere")  # its target is not there at the moment
    else:
        os.mkfifo(place)


def _what(place: Path) -> str:
    if place.is_symlink():
        return "link" if os.readlink(place) == "nowhere" else "changed"
    if place.is_dir():
        return "folder" if (place / "inside").read_bytes() == b"theirs" else "changed"
    if place.is_fifo():
        return "pipe"
    return "file" if place.exists() and place.read_bytes() == b"theirs" else "changed"


def test_a_link_in_the_place_of_a_file_is_put_back(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file was moved to an archive beside the folder; from where it is set aside the link leads nowhere."""
    archive = folder.parent / f"{folder.name}-archive"
    archive.mkdir()
    os.rename(folder / "2.dcm", archive / "2.dcm")
    (folder / "2.dcm").symlink_to(f"../{archive.name}/2.dcm")
    monkeypatch.setattr("os.link", lambda *_: disk_is_full())
    act_before(monkeypatch, "replace", "3.dcm", disk_is_full)
    with pytest.raises(OutputError):
        save(folder)
    assert (folder / "2.dcm").is_symlink()
    assert which_is_whole(folder) == "old"


def test_what_cannot_be_put_back_waits_until_its_place_is_free(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another program takes the place of a file that is set aside: neither is lost, and no set is called whole."""
    theirs = folder / "results/results.json"
    with monkeypatch.context() as patched:
        act_before(patched, "link", "1.dcm", lambda: theirs.write_bytes(b"theirs"))
        with pytest.raises(OutputError, match="1 file of the same name with different content"):
            save(folder)
    for _ in range(2):
        assert theirs.read_bytes() == b"theirs"
        assert json.loads(status_of(folder))["outcome"] == "running"
        assert {one.name for one in listed_files(folder) or ()} == set(OLD)
        with pytest.raises(OutputError, match=r"wait in \.cmrmap-replaced"):
            save(folder)
    theirs.unlink()
    claim(folder, clear=False).release()
    assert which_is_whole(folder) == "old"


def test_what_could_not_be_put_back_goes_with_its_run(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        act_before(patched, "link", "1.dcm", lambda: (folder / "results/results.json").write_bytes(b"theirs"))
        with pytest.raises(OutputError):
            save(folder)
    claim(folder, into_non_empty=True).release()
    (folder / "results/results.json").unlink()
    claim(folder, clear=False).release()
    assert set(files_of(folder)) == {"results/status.json"}
    assert json.loads(status_of(folder))["outcome"] == "running"


def test_files_of_others_that_end_like_ours_stay(folder: Path) -> None:
    (folder / ".film.mp4.part").write_bytes(b"theirs")
    (folder / ".0123456789abcdef.part").write_bytes(b"begun")
    save(folder)
    assert [path.name for path in folder.glob(".*")] == [".film.mp4.part"]
