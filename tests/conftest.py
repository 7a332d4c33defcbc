"""What all tests share: threads, the order of the files, Hypothesis profiles, and programs that some tests need."""

from __future__ import annotations

import importlib.util
import logging
import os
import shutil
from collections.abc import Iterator

if "PYTEST_XDIST_WORKER" in os.environ:
    # the workers share the cores: more threads than cores wait for each other; read when numpy and torch are imported
    for _name in ("OMP", "OPENBLAS", "MKL"):
        os.environ.setdefault(f"{_name}_NUM_THREADS", "1")

import pytest
from hypothesis import HealthCheck, settings

from tests.parsing import parse_in_turn

parse_in_turn()

IN_CI = os.environ.get("CI", "").lower() in ("1", "true", "yes")

# deadline: the first example compiles and loads; too_slow: a shared machine is no finding
_COMMON = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("dev", **_COMMON)
settings.register_profile("ci", derandomize=True, **_COMMON)
settings.load_profile("ci" if IN_CI else "dev")

#: files that take longest, longest first: workers take whole files in this order, so that short ones even out the end
LONGEST = (
    "test_hostile_dicom.py",
    "test_site.py",
    "test_demo.py",
    "test_wheel.py",
    "test_cohort.py",
    "test_label_check.py",
    "test_flavours.py",
    "test_starting.py",
    "test_front_door.py",
    "test_bad_input.py",
    "test_pixel_geometry.py",
    "test_staged_application.py",
    "test_real_studies.py",
)


@pytest.fixture(autouse=True)
def _levels_of_the_log_as_they_were() -> Iterator[None]:
    """A run in the tests' own process sets the level of the log; the next test may look for a warning in it."""
    ours, all_of_them = logging.getLogger("cmrmap"), logging.getLogger()
    levels = ours.level, all_of_them.level
    yield
    ours.setLevel(levels[0])
    all_of_them.setLevel(levels[1])


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest files first, then the other integration tests, then the rest as it is."""

    def place(item: pytest.Item) -> tuple[int, bool]:
        rank = LONGEST.index(item.path.name) if item.path.name in LONGEST else len(LONGEST)
        return rank, "integration" not in item.path.parts

    items.sort(key=place)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip, or in CI fail, a test marked ``program("name", ...)`` whose program is not installed.

    A test marked ``browser`` is skipped where there is no Chromium or no Playwright.
    A test marked ``training`` is skipped outside the training environment, in which `make test` runs it.
    """
    if item.get_closest_marker("training") and importlib.util.find_spec("monai.transforms") is None:
        pytest.skip("needs MONAI; `make test-training` runs it in .venv-train")
    if item.get_closest_marker("browser") and not (shutil.which("chromium") and importlib.util.find_spec("playwright")):
        pytest.skip("needs Chromium (apt-get install chromium) and Playwright (pip install playwright)")
    for mark in item.iter_markers("program"):
        missing = [name for name in mark.args if shutil.which(name) is None]
        if missing:
            reason = f"not installed: {', '.join(missing)} (`make system-packages` installs what it may)"
            if IN_CI:
                pytest.fail(f"{reason}; CI must have it", pytrace=False)
            pytest.skip(reason)
