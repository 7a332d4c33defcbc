"""What `import cmrmap` offers: at once, and without the libraries that take seconds."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import cmrmap
from cmrmap.core.version import VERSION
from cmrmap.pipeline import StudyAnalysis, analyse_folder
from cmrmap.relaxometry import fit_relaxation
from cmrmap.segmentation import load_network

ROOT = Path(__file__).resolve().parents[2]


def test_the_front_door_has_what_it_says() -> None:
    assert cmrmap.__version__ == VERSION
    assert cmrmap.analyse_folder is analyse_folder
    assert cmrmap.StudyAnalysis is StudyAnalysis
    assert cmrmap.fit_relaxation is fit_relaxation
    assert cmrmap.load_network is load_network
    assert set(cmrmap.__all__) <= set(dir(cmrmap))
    with pytest.raises(AttributeError, match="module 'cmrmap' has no attribute 'analyze'"):
        _ = cmrmap.analyze


def test_importing_it_imports_nothing_heavy() -> None:
    heavy = "numpy", "torch", "pydicom", "scipy"
    code = f"import sys, cmrmap; print([name for name in {heavy} if name in sys.modules])"
    found = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    assert found.stdout.strip() == "[]"
