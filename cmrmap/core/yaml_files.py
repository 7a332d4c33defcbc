"""YAML that people write, or one line why not: files of a few bytes can hold more than any machine takes.

An alias is one word for all that its anchor holds, and anchors may hold aliases; so what a file says is counted before
any of it is made, and its depth is counted while it is read.
"""

from __future__ import annotations

import reprlib
from pathlib import Path
from typing import Any

from cmrmap.core.errors import CmrmapError

_MOST_BYTES = 100_000
_DEEPEST = 20  # lists and sections in each other
_MOST_NODES = 100_000  # with every alias written out
_LONGEST = 60  # characters of a value in a message
_SHORT = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxlong = _SHORT.maxother = _LONGEST
_SHORT.maxlist = _SHORT.maxtuple = _SHORT.maxdict = 4
_SHORT.maxlevel = 2


def read_yaml(
    path: Path,
    what: str,
    error: type[CmrmapError],
    *,
    give: str,
    language: str = "YAML",
    most_bytes: int = _MOST_BYTES,
) -> Any:
    """Return the content of a YAML file.

    Parameters
    ----------
    what, give, language : words of the message: what the file is, what to give in its place, what it may be written in
    error : raised where it cannot be read, is not YAML, holds one key twice, or is larger or deeper than such a file is
    most_bytes : that it may have
    """
    import yaml  # not every program that writes files reads YAML

    try:
        with path.open("rb") as stream:
            content = stream.read(most_bytes + 1)
        if len(content) > most_bytes:
            raise error(f"{what} {path} has more than {most_bytes // 1000} kB; {give}")
        loader = _loader()(content.decode("utf-8-sig"))
        try:
            node = loader.get_single_node()
            if node is None:
                return None
            if _size(node, {}) > _MOST_NODES:
                raise error(
                    f"{what} {path} holds more than {_MOST_NODES} values once its aliases are written out; {give}"
                )
            return loader.construct_document(node)
        finally:
            loader.dispose()
    except OSError as found:
        raise error(f"{what} {path} cannot be read ({found.strerror}); {give}") from found
    except _TooDeepError as found:
        raise error(
            f"{what} {path} is nested deeper than {_DEEPEST} levels, line {found.line}; correct it, or {give}"
        ) from found
    except _RepeatedKeyError as found:
        raise error(
            f"{what} {path} has the key {shown(found.key)} twice, lines {found.first} and {found.second}; "
            "keep one of them"
        ) from found
    except (yaml.YAMLError, ValueError, TypeError, OverflowError, RecursionError) as found:
        # values that look like numbers or days and are none, and keys that are lists, end as errors of Python
        mark = getattr(found, "problem_mark", None)
        line = "" if mark is None else f", line {mark.line + 1}"
        raise error(f"{what} {path} is not valid {language}{line}; correct it") from found


class _TooDeepError(Exception):
    def __init__(self, line: int) -> None:
        super().__init__(line)
        self.line = line


class _RepeatedKeyError(Exception):
    def __init__(self, key: str, first: int, second: int) -> None:
        super().__init__(key)
        self.key, self.first, self.second = key, first, second


def _loader() -> Any:
    """Return a loader of plain values that stops where a file is too deep or names a key twice."""
    import yaml

    class Bounded(yaml.SafeLoader):
        depth = 0

        def compose_node(self, parent: Any, index: Any) -> Any:
            self.depth += 1
            if self.depth > _DEEPEST:
                event: Any = self.peek_event()  # type: ignore[no-untyped-call]
                raise _TooDeepError(event.start_mark.line + 1)
            try:
                return super().compose_node(parent, index)
            finally:
                self.depth -= 1

        def compose_scalar_node(self, anchor: Any) -> Any:
            r"""Join a character that is written as two halves ("\ud83d\ude00", as in JSON).

            PyYAML leaves the halves, which are no characters: nothing can be written with them.
            """
            node: Any = super().compose_scalar_node(anchor)
            node.value = node.value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
            return node

        def compose_mapping_node(self, anchor: Any) -> Any:
            """Keep YAML's own rule (1.2.2, 3.2.1.1), which PyYAML does not: it takes the last of two equal keys."""
            node: Any = super().compose_mapping_node(anchor)
            seen: dict[tuple[str, str], int] = {}
            for key in (key for key, _ in node.value if isinstance(key.value, str)):
                line = key.start_mark.line + 1
                if (key.tag, key.value) in seen:
                    raise _RepeatedKeyError(key.value, seen[key.tag, key.value], line)
                seen[key.tag, key.value] = line
            return node

    return Bounded


def shown(value: Any) -> str:
    """Return a value as a message quotes it: the first of it, where it is long.

    Parameters
    ----------
    value : of a YAML file
    """
    return _SHORT.repr(value)


def _size(node: Any, known: dict[int, int]) -> int:
    """Return how many values a node stands for, every alias written out; one within itself has no end."""
    if isinstance(node.value, str):
        return 1
    if id(node) not in known:
        known[id(node)] = _MOST_NODES + 1  # found again before it is counted: it holds itself
        parts = (part for item in node.value for part in (item if isinstance(item, tuple) else (item,)))
        known[id(node)] = 1 + sum(_size(part, known) for part in parts)
    return known[id(node)]
