"""A finished run, whose files others may replace."""

from __future__ import annotations

from pathlib import Path

import pytest

from cmrmap.run.outcome import write_status
from cmrmap.run.staging import write_together
from tests.unit.run.replaced_set import OLD, new_outcome, report_of


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A finished run."""
    outcome = new_outcome()
    write_together(tmp_path, OLD.items(), outcome, report_of(outcome))
    write_status(tmp_path, outcome)
    return tmp_path
