"""How many threads are of use here, and pools of them that also work where no thread can be started.

A container with two cores' worth of time on a machine with sixty-four sees all of these: a thread for each would wait
for the others most of the time.
"""

from __future__ import annotations

import math
import os
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
from pathlib import Path
from typing import Any, TypeVar

from cmrmap.core.cgroups import CGROUPS, OWN_CGROUP, limit_files, told
from cmrmap.core.errors import no_thread_is_left

_ASKED = "OMP_NUM_THREADS"
_T = TypeVar("_T")
_R = TypeVar("_R")


def available_cpus(cgroups: Path = CGROUPS, own: Path = OWN_CGROUP) -> int:
    """Return the number of cores whose time this process gets: those it may run on, and what its container allows.

    Parameters
    ----------
    cgroups : where control groups are mounted
    own : lists those of this process

    Returns
    -------
    int
        1 at least; a part of a core counts as one
    """
    seen = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min((seen, *map(math.ceil, _quotas(cgroups, own)))))


def available_threads(cgroups: Path = CGROUPS, own: Path = OWN_CGROUP) -> int:
    """Return how many threads may compute at a time: `available_cpus`, or fewer where OMP_NUM_THREADS says so.

    Parameters
    ----------
    cgroups, own : as for `available_cpus`
    """
    first = os.environ.get(_ASKED, "").partition(",")[0].strip()  # one number a level; ours is the outermost
    cpus = available_cpus(cgroups, own)
    return min(cpus, int(first)) if first.isascii() and first.isdigit() and int(first) > 0 else cpus


@contextmanager
def thread_pool(
    n_threads: int, name: str, initializer: Callable[..., object] | None = None, *given: Any
) -> Iterator[ThreadPoolExecutor | None]:
    """Give a pool whose threads have all begun; None for fewer than two, or where the system gives no more threads.

    Parameters
    ----------
    n_threads : in the pool
    name : what the threads' names begin with
    initializer, *given : called with these in each thread first
    """
    if n_threads < 2:
        yield None
        return
    begun = threading.Barrier(n_threads + 1)
    with ThreadPoolExecutor(n_threads, name, initializer=initializer, initargs=given) as pool:
        try:
            for _ in range(n_threads):
                pool.submit(begun.wait)
        except RuntimeError as error:  # a limit of processes, as containers and batch systems set it
            begun.abort()
            pool.shutdown(cancel_futures=True)
            if not no_thread_is_left(error):
                raise
            pool = None  # type: ignore[assignment]
        if pool is not None:
            begun.wait()
        yield pool


def map_in_threads(work: Callable[[_T], _R], items: Sequence[_T], name: str, most: int) -> list[_R]:
    """Return what ``work`` makes of every item, in their order; in as many threads as are of use here.

    Of use for work on large arrays: while numpy computes, another thread may run. Python code itself gains nothing.

    Parameters
    ----------
    work : must not change what another item sees; what it raises is raised here
    items : to work on
    name : what the threads' names begin with
    most : threads, however many cores there are: each takes memory of its own
    """
    with thread_pool(min(available_threads(), len(items), most), name) as pool:
        if pool is None:
            return list(map(work, items))
        # a thread knows nothing of the caller's context: numpy's handling of errors, and what is remembered
        begun = [pool.submit(copy_context().run, work, item) for item in items]
        try:
            return [one.result() for one in begun]
        finally:
            pool.shutdown(cancel_futures=True)


def side_by_side(run: Callable[[_T], object], parts: Sequence[_T]) -> None:
    """Run every part once, as many at a time as there are; in fewer threads where the system gives no more.

    Parameters
    ----------
    run : called with each part, in this thread or another; what it raises is raised here
    parts : as many as threads are wanted
    """
    left = deque(parts)

    def work() -> None:
        while left:
            try:
                part = left.popleft()
            except IndexError:  # another thread has taken the last
                return
            run(part)

    with ThreadPoolExecutor(max(1, len(parts) - 1)) as pool:
        begun = []
        try:
            for _ in parts[1:]:
                begun.append(pool.submit(work))  # noqa: PERF401 what was begun must be known where one fails
        except RuntimeError as error:
            if not no_thread_is_left(error):
                raise
        work()
        for one in begun:
            one.result()


def _quotas(cgroups: Path, own: Path) -> Iterator[float]:
    """Yield the cores' worth of time that control groups allow."""
    for path in limit_files("cpu", "cpu.max", "cpu.cfs_quota_us", cgroups, own):
        words = told(path).split()
        if path.name != "cpu.max":  # version 1 has the two numbers in files of their own, and -1 where there is none
            words += told(path.with_name("cpu.cfs_period_us")).split()
        if len(words) == 2 and all(word.isascii() and word.isdigit() and int(word) for word in words):
            yield int(words[0]) / int(words[1])
