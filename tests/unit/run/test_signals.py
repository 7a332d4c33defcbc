"""The signals that end a run are held before anything starts a thread."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


def test_holding_them_imports_no_library() -> None:
    code = "import sys, cmrmap.run.signals; print(sorted({'numpy', 'torch', 'pydicom'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
