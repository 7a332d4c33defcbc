"""Results of pure functions, remembered: most mutants hold the same pixels as their study, or the same times.

A stage of the application is a function of its arguments alone. What it returned for arguments is what it returns for
equal ones, so it need not be computed again; equal is told by every value, to the bit. Only runs of undamaged studies
teach: what a mutant needs anew is computed in its own process, by the application, and forgotten with it.
"""

from __future__ import annotations

import dataclasses
import hashlib
import struct
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from cmrmap.pipeline import context, stages
from cmrmap.pipeline import study as chain
from cmrmap.segmentation import predict
from cmrmap.segmentation.model_folder import Network

#: where the stages find what they call
_PURE = (
    (chain, "refine"),
    (chain, "report"),
    *((stages, name) for name in ("explained", "align", "fit", "check_beside", "ecv_beside", "draw_report")),
)


class _UnknownError(Exception):
    """A value of a kind whose parts are not known."""


class Remembered:
    """What functions returned, by a digest of their arguments."""

    def __init__(self) -> None:
        self.known: dict[bytes, Any] = {}
        self.learning = False
        self.used = 0
        self.digests = Digests()

    def install(self) -> None:
        """Put the memory before the application's stages, in this process and those that are forked of it."""
        for module, name in _PURE:
            self._before(module, name)
        self._before(predict, "predict_slices", _what_counts_of_slices)
        self._before(context, "load_network", _files)

    def _before(self, module: ModuleType, name: str, seen: Callable[..., Any] | None = None) -> None:
        original = getattr(module, name)

        def called(*arguments: Any, **named: Any) -> Any:
            if seen is not None:
                arguments = tuple(list(one) if isinstance(one, map) else one for one in arguments)
            try:
                key = self.digests.of([name, seen(*arguments, **named) if seen else [arguments, named]])
            except _UnknownError:
                return original(*arguments, **named)
            if key in self.known:
                self.used += 1
                return self.known[key]
            made = original(*arguments, **named)
            if self.learning:
                self.known[key] = made
            return made

        setattr(module, name, called)


def _what_counts_of_slices(slices: Any, geometry: Any, network: Network) -> list[Any]:
    """Places of slices matter only to each other: those of a single slice, and the times of images, do not."""
    places = list(geometry)
    seen = [one.pixel_spacing_mm for one in places] if len(places) == 1 else places
    return [list(slices), seen, network.weights_sha256]


def _files(folder: Path, *_: Any, **__: Any) -> list[Any]:
    """A model is what its files hold."""
    return [[path.name, path.stat().st_size, path.stat().st_mtime_ns] for path in sorted(folder.iterdir())]


class Digests:
    """Digests of values and all that they hold; those of arrays that nobody can change are kept."""

    def __init__(self) -> None:
        self._arrays: dict[int, tuple[np.ndarray, bytes]] = {}

    def of(self, value: Any) -> bytes:
        """Return the digest; kinds whose parts are not known are an error."""
        made = hashlib.blake2b(digest_size=16)
        self._feed(made.update, value)
        return made.digest()

    def _array(self, value: np.ndarray) -> bytes:
        kept = self._arrays.get(id(value))
        if kept is not None and kept[0] is value:
            return kept[1]
        made = hashlib.blake2b(f"{value.dtype}{value.shape}".encode(), digest_size=16)
        if value.dtype == object:
            self._feed(made.update, value.tolist())
        elif value.size:
            made.update(np.ascontiguousarray(value).data.cast("B"))
        if not value.flags.writeable:
            self._arrays[id(value)] = (value, made.digest())
        return made.digest()

    def _feed(self, update: Callable[[bytes], object], value: Any) -> None:
        update(type(value).__name__.encode() + b":")
        if value is None:
            return
        if isinstance(value, Network):
            update(repr((value.weights_sha256, value.convention)).encode())
        elif isinstance(value, np.ndarray):
            update(self._array(value))
        elif isinstance(value, np.generic):
            update(value.tobytes())
        elif isinstance(value, float):
            update(struct.pack("<d", value))
        elif isinstance(value, (bool, int, str, Enum, Path, complex)):
            update(repr(value).encode() + b"\0")
        elif isinstance(value, bytes):
            update(len(value).to_bytes(8, "little") + value)
        elif dataclasses.is_dataclass(value):
            for field in dataclasses.fields(value):
                update(field.name.encode())
                self._feed(update, getattr(value, field.name))
        elif isinstance(value, Mapping):
            self._several(update, [part for item in value.items() for part in item])
        elif isinstance(value, (list, tuple)):
            self._several(update, value)
        elif isinstance(value, (set, frozenset)):
            self._several(update, sorted(value))
        else:
            raise _UnknownError(type(value).__name__)

    def _several(self, update: Callable[[bytes], object], values: Sequence[Any]) -> None:
        update(len(values).to_bytes(8, "little"))
        for one in values:
            self._feed(update, one)
