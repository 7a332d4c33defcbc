"""Machine code on disk is taken up again only where nothing that it was compiled from has changed."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import types
from collections import namedtuple
from enum import IntEnum
from pathlib import Path
from typing import NamedTuple

import pytest

pytest.importorskip("numba")

from cmrmap.relaxometry import _numba_cache, _numba_kernel
from cmrmap.relaxometry._numba_cache import is_own, key_of

ROOT = Path(__file__).resolve().parents[3]


class Outcome(IntEnum):
    GOOD = 0
    BAD = 1


class Pair(NamedTuple):
    first: int
    second: int


LIMIT = 3.0
SERIES = (1.0, 0.5)
LIST = [1.0]


def called(x: float) -> float:
    return x * LIMIT


def caller(x: float) -> float:
    return called(x) + SERIES[0] + int(Outcome.BAD) + Pair(1, 2).second


def reads_a_list(x: float) -> float:
    return x + LIST[0]


def reads_a_module(x: float) -> float:
    return x + types.AMOUNT


def test_the_key_is_the_same_in_every_process() -> None:
    code = "from cmrmap.relaxometry import _numba_kernel as k; print(k.fit_pixels.py_func.__qualname__)"
    names = set()
    for seed in ("1", "2"):  # of the order of sets
        done = subprocess.run(
            [sys.executable, "-c", code],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        )
        names.add(done.stdout.strip())
    assert names == {_numba_kernel.fit_pixels.py_func.__qualname__}


def test_what_is_kept_on_disk_is_named_after_the_key() -> None:
    """Numba looks at one file only: machine code of an older search or finish must not be taken up again."""
    kernel = _numba_kernel.fit_pixels
    (signature,) = kernel.nopython_signatures
    assert kernel.py_func.__qualname__ == "fit_pixels_" + key_of(kernel.py_func, signature)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LIMIT", 3.0000000000000004),  # read by a function that is called
        ("SERIES", (1.0, 0.25)),
        ("Outcome", IntEnum("Outcome", {"GOOD": 1, "BAD": 0})),
        ("Pair", namedtuple("Pair", ("second", "first"))),
        ("called", lambda x: x * LIMIT * LIMIT - 1.0),
    ],
)
def test_a_constant_of_any_module_changes_the_key(name: str, value: object, monkeypatch: pytest.MonkeyPatch) -> None:
    before = key_of(caller)
    assert key_of(caller) == before
    monkeypatch.setitem(globals(), name, value)
    assert key_of(caller) != before


def test_a_constant_read_through_its_module_changes_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(types, "AMOUNT", 1.0, raising=False)
    before = key_of(reads_a_module)
    monkeypatch.setattr(types, "AMOUNT", 2.0)
    assert key_of(reads_a_module) != before


@pytest.mark.parametrize(
    "constant",
    [
        "cmrmap.relaxometry._numba_kernel._EDGE",
        "cmrmap.relaxometry._numba_search.AMBIGUITY_LIMIT",
        "cmrmap.relaxometry._numba_search.DISTINCT_LOG_T",
        "cmrmap.relaxometry._numba_scan.N_NODES",
        "cmrmap.relaxometry._numba_scan.LANES",
        "cmrmap.relaxometry._numba_workspace.N_COEFFICIENTS",
        "cmrmap.relaxometry._numba_finish._SERIES",
    ],
)
def test_the_kernels_key_follows(constant: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before = key_of(_numba_kernel.fit_pixels)
    monkeypatch.setattr(constant, (0.0,))
    assert key_of(_numba_kernel.fit_pixels) != before


def test_the_layout_of_the_tuples_it_takes_changes_the_key() -> None:
    from numba import float64, void
    from numba.types import NamedTuple as NumbaTuple

    turned = namedtuple("Pair", ("second", "first"))
    keys = {key_of(caller, void(NumbaTuple((float64, float64), kind))) for kind in (Pair, turned)}
    assert len(keys) == 2


@pytest.mark.parametrize("library", ["numba", "np"])
def test_versions_change_the_key(library: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before = key_of(caller)
    monkeypatch.setattr(getattr(_numba_cache, library), "__version__", "0")
    assert key_of(caller) != before


def test_a_source_changes_the_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    room = Path(_numba_cache.__file__).parent
    for path in room.glob("_numba_*.py"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    monkeypatch.setattr(_numba_cache, "__file__", str(tmp_path / "_numba_cache.py"))
    before = key_of(caller)
    scan = tmp_path / "_numba_scan.py"
    scan.write_text(scan.read_text() + "\n")
    assert key_of(caller) != before


def test_what_cannot_be_told_apart_is_refused() -> None:
    with pytest.raises(TypeError, match="LIST: the compiled fit may read numbers, words, tuples and enumerations"):
        key_of(reads_a_list)


def test_numba_heeds_the_processor() -> None:
    """Its own part of the key, on which ours relies."""
    from numba.core.registry import cpu_target

    codegen = cpu_target.target_context.codegen()
    dispatcher = _numba_kernel.fit_pixels
    key = dispatcher._cache._index_key(dispatcher.signatures[0], codegen)
    assert codegen.magic_tuple() in key
    assert codegen._get_host_cpu_name() in codegen.magic_tuple()


RENUMBERED = """
import enum, sys
from cmrmap.core import parameter_map
numbers = {**{one.name: one.value for one in parameter_map.FitStatus}, "DEGENERATE": int(sys.argv[1])}
parameter_map.FitStatus = enum.IntEnum("FitStatus", numbers)
"""


def run_renumbered(code: str, number: int, cache: Path, *folders: Path) -> str:
    """What a process prints that has another number for DEGENERATE."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", RENUMBERED + code, str(number)],
        cwd=ROOT,
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join(map(str, (ROOT, *folders))),
            "NUMBA_CACHE_DIR": str(cache),
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.strip()


def test_renumbered_statuses_are_seen_where_older_machine_code_is_kept(tmp_path: Path) -> None:
    """Three processes, one folder of machine code; a small function, made as the kernel is."""
    (tmp_path / "small.py").write_text(
        "import numba\n"
        "from cmrmap.relaxometry._numba_kernel import _DEGENERATE\n"
        "from cmrmap.relaxometry._numba_lanes import compiled, inner\n"
        "@inner\n"
        "def code():\n"
        "    return _DEGENERATE\n"
        "@compiled(numba.int64())\n"
        "def status():\n"
        "    return code()\n"
    )
    # the kernel itself, which the constant is read from, need not be compiled for it
    quick = (
        "from cmrmap.relaxometry import _numba_lanes\n"
        "real, _numba_lanes.compiled = _numba_lanes.compiled, lambda signature: lambda function: function\n"
        "import cmrmap.relaxometry._numba_kernel\n"
        "_numba_lanes.compiled = real\n"
        "import small; print(small.status(), sum(small.status.stats.cache_hits.values()))"
    )
    found = [run_renumbered(quick, number, tmp_path / "cache", tmp_path) for number in (2, 77, 2)]
    assert found == ["2 0", "77 0", "2 1"]  # status, and whether it was taken from the folder


@pytest.mark.parametrize(
    ("folder_mode", "file_mode", "own"),
    [(0o755, 0o644, True), (0o700, 0o600, True), (0o777, 0o644, False), (0o1777, 0o644, False), (0o755, 0o666, False)],
)
def test_machine_code_that_others_can_write_is_not_read(
    tmp_path: Path, folder_mode: int, file_mode: int, own: bool
) -> None:
    folder = tmp_path / "cache"
    folder.mkdir()
    (folder / "kernel.fit_pixels_abc-9.py311.nbi").write_bytes(b"")
    (folder / "kernel.fit_pixels_abc-9.py311.nbi").chmod(file_mode)
    (folder / "kernel.other-9.py311.nbi").write_bytes(b"")
    (folder / "kernel.other-9.py311.nbi").chmod(0o666)  # of another function, by another version
    folder.chmod(folder_mode)
    assert is_own(folder, "fit_pixels_abc") is own
    assert is_own(folder / "not" / "there", "another") is (own or file_mode == 0o666)  # it would be made in there


def test_links_to_machine_code_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere.nbi").write_bytes(b"")
    (tmp_path / "kernel.fit.nbi").symlink_to(tmp_path / "elsewhere.nbi")
    assert not is_own(tmp_path, "fit")


def test_machine_code_of_another_user_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert is_own(tmp_path, "fit")
    if tmp_path.stat().st_uid == 0:
        pytest.skip("root's own files are everybody's")
    monkeypatch.setattr(os, "geteuid", lambda: 4321)
    assert not is_own(tmp_path, "fit")


class _Planted:
    """What runs when it is unpickled."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __reduce__(self) -> tuple[object, ...]:
        return os.mkdir, (str(self.folder),)


def test_what_others_can_have_planted_is_not_run(tmp_path: Path) -> None:
    cache, planted = tmp_path / "cache", tmp_path / "planted"
    (tmp_path / "kernel.py").write_text(
        "import numba\nfrom cmrmap.relaxometry._numba_lanes import compiled\n"
        "def double(x):\n    return 2.0 * x\n"
        "print(compiled(numba.float64(numba.float64))(double)(4.0))"
    )

    def run() -> None:
        done = subprocess.run(
            [sys.executable, str(tmp_path / "kernel.py")],
            env={**os.environ, "PYTHONPATH": str(ROOT), "NUMBA_CACHE_DIR": str(cache)},
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.strip() == "8.0"

    run()
    (index,) = cache.rglob("*.nbi")  # it is kept where it is safe
    index.write_bytes(pickle.dumps(_Planted(planted)))
    index.parent.chmod(0o777)
    run()
    assert not planted.exists()
    index.parent.chmod(0o755)
    run()
    assert planted.exists()  # so numba does run it: who can write there is the user
