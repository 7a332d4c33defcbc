"""What of the package is public, and what the docstrings of it do not describe.

Public is what the site's API reference shows, what packages export, what the documents tell readers to import, and the
classes of whatever these take and give.
"""

from __future__ import annotations

import ast
import builtins
import dataclasses
import enum
import importlib
import inspect
import re
import textwrap
import types
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, get_args, get_type_hints

from sitebuild.api_pages import described, exported

ROOT = Path(__file__).resolve().parents[1]
_SECTION = re.compile(r"^([A-Z][A-Za-z ]+)\n-{3,}$", re.MULTILINE)
_ITEM = re.compile(r"^([*\w]+(?:, [*\w]+)*)(?: : (.*))?$")
_ARRAY = re.compile(r"Array|ndarray")
_FLOATS = re.compile(r"Float(?:64)?Array|float(?:32|64|ing)")
#: "(slice, row, column)", "(pixels,)", "any shape", "the same shape", "as in `cartesian_weights`"
_SHAPE = re.compile(r"\([*\w ./+-]*(?:,[*\w ./+-]*)+\)|\(\.\.\.[^)]*\)|shape|\bas in\b|see ``")
_NOT_A_NUMBER = re.compile(r"NaN|finite|no value")
#: numpydoc's
_KNOWN_SECTIONS = frozenset(
    {"Parameters", "Attributes", "Methods", "Returns", "Yields", "Raises", "Warns", "Notes", "References", "Examples"}
)
_PYTHON = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def public_objects() -> dict[str, Any]:
    """Everything public, by the place where it is found; an object of several places once."""
    found: dict[str, Any] = {}
    seen: set[int] = set()
    for place, name in sorted(set(_shown()) | set(_told())):
        one = getattr(importlib.import_module(place), name)
        if isinstance(one, types.ModuleType) or (callable(one) and id(one) in seen):
            continue
        seen.add(id(one))
        found[f"{place}.{name}"] = one
    for one in _taken_and_given(list(found.values())):
        if id(one) not in seen:
            seen.add(id(one))
            found[f"{one.__module__}.{one.__qualname__}"] = one
    return found


def _taken_and_given(objects: list[Any]) -> Iterator[Any]:
    """Classes of ours in the annotations of parameters, results and attributes."""
    for one in objects:
        members = [member for _, member in _members(one)] if inspect.isclass(one) else []
        for annotated in (one, *(_function_of(member) for member in members)):
            if inspect.isclass(annotated) or inspect.isfunction(annotated):
                yield from (
                    used
                    for hint in _hints(annotated).values()
                    for used in _classes_in(hint)
                    if used.__module__.split(".")[0] in ("cmrmap", "operators")
                )


def _hints(annotated: Any) -> dict[str, Any]:
    try:
        return get_type_hints(annotated)
    except (NameError, TypeError):  # of a class of the SDK
        return {}


def _classes_in(hint: Any) -> Iterator[type]:
    if inspect.isclass(hint):
        yield hint
    for part in get_args(hint):
        yield from _classes_in(part)


def _function_of(member: Any) -> Any:
    function = member.fget if isinstance(member, property) else getattr(member, "__func__", member)
    return inspect.unwrap(function) if function else None


def _shown() -> Iterator[tuple[str, str]]:
    for module, names in described(ROOT).items():
        yield from ((module, name) for name in names)
    for door in sorted((ROOT / "cmrmap").rglob("__init__.py")):
        module = ".".join(door.parent.relative_to(ROOT).parts)
        if "__all__" in door.read_text(encoding="utf-8"):
            yield from ((module, name) for name in exported(ROOT, module))


def _told() -> Iterator[tuple[str, str]]:
    documents = [*sorted((ROOT / "docs").rglob("*.md")), ROOT / "README.md"]
    texts = [code for path in documents for code in _PYTHON.findall(path.read_text(encoding="utf-8"))]
    texts += [path.read_text(encoding="utf-8") for path in sorted((ROOT / "docs/notebooks").glob("*.py"))]
    for text in texts:
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.ImportFrom) and str(node.module).split(".")[0] in ("cmrmap", "operators"):
                yield from ((str(node.module), one.name) for one in node.names)


def faults_of(one: Any) -> list[str]:
    """What the docstring of a function or class, or of its public members, lacks."""
    if inspect.isclass(one):
        return [
            *_class_faults(one),
            *(fault for name, member in _members(one) for fault in _member_faults(name, member)),
        ]
    return _function_faults(one) if inspect.isfunction(inspect.unwrap(one)) else []


def constant_faults(root: Path, place: str) -> list[str]:
    """What an exported value lacks: a string below its assignment, which the reference shows as its description."""
    module, _, name = place.rpartition(".")
    value = importlib.import_module(module)
    tree = ast.parse(Path(str(value.__file__)).read_text(encoding="utf-8"))
    imported = [
        node.module
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and node.module and name in {one.asname or one.name for one in node.names}
    ]
    if imported:
        return constant_faults(root, f"{imported[0]}.{name}")
    for node, after in zip(tree.body, [*tree.body[1:], None], strict=True):
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        if any(isinstance(target, ast.Name) and target.id == name for target in targets):
            told = isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant)
            return [] if told and isinstance(after.value.value, str) else [f"no description below {name}"]
    return [f"{name} is assigned nowhere"]


def _members(one: type) -> Iterator[tuple[str, Any]]:
    for name, member in vars(one).items():
        if not name.startswith("_") and isinstance(member, property | staticmethod | classmethod | types.FunctionType):
            yield name, member


def _member_faults(name: str, member: Any) -> list[str]:
    if isinstance(member, property):
        function = _function_of(member)
        text = inspect.getdoc(member) or ""
        faults = [] if text else ["no docstring"]
        faults += _unraised(function, text) + _returned_faults(function, text, text)
    else:
        faults = _function_faults(_function_of(member))
    return [f"{name}: {fault}" for fault in faults]


def _class_faults(one: type) -> list[str]:
    text = inspect.getdoc(one) if "__doc__" in vars(one) else ""
    if not text or text.startswith(f"{one.__name__}("):  # the latter is what Python writes for a dataclass or tuple
        return ["no docstring"]
    return _text_faults(text) + _class_content_faults(one, text)


def _text_faults(text: str) -> list[str]:
    """What is wrong with a docstring whatever it describes."""
    faults = [f"section {name} is none of numpydoc's" for name in _sections(text) if name not in _KNOWN_SECTIONS]
    if _SECTION.match(text):
        faults.append("no summary")
    for section in ("Parameters", "Attributes", "Raises"):
        described = _items(_sections(text).get(section, ""))
        faults += [f"nothing is said of {name}" for name, words in described.items() if not words]
    return faults


def _class_content_faults(one: type, text: str) -> list[str]:
    named = _items(_sections(text).get("Attributes", ""))
    if dataclasses.is_dataclass(one):
        fields = {f.name: f for f in dataclasses.fields(one) if not f.name.startswith("_")}
        own = {name: f for name, f in fields.items() if not {"unit", "source"} <= set(f.metadata)}
        faults = [f"attribute {name} is not described" for name in own if name not in named]
        if named:
            known = {*fields, *dir(one)}
            faults += [f"there is no attribute {name}" for name in named if name not in known]
        hints = {name: str(f.type) for name, f in own.items()}
        faults += [
            f"attribute {name} has no shape"
            for name, hint in hints.items()
            if name in named and _ARRAY.search(hint) and not _SHAPE.search(named[name])
        ]
        if any(_FLOATS.search(hint) for hint in hints.values()) and not _NOT_A_NUMBER.search(text):
            faults.append("what NaN means is not told")
        return faults + _unraised(vars(one).get("__post_init__"), text)
    if issubclass(one, enum.Enum):
        return [f"member {member.name} is not described" for member in one if member.name not in named]
    own_attributes = [name for name in vars(one).get("__annotations__", {}) if not name.startswith("_")]
    faults = [f"attribute {name} is not described" for name in own_attributes if name not in named]
    built = None if getattr(one, "_is_protocol", False) else vars(one).get("__init__")
    return faults + (_parameter_faults(built, text) + _unraised(built, text) if built else [])


def _function_faults(function: Any) -> list[str]:
    text = inspect.cleandoc(function.__doc__ or "")  # its own: that of a base class may tell of other parameters
    if not text:
        return ["no docstring"]
    faults = _text_faults(text) + _parameter_faults(function, text)
    given_back = inspect.signature(function).return_annotation
    told = _sections(text).get("Returns") or _sections(text).get("Yields") or ""
    if given_back not in (None, "None", "NoReturn", inspect.Signature.empty) and not told:
        faults.append("no section Returns")
    return faults + _returned_faults(function, text, told) + _unraised(function, text)


def _returned_faults(function: Any, text: str, told: str) -> list[str]:
    if function is None:
        return []
    hint = str(inspect.signature(function).return_annotation)
    faults = ["what is returned has no shape"] if told and _ARRAY.search(hint) and not _SHAPE.search(told) else []
    if _FLOATS.search(hint) and not _NOT_A_NUMBER.search(text):
        faults.append("what NaN means is not told")
    return faults


def _parameter_faults(function: Any, text: str) -> list[str]:
    parameters = {
        name: one
        for name, one in inspect.signature(function).parameters.items()
        if name not in ("self", "cls") and not name.startswith("_")
    }
    named = _items(_sections(text).get("Parameters", ""))
    faults = [f"parameter {name} is not described" for name in parameters if name not in named]
    faults += [f"there is no parameter {name}" for name in named if name not in parameters]
    faults += [
        f"parameter {name} has no shape"
        for name, one in parameters.items()
        if name in named and _ARRAY.search(str(one.annotation)) and not _SHAPE.search(named[name])
    ]
    return faults


def _unraised(function: Any, text: str) -> list[str]:
    """Errors that a function raises, itself or by a private helper, which its section Raises does not have."""
    if function is None:
        return []
    told = _items(_sections(text).get("Raises", ""))
    classes = [_error_named(name, function) for name in told]
    faults = [f"Raises names {name}, which is no error" for name, one in zip(told, classes, strict=True) if one is None]
    return faults + [
        f"{error.__name__} is raised but not told"
        for error in sorted(raised_by(inspect.unwrap(function)), key=lambda one: one.__name__)
        if not any(one is not None and issubclass(error, one) for one in classes)
    ]


def raised_by(function: Any, seen: frozenset[Any] = frozenset()) -> set[type[BaseException]]:
    """Errors of ``raise`` in a function's own body, and in the private functions and checks of ours that it calls."""
    if function in seen or not str(getattr(function, "__module__", "")).startswith(("cmrmap", "operators", "tests")):
        return set()
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    except (OSError, TypeError):  # made by a decorator
        return set()
    found: set[type[BaseException]] = set()
    scope = function.__globals__
    handled = _handled(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Raise):
            error = _raised_class(node, scope)
            if inspect.isclass(error) and issubclass(error, BaseException) and node not in handled:
                found.add(error)
        if isinstance(node, ast.Call) and node not in handled:
            called = _private_callee(node.func, function)
            if called is not None:
                found |= raised_by(called, seen | {function})
    return found


def _raised_class(node: ast.Raise, scope: Mapping[str, Any]) -> Any:
    """What ``raise X(...)``, ``raise X`` or ``raise module.X(...)`` names."""
    named = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
    if isinstance(named, ast.Name):
        return scope.get(named.id) or getattr(builtins, named.id, None)
    if isinstance(named, ast.Attribute) and isinstance(named.value, ast.Name):
        return getattr(scope.get(named.value.id), named.attr, None)
    return None


def _handled(tree: ast.AST) -> set[ast.AST]:
    """Nodes below a ``try`` that has handlers: what they raise may be caught, so it is not asked for."""
    return {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.Try) and node.handlers
        for statement in node.body
        for inner in ast.walk(statement)
    }


def _private_callee(called: ast.expr, function: Any) -> Any:
    scope = function.__globals__
    if isinstance(called, ast.Name):
        found = scope.get(called.id)
        private = called.id.startswith("_") or "._" in str(getattr(found, "__module__", ""))
        checks = called.id.startswith("check")  # that is what they are there for
        return inspect.unwrap(found) if (private or checks) and inspect.isfunction(found) else None
    if isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name) and called.value.id in ("self", "cls"):
        owner = scope.get(function.__qualname__.split(".")[0])
        found = getattr(owner, called.attr, None) if called.attr.startswith("_") else None
        found = getattr(found, "__func__", found)
        return inspect.unwrap(found) if inspect.isfunction(found) else None
    return None


def _error_named(name: str, function: Any) -> type[BaseException] | None:
    errors = importlib.import_module("cmrmap.core.errors")
    found = function.__globals__.get(name) or getattr(errors, name, None) or getattr(builtins, name, None)
    return found if inspect.isclass(found) and issubclass(found, BaseException) else None


def _sections(text: str) -> dict[str, str]:
    parts = _SECTION.split(text)
    return {name: body.strip("\n") for name, body in zip(parts[1::2], parts[2::2], strict=True)}


def _items(section: str) -> dict[str, str]:
    """Names described in a section, each with the text behind it."""
    found: dict[str, str] = {}
    names: list[str] = []
    for line in section.split("\n"):
        item = _ITEM.match(line)
        if item:
            names = [name.strip().lstrip("*") for name in item[1].split(",")]
            found.update(dict.fromkeys(names, item[2] or ""))
        elif line.startswith(" "):
            found.update({name: f"{found[name]} {line.strip()}" for name in names})
    return found
