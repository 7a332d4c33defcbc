"""What verbs have in common: their command line as it is written down, and a bar that shows how far they are."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress


def this_command() -> str:
    """Return the command line of this process, as it goes into the tables."""
    return shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]])


def progress_bar() -> Progress:
    """Return a bar on stderr; silent where stderr is no terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=Console(stderr=True), disable=not sys.stderr.isatty())
