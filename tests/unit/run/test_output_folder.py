"""Whose an output folder is: what the last run wrote goes, what others wrote stays, two runs do not meet."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cmrmap.core.errors import OutputError
from cmrmap.run.manifest import WrittenFile, is_unchanged, listed_files
from cmrmap.run.outcome import Outcome, write_status
from cmrmap.run.output_folder import claim
from cmrmap.run.staging import stage

_CONTENTS = (("1.2.dcm", b"one"), ("1.3.dcm", b"two"), ("results/results.json", b"{}"))


def _run(folder: Path, contents: tuple[tuple[str, bytes], ...] = _CONTENTS, **options: bool) -> None:
    with claim(folder, **options):
        outcome = Outcome()
        staged = stage(folder, contents)
        outcome.objects = staged.files
        write_status(folder, outcome, running=True)
        staged.move()
        write_status(folder, outcome)


def _names(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_what_the_last_run_wrote_is_gone_before_the_next_begins(tmp_path: Path) -> None:
    _run(tmp_path)
    assert _names(tmp_path) == {"1.2.dcm", "1.3.dcm", "results/results.json", "results/status.json"}
    with claim(tmp_path):
        assert _names(tmp_path) == {"results/status.json"}


def test_every_file_is_listed_with_its_hash(tmp_path: Path) -> None:
    _run(tmp_path)
    listed = listed_files(tmp_path)
    assert listed is not None
    assert [file.name for file in listed] == [name for name, _ in _CONTENTS]
    assert all(is_unchanged(tmp_path, file) for file in listed)


def test_hidden_files_and_those_of_file_systems_are_nobodys(tmp_path: Path) -> None:
    (tmp_path / "lost+found").mkdir()
    (tmp_path / "lost+found" / "#1").touch()
    (tmp_path / ".keep").touch()
    (tmp_path / "results").mkdir()
    _run(tmp_path)
    assert (tmp_path / ".keep").exists()


def test_a_link_in_the_place_of_a_file_is_of_others_wherever_it_leads(tmp_path: Path) -> None:
    _run(tmp_path)
    (tmp_path / "1.2.dcm").unlink()
    (tmp_path / "1.2.dcm").symlink_to("nowhere")
    with pytest.raises(OutputError, match=r"holds 1 file \(\.dcm\) that no run wrote, or that were changed since"):
        claim(tmp_path)
    assert (tmp_path / "1.2.dcm").is_symlink()


@pytest.mark.parametrize("name", ["1.9.dcm", "results/notes.txt", "elsewhere/a.txt"])
def test_files_of_others_stay_and_are_told(tmp_path: Path, name: str) -> None:
    _run(tmp_path)
    theirs = tmp_path / name
    theirs.parent.mkdir(exist_ok=True)
    theirs.write_bytes(b"theirs")
    with pytest.raises(OutputError, match=r"holds 1 file \(\.(dcm|txt)\) that no run wrote.*--into-non-empty"):
        claim(tmp_path)
    assert (tmp_path / "1.2.dcm").exists()  # a refused run has removed nothing
    _run(tmp_path, (("1.4.dcm", b"new"),), into_non_empty=True)
    assert _names(tmp_path) == {name, "1.4.dcm", "results/status.json"}
    assert theirs.read_bytes() == b"theirs"


def test_an_object_that_somebody_has_edited_is_theirs(tmp_path: Path) -> None:
    _run(tmp_path)
    (tmp_path / "1.2.dcm").write_bytes(b"edited")
    with pytest.raises(OutputError, match="or that were changed since"):
        claim(tmp_path)
    with pytest.raises(OutputError, match="1 file of the same name with different content"):
        _run(tmp_path, into_non_empty=True)
    assert (tmp_path / "1.2.dcm").read_bytes() == b"edited"


def test_a_run_that_was_killed_between_its_files_leaves_nothing_unknown(tmp_path: Path) -> None:
    with claim(tmp_path):
        outcome = Outcome()
        staged = stage(tmp_path, _CONTENTS)
        outcome.objects = staged.files
        write_status(tmp_path, outcome, running=True)
        (tmp_path / ".cmrmap-unfinished" / "1.2.dcm").rename(tmp_path / "1.2.dcm")  # and here it was killed
    assert json.loads((tmp_path / "results/status.json").read_text())["outcome"] == "running"
    _run(tmp_path, (("1.4.dcm", b"new"),))
    assert _names(tmp_path) == {"1.4.dcm", "results/status.json"}


def test_a_full_disk_leaves_nothing(tmp_path: Path) -> None:
    def contents():
        yield "1.2.dcm", b"one"
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space left"):
        stage(tmp_path, contents())
    assert _names(tmp_path) == set()


def test_two_runs_cannot_have_it(tmp_path: Path) -> None:
    with claim(tmp_path), pytest.raises(OutputError, match="another run is writing"):
        claim(tmp_path)
    claim(tmp_path).release()


def test_a_folder_that_is_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "out").touch()
    with pytest.raises(OutputError, match="cannot be used"):
        claim(tmp_path / "out")


@pytest.mark.parametrize(
    "status",
    [
        "[" * 5000,
        "[]",
        '{"objects": 3}',
        "{",
        "\ufeff",
        json.dumps({"objects": [3, {"file": 1}, {"file": "a.dcm"}]}),
    ],
)
def test_a_damaged_status_is_no_run_of_ours_or_lists_nothing(tmp_path: Path, status: str) -> None:
    (tmp_path / "results").mkdir()
    (tmp_path / "results/status.json").write_text(status)
    assert not listed_files(tmp_path)


@pytest.mark.parametrize("name", ["../a.dcm", "/etc/passwd", "results/../../a", "results/x/y", "..", "", "a\0b", "./."])
def test_a_changed_list_does_not_reach_out_of_the_folder(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "out"
    (tmp_path / "a.dcm").write_bytes(b"x")
    outcome = Outcome()
    outcome.objects = (WrittenFile(name, "0" * 64),)
    write_status(folder, outcome)
    assert listed_files(folder) == ()
    with claim(folder):
        assert (tmp_path / "a.dcm").exists()


def test_a_run_that_does_not_begin_removes_nothing_but_is_told_of_others(tmp_path: Path) -> None:
    _run(tmp_path)
    before = _names(tmp_path)
    with claim(tmp_path, clear=False):
        assert _names(tmp_path) == before
        with pytest.raises(OutputError, match="another run is writing"):
            claim(tmp_path)
    (tmp_path / "theirs.txt").touch()
    with pytest.raises(OutputError, match="that no run wrote"):
        claim(tmp_path, clear=False)


class _KilledError(BaseException):
    """Nothing of the process runs after it."""


@pytest.mark.parametrize("n_removed", [0, 1, 2])
def test_a_run_that_is_killed_while_it_clears_leaves_no_status_of_a_whole_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, n_removed: int
) -> None:
    _run(tmp_path)
    removed: list[Path] = []
    unlink = Path.unlink

    def killed(path: Path, missing_ok: bool = False) -> None:
        if len(removed) == n_removed:
            raise _KilledError
        removed.append(path)
        unlink(path, missing_ok=missing_ok)

    monkeypatch.setattr(Path, "unlink", killed)
    with pytest.raises(_KilledError):
        claim(tmp_path)
    monkeypatch.undo()
    assert len(_names(tmp_path)) == 4 - n_removed
    assert json.loads((tmp_path / "results/status.json").read_text())["outcome"] == "running"
    _run(tmp_path)
    assert _names(tmp_path) == {"1.2.dcm", "1.3.dcm", "results/results.json", "results/status.json"}


def test_where_nothing_can_be_written_the_last_set_stays_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OutputError("no space left")

    _run(tmp_path)
    before = {name: (tmp_path / name).read_bytes() for name in _names(tmp_path)}
    monkeypatch.setattr("cmrmap.run.output_folder.write_status", full)
    with pytest.raises(OutputError, match="no space left"):
        claim(tmp_path)
    assert {name: (tmp_path / name).read_bytes() for name in _names(tmp_path)} == before
