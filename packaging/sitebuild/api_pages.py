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
    "cmrmap.core.findings": "A finding, a refusal",
    "cmrmap.core.geometry": "Planes in the patient",
    "cmrmap.core.look_locker": "Look-Locker acquisitions",
    "cmrmap.core.map_spec": "Descriptor of a map",
    "cmrmap.core.map_specs": "The maps",
    "cmrmap.core.map_volume": "A finished map",
    "cmrmap.core.outlines": "Outlines of the heart",
    "cmrmap.core.parameter_map": "A map and its fit",
    "cmrmap.core.polar_stack": "The polar grid",
    "cmrmap.core.regional_values": "Statistics of a region",
    "cmrmap.core.relaxation_models": "Signal models",
    "cmrmap.core.selected_series": "A series before it is read",
    "cmrmap.core.stack": "Weighted images",
    "cmrmap.ecv.hematocrit": "Hematocrit",
    "operators.base": "Operators of the graph",
}


def api_pages(root: Path) -> dict[str, str]:
    """Return the pages, by their place in the site."""
    pages = {}
    for module, names in described(root).items():
        title = {**_ROOMS, **_MODULES}[module]
        parts = [f"# {title}: `{module}`\n", _first_docstring(root, module)]
        parts += [f"::: {module}.{name}\n" for name in names]
        pages[f"api/{module}.md"] = "\n\n".join(parts)
    return pages


def described(root: Path) -> dict[str, list[str]]:
    """Return the names that each page describes, by module."""
    rooms = {module: exported(root, module) for module in _ROOMS}
    return {**rooms, **{module: _public(root, module) for module in _MODULES}}


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
