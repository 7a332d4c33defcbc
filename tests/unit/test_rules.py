"""CONTRIBUTING's rules that can be counted: length of files, names of modules, tests that mirror rooms."""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LONGEST_FILE = 250
SOURCES = [path for room in ("cmrmap", "app", "operators") for path in sorted((ROOT / room).rglob("*.py"))]


def test_no_file_holds_more_than_one_concept_s_worth_of_lines() -> None:
    too_long = {str(p.relative_to(ROOT)): n for p in SOURCES if (n := len(p.read_text().splitlines())) > LONGEST_FILE}
    assert too_long == {}


def test_every_folder_of_unit_tests_has_its_room() -> None:
    rooms = {path.relative_to(ROOT / "cmrmap") for path in (ROOT / "cmrmap").rglob("*") if path.is_dir()}
    rooms |= {Path("app"), Path("operators"), Path("mapbuild"), Path("sitebuild")}
    folders = {path.relative_to(ROOT / "tests/unit") for path in (ROOT / "tests/unit").rglob("*") if path.is_dir()}
    assert {folder for folder in folders if "__pycache__" not in folder.parts} <= rooms


def test_every_room_has_tests() -> None:
    packages = {path.parent.relative_to(ROOT / "cmrmap") for path in (ROOT / "cmrmap").rglob("__init__.py")} - {Path()}
    tests = ROOT / "tests/unit"
    without = [
        str(room)
        for room in sorted(packages)
        # a room within a room may have one file beside its neighbours'
        if not (list((tests / room).rglob("test_*.py")) or (tests / room.parent / f"test_{room.name}.py").is_file())
    ]
    assert without == []


def test_module_names_are_told_apart() -> None:
    names: dict[str, list[str]] = {}
    for path in sorted((ROOT / "cmrmap").rglob("*.py")):
        if not path.name.startswith("__"):
            names.setdefault(path.stem, []).append(str(path.relative_to(ROOT)))
    assert {name: places for name, places in names.items() if len(places) > 1} == {}


def _names_in(module: str) -> set[str]:
    """Names that a module of the checkout has, without running it: what it defines or imports, and modules below it."""
    place = ROOT.joinpath(*module.split("."))
    source = place / "__init__.py" if place.is_dir() else place.with_suffix(".py")
    found = {path.stem for path in place.glob("*")} if place.is_dir() else set()
    for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            found |= {one.asname or one.name for one in node.names}
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
    return found


def test_scripts_outside_the_package_import_what_there_is() -> None:
    """Most of them take minutes, so no test runs them: whoever measures next would find that a name has moved."""
    scripts = [
        path for room in ("benchmarks", "docs/figures", "scripts") for path in sorted((ROOT / room).rglob("*.py"))
    ]
    assert len(scripts) > 25
    missing = [
        f"{path.relative_to(ROOT)}: {one.name} of {node.module}"
        for path in scripts
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in ("cmrmap", "app", "tests")
        for one in node.names
        if one.name not in _names_in(str(node.module))
    ]
    assert missing == []


def test_no_import_hides_in_type_checking_or_in_a_circle() -> None:
    hidden = []
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
                ours = [
                    inner.module
                    for inner in ast.walk(node)
                    if isinstance(inner, ast.ImportFrom) and (inner.module or "").startswith("cmrmap")
                ]
                hidden += [f"{path.relative_to(ROOT)}: {module}" for module in ours]
    # the front door is lazy, so that `import cmrmap` is quick; verbs import late, so that help comes at once
    assert [one for one in hidden if not one.startswith(("cmrmap/__init__.py", "cmrmap/cli/"))] == []
