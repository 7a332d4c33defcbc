"""Slices processed side by side, each by one thread.

A slice's operations are too small to be shared by threads: on two free cores the demo study's contours took 8.8 s with
one thread, 10.3 s with two threads within each operation, 5.6 s with two slices at a time. Each slice is computed by
one thread, so results are the same to the bit with any number of threads; sums shared by threads are not.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

import torch

from cmrmap.core.memory import free_memory_bytes
from cmrmap.core.threads import available_cpus, thread_pool

_T = TypeVar("_T")
_R = TypeVar("_R")
#: memory that one slice is counted with: the networks take 107 MB for 11 images of 256 x 256, 101 MB of 512 x 512
_SLICE_BYTES = 150_000_000


def each(work: Callable[[_T], _R], items: Sequence[_T], *, alone: bool = False) -> Iterator[_R]:
    """Yield what ``work`` makes of every item, in their order; as many at a time as torch may use threads.

    Fewer if a container allows less time than its cores have, or memory does not suffice for so many slices.

    Parameters
    ----------
    work : called without gradients; must not change what another item sees
    items : to work on
    alone : one after the other, each with all threads: where another device does the work
    """

    def without_gradients(item: _T) -> _R:
        with torch.inference_mode():  # counts for the thread that enters it, and must not outlive the call
            return work(item)

    if alone:
        yield from map(without_gradients, items)
        return
    n_threads = min(torch.get_num_threads(), available_cpus(), len(items), _most_in_memory())
    with one_thread_within_each(), thread_pool(n_threads, "slice", torch.set_num_threads, 1) as pool:
        if pool is None:
            yield from map(without_gradients, items)
            return
        try:
            yield from pool.map(without_gradients, items)
        finally:
            pool.shutdown(cancel_futures=True)


def _most_in_memory() -> int:
    free = free_memory_bytes()
    return sys.maxsize if free is None else max(free // _SLICE_BYTES, 1)


@contextmanager
def one_thread_within_each() -> Iterator[None]:
    """Let torch use one thread within, and as many as before afterwards."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
