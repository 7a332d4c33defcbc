"""Results of pure functions, remembered: most mutants hold the same pixels as their study, or the same times.

A stage of the application is a function of its arguments alone. What it returned for arguments is what it returns for
equal ones, so it need not be computed again; equal is told by every value, to the bit. Runs of undamaged studies teach,
and so do mutants, since many of them lose the same image: by files in a folder that is for these sources alone.
"""

from __future__ import annotations

import contextlib
import copyreg
import dataclasses
import hashlib
import os
import pickle
import struct
import time
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from pathlib import Path
from types import MappingProxyType, SimpleNamespace
from typing import Any

import numpy as np

from cmrmap.pipeline import context, stages
from cmrmap.pipeline import study as chain
from cmrmap.run.software import software_versions
from cmrmap.segmentation import stacks
from cmrmap.segmentation.model_folder import Network

#: where the stages find what they call
_PURE = (
    (chain, "refine"),
    (chain, "report"),
    *((stages, name) for name in ("explained", "align", "fit", "check_beside", "ecv_beside", "draw_report")),
)


ROOT = Path(__file__).resolve().parents[2]
_OWN = [Path(__file__).with_name(f"{name}.py") for name in ("studies", "readers", "remembered", "cases")]
#: seconds that a result must have taken to be kept for other mutants
_WORTH_S = 0.02
copyreg.pickle(MappingProxyType, lambda mapping: (MappingProxyType, (dict(mapping),)))


class UnknownError(Exception):
    """A value of a kind whose parts are not known."""


class Remembered:
    """What functions returned, by a digest of their arguments.

    Attributes
    ----------
    kept : folder for what mutants computed
    learning : whether results stay in this process
    used : how often something needed not be computed
    """

    def __init__(self, kept: Path) -> None:
        self.kept = kept
        self.known: dict[bytes, Any] = {}
        self.learning = False
        self.used = 0
        self.digests = Digests()

    def install(self) -> None:
        """Put the memory before the application's stages, in this process and those that are forked of it."""
        for module, name in _PURE:
            self.before(module, name)
        self._before_stacks()
        self.before(context, "load_network", _files)

    def _before_stacks(self) -> None:
        """Put the memory before every stack alone: a mutant often leaves the others as they are."""
        original = stacks.predict_stacks
        alone = SimpleNamespace(predict_slices=lambda images, planes, network: original([images], [planes], network)[0])
        self.before(alone, "predict_slices", _what_counts_of_slices)

        def each(images: Sequence[Any], geometry: Sequence[Any], network: Network) -> tuple[Any, ...]:
            return tuple(alone.predict_slices(*one, network) for one in zip(images, geometry, strict=True))

        stacks.predict_stacks = each  # type: ignore[assignment]

    def before(self, module: Any, name: str, seen: Callable[..., Any] | None = None) -> None:
        """Put the memory before one function; ``seen`` returns what counts of its arguments, else all do."""
        original = getattr(module, name)

        def called(*arguments: Any, **named: Any) -> Any:
            try:
                key = self.digests.of([name, seen(*arguments, **named) if seen else [arguments, named]])
            except UnknownError:
                return original(*arguments, **named)
            if key in self.known:
                self.used += 1
                return self.known[key]
            made = self._kept(name, key, lambda: original(*arguments, **named))
            if self.learning:
                self.known[key] = made
            return made

        setattr(module, name, called)

    def _kept(self, name: str, key: bytes, compute: Callable[[], Any]) -> Any:
        file = self.kept / f"{name}-{key.hex()}"
        with contextlib.suppress(OSError):
            return pickle.loads(file.read_bytes())
        begun = time.process_time()
        made = compute()
        if time.process_time() - begun > _WORTH_S and name != "load_network":
            self._keep(file, made)
        return made

    def _keep(self, file: Path, made: Any) -> None:
        try:
            content = pickle.dumps(made, protocol=5)
        except Exception:  # it holds what cannot be written: computed again each time
            return
        self.kept.mkdir(parents=True, exist_ok=True)
        own = file.with_name(f"{file.name}.{os.getpid()}")
        own.write_bytes(content)
        own.rename(file)


def sources_digest() -> str:
    """Return a digest of the application's sources, weights and libraries: what was computed holds for these alone."""
    made = hashlib.blake2b(repr(sorted(software_versions().items())).encode(), digest_size=8)
    for path in sorted([*(ROOT / "cmrmap").rglob("*.py"), *(ROOT / "models").rglob("model.json"), *_OWN]):
        made.update(path.read_bytes())
    return made.hexdigest()


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
            raise UnknownError(type(value).__name__)

    def _several(self, update: Callable[[bytes], object], values: Sequence[Any]) -> None:
        update(len(values).to_bytes(8, "little"))
        for one in values:
            self._feed(update, one)
