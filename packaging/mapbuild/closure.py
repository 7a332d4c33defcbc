"""Which modules the application reaches: what the image holds, and nothing else of the repository.

Not by grimp: it looks for packages where the interpreter does, not in a folder, and reads no scripts and no names in
strings.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath


def reached_modules(root: Path, modules: Mapping[str, PurePosixPath], entries: tuple[str, ...]) -> set[str]:
    """Follow the imports of the entries, those inside functions too.

    A string that is the dotted name of a module of ours counts as an import: that is how one is loaded on demand.

    Parameters
    ----------
    root : folder that the paths are relative to
    modules : path of each module of ours by its dotted name; a package's is that of its ``__init__.py``
    entries : modules to start from

    Returns
    -------
    modules : the entries, whatever they import directly or indirectly, and the packages around them
    """
    reached: set[str] = set()
    waiting = [name for entry in entries for name in _with_packages(entry)]
    while waiting:
        name = waiting.pop()
        if name in reached or name not in modules:
            continue
        reached.add(name)
        tree = ast.parse((root / modules[name]).read_text(encoding="utf-8"))
        package = name if modules[name].name == "__init__.py" else name.rpartition(".")[0]
        for imported in imported_names(tree, package):
            waiting.extend(_with_packages(imported))
        for text in _strings(tree):
            if "." in text and text in modules:
                waiting.extend(_with_packages(text))
    return reached


def imported_names(tree: ast.AST, package: str = "") -> Iterator[str]:
    """Yield the dotted names that a module imports; of ``from a import b`` both ``a`` and ``a.b``.

    What only a type checker sees is left out. ``package`` is what relative imports count from.
    """
    for module, names in _imports(tree, package):
        yield module
        yield from (f"{module}.{name}" for name in names)


def imported_modules(tree: ast.AST, package: str = "") -> Iterator[str]:
    """Yield the modules that a module imports; of ``from a import b`` only ``a``, which is one for sure."""
    yield from (module for module, _ in _imports(tree, package))


def foreign_modules(root: Path) -> list[str]:
    """List what the modules below ``root`` import of packages, inside functions too; names in modules as well."""
    ours = {path.stem for path in root.iterdir()}
    named = {
        module
        for path in root.rglob("*.py")
        for module in imported_names(ast.parse(path.read_text(encoding="utf-8")), path.parent.name)
    }
    return sorted(one for one in named if one.partition(".")[0] not in ours | sys.stdlib_module_names)


def _imports(tree: ast.AST, package: str) -> Iterator[tuple[str, list[str]]]:
    for node in _running(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, []) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*above, base] if base else above)
            yield base, [alias.name for alias in node.names]


def _strings(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def _running(node: ast.AST) -> Iterator[ast.AST]:
    """Walk the tree but for the blocks under ``if TYPE_CHECKING``."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.dump(child.test):
            for statement in child.orelse:
                yield statement
                yield from _running(statement)
            continue
        yield child
        yield from _running(child)


def _with_packages(name: str) -> list[str]:
    parts = name.split(".")
    return [".".join(parts[: end + 1]) for end in range(len(parts))]
