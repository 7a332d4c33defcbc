"""The fit works where numba is missing and where it finds no place for its cache; it is imported only when needed."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import numba
import numpy as np
import pytest
from numba.core.caching import UserProvidedCacheLocator

from cmrmap.core.errors import InputError
from cmrmap.relaxometry import _backends, fit_relaxation, get_model, prepare, signal

ROOT = Path(__file__).resolve().parents[3]
#: where a library of the fit lies beside the sources, numba is not asked
BY_NUMBA = "from cmrmap.relaxometry import _ahead; _ahead.load = lambda: None\n"
#: what the log says, on stderr where nobody has set it up
_WARNING = (
    "neither the compiled library of the fit nor numba can be loaded (ModuleNotFoundError): numpy fits, which takes "
    "about ten times as long; install numba, or make the library by python -m cmrmap.relaxometry._numba_ahead\n"
)
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
        f"{BY_NUMBA}import sys; sys.modules['numba'] = None\n"
        f"from cmrmap.relaxometry import fit_relaxation\n{FIT}; {FIT}"
    )
    assert without.returncode == 0
    assert without.stderr == _WARNING  # once, however many fits there are
    with_numba = fit_relaxation([[90, 20, 50, 98]], [100, 500, 1200, 5000], "stone_2p", backend="numba").t_ms[0]
    assert float(without.stdout.split()[-1]) == pytest.approx(with_numba, abs=1e-6)


def test_numba_by_name_without_numba_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_backends, "_compiled_kernel", lambda: None)
    assert _backends.choose_backend("auto") == "numpy"
    with pytest.raises(InputError, match="numba is not importable"):
        _backends.choose_backend("numba")


def test_the_kernel_is_loaded_ahead_and_a_process_may_end_meanwhile() -> None:
    done = run(
        "import threading\n"
        "from cmrmap.relaxometry import prepare\n"
        "started, start = [], threading.Thread.start\n"  # a thread that only loads a library may have ended already
        "threading.Thread.start = lambda thread: (started.append(thread), start(thread))[1]\n"
        "prepare(wait=False)\n"
        "print([thread.daemon for thread in started if thread.name == 'fit kernel'])\n"
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
    code = f"{BY_NUMBA}import sys; sys.modules['numba'] = None; from cmrmap.relaxometry import prepare; prepare()"
    done = run(code)
    assert (done.returncode, done.stderr) == (0, _WARNING)


@pytest.mark.parametrize("error", [ImportError("no numba"), OSError("Could not find libllvmlite.so")])
def test_what_fits_is_told(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, error: Exception) -> None:
    def missing(name: str) -> None:
        raise error

    assert _backends.kernel_in_use() == "compiled"
    _backends._compiled_kernel.cache_clear()
    monkeypatch.setattr(_backends._ahead, "load", lambda: None)
    monkeypatch.setattr(_backends.importlib, "import_module", missing)
    try:
        assert [_backends.kernel_in_use() for _ in range(2)] == ["numpy"] * 2
        assert _backends.compiler_version() is None
    finally:
        _backends._compiled_kernel.cache_clear()
    assert [(one.levelname, type(error).__name__ in one.message) for one in caplog.records] == [("WARNING", True)]


def test_the_compiler_is_that_of_the_kernel_in_use(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A library of other sources lies there, which is not loaded: what made it made nothing here."""
    from cmrmap.relaxometry import _ahead, _numba_kernel

    (tmp_path / _ahead.ABOUT).write_text('{"numba": "0.1.2"}')
    monkeypatch.setattr(_ahead.compiler_version, "__defaults__", (tmp_path,))
    monkeypatch.setattr(_backends, "_compiled_kernel", lambda: _numba_kernel.fit_pixels)
    assert _backends.compiler_version() == numba.__version__
    monkeypatch.setattr(_backends, "_compiled_kernel", lambda: _ahead._kernel(None))
    assert _backends.compiler_version() == "0.1.2"
    for content in ("[]", "{", "{}"):
        (tmp_path / _ahead.ABOUT).write_text(content)
        assert _backends.compiler_version() is None


def _limited(monkeypatch: pytest.MonkeyPatch, n_given: int) -> list[threading.Thread]:
    """Have a system that gives so many threads and no more."""
    start, started = threading.Thread.start, []

    def limited(thread: threading.Thread) -> None:
        if len(started) >= n_given:
            raise RuntimeError("can't start new thread")
        started.append(thread)
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", limited)
    return started


def test_where_no_thread_can_be_started_the_first_fit_loads_the_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    started = _limited(monkeypatch, 0)
    prepare(wait=False)
    assert started == []
    assert fit_relaxation([[90, 20, 50, 98]], [100, 500, 1200, 5000], "stone_2p").status[0] == 0


@pytest.mark.parametrize("n_given", [0, 1, 2, 3])
def test_parts_without_a_thread_of_their_own_are_fitted_all_the_same(
    monkeypatch: pytest.MonkeyPatch, n_given: int
) -> None:
    rng = np.random.default_rng(3)
    times = [100.0, 500.0, 1200.0, 5000.0]
    signals = np.abs(signal(get_model("stone_2p"), times, rng.uniform(600, 1800, 90), 100.0)) + rng.normal(
        0, 1, (90, 4)
    )
    monkeypatch.setattr(_backends, "PIXELS_PER_THREAD", 30)
    alone = fit_relaxation(signals, times, "stone_2p", threads=1)
    started = _limited(monkeypatch, n_given)
    found = fit_relaxation(signals, times, "stone_2p", threads=3)
    assert len(started) <= n_given  # a thread that is done takes the next part
    assert not any(thread.is_alive() for thread in started)
    np.testing.assert_array_equal(found.t_ms, alone.t_ms)
    np.testing.assert_array_equal(found.sd_ms, alone.sd_ms)


def test_what_a_container_allows_is_read_only_where_a_second_thread_is_of_use(monkeypatch: pytest.MonkeyPatch) -> None:
    """A study has thousands of small fits, and each reading takes longer than one of them."""
    asked = []
    monkeypatch.setattr(_backends, "available_threads", lambda: asked.append(1) or 2)
    monkeypatch.setattr(_backends, "PIXELS_PER_THREAD", 2)
    times, pixel = [100, 500, 1200, 5000], [90, 20, 50, 98]
    for n_pixels, expected in ((1, 0), (3, 0), (4, 1)):
        fit = fit_relaxation([pixel] * n_pixels, times, "stone_2p")
        assert len(asked) == expected
        assert (fit.t_ms == fit.t_ms[0]).all()
        assert fit.status[0] == 0


def test_another_fault_of_a_thread_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(thread: threading.Thread) -> None:
        raise RuntimeError("threads can only be started once")

    monkeypatch.setattr(threading.Thread, "start", failing)
    with pytest.raises(RuntimeError, match="only be started once"):
        prepare(wait=False)


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
