"""The reference of results.json, made from its JSON schema."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sitebuild.tables import cell, code, table

_HEAD = """# results.json

Made from [results.schema.json](results.schema.json), which is made from the fields that the application writes; every
results.json conforms to it. Values that are not available are null.
"""


def schema_page(root: Path) -> str:
    """Return the page: one table for the document and one for each of its parts."""
    schema = json.loads((root / "docs" / "results.schema.json").read_text(encoding="utf-8"))
    parts = [_HEAD, "## The document\n", _fields(schema)]
    for name, part in schema["$defs"].items():
        parts.append(f"## {name}\n")
        if part.get("description"):
            parts.append(f"{cell(part['description'])}\n")
        parts.append(_fields(part) if "properties" in part else f"One of {_choices(part)}.\n")
    return "\n".join(parts)


def _fields(part: Mapping[str, Any]) -> str:
    needed = set(part.get("required", ()))
    rows = [
        [code(name), _kind(one), "yes" if name in needed else "", cell(one.get("description", ""))]
        for name, one in part["properties"].items()
    ]
    return table(["field", "type", "always there", "what"], rows)


def _choices(part: Mapping[str, Any]) -> str:
    return ", ".join(code(one) for one in part.get("enum", (part.get("const"),)))


def _kind(one: Mapping[str, Any]) -> str:
    if "$ref" in one:
        name = one["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "anyOf" in one:
        return " or ".join(_kind(part) for part in one["anyOf"])
    if "enum" in one or "const" in one:
        return _choices(one)
    kind = str(one.get("type", ""))
    if kind == "array":
        items: Mapping[str, Any] = one.get("items") or next(iter(one.get("prefixItems", ())), {})
        return f"list of {_kind(items)}" if items else "list"
    limits = [f"{word} {one[key]:g}" for key, word in _LIMITS.items() if key in one]
    return cell(", ".join([kind, *limits]))


_LIMITS = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}
