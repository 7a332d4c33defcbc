"""Threads for the cores that this process gets, and the same results where no thread can be started."""

from __future__ import annotations

import ast
import os
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from cmrmap.core.threads import available_cpus, available_threads, map_in_threads, side_by_side, thread_pool

ROOT = Path(__file__).resolve().parents[3]
_SEEN = 8


@pytest.fixture(autouse=True)
def _eight_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(_SEEN)), raising=False)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)


def _groups(folder: Path, files: dict[str, str], own: str) -> tuple[Path, Path]:
    for name, text in files.items():
        path = folder / "groups" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (folder / "own").write_text(own)
    return folder / "groups", folder / "own"


@pytest.mark.parametrize(
    ("files", "own", "expected"),
    [
        ({}, "", _SEEN),
        ({"cpu.max": "max 100000\n"}, "0::/\n", _SEEN),
        ({"cpu.max": "200000 100000\n"}, "0::/\n", 2),
        ({"cpu.max": "150000 100000\n"}, "0::/\n", 2),
        ({"cpu.max": "1000 100000\n"}, "0::/\n", 1),
        ({"cpu.max": "6400000 100000\n"}, "0::/\n", _SEEN),
        ({"a/b/cpu.max": "max 100000\n", "a/cpu.max": "300000 100000\n"}, "0::/a/b\n", 3),
        ({"cpu/cpu.cfs_quota_us": "200000\n", "cpu/cpu.cfs_period_us": "50000\n"}, "", 4),
        ({"cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n"}, "", _SEEN),
        ({"cpu/a/cpu.cfs_quota_us": "1000\n", "cpu/a/cpu.cfs_period_us": "500\n"}, "3:cpuacct,cpu:/a\n", 2),
        ({"cpu/a/cpu.cfs_quota_us": "1000\n"}, "3:cpu:/a\n", _SEEN),
        ({"cpu.max": "200000 0\n"}, "0::/\n", _SEEN),
        ({"cpu.max": "garbled\n"}, "0::/\n", _SEEN),
    ],
)
def test_cores_are_those_that_a_container_allows(tmp_path: Path, files, own, expected) -> None:
    assert available_cpus(*_groups(tmp_path, files, own)) == expected


@pytest.mark.parametrize(
    ("asked", "expected"),
    [("", 3), ("2", 2), (" 2 ", 2), ("2,1", 2), ("64", 3), ("0", 3), ("-1", 3), ("two", 3), ("1.5", 3), ("²", 3)],
)
def test_threads_are_fewer_where_the_user_says_so(tmp_path: Path, monkeypatch, asked: str, expected: int) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", asked)
    assert available_threads(*_groups(tmp_path, {"cpu.max": "300000 100000\n"}, "0::/\n")) == expected


def test_where_the_system_tells_of_no_affinity(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delattr(os, "sched_getaffinity")
    for seen, expected in ((5, 5), (None, 1)):
        monkeypatch.setattr(os, "cpu_count", lambda seen=seen: seen)
        assert available_threads(tmp_path, tmp_path) == expected


def _limited(
    monkeypatch: pytest.MonkeyPatch, n_given: int, words: str = "can't start new thread"
) -> list[threading.Thread]:
    start, started = threading.Thread.start, []

    def limited(thread: threading.Thread) -> None:
        if len(started) >= n_given:
            raise RuntimeError(words)
        started.append(thread)
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", limited)
    return started


@pytest.mark.parametrize("n_threads", [1, 2, 5])
def test_all_threads_of_a_pool_have_begun(n_threads: int) -> None:
    made: list[int] = []
    with thread_pool(n_threads, "some", made.append, 7) as pool:
        if n_threads == 1:
            assert pool is None
            return
        assert pool is not None
        names = {thread.name for thread in threading.enumerate() if thread.name.startswith("some")}
        assert (len(names), made) == (n_threads, [7] * n_threads)
        assert list(pool.map(lambda item: 2 * item, range(4))) == [0, 2, 4, 6]
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("some")]


@pytest.mark.parametrize("n_given", [0, 1, 2])
def test_there_is_no_pool_where_a_thread_cannot_be_started(monkeypatch, n_given: int) -> None:
    started = _limited(monkeypatch, n_given)
    with thread_pool(3, "some") as pool:
        assert pool is None
    assert len(started) == n_given
    assert not any(thread.is_alive() for thread in started)


@pytest.mark.parametrize("n_given", [0, 1, 2, 4])
def test_parts_without_a_thread_are_run_in_this_one(monkeypatch, n_given: int) -> None:
    _limited(monkeypatch, n_given)
    for _ in range(50):  # what a pool could not begin stays in its queue, where another of its threads may take it
        done: list[int] = []
        side_by_side(done.append, range(4))
        assert sorted(done) == [0, 1, 2, 3]


def test_as_many_parts_at_a_time_as_there_are() -> None:
    all_are_there = threading.Barrier(4, timeout=60)
    side_by_side(lambda _: all_are_there.wait(), range(4))  # breaks if they are not four


def test_another_failure_is_no_want_of_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    _limited(monkeypatch, 0, "something else")
    with pytest.raises(RuntimeError, match="something else"), thread_pool(2, "some"):
        pass
    with pytest.raises(RuntimeError, match="something else"):
        side_by_side(print, range(2))


def test_what_a_part_raises_is_raised() -> None:
    def run(part: int) -> None:
        if part == 1:
            raise ValueError("part 1")

    for parts in ([0, 1, 2], [1]):
        with pytest.raises(ValueError, match="part 1"):
            side_by_side(run, parts)
    side_by_side(run, [])


def test_no_other_file_counts_cores_or_makes_a_pool() -> None:
    names = {"cpu_count", "process_cpu_count", "sched_getaffinity", "ThreadPoolExecutor", "ThreadPool"}
    found = {
        path.relative_to(ROOT).as_posix()
        for path in sorted((ROOT / "cmrmap").rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if (isinstance(node, ast.Attribute) and node.attr in names)
        or (isinstance(node, ast.ImportFrom) and names & {one.name for one in node.names})
    }
    assert found == {"cmrmap/core/threads.py"}


def test_items_are_worked_on_in_threads_and_come_back_in_their_order() -> None:
    both_are_there = threading.Barrier(2, timeout=60)

    def work(item: int) -> int:
        both_are_there.wait()  # breaks if they are not two
        time.sleep(0.01 * (4 - item))
        return 2 * item

    assert map_in_threads(work, range(4), "test", 2) == [0, 2, 4, 6]


@pytest.mark.parametrize(("asked", "most"), [("1", 4), ("", 1)])
def test_one_thread_is_the_callers_own(monkeypatch: pytest.MonkeyPatch, asked: str, most: int) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", asked)
    found = map_in_threads(lambda _: threading.current_thread(), range(3), "test", most)
    assert found == [threading.current_thread()] * 3


def test_a_thread_has_the_callers_context() -> None:
    with np.errstate(divide="raise"):
        assert map_in_threads(lambda _: np.geterr()["divide"], range(3), "test", 2) == ["raise"] * 3


def test_what_one_item_raises_is_raised_and_the_rest_is_not_begun() -> None:
    begun: list[int] = []

    def work(item: int) -> None:
        begun.append(item)
        if item == 0:
            raise ValueError("the first")
        time.sleep(0.05)

    with pytest.raises(ValueError, match="the first"):
        map_in_threads(work, range(40), "test", 2)
    assert len(begun) < 10
