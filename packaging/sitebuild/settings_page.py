"""The reference of the settings, made from their declarations."""

from __future__ import annotations

import dataclasses
from typing import Any, get_type_hints

from cmrmap.settings import AnalysisSettings
from sitebuild.tables import cell, code, table

_HEAD = """# Settings

Made from the declarations in `cmrmap/settings` when this site is built. They are in the section `analysis` of
[app.yaml](source/app.yaml.md), or of the file that `-c` names. What is left out keeps its default. An unknown key, a
wrong type or a value outside its range ends the run with exit code 2 and names the setting. The digest of all settings
is written into every output. "ours" marks a value that the paper (Zhu 2020) does not give.
"""


def settings_page() -> str:
    """Return the page: a table for each section."""
    parts = [_HEAD]
    hints = get_type_hints(AnalysisSettings)
    for section in dataclasses.fields(AnalysisSettings):
        declared = hints[section.name]
        rows = [
            [code(one.name), code(_shown(one.default)), cell(_range(one)), cell(one.metadata["source"])]
            for one in dataclasses.fields(declared)
        ]
        parts.append(f"## analysis.{section.name}\n\n{_doc(declared)}\n")
        parts.append(table(["key", "default", "unit, range", "source and meaning"], rows))
    return "\n".join(parts)


def _doc(declared: type) -> str:
    return " ".join((declared.__doc__ or "").split("\n\n")[0].split())


def _shown(value: Any) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(f'{part:g}' for part in value)}]"
    if _is_number(value):
        return f"{value:g}"
    return {None: "null", True: "true", False: "false"}.get(value, str(value))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _range(one: dataclasses.Field[Any]) -> str:
    unit, low, high, choices = (one.metadata[key] for key in ("unit", "low", "high", "choices"))
    if choices:
        return ", ".join(choices)
    return unit if low is None else f"{unit}; {low:g} to {high:g}"
