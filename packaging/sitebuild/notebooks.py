"""Notebooks in percent format: run cell by cell, and written as pages with what each cell printed and drew.

Usage: ``python -m sitebuild.notebooks NOTEBOOK... --output DIR`` (``make notebooks``). Each becomes DIR/NAME.md with
its pictures, and DIR/NAME.ipynb for Jupyter. Our own rather than jupytext, nbclient and nbconvert: they would bring a
kernel and some sixty packages for what is one ``exec`` a cell.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import io
import json
import os
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_CELL = re.compile(r"^# %%(.*)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: its text without the comment marks where it is Markdown, else its code."""

    markdown: bool
    text: str


@dataclass(frozen=True, slots=True)
class Shown:
    """What a cell has left to look at: its printed text, and its pictures by their file's name, each with its title."""

    printed: str = ""
    pictures: tuple[tuple[str, str], ...] = ()


def cells(source: str) -> Iterator[Cell]:
    """Yield the cells of a notebook in percent format.

    Raises
    ------
    ValueError
        something stands before the first cell
    """
    parts = _CELL.split(source)
    if parts[0].strip():
        raise ValueError(f"the notebook begins with {parts[0].strip()[:30]!r}; expected a cell, '# %%'")
    for head, body in zip(parts[1::2], parts[2::2], strict=True):
        markdown = "[markdown]" in head
        text = body.strip("\n")
        if markdown:
            text = "\n".join(line.removeprefix("#").removeprefix(" ") for line in text.splitlines())
        yield Cell(markdown, text)


def run(source: str, name: str, folder: Path) -> list[tuple[Cell, Shown]]:
    """Run a notebook's cells one after the other in the working folder; its pictures go into ``folder``.

    Parameters
    ----------
    source : the notebook
    name : of its file, for messages and pictures
    folder : for the pictures

    Raises
    ------
    Exception
        whatever a cell raises; later cells are not run
    """
    import matplotlib

    matplotlib.use("Agg")
    names: dict[str, Any] = {"__name__": "__main__"}
    done = []
    number = 0
    for cell in cells(source):
        if cell.markdown or not cell.text.strip():
            done.append((cell, Shown()))
            continue
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            _execute(cell.text, name, names)
        pictures = tuple(_pictures(name, number, folder))
        number += len(pictures)
        done.append((cell, Shown(printed.getvalue(), pictures)))
    return done


def page(done: Sequence[tuple[Cell, Shown]], name: str) -> str:
    """Return a notebook that was run as Markdown."""
    parts = []
    for cell, shown in done:
        if cell.markdown:
            parts.append(cell.text)
        elif cell.text.strip():
            parts.append(f"```python\n{cell.text.strip()}\n```")
        if shown.printed:
            parts.append(f"```text\n{shown.printed.rstrip()}\n```")
        parts += [f"![{title}]({file})" for file, title in shown.pictures]
    heading, *rest = parts
    return "\n\n".join([heading, f"[Download it for Jupyter]({name}.ipynb)", *rest]) + "\n"


def jupyter(source: str) -> str:
    """Return a notebook without outputs in Jupyter's format (nbformat 4.5)."""
    content: list[dict[str, Any]] = [
        {
            "cell_type": "markdown" if cell.markdown else "code",
            "id": f"cell-{number}",
            "metadata": {},
            "source": cell.text.strip().splitlines(keepends=True),
            **({} if cell.markdown else {"execution_count": None, "outputs": []}),
        }
        for number, cell in enumerate(cells(source))
        if cell.text.strip()
    ]
    about = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    return json.dumps({"cells": content, "metadata": about, "nbformat": 4, "nbformat_minor": 5}, indent=1) + "\n"


def _execute(code: str, name: str, names: dict[str, Any]) -> None:
    tree = ast.parse(code)
    last = tree.body[-1]
    shown = tree.body.pop() if isinstance(last, ast.Expr) else None
    exec(compile(tree, name, "exec"), names)
    if isinstance(shown, ast.Expr):
        value = eval(compile(ast.Expression(shown.value), name, "eval"), names)
        if value is not None:
            print(value)


def _pictures(name: str, number: int, folder: Path) -> Iterator[tuple[str, str]]:
    import matplotlib.pyplot as plt

    for offset, one in enumerate(plt.get_fignums()):
        figure = plt.figure(one)
        file = f"{name}-{number + offset + 1}.png"
        figure.savefig(folder / file, dpi=110, metadata={"Software": None})
        yield file, figure.get_suptitle()
    plt.close("all")


def main() -> None:
    """Run the notebooks that are named, each in the working folder DIR/work."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("notebooks", nargs="+", type=Path)
    parser.add_argument("--output", type=Path, required=True)
    given = parser.parse_args()
    output = given.output.absolute()
    work = output / "work"
    work.mkdir(parents=True, exist_ok=True)
    sources = [(path.stem, path.read_text(encoding="utf-8")) for path in given.notebooks]
    os.chdir(work)
    for name, source in sources:
        print(f"running {name}", file=sys.stderr)
        text = page(run(source, name, output), name)
        (output / f"{name}.ipynb").write_text(jupyter(source), encoding="utf-8")
        (output / f"{name}.md").write_text(text, encoding="utf-8")  # last: it says that the notebook was run


if __name__ == "__main__":
    main()
