"""What was computed before is not computed again: for a program that repeats the stages after a small change.

Within :func:`remembering`, a function that is marked as :func:`remembered` and gets arguments of the same content gives
what it gave before, bit by bit. Elsewhere it is called as any other. So the same stages serve a run, which computes
everything once, and whoever changes one slice and wants the rest to stay.
"""

from __future__ import annotations

import hashlib
import threading
import weakref
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec, TypeVar, cast

import numpy as np
import numpy.typing as npt

from cmrmap.core.arrays import is_frozen

_P = ParamSpec("_P")
_R = TypeVar("_R")
#: results of one function that are kept: those of all slices of a study, and of as many changes
_MOST = {"default": 96, "small": 4096}


class Unchanging:
    """Marks dataclasses whose content nobody changes once they are made: it need not be read again.

    A room that has such objects inherits from it; their arrays are read-only.
    """


class Memo:
    """Results by function and content of the arguments; the oldest are dropped. Several threads may use it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._results: dict[str, OrderedDict[bytes, Any]] = {}
        self._digests: dict[int, tuple[weakref.ref[Any], bytes]] = {}

    def recall(
        self, function: Callable[..., _R], size: str, arguments: tuple[Any, ...], named: Mapping[str, Any]
    ) -> _R:
        """Return what a function gives for these arguments."""
        digest = hashlib.sha256()
        self._add(digest, (arguments, tuple(sorted(named.items()))))
        key = digest.digest()
        with self._lock:
            kept = self._results.setdefault(f"{function.__module__}.{function.__qualname__}", OrderedDict())
            if key in kept:
                kept.move_to_end(key)
                return cast(_R, kept[key])
        made = function(*arguments, **named)  # may ask for what is remembered itself
        with self._lock:
            kept[key] = made
            if len(kept) > _MOST[size]:
                kept.popitem(last=False)
        return made

    def _add(self, digest: hashlib._Hash, value: Any) -> None:
        """Add a value's content to a digest, with its type, so that values of two kinds never look alike."""
        if isinstance(value, np.ndarray):
            digest.update(self._digest_of(value))
        elif isinstance(value, Unchanging):
            known = self._known(value)
            if known is None:
                own = hashlib.sha256()
                self._add_fields(own, value)
                known = self._keep(value, own.digest())
            digest.update(known)
        elif is_dataclass(value) and not isinstance(value, type):
            self._add_fields(digest, value)
        elif isinstance(value, Enum):
            digest.update(f"{type(value).__qualname__}.{value.name};".encode())
        elif isinstance(value, tuple | list):
            digest.update(f"{type(value).__name__}{len(value)}[".encode())
            for part in value:
                self._add(digest, part)
            digest.update(b"]")
        elif isinstance(value, Mapping):
            digest.update(f"mapping{len(value)}".encode())
            for pair in value.items():
                self._add(digest, pair)
        elif value is None or isinstance(value, bool | int | float | str | bytes | np.generic | Path):
            digest.update(f"{type(value).__name__}:{value!r};".encode())
        else:
            raise TypeError(f"an argument of type {type(value).__name__} has no content to be known by")

    def _add_fields(self, digest: hashlib._Hash, value: Any) -> None:
        digest.update(f"{type(value).__qualname__}(".encode())
        for one in fields(value):
            self._add(digest, getattr(value, one.name))
        digest.update(b")")

    def _known(self, value: Any) -> bytes | None:
        known = self._digests.get(id(value))
        return known[1] if known is not None and known[0]() is value else None

    def _keep(self, value: Any, digest: bytes) -> bytes:
        place = id(value)
        self._digests[place] = (weakref.ref(value, lambda _: self._digests.pop(place, None)), digest)
        return digest

    def _digest_of(self, array: npt.NDArray[Any]) -> bytes:
        known = self._known(array)
        if known is not None:
            return known
        digest = hashlib.sha256(f"{array.dtype.str}{array.shape}".encode())
        digest.update(np.ascontiguousarray(array).data.cast("B") if array.size else b"")
        found = digest.digest()
        # where nobody can change it, it need not be read again
        return self._keep(array, found) if is_frozen(array) else found


_CURRENT: ContextVar[Memo | None] = ContextVar("memo", default=None)


@contextmanager
def remembering(memo: Memo) -> Iterator[None]:
    """Let functions that are marked as remembered look into ``memo`` first, in this thread and in `map_in_threads`.

    Parameters
    ----------
    memo : kept by the caller from one time to the next
    """
    token = _CURRENT.set(memo)
    try:
        yield
    finally:
        _CURRENT.reset(token)


def remembered(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """Mark a function whose result depends on nothing but the content of its arguments, and is never changed.

    Parameters
    ----------
    function : of arrays, numbers, words, and dataclasses, tuples and mappings of these
    """
    return _marked(function, "default")


def remembered_often(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """Mark a function as :func:`remembered` does, one with small results that is called often."""
    return _marked(function, "small")


def _marked(function: Callable[_P, _R], size: str) -> Callable[_P, _R]:
    @wraps(function)
    def call(*arguments: _P.args, **named: _P.kwargs) -> _R:
        memo = _CURRENT.get()
        if memo is None:
            return function(*arguments, **named)
        return memo.recall(function, size, arguments, named)

    return call
