"""What the machine code on disk follows: everything that compiling it read.

Numba keeps the code of a function under its name, and looks for changes in its own file only. The name is therefore
given a key of all the rest: the sources of the kernel, every constant that it and the functions it calls read, of
whatever module (a status, a limit, a number of nodes), the layout of the tuples that it takes, and the versions of
numba and numpy. The processor, its features and Python's version numba heeds itself.
"""

from __future__ import annotations

import dis
import enum
import hashlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

import numba
import numpy as np

from cmrmap.relaxometry._trusted import is_ours


def key_of(function: Callable[..., object], signature: Any = None) -> str:
    """Return the key of a function that is about to be compiled.

    Parameters
    ----------
    function : not yet compiled; the functions that it calls are
    signature : numba's; None where there is none

    Returns
    -------
    Twelve hexadecimal digits, the same in every process.

    Raises
    ------
    TypeError
        When a global of a kind is read whose value cannot be told.
    """
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("_numba_*.py")):
        digest.update(path.read_bytes())
    layouts = [f"{kind} {getattr(kind, 'fields', '')}" for kind in getattr(signature, "args", ())]
    for line in (numba.__version__, np.__version__, *layouts, *_constants(function, set())):
        digest.update(line.encode() + b"\n")
    return digest.hexdigest()[:12]


def is_own(folder: Path, function: str) -> bool:
    """Tell whether nobody but this user and root can have written the machine code that a folder keeps.

    Numba reads its files with pickle: whoever writes one runs code in the process that reads it. The folder is the
    package's own, one below the user's home, or that of NUMBA_CACHE_DIR, which may be shared.

    Parameters
    ----------
    folder : of the cache; it need not exist
    function : whose code it is, as the names of its files have it
    """
    if not folder.exists():
        return is_own(folder.parent, function) if folder.parent != folder else False
    held = [path for path in folder.glob("*.nb[ic]") if function in path.name]
    return all(is_ours(os.lstat(path)) for path in (Path(os.path.realpath(folder)), *held))


def _constants(function: Callable[..., object], seen: set[object]) -> Iterator[str]:
    """Yield a line for every global that a function, or one that it calls, reads."""
    plain = getattr(function, "py_func", function)  # numba keeps what it compiles
    if not isinstance(plain, FunctionType):
        raise TypeError(f"the compiled fit may call functions compiled by numba; found {function!r}")
    if plain in seen:
        return
    seen.add(plain)
    for name in sorted(_globals(plain.__code__)):
        if name in plain.__globals__:  # else a builtin
            yield from _describe(f"{plain.__module__}.{plain.__name__}: {name}", plain, plain.__globals__[name], seen)


def _describe(name: str, reader: FunctionType, value: object, seen: set[object]) -> Iterator[str]:
    if isinstance(value, ModuleType):
        for attribute in reader.__code__.co_names:  # more than are read of this module does no harm
            if isinstance(getattr(value, attribute, None), bool | int | float | str | tuple):
                yield f"{name}.{attribute} = {getattr(value, attribute)!r}"
    elif isinstance(value, enum.EnumMeta):
        members: list[enum.Enum] = list(value)
        yield f"{name} = {[(member.name, member.value) for member in members]}"
    elif isinstance(value, type) and hasattr(value, "_fields"):
        yield f"{name} {value._fields}"
    elif isinstance(value, bool | int | float | str | tuple):
        yield f"{name} = {value!r}"
    elif callable(value):
        yield from _constants(value, seen)
    else:
        raise TypeError(f"{name}: the compiled fit may read numbers, words, tuples and enumerations; found {value!r}")


def _globals(code: CodeType) -> set[str]:
    """Return the names of the globals that a function reads, comprehensions inside it included."""
    inside = (_globals(constant) for constant in code.co_consts if isinstance(constant, CodeType))
    return {step.argval for step in dis.get_instructions(code) if step.opname == "LOAD_GLOBAL"}.union(*inside)
