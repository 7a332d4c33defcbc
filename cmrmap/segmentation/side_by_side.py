"""Slices that are worked on side by side, each by one thread.

A slice's operations are too small to be shared by threads: on two free cores the demo study's contours took 8.8 s with
one thread, 10.3 s with two threads within each operation, 5.6 s with two slices at a time. And each slice is computed
as by one thread, so that results are the same to the bit however many there are; sums that threads share are not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

import torch

_T = TypeVar("_T")
_R = TypeVar("_R")


def each(work: Callable[[_T], _R], items: Sequence[_T], *, alone: bool = False) -> Iterator[_R]:
    """Yield what ``work`` makes of every item, in their order; as many at a time as torch may use threads.

    Parameters
    ----------
    work : called without gradients; must not change what another item sees
    items : to work on
    alone : one after the other, each with all threads: where another device does the work
    """
    n_threads = min(torch.get_num_threads(), len(items))
    if alone or n_threads < 2:
        with torch.inference_mode():
            for item in items:
                yield work(item)
        return

    def without_gradients(item: _T) -> _R:
        with torch.inference_mode():  # counts for the thread that enters it
            return work(item)

    with (
        _one_thread_within_each(),
        ThreadPoolExecutor(n_threads, "slice", initializer=torch.set_num_threads, initargs=(1,)) as pool,
    ):
        try:
            yield from pool.map(without_gradients, items)
        finally:
            pool.shutdown(cancel_futures=True)


@contextmanager
def _one_thread_within_each() -> Iterator[None]:
    """Give torch its threads back at the end: a thread that limits its own limits what is made later too."""
    before = torch.get_num_threads()
    try:
        yield
    finally:
        torch.set_num_threads(before)
