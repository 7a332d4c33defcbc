"""Bars with rate and time left for the long stages of a run, on a terminal; elsewhere the log's line a stage is all."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from cmrmap.core.progress import listening


@contextmanager
def live_progress() -> Iterator[None]:
    """Show the progress of what runs within on stderr, if that is a terminal; the bars leave nothing behind."""
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(compact=True),
        TextColumn("left"),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        bars.console.show_cursor(True)  # a run that is killed has no moment to show it again
        tasks: dict[str, TaskID] = {}

        def show(what: str, done: int, total: int) -> None:
            if done == 0:
                if what in tasks:
                    bars.remove_task(tasks.pop(what))
                tasks[what] = bars.add_task(what, total=total, rate="")
                return
            task = bars.tasks[bars.task_ids.index(tasks[what])]
            rate = f"{done / task.elapsed:.1f}/s" if task.elapsed else ""
            bars.update(tasks[what], completed=done, rate=rate)
            if done == total:
                bars.refresh()
                bars.remove_task(tasks.pop(what))

        with listening(show):
            yield
