"""What a settings or times file cannot mean ends in one line, at once, whatever it would have become."""

from __future__ import annotations

import time
import tracemalloc
from pathlib import Path

import pytest

from cmrmap.core.errors import SettingsError
from cmrmap.core.yaml_files import read_yaml, shown


def _read(path: Path, content: str | bytes) -> object:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_yaml(path, "settings file", SettingsError, give="give an app.yaml")


def _laughs(levels: int) -> str:
    """A file of aliases of aliases: nine to the power of its levels."""
    lines = ["a0: &a0 [x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, levels)]
    return "\n".join(lines) + "\n"


def _merged(levels: int) -> str:
    lines = ["b0: &b0 {k: 1}"]
    lines += [f"b{n}: &b{n}\n  <<: [{', '.join([f'*b{n - 1}'] * 9)}]\n  k{n}: 1" for n in range(1, levels)]
    return "\n".join(lines) + "\n"


HOSTILE = {
    "a section twice": (
        "analysis:\n  fit: {}\nsend: {}\nanalysis: {}\n",
        "has the key 'analysis' twice, lines 1 and 4; keep one of them",
    ),
    "a setting twice": (
        "analysis:\n  fit:\n    r2: 0.9\n    'r2': 0.9\n",
        "has the key 'r2' twice, lines 3 and 4; keep one of them",
    ),
    "a key twice in one line": ("a: [{b: 1, b: 2}]", "has the key 'b' twice, lines 1 and 1; keep one of them"),
    "a long key twice": (("k" * 900 + ": 1\n") * 2, "twice, lines 1 and 2; keep one of them"),
    "lists in lists": ("analysis: " + "[" * 20_000 + "]" * 20_000, "nested deeper than 20 levels, line 1"),
    "lists without an end": ("[" * 90_000, "nested deeper than 20 levels, line 1"),
    "sections in sections": ("\n".join(" " * n + "a:" for n in range(300)), "nested deeper than 20 levels, line 20"),
    "aliases of aliases": (_laughs(60), "holds more than 100000 values once its aliases are written out"),
    "merged sections": (_merged(60), "holds more than 100000 values once its aliases are written out"),
    "an alias of itself": ("analysis: &a\n  blood: *a\n", "holds more than 100000 values"),
    "too large": ("# " + "x" * 100_000, "has more than 100 kB; give an app.yaml"),
    "a number of 9000 digits": ("a: " + "9" * 9000, "is not valid YAML; correct it"),
    "a day that is none": ("a: 2026-99-99", "is not valid YAML; correct it"),
    "a key that is a list": ("{[a]: 1}", "is not valid YAML, line 1; correct it"),
    "an object of Python": ("a: !!python/object/apply:os.getcwd []", "is not valid YAML, line 1; correct it"),
    "not text": (b"\xff\xfe\x00a", "is not valid YAML; correct it"),
    "two documents": ("a: 1\n---\na: 2\n", "is not valid YAML, line 2; correct it"),
}


@pytest.mark.parametrize("name", list(HOSTILE))
def test_what_no_file_should_hold_ends_in_one_line_at_once(name: str, tmp_path: Path) -> None:
    content, told = HOSTILE[name]
    tracemalloc.start()
    started = time.process_time()
    with pytest.raises(SettingsError, match=told) as caught:
        _read(tmp_path / "app.yaml", content)
    took, peak = time.process_time() - started, tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(str(caught.value)) < 200 + len(str(tmp_path))
    assert took < 4.0
    assert peak < 20_000_000


def test_anchors_of_people_who_use_them_are_read(tmp_path: Path) -> None:
    content = _read(tmp_path / "app.yaml", "\ufeffa: &wide {low: 1, high: [2, 3]}\nb: {<<: *wide, low: 0}\nc: *wide\n")
    assert content == {
        "a": {"low": 1, "high": [2, 3]},
        "b": {"low": 0, "high": [2, 3]},
        "c": {"low": 1, "high": [2, 3]},
    }
    assert _read(tmp_path / "empty.yaml", "# nothing\n") is None


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"cannot be read \(No such file or directory\); give an app.yaml"):
        read_yaml(tmp_path / "none.yaml", "settings file", SettingsError, give="give an app.yaml")


@pytest.mark.parametrize(
    "value", ["x" * 1000, 10**400, [[[["x" * 900] * 900] * 900]], dict.fromkeys(range(999), "y" * 50)]
)
def test_a_long_value_is_quoted_by_its_first_part(value: object) -> None:
    assert len(shown(value)) < 300
    assert shown([30.0, 100.0]) == "[30.0, 100.0]"
    assert shown("paper") == "'paper'"


def test_what_a_merge_brings_may_be_said_again(tmp_path: Path) -> None:
    found = _read(tmp_path / "app.yaml", "a: &a {x: 1, y: 2}\nb:\n  <<: *a\n  y: 3\n'1': text\n1: number\n")
    assert found == {"a": {"x": 1, "y": 2}, "b": {"x": 1, "y": 3}, "1": "text", 1: "number"}


@pytest.mark.parametrize(
    ("written", "read"), [(r"\ud83d\ude00", "\U0001f600"), (r"\ud83d", "\ufffd"), (r"a\ude00b", "a\ufffdb"), ("ä", "ä")]
)
def test_characters_written_as_halves_are_whole_or_replaced(written: str, read: str, tmp_path: Path) -> None:
    path = tmp_path / "file.yaml"
    path.write_text(f'{{"{written}": ["{written}"]}}', encoding="utf-8")
    found = read_yaml(path, "file", SettingsError, give="another")
    assert found == {read: [read]}
    assert str(found).encode("utf-8")
