"""The lines of docs/how-to/replace-a-stage.md put a site's operator in a stage's place."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
_PROGRAM = """
from app.process import settle_process
settle_process()
from app.process import settle_sdk
settle_sdk("INFO")
from dataclasses import replace
from types import SimpleNamespace

import site_operators
from cmrmap.pipeline import STAGES, RunContext, StageList, Stage
from site_app import CmrmapApplication

site_operators.outline = lambda stack: f"outlines of {stack}"
seen = []
load = Stage("load", (), "loaded", lambda context: SimpleNamespace(stacks=("t2", "ecv")))
segment = next(stage for stage in STAGES if stage.name == "segment")
write = Stage("write", ("segmentations",), "written", lambda context, outlines: seen.extend(outlines))
CmrmapApplication(RunContext(), StageList((load, segment, write))).run()
print(seen)
"""


@pytest.fixture
def steps() -> list[str]:
    text = (ROOT / "docs" / "how-to" / "replace-a-stage.md").read_text(encoding="utf-8")
    return re.findall(r"```python\n(.*?)```", text, re.DOTALL)


def test_three_lines_of_the_application_put_the_operator_in_place(steps: list[str], tmp_path: Path) -> None:
    operator, lines, _ = steps
    imported, replaced = lines.strip().split("\n\n")
    assert imported.count("\n") == 0
    source = (ROOT / "app" / "app.py").read_text(encoding="utf-8")
    before = "OWN_OPERATORS: Mapping[str, type[StageOperator]] = {}\n"
    assert source.count(before) == 1
    source = source.replace(before, f"{replaced}\n").replace("from operators.base", f"{imported}\nfrom operators.base")
    (tmp_path / "site_app.py").write_text(source, encoding="utf-8")
    (tmp_path / "site_operators.py").write_text(operator, encoding="utf-8")
    (tmp_path / "program.py").write_text(f"import sys\nsys.path.insert(0, {str(ROOT)!r})\n{_PROGRAM}", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(tmp_path / "program.py")], capture_output=True, text=True, timeout=300, check=False
    )
    assert done.stdout == "['outlines of t2', 'outlines of ecv']\n", done.stderr


def test_a_function_takes_the_place_of_a_stage_in_python(steps: list[str], tmp_path: Path) -> None:
    names = {
        "folder": tmp_path / "nowhere",
        "network": None,
        "outline_all": lambda context, loaded: (),
    }
    program = steps[2]
    definitions = program[: program.index("made = ")]
    exec(compile(definitions, "replace-a-stage.md", "exec"), names)
    replaced = {stage.name: stage.call for stage in names["stages"]}  # type: ignore[attr-defined]
    assert replaced["segment"] is names["outline_all"]
