"""What all tests share: Hypothesis profiles, and programs of the system that some tests need."""

from __future__ import annotations

import importlib.util
import os
import shutil

import pytest
from hypothesis import HealthCheck, settings

IN_CI = os.environ.get("CI", "").lower() in ("1", "true", "yes")

# deadline: the first example compiles and loads; too_slow: a shared machine is no finding
_COMMON = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("dev", **_COMMON)
settings.register_profile("ci", derandomize=True, **_COMMON)
settings.load_profile("ci" if IN_CI else "dev")


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip, or in CI fail, a test marked ``program("name", ...)`` whose program is not installed.

    A test marked ``training`` is skipped outside the training environment, in which `make test` runs it.
    """
    if item.get_closest_marker("training") and importlib.util.find_spec("monai.transforms") is None:
        pytest.skip("needs MONAI; `make test-training` runs it in .venv-train")
    for mark in item.iter_markers("program"):
        missing = [name for name in mark.args if shutil.which(name) is None]
        if missing:
            reason = f"not installed: {', '.join(missing)} (`make system-packages` installs what it may)"
            if IN_CI:
                pytest.fail(f"{reason}; CI must have it", pytrace=False)
            pytest.skip(reason)
