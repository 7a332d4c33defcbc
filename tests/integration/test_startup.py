"""From the start of the process to the first operator: what a host pays for every study."""

import resource
import subprocess
import sys
from pathlib import Path

#: what no run can do without; the rest of start-up is ours
NEEDED = "import torch, monai.deploy.core, pydicom, scipy.ndimage"
LIMIT = 2.2


def processor_s() -> float:
    """Processor time of the processes that this one started and that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def needed_s() -> float:
    before = processor_s()
    subprocess.run([sys.executable, "-c", NEEDED], check=True, capture_output=True, timeout=120)
    return processor_s() - before


def test_the_first_operator_runs_after_little_more_than_the_imports(run_app, tmp_path: Path) -> None:
    """Counts processor time against that of the imports in the same minute: machines differ, and are busy.

    MONAI's core, which the application does without, would go far beyond.
    """
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "note.txt").write_text("no image: the first operator ends the run")
    needed = [needed_s()]
    before = processor_s()
    run = run_app(tmp_path / "in", tmp_path / "out")
    taken = processor_s() - before
    needed.append(needed_s())
    assert run.exit_code == 3, run.stderr
    assert run.stderr.count("\n") == 1
    assert taken < LIMIT * sum(needed) / len(needed), (taken, needed)
