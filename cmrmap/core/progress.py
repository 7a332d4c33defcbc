"""How far a long stage has come, told to whoever listens; nobody does unless a terminal is there to show it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

_T = TypeVar("_T")
#: what is done, how much of it, and of how many
Listener = Callable[[str, int, int], None]
_LISTENER: ContextVar[Listener | None] = ContextVar("progress_listener", default=None)


def tracked(items: Iterable[_T], what: str, total: int) -> Iterator[_T]:
    """Yield the items, and tell before the first and after each how many are done.

    Parameters
    ----------
    items : to work on
    what : that is done with them, as people read it
    total : how many there are
    """
    tell = _LISTENER.get()
    if tell is None:
        yield from items
        return
    tell(what, 0, total)
    for done, item in enumerate(items, start=1):
        yield item
        tell(what, done, total)


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Have a listener told of all progress within.

    Parameters
    ----------
    listener : called in the thread that works; it must be quick
    """
    token = _LISTENER.set(listener)
    try:
        yield
    finally:
        _LISTENER.reset(token)
