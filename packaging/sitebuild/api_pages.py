"""The reference of the Python API: one page a room, with what it exports, described by mkdocstrings."""

from __future__ import annotations

import ast
from pathlib import Path

_ROOMS = {
    "cmrmap": "The front door",
    "cmrmap.pipeline": "Stages and what they make",
    "cmrmap.relaxometry": "Fits of T1, T2 and T2*",
    "cmrmap.segmentation": "Segmentation",
    "cmrmap.alignment": "Motion correction",
    "cmrmap.regional": "Segments and statistics",
    "cmrmap.ecv": "Extracellular volume",
    "cmrmap.quality.catalogue": "Findings",
    "cmrmap.results": "Results",
    "cmrmap.report": "Report",
    "cmrmap.settings": "Settings",
}
#: modules whose public classes and functions travel between rooms
_MODULES = {
    "cmrmap.core.errors": "Errors",
    "cmrmap.core.map_spec": "Descriptor of a map",
    "cmrmap.core.parameter_map": "A map and its fit",
    "cmrmap.core.relaxation_models": "Signal models",
    "cmrmap.core.stack": "Weighted images",
    "operators.base": "Operators of the graph",
}


def api_pages(root: Path) -> dict[str, str]:
    """Return the pages, by their place in the site."""
    pages = {}
    for module, title in {**_ROOMS, **_MODULES}.items():
        names = exported(root, module) if module in _ROOMS else _public(root, module)
        parts = [f"# {title}: `{module}`\n", _first_docstring(root, module)]
        parts += [f"::: {module}.{name}\n" for name in names]
        pages[f"api/{module}.md"] = "\n\n".join(parts)
    return pages


def exported(root: Path, module: str) -> list[str]:
    """List the names in the module's ``__all__`` that can be described."""
    for node in _tree(root, module).body:
        if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == "__all__" for t in node.targets):
            return [name for name in ast.literal_eval(node.value) if not name.startswith("__")]
    raise LookupError(f"{module} exports nothing; expected __all__")


def _public(root: Path, module: str) -> list[str]:
    return [
        node.name
        for node in _tree(root, module).body
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and not node.name.startswith("_")
    ]


def _first_docstring(root: Path, module: str) -> str:
    return (ast.get_docstring(_tree(root, module)) or "").replace("``", "`")


def _tree(root: Path, module: str) -> ast.Module:
    path = root / module.replace(".", "/")
    file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    return ast.parse(file.read_text(encoding="utf-8"))
