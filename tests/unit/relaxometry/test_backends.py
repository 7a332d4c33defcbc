"""The fit works where numba is missing and where it finds no place for its cache; it is imported only when needed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from numba.core.caching import UserProvidedCacheLocator

from cmrmap.core.errors import InputError
from cmrmap.relaxometry import _backends, fit_relaxation

ROOT = Path(__file__).resolve().parents[3]
#: where a library of the fit lies beside the sources, numba is not asked
BY_NUMBA = "from cmrmap.relaxometry import _ahead; _ahead.load = lambda: None\n"
FIT = "print(round(fit_relaxation([[90, 20, 50, 98]], [100, 500, 1200, 5000], 'stone_2p').t_ms[0], 6))"


def run(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def test_importing_the_room_does_not_import_numba() -> None:
    done = run("import sys, cmrmap.relaxometry; print('numba' in sys.modules)")
    assert done.stdout.split() == ["False"], done.stderr


def test_without_numba_numpy_fits() -> None:
    without = run(
        f"{BY_NUMBA}import sys; sys.modules['numba'] = None; from cmrmap.relaxometry import fit_relaxation; {FIT}"
    )
    assert (without.returncode, without.stderr) == (0, "")
    with_numba = fit_relaxation([[90, 20, 50, 98]], [100, 500, 1200, 5000], "stone_2p", backend="numba").t_ms[0]
    assert float(without.stdout) == pytest.approx(with_numba, abs=1e-6)


def test_numba_by_name_without_numba_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_backends, "_compiled_kernel", lambda: None)
    assert _backends.choose_backend("auto") == "numpy"
    with pytest.raises(InputError, match="numba is not importable"):
        _backends.choose_backend("numba")


def test_the_kernel_is_loaded_ahead_and_a_process_may_end_meanwhile() -> None:
    done = run(
        "import sys, threading\n"
        "from cmrmap.relaxometry import prepare\n"
        "prepare(wait=False)\n"
        "print([thread.daemon for thread in threading.enumerate() if thread.name == 'fit kernel'])\n"
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.split() == ["[False]"]
    waited = run(
        "import sys, threading\n"
        "from cmrmap.relaxometry import prepare\n"
        "prepare(wait=False)\n"
        "[thread.join() for thread in threading.enumerate() if thread.name == 'fit kernel']\n"
        "from cmrmap.relaxometry import _backends\n"
        "print(_backends._compiled_kernel.cache_info().currsize == 1)"
    )
    assert (waited.returncode, waited.stdout.split(), waited.stderr) == (0, ["True"], "")


def test_prepare_waits_and_starts_no_thread() -> None:
    done = run(
        "import sys, threading\n"
        "from cmrmap.relaxometry import prepare\n"
        "prepare()\n"
        "from cmrmap.relaxometry import _backends\n"
        "print(_backends._compiled_kernel.cache_info().currsize == 1, threading.active_count())"
    )
    assert (done.returncode, done.stdout.split(), done.stderr) == (0, ["True", "1"], "")


def test_prepare_without_numba_is_no_error() -> None:
    done = run("import sys; sys.modules['numba'] = None; from cmrmap.relaxometry import prepare; prepare()")
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.slow
def test_no_place_for_the_cache_is_no_error_and_no_noise() -> None:
    """What numba says where neither the package's folder nor the user's home can be written to."""
    done = run(
        f"{BY_NUMBA}from numba.core import caching\n"
        "caching.CacheImpl._locator_classes = []\n"
        f"from cmrmap.relaxometry import fit_relaxation\n{FIT}\n"
        "from cmrmap.relaxometry import _numba_kernel\n"
        "print(type(_numba_kernel.fit_pixels._cache).__name__)",
        NUMBA_OPT="0",  # it compiles all anew: sooner done
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.split()[-1] == "NullCache"


@pytest.mark.slow
def test_a_damaged_cache_is_no_error_and_no_noise(tmp_path: Path) -> None:
    code = f"{BY_NUMBA}from cmrmap.relaxometry import fit_relaxation; {FIT}"
    first = run(code)
    kept = list((ROOT / "cmrmap" / "relaxometry" / "__pycache__").glob("_numba_kernel.*.nb[ic]"))
    assert kept  # compiled by the run before, or by one before it
    place = tmp_path / UserProvidedCacheLocator.get_suitable_cache_subpath(str(ROOT / "cmrmap/relaxometry/x.py"))
    place.mkdir()
    damaged = {place / path.name: path.read_bytes()[:20] for path in kept}
    for path, content in damaged.items():
        path.write_bytes(content)
    again = run(code, NUMBA_CACHE_DIR=str(tmp_path))
    assert (again.returncode, again.stderr, again.stdout) == (0, "", first.stdout)
    assert damaged.keys() == {path for path in tmp_path.rglob("*") if path.is_file()}  # it has met them
