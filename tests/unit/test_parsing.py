"""Trees that threads build at the same time, while garbage is collected."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from tests.parsing import AFFECTED

ROOT = Path(__file__).resolve().parents[2]
#: two threads parse, from different depths of calls, until one fails or the time is over; Hypothesis calls back alike
_RACE = """
import ast, gc, sys, threading, time
from pathlib import Path
from tests.parsing import parse_in_turn
if sys.argv[1] == "in turn":
    parse_in_turn()
text = Path("cmrmap/relaxometry/fit.py").read_text(encoding="utf-8")
gc.callbacks.append(lambda *_: [number for number in range(50)])
gc.set_threshold(50)
sys.setswitchinterval(1e-6)
until, said = time.monotonic() + float(sys.argv[2]), []
def parsing(depth):
    if depth:
        return parsing(depth - 1)
    while not said and time.monotonic() < until:
        try:
            ast.parse(text)
        except SystemError as error:
            said.append(str(error))
threads = [threading.Thread(target=parsing, args=(depth,)) for depth in (5, 30)]
for one in threads:
    one.start()
for one in threads:
    one.join()
print(said)
"""


def _race(how: str, longest_s: float) -> str:
    command = [sys.executable, "-c", _RACE, how, str(longest_s)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=300).stdout


@pytest.mark.skipif(not AFFECTED, reason="this Python counts the depth of each tree on its own")
def test_the_fault_is_python_s_own_and_the_tests_are_kept_from_it() -> None:
    assert "AST constructor recursion depth mismatch" in _race("as it is", 120.0)
    assert hasattr(ast.parse, "__wrapped__")  # by tests/conftest.py


def test_threads_that_parse_in_turn_do_not_fail() -> None:
    assert _race("in turn", 3.0) == "[]\n"
