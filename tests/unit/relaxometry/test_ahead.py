"""The library of the compiled fit: it fits as numba's kernel does; only one that is ours and up to date is loaded."""

from __future__ import annotations

import ast
import ctypes
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from cmrmap.relaxometry import _ahead, _backends, fit_relaxation
from cmrmap.relaxometry._problem import Problem, Results
from cmrmap.relaxometry._trusted import is_ours
from cmrmap.relaxometry.basis import reduced_basis
from cmrmap.relaxometry.models import get_model

ROOT = Path(__file__).resolve().parents[3]
TIMES = {
    "t2_2p": (0.0, 25.0, 55.0),
    "t2_3p": (0.0, 25.0, 55.0, np.inf),
    "stone_2p": (100.0, 500.0, 1200.0, 5000.0),
    "molli_3p": (100.0, 180.0, 260.0, 1000.0, 1080.0, 2000.0, 2900.0, 3800.0),
    "sasha_3p": (100.0, 300.0, 600.0, 900.0, 1500.0, np.inf),
}


def _cpuinfo(folder: Path, *levels: str) -> Path:
    flags = {flag for level in levels for flag in _ahead.LEVELS[level]}
    path = folder / "cpuinfo"
    path.write_text(f"processor\t: 0\nflags\t\t: fpu {' '.join(sorted(flags))}\nbugs\t\t: none\n", encoding="utf-8")
    return path


def test_the_level_is_the_best_that_the_processor_has_whole(tmp_path: Path) -> None:
    assert _ahead.processor_level(_cpuinfo(tmp_path, "x86-64-v3", "x86-64-v2")) == "x86-64-v3"
    assert _ahead.processor_level(_cpuinfo(tmp_path, "x86-64-v2")) == "x86-64-v2"
    assert _ahead.processor_level(_cpuinfo(tmp_path, "x86-64-v3")) is None  # no such processor: better none
    assert _ahead.processor_level(_cpuinfo(tmp_path)) is None
    assert _ahead.processor_level(tmp_path / "absent") is None


def test_the_key_covers_every_source_that_the_compiled_fit_reads() -> None:
    """Constants are compiled in: what any of its modules imports of ours must be hashed."""
    room = ROOT / "cmrmap" / "relaxometry"
    covered = {path.relative_to(ROOT).with_suffix("") for path in (*room.glob("*.py"), *_ahead._ELSEWHERE)}
    named = {
        Path(node.module.replace(".", "/"))
        for path in room.glob("_numba_*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("cmrmap.")
    }
    named -= {Path("cmrmap/core/arrays"), Path("cmrmap/relaxometry")}  # types only; names of modules
    assert len(named) > 5
    assert named <= covered


def test_where_there_is_no_library_none_is_loaded(tmp_path: Path) -> None:
    assert _ahead.load(tmp_path / "absent") is None
    assert _ahead.load(tmp_path) is None
    (tmp_path / "fit-000000000000-x86-64-v2.so").write_bytes(b"of other sources")
    assert _ahead.load(tmp_path) is None


def test_what_is_no_library_is_not_loaded(tmp_path: Path) -> None:
    for level in _ahead.LEVELS:
        (tmp_path / _ahead.library_name(level)).write_bytes(b"\x7fELF and no more")
        assert _ahead.load_level(tmp_path, level) is None


def _owned(path: Path, uid: int, mode: int = 0o644) -> os.stat_result:
    found = list(os.lstat(path))
    found[stat.ST_UID], found[stat.ST_MODE] = uid, stat.S_IFREG | mode
    return os.stat_result(found)


def test_files_are_ours_if_none_can_write_them_who_is_not_trusted_already() -> None:
    own, sources, stranger = os.geteuid(), os.geteuid() + 1, os.geteuid() + 2
    for uid, also, expected in ((own, (), True), (0, (), True), (sources, (), False), (sources, (sources,), True)):
        assert is_ours(_owned(Path(__file__), uid), *also) is expected
    assert not is_ours(_owned(Path(__file__), stranger), sources)
    assert not is_ours(_owned(Path(__file__), sources, 0o646), sources)


@pytest.mark.parametrize("name", ["notes.txt", "fit.so", "results"])
def test_a_folder_with_other_files_is_left_as_it_is(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"theirs")
    (tmp_path / "fit-000000000000-x86-64-v2.so").touch()
    done = subprocess.run(
        [sys.executable, "-m", _ahead.COMPILER, str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "holds other files (1); give a new folder" in done.stderr
    assert (tmp_path / name).read_bytes() == b"theirs"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made") / "ahead"
    subprocess.run([sys.executable, "-m", _ahead.COMPILER, str(folder)], cwd=ROOT, check=True, capture_output=True)
    return folder


@pytest.mark.slow
def test_the_library_fits_as_numba_does(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(3)
    libraries = [made / _ahead.library_name(level) for level in _ahead.LEVELS]
    assert all(path.is_file() for path in libraries)
    kernel = _ahead.load(made)
    if kernel is None:
        pytest.skip("this processor has none of the levels")
    for model, times in TIMES.items():
        signals = 100.0 * np.exp(-np.array(times) / random.uniform(20.0, 1500.0, (60_000, 1)))
        signals = (100.0 - 1.9 * signals if "molli" in model or "stone" in model else signals) + random.normal(
            0, 2, signals.shape
        )
        signals[0] = np.nan
        for threads in (1, 2):
            fits = []
            for chosen in (kernel, _numba_kernel()):
                monkeypatch.setattr(_backends, "_compiled_kernel", lambda chosen=chosen: chosen)
                fits.append(fit_relaxation(signals, times, model, with_sensitivity=True, threads=threads))
            for name in ("status", "n_negative"):
                np.testing.assert_array_equal(getattr(fits[0], name), getattr(fits[1], name), err_msg=model)
            for name in ("t_ms", "sd_ms", "amplitude", "ssr", "r2", "sensitivity"):
                found, expected = (getattr(fit, name) for fit in fits)
                largest = np.nanmax(np.abs(expected))
                np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12 * largest, err_msg=f"{model} {name}")


def _numba_kernel():
    from cmrmap.relaxometry import _numba_kernel as module

    return module.fit_pixels


@pytest.mark.slow
def test_a_library_that_others_can_write_is_not_loaded(made: Path, tmp_path: Path) -> None:
    folder = tmp_path / "ahead"
    shutil.copytree(made, folder)
    level = list(_ahead.LEVELS)[-1]
    path = folder / _ahead.library_name(level)
    assert _ahead.load_level(folder, level) is not None
    path.chmod(0o666)
    assert _ahead.load_level(folder, level) is None
    path.chmod(0o644)
    folder.chmod(0o777)
    assert _ahead.load_level(folder, level) is None
    folder.chmod(0o755)
    path.rename(tmp_path / "elsewhere.so")
    path.symlink_to(tmp_path / "elsewhere.so")
    assert _ahead.load_level(folder, level) is None


@pytest.mark.slow
def test_without_numba_the_library_fits(made: Path) -> None:
    code = (
        "import sys; sys.modules['numba'] = None\n"
        "from pathlib import Path\n"
        "from cmrmap.relaxometry import _ahead, _backends, fit_relaxation\n"
        f"kernel = _ahead.load(Path({str(made)!r}))\n"
        "_backends._ahead.load = lambda: kernel\n"
        "fit = fit_relaxation([[90, 20, 50, 98]], [100, 500, 1200, 5000], 'stone_2p', backend='numba')\n"
        "print(_backends._compiled_kernel() is kernel is not None, fit.t_ms[0])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, text=True)
    used, t_ms = done.stdout.split()
    assert used == "True"
    expected = fit_relaxation([[90, 20, 50, 98]], [100, 500, 1200, 5000], "stone_2p").t_ms[0]
    assert float(t_ms) == pytest.approx(expected, rel=1e-12)


@pytest.mark.slow
def test_the_library_refuses_arrays_that_it_would_read_past(made: Path) -> None:
    kernel = _ahead.load(made)
    if kernel is None:
        pytest.skip("this processor has none of the levels")
    model, times = get_model("t2_2p"), TIMES["t2_2p"]
    problem = Problem.of(model, reduced_basis(model, times, model.t_range_ms), model.magnitude)
    signals, results = np.ones((4, 3)), Results.empty(4)
    with pytest.raises(ctypes.ArgumentError, match="array must have data type float64"):
        kernel(signals.astype(np.float32), problem, *results)
    with pytest.raises(ctypes.ArgumentError, match="C_CONTIGUOUS"):
        kernel(np.ones((4, 6))[:, ::2], problem, *results)
    with pytest.raises(ValueError, match="one entry for each pixel"):
        kernel(signals, problem, results.values, results.status[:3], *results[2:])
    with pytest.raises(ValueError, match="rows of all pixels"):
        kernel(signals, problem, results.values[:, :3], *results[1:])
    with pytest.raises(ValueError, match="times of the problem"):
        kernel(np.ones((4, 2)), problem, *results)
