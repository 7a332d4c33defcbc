"""From the start of the process to the first operator: what a host pays for every study."""

import resource
from pathlib import Path

LIMIT_S = 4.0


def test_the_first_operator_runs_within_four_seconds_of_work(run_app, tmp_path: Path) -> None:
    """Counts processor time: on an idle machine it is the time that passes, on a busy one that says nothing."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "note.txt").write_text("no image: the first operator ends the run")
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    run = run_app(tmp_path / "in", tmp_path / "out")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert run.exit_code == 3, run.stderr
    assert run.stderr.count("\n") == 1
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < LIMIT_S
