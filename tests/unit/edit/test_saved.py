"""A save takes the place of the last run's files: what it cannot know, it does not write over."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from cmrmap.core.errors import OutputError
from cmrmap.edit.saved import _writer
from cmrmap.run.outcome import Outcome, write_status
from cmrmap.run.staging import write_together


@pytest.mark.parametrize("status", [None, b"", b'{"objects": '])
def test_without_the_list_of_the_last_run_nothing_is_saved(tmp_path: Path, status: bytes | None) -> None:
    """A save that does not know the old objects would leave them beside the new ones, as if they were of one run."""
    outcome = Outcome()
    write_together(tmp_path, [("1.2.3.dcm", b"old"), ("results/results.json", b"{}")], outcome)
    write_status(tmp_path, outcome)
    place = tmp_path / "results" / "status.json"
    place.unlink()
    if status is not None:
        place.write_bytes(status)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    context: Any = SimpleNamespace(target=tmp_path, outcome=Outcome())
    bundle: Any = SimpleNamespace(contents=[("1.2.4.dcm", b"new")], files=(), verdicts={}, n_skipped=0)
    bundle.results = SimpleNamespace(software=SimpleNamespace(fit_kernel=None))
    with pytest.raises(OutputError, match=r"status\.json in OUT is gone or cannot be read; run the study again"):
        _writer(())(context, bundle)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before
