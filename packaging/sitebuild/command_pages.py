"""The reference of the command line, made from the parsers that the commands use."""

from __future__ import annotations

import argparse
import inspect
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Any, get_args

import typer

from cmrmap.cli.main import ORDER, cli
from cmrmap.run.run_settings import build_parser
from sitebuild.tables import cell, code, plain, table

_HEAD = """# Command line

Made from the parsers themselves when this site is built. `cmrmap COMMAND --help` prints the same. A command that needs
an optional part of the installation names it ([install](running.md#install)). How a run ends:
[exit codes](reference-exit-codes.md).
"""
_KINDS: dict[Any, str] = {int: "INTEGER", float: "NUMBER", str: "TEXT", Path: "PATH", bool: ""}


def commands() -> Iterator[tuple[str, Any]]:
    """Yield every command that does something, "cmrmap evaluate cohort" for example, in the order of ``--help``."""
    group = typer.main.get_command(cli)
    for name in sorted(group.commands, key=ORDER.index):  # type: ignore[attr-defined]
        command = group.commands[name]  # type: ignore[attr-defined]
        below = getattr(command, "commands", None)
        if below is None:
            yield f"cmrmap {name}", command
        else:
            for part, inner in below.items():
                yield f"cmrmap {name} {part}", inner


def command_line_page() -> str:
    """Return the page: every command with what it does, its arguments and its options."""
    parts = [_HEAD]
    for name, command in commands():
        parts.append(f"## {name}\n")
        if name == "cmrmap run":
            parts.append(_run_section())
        else:
            parts.append(f"{_prose(command.help or '')}\n\n{_options(command)}")
    return "\n".join(parts)


def _run_section() -> str:
    parser = build_parser("cmrmap run")
    rows = [
        [
            ", ".join(code(one) for one in action.option_strings),
            code(_argparse_value(action)),
            cell(action.help or ""),
        ]
        for action in parser._actions
    ]
    return (
        "Analyse a study: read the folder, make the maps, write every output. `python -m app` and\n"
        "`bin/monai-deploy exec .` take the same options but `--summary`.\n\n"
        "```\ncmrmap run -i study/dicom -o results --summary\n```\n\n"
        f"{table(['option', 'value', 'what'], rows)}\n{parser.epilog}\n"
    )


def _argparse_value(action: argparse.Action) -> str:
    if action.nargs == 0:
        return ""
    return " | ".join(map(str, action.choices)) if action.choices else action.dest.upper()


def _prose(text: str) -> str:
    """Return a help text as Markdown: its examples, which it indents or which are a command each, as code."""
    lines: list[str] = []
    inside = False
    before = ""
    for line in inspect.cleandoc(text).replace("\b", "").replace("``", "`").split("\n"):
        # a sentence, too, may have a line that begins with a command
        example = line.startswith("  ") or (line.startswith("cmrmap ") and (inside or not before.strip()))
        before = line
        if example and not inside:
            lines += ["", "```"]
        elif inside and not example and line.strip():
            lines += ["```", ""]
        inside = example or (inside and not line.strip())
        if line.strip() or not inside:
            lines.append(line.removeprefix("  ") if example else plain(line))
    return "\n".join([*lines, "```"] if inside else lines)


def _options(command: Any) -> str:
    rows = []
    for one in command.params:
        if one.hidden or one.name == "help":
            continue
        names = [*one.opts, *one.secondary_opts]
        is_option = names[0].startswith("-")
        shown = ", ".join(code(name) for name in names) if is_option else code(one.name.upper())
        rows.append([shown, code(_value(one)), _default(one), cell(one.help or "")])
    return table(["option", "value", "default", "what"], rows)


def _value(one: Any) -> str:
    annotation = one.type_descriptor.annotation
    kinds = [kind for kind in get_args(annotation) or (annotation,) if kind is not type(None)]
    kind = kinds[0]
    text = one.metavar or (
        " | ".join(str(member.value) for member in kind)
        if isinstance(kind, type) and issubclass(kind, Enum)
        else _KINDS.get(kind, "TEXT")
    )
    return f"{text} ..." if text and (one.multiple or one.nargs == -1) else text


def _default(one: Any) -> str:
    if one.required:
        return "needed"
    default = one.default
    parts = [f"or `{one.envvar}`"] if one.envvar else []
    if default is not None and default is not False and default != () and not callable(default):
        parts.insert(0, code("on" if default is True else getattr(default, "value", default)))
    return ", ".join(parts)
