"""One set of files takes the place of another where a folder of theirs is on another file system."""

from __future__ import annotations

import errno
import json
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from cmrmap.core.errors import OutputError
from cmrmap.run.outcome import write_status
from cmrmap.run.staging import write_together
from tests.unit.run.replaced_set import (
    NEW,
    OLD,
    act_before,
    disk_is_full,
    new_outcome,
    report_of,
    save,
    status_of,
    which_is_whole,
)


@pytest.mark.parametrize("failing", [False, True])
def test_results_may_be_on_another_file_system(folder: Path, monkeypatch: pytest.MonkeyPatch, failing: bool) -> None:
    """A link or a volume: a rename that leads out of it fails with EXDEV."""
    monkeypatch.setattr("os.link", _within_one(folder, os.link))
    monkeypatch.setattr("os.replace", _within_one(folder, os.replace))
    if failing:
        act_before(monkeypatch, "replace", "3.dcm", disk_is_full)
        act_before(monkeypatch, "link", "3.dcm", disk_is_full)
        with pytest.raises(OutputError):
            save(folder)
    else:
        save(folder)
    assert which_is_whole(folder) == ("old" if failing else "new")
    assert not (folder / ".cmrmap-replaced").exists()


def _within_one(folder: Path, really: Callable[[Path, Path], None]) -> Callable[[Path, Path], None]:
    def call(source: Path, target: Path) -> None:
        if (Path(source).parent == folder / "results") != (Path(target).parent == folder / "results"):
            raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))
        really(source, target)

    return call


def test_results_on_a_real_other_file_system(tmp_path: Path) -> None:
    other = Path("/dev/shm")
    if not other.is_dir() or other.stat().st_dev == tmp_path.stat().st_dev or not os.access(other, os.W_OK):
        pytest.skip("there is no other file system here")
    with tempfile.TemporaryDirectory(dir=other) as elsewhere:
        (tmp_path / "results").symlink_to(elsewhere)
        outcome = new_outcome()
        write_together(tmp_path, OLD.items(), outcome, report_of(outcome))
        write_status(tmp_path, outcome)
        save(tmp_path)
        found = {name: (tmp_path / name).read_bytes() for name in NEW}
        assert (found, (tmp_path / "2.dcm").exists()) == (NEW, False)
        assert json.loads(status_of(tmp_path))["outcome"] == "ok"
