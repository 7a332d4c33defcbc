"""A graph of two throw-away stages: whatever ends it, the exit code and status.json say so.

The graphs run in one process of their own, since the SDK wants to be imported into a settled one.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[3]

_PROGRAM = """
import json, sys
from pathlib import Path

from app.process import settle_process
settle_process()
from app.process import settle_sdk
settle_sdk("INFO")

from holoscan.schedulers import EventBasedScheduler
import app.app
import app.runtime
from cmrmap.core.errors import RefusedError
from cmrmap.pipeline import RunContext, Stage, StageList
from cmrmap.run.outcome import MapVerdict
from operators.base import StageOperator

way = ""

def read(context):
    if way.startswith("refused"):
        raise RefusedError("two patients in one folder; give one study")
    if way == "unexpected":
        raise ValueError("Doe^Jane")
    if way == "exit":
        sys.exit(0)
    return {"t2": 50.0}

def write(context, numbers):
    if way.startswith("late"):
        raise RefusedError("every series refused")
    if way != "silent":
        context.outcome.report({key: MapVerdict("ok") for key in numbers}, skipped_files=2)

STAGES = StageList((Stage("read", (), "numbers", read), Stage("write", ("numbers",), "written", write)))

class SiteReader(StageOperator):
    def work(self, context):
        return {"ecv": 26.0, **super().work(context)}

class Silent(StageOperator):
    def compute(self, op_input, op_output, context):
        pass

OWN = {"site": {"read": SiteReader}, "starved": {"read": Silent}}

class Graph(app.app.CmrmapApplication):
    def compose(self):
        super().compose()
        if way.endswith("threads"):
            self.scheduler(EventBasedScheduler(self, worker_thread_number=2, name="threads"))

def build(settings, outcome):
    return Graph(RunContext(outcome=outcome), STAGES, OWN.get(way, app.app.OWN_OPERATORS))

app.runtime.build_application = build

folder = Path(sys.argv[1])
codes = {}
for way in sys.argv[2:]:
    print(f"== {way}", file=sys.stderr, flush=True)
    codes[way] = app.runtime.main(["-i", f"{folder}/in", "-o", f"{folder}/{way}", "-m", f"{folder}/models"], {})
print(json.dumps(codes))
"""

_WAYS = (
    "normal",
    "refused",
    "unexpected",
    "exit",
    "silent",
    "starved",
    "site",
    "late",
    "normal-threads",
    "refused-threads",
    "late-threads",
)


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Exit code, status.json and stderr lines of each way to end."""
    folder = tmp_path_factory.mktemp("graphs")
    for name in ("in", "models/net"):
        (folder / name).mkdir(parents=True)
        (folder / name / "model.json").touch()
    program = folder / "program.py"
    program.write_text(f"import sys\nsys.path.insert(0, {str(ROOT)!r})\n{_PROGRAM}")
    found = subprocess.run(
        [sys.executable, str(program), str(folder), *_WAYS], capture_output=True, text=True, timeout=300, check=False
    )
    assert found.returncode == 0, found.stderr
    codes = json.loads(found.stdout)
    parts = found.stderr.split("== ")[1:]
    lines = {part.splitlines()[0]: part.splitlines()[1:] for part in parts}
    return {
        way: (codes[way], json.loads((folder / way / "results" / "status.json").read_text()), lines[way])
        for way in _WAYS
    }


@pytest.mark.parametrize(
    ("way", "code", "outcome", "message"),
    [
        ("normal", 0, "ok", "made t2"),
        ("normal-threads", 0, "ok", "made t2"),
        ("refused", 4, "refused", "two patients in one folder; give one study"),
        ("refused-threads", 4, "refused", "two patients in one folder; give one study"),
        ("late", 4, "refused", "every series refused"),
        ("late-threads", 4, "refused", "every series refused"),
        ("unexpected", 1, "error", "internal error in stage read: ValueError"),
        ("exit", 1, "error", "internal error in stage read: SystemExit"),
        ("silent", 1, "error", "before its results were written"),
        ("starved", 1, "error", "before its results were written"),
        ("site", 0, "ok", "made ecv, t2"),
    ],
)
def test_each_way_to_end(ended: dict[str, Any], way: str, code: int, outcome: str, message: str) -> None:
    found, status, _ = ended[way]
    assert found == code
    assert (status["exit_code"], status["outcome"]) == (code, outcome)
    assert message in status["message"]


def test_maps_and_skipped_files_of_a_run_that_reported(ended: dict[str, Any]) -> None:
    _, status, _ = ended["normal"]
    assert status["maps"] == {"t2": {"status": "ok", "reason": None}}
    assert status["skipped_files"] == 2


def test_stderr_has_one_line_a_stage_with_its_seconds(ended: dict[str, Any]) -> None:
    _, _, lines = ended["normal"]
    assert len(lines) == 3
    for line, stage in zip(lines, ("read", "write"), strict=False):
        assert f"INFO {stage} " in line
        assert line.endswith(" s")
    assert lines[-1].endswith("INFO made t2")


def test_a_failure_is_one_line_without_the_studys_values(ended: dict[str, Any]) -> None:
    for way in ("refused", "unexpected"):
        assert len(ended[way][2]) == 1
    assert "Doe" not in json.dumps(ended)
