"""One syntax tree at a time, where Python's own bookkeeping fails on two.

Python 3.11 before 3.11.8 counts the depth of all trees in one place (python/cpython issue 106905). Where garbage is
collected while `ast.parse` builds a tree, and a callback written in Python is called for it, as Hypothesis and
distributed register one, another thread may run; if it parses, as every traceback does that a thread formats, the first
tree ends with "SystemError: AST constructor recursion depth mismatch".
"""

from __future__ import annotations

import ast
import functools
import gc
import sys
import threading
from typing import Any

AFFECTED = (3, 11) <= sys.version_info < (3, 11, 8)


def parse_in_turn() -> None:
    """Let threads of this process parse one after the other, without collections of garbage meanwhile."""
    if not AFFECTED or hasattr(ast.parse, "__wrapped__"):
        return
    really, turn = ast.parse, threading.RLock()

    @functools.wraps(really)
    def parse(*arguments: Any, **options: Any) -> Any:
        with turn:
            collects = gc.isenabled()
            gc.disable()
            try:
                return really(*arguments, **options)
            finally:
                if collects:
                    gc.enable()

    ast.parse = parse
