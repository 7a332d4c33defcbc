"""What the application imports is followed wherever it stands; what only a type checker sees is not."""

from __future__ import annotations

import ast
from pathlib import Path, PurePosixPath

import pytest

from mapbuild.closure import imported_names, reached_modules


def _reach(root: Path, files: dict[str, str], *entries: str) -> set[str]:
    modules = {}
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        dotted = name.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        modules[dotted] = PurePosixPath(name)
    return reached_modules(root, modules, entries)


def test_direct_indirect_and_packages_around(tmp_path: Path) -> None:
    files = {
        "main.py": "from a.b import thing",
        "a/__init__.py": "",
        "a/b.py": "import a.c",
        "a/c.py": "",
        "a/unused.py": "",
        "z.py": "",
    }
    assert _reach(tmp_path, files, "main") == {"main", "a", "a.b", "a.c"}


@pytest.mark.parametrize(
    "text",
    [
        "def f():\n    import a",
        "try:\n    import a\nexcept ImportError:\n    pass",
        "import importlib\nimportlib.import_module('a.deep')",
        "from a import deep",
        "import os, a.deep as other",
    ],
)
def test_imports_on_demand_count(tmp_path: Path, text: str) -> None:
    assert "a" in _reach(tmp_path, {"main.py": text, "a/__init__.py": "", "a/deep.py": ""}, "main")


def test_what_only_a_type_checker_sees_does_not(tmp_path: Path) -> None:
    text = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import a\nelse:\n    import b"
    assert _reach(tmp_path, {"main.py": text, "a.py": "", "b.py": ""}, "main") == {"main", "b"}


def test_relative_imports(tmp_path: Path) -> None:
    files = {"p/__init__.py": "from . import x", "p/x.py": "from .q import y", "p/q/__init__.py": "", "p/q/y.py": ""}
    files["p/q/__init__.py"] = "from .. import w"
    files["p/w.py"] = ""
    assert _reach(tmp_path, files, "p") == {"p", "p.x", "p.q", "p.q.y", "p.w"}


def test_imported_names_of_a_from_import_are_both() -> None:
    assert set(imported_names(ast.parse("from a.b import c"))) == {"a.b", "a.b.c"}
