"""How a tunable is declared, checked and parsed; what the settings are is in ``tunables.py`` and ``per_map.py``.

Our own rather than pydantic: every message names the setting's path, its unit and its limits in one line, which would
take a translation of that library's errors as long as this file.
"""

from __future__ import annotations

import dataclasses
import difflib
import math
import types
from collections.abc import Mapping
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from cmrmap.core.errors import SettingsError
from cmrmap.core.yaml_files import shown

T = TypeVar("T")
_LONGEST_KEY = 60


def tunable(
    default: Any,
    *,
    unit: str,
    source: str,
    low: float | None = None,
    high: float | None = None,
    choices: tuple[str, ...] | None = None,
) -> Any:
    """Declare a dataclass field with its unit, its source and what it may be (both limits included)."""
    metadata = {"unit": unit, "source": source, "low": low, "high": high, "choices": choices}
    return dataclasses.field(default=default, metadata=metadata)


class Checked:
    """Runs the checks that the fields declare when an object is built."""

    __slots__ = ()

    def __post_init__(self) -> None:
        check_fields(self)


def check_fields(section: Any) -> None:
    """Check every field of a settings section against its declaration; lists and whole numbers take their final form.

    Raises
    ------
    SettingsError
        a value of the wrong type or outside its limits
    """
    hints = get_type_hints(type(section))
    for item in dataclasses.fields(section):
        value = _as_type(getattr(section, item.name), hints[item.name], item.name)
        _check_limits(value, item)
        object.__setattr__(section, item.name, value)


def parse_section(cls: type[T], section: Mapping[str, Any] | None, path: str) -> T:
    """Build the settings dataclass ``cls`` from a mapping; sections may nest.

    Parameters
    ----------
    section : None (an empty section of a YAML file) keeps every default
    path : where the section stands, for the messages, e.g. "analysis.blood"

    Raises
    ------
    SettingsError
        not a mapping, an unknown key, or a value that its field does not take
    """
    if section is None:
        section = {}
    if not isinstance(section, Mapping):
        raise SettingsError(f"setting {path} is {_shown(section)}; expected a section of keys and values")
    hints = get_type_hints(cls)
    unknown = [key for key in section if key not in hints]
    if unknown:
        raise SettingsError(_unknown_key(str(unknown[0]), path, list(hints)))
    values = {
        key: parse_section(hints[key], value, f"{path}.{key}") if dataclasses.is_dataclass(hints[key]) else value
        for key, value in section.items()
    }
    try:
        return cls(**values)
    except SettingsError as error:
        # the section's own checks know the key only; a nested section has already named its whole path
        raise error if str(error).startswith("setting ") else SettingsError(f"setting {path}.{error}") from error


def _unknown_key(key: str, path: str, known: list[str]) -> str:
    key = key if len(key) <= _LONGEST_KEY else f"{key[:_LONGEST_KEY]}..."
    near = difflib.get_close_matches(key, known, n=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(near)}?" if near else f"known here: {', '.join(known)}"
    return f"setting {path}.{key} is unknown; {hint}"


def _as_type(value: Any, hint: Any, name: str) -> Any:
    """Return ``value`` as the annotated type: int where float is asked, list where a range is; nothing else changes."""
    if get_origin(hint) in (Union, types.UnionType):
        if value is None:
            return None
        (hint,) = [part for part in get_args(hint) if part is not type(None)]
    if get_origin(hint) is tuple:
        if isinstance(value, list | tuple) and len(value) == 2 and all(map(_is_number, value)):
            return tuple(float(part) for part in value)
        raise SettingsError(f"{name} is {_shown(value)}; expected two numbers, [lowest, highest]")
    if hint is float and _is_number(value):
        return float(value)
    if type(value) is hint and (hint is not float or math.isfinite(value)):
        return value
    expected = {bool: "true or false", int: "a whole number", float: "a finite number", str: "text"}[hint]
    raise SettingsError(f"{name} is {_shown(value)}; expected {expected}")


def _check_limits(value: Any, item: dataclasses.Field[Any]) -> None:
    if value is None:
        return
    low, high, choices = (item.metadata[key] for key in ("low", "high", "choices"))
    if choices is not None and value not in choices:
        raise SettingsError(f"{item.name} is {_shown(value)}; expected one of {', '.join(choices)}")
    parts = value if isinstance(value, tuple) else (value,)
    if low is not None and not all(low <= part <= high for part in parts):
        raise SettingsError(f"{item.name} is {_shown(value)}; expected {low:g} to {high:g} {item.metadata['unit']}")
    if isinstance(value, tuple) and not value[0] < value[1]:
        raise SettingsError(f"{item.name} is {_shown(value)}; expected the lowest value before the highest")


def _is_number(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:  # a whole number that no float holds
        return False


def _shown(value: Any) -> str:
    return shown(list(value) if isinstance(value, tuple) else value)
