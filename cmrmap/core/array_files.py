"""Array files (.npz), which others may have written or a full disk cut off: looked at before they are used."""

from __future__ import annotations

import io
import math
import struct
import tokenize
import zlib
from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager
from lzma import LZMAError
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile

import numpy as np
import numpy.typing as npt

from cmrmap.core.arrays import LabelArray
from cmrmap.core.errors import InputError
from cmrmap.core.memory import free_memory_bytes
from cmrmap.core.outlines import Label

_SHARE = 2  # of the memory that is free; the rest is for what is made of the arrays
_LEAST_BYTES = 256_000_000
_UNKNOWN_BYTES = 4_000_000_000  # where the system does not say how much memory is free
_MOST_AXES = 8
_VERSIONS = ((1, 0), (2, 0), (3, 0))
_HEADER_BYTES = 12 + 10_000  # numpy's own limit of what describes an array
_KINDS = "biufU"  # truth values, numbers and text; objects would have to be unpickled
_DAMAGED = (
    *(OSError, EOFError, ValueError, TypeError, LookupError, ArithmeticError, RuntimeError, SyntaxError),
    *(BadZipFile, zlib.error, struct.error, LZMAError, tokenize.TokenError),
)


class ArrayFile:
    """An open array file.

    Parameters
    ----------
    archive : the open file
    called : how messages name it
    limit_bytes : that one array may take

    Attributes
    ----------
    names : of its arrays
    """

    def __init__(self, archive: ZipFile, called: str, limit_bytes: int) -> None:
        self._archive, self._called, self._limit_bytes = archive, called, limit_bytes
        self.names = frozenset(name.removesuffix(".npy") for name in archive.namelist() if name.endswith(".npy"))

    def array(self, name: str, n_axes: int, kinds: str = _KINDS) -> npt.NDArray[Any]:
        """Read one array.

        Parameters
        ----------
        name : as in ``names``
        n_axes : that it must have
        kinds : of numpy's kinds of values, those that it may have

        Raises
        ------
        InputError
            it is absent, damaged, of another kind or number of axes, or larger than memory allows
        """
        if name not in self.names:
            raise InputError(f"{self._called} holds no {name}; write it again")
        with _damage_refused(self._called):
            return self._read(name, n_axes, kinds)

    def _read(self, name: str, n_axes: int, kinds: str) -> npt.NDArray[Any]:
        info = self._archive.getinfo(f"{name}.npy")
        with self._archive.open(info) as stream:
            shape, dtype, start = _header(stream.read(_HEADER_BYTES))
        if dtype.hasobject or dtype.kind not in kinds:
            raise InputError(f"{self._called}: {name} holds values of the type {_told(dtype)}, which are not read")
        if len(shape) != n_axes:
            raise InputError(f"{self._called}: {name} has {len(shape)} axes instead of {n_axes}; write it again")
        n_bytes = math.prod(shape) * dtype.itemsize
        if n_bytes > self._limit_bytes:
            raise InputError(f"{self._called}: {name} takes {n_bytes / 1e6:.0f} MB, more than memory allows")
        if start + n_bytes != info.file_size:
            raise ValueError("the shape does not fit what is stored")
        with self._archive.open(info) as stream:
            return np.asarray(np.lib.format.read_array(stream, allow_pickle=False))

    def numbers(self, name: str, n_axes: int) -> npt.NDArray[Any]:
        """Read an array of numbers; parameters and errors as of :meth:`array`."""
        return self.array(name, n_axes, "biuf")

    def labels(self, name: str, n_axes: int) -> LabelArray:
        """Read label images; parameters and errors as of :meth:`array`, and values that are no `Label` are an error.

        Returns
        -------
        uint8 of the shape that is stored
        """
        stored = self.numbers(name, n_axes)
        if not np.isin(stored, list(Label)).all():
            raise InputError(f"{self._called}: {name} holds values other than {min(Label):d} to {max(Label):d}")
        return stored.astype(np.uint8)


@contextmanager
def opened_arrays(path: Path, called: str, limit_bytes: int | None = None) -> Iterator[ArrayFile]:
    """Open an array file as numpy's ``savez`` writes it; nothing in it is ever unpickled.

    Parameters
    ----------
    path : of the file
    called : how messages name it: without folders, which may hold a patient's name
    limit_bytes : that one array may take; None: half of the memory that is free

    Raises
    ------
    InputError
        it is absent or damaged, here or while an array is read
    """
    if limit_bytes is None:
        free = free_memory_bytes()
        limit_bytes = _UNKNOWN_BYTES if free is None else max(free // _SHARE, _LEAST_BYTES)
    with ExitStack() as opened:
        with _damage_refused(called):
            if path.exists() and not path.is_file():
                raise IsADirectoryError  # or a pipe, which would be waited for
            archive = opened.enter_context(ZipFile(opened.enter_context(path.open("rb"))))
        yield ArrayFile(archive, called, limit_bytes)


@contextmanager
def _damage_refused(called: str) -> Iterator[None]:
    """Around what reads the file, and nothing else: an error of whoever uses the arrays is no damage of the file."""
    try:
        yield
    except _DAMAGED as error:
        raise InputError(f"{called} cannot be read ({type(error).__name__}); write it again") from error


def same_length(called: str, arrays: Collection[npt.NDArray[Any]]) -> None:
    """Check that arrays of one file count the same.

    Parameters
    ----------
    called : how the message names the file
    arrays : with one axis at least

    Raises
    ------
    InputError
        they do not
    """
    if len({len(one) for one in arrays}) > 1:
        raise InputError(f"{called}: its arrays differ in length; write it again")


def _header(content: bytes) -> tuple[tuple[int, ...], np.dtype[Any], int]:
    """Return shape, type of the values, and where these begin, from the first bytes of an array."""
    stream = io.BytesIO(content)
    version = np.lib.format.read_magic(stream)
    if version not in _VERSIONS:
        raise ValueError("unknown version")
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, _, dtype = read(stream)
    if len(shape) > _MOST_AXES or any(not isinstance(one, int) or one < 0 for one in shape):
        raise ValueError("no shape")
    return shape, dtype, stream.tell()


def _told(dtype: np.dtype[Any]) -> str:
    return "object" if dtype.hasobject else dtype.name
