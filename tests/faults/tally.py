"""Count what the harness has found: ``python -m tests.faults.tally STATE ...`` prints docs/dev/faults.md's table."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

#: what is done, by family of cases
WORDS = {
    "kill": "kill -9",
    "term": "SIGTERM",
    "int": "SIGINT; two signals",
    "limit": "time limit",
    "full": "disk full",
    "inodes": "no more files on the disk",
    "readonly": "disk or results/ read-only",
    "filesize": "limited size of files",
    "input": "input vanishes, shrinks, or becomes another patient's",
    "memory": "memory limits",
    "two": "two runs into one folder",
    "streams": "closed, full and broken streams",
    "handles": "no more open files",
    "foreign": "somebody writes into the folder",
    "vanished": "output folder removed",
    "clock": "clock a day ahead",
    "home": "no home, no temporary folder",
}
#: what is left in the folder, and its column
_KEPT = {
    "whole": "whole set",
    "fewer": "of fewer images",
    "reason": "reason alone",
    "before": "set before",
    "none": "nothing",
    "part": "part, marked",
}


def table(records: Sequence[dict[str, Any]]) -> str:
    """Return the counts as a table in Markdown, one line a family.

    Parameters
    ----------
    records : of the harness
    """
    columns = ("what is done", "runs", "struck", *_KEPT.values(), "not allowed")
    lines = ["| " + " | ".join(columns) + " |", "|" + "---|" * len(columns)]
    for family, words in WORDS.items():
        own = [one for one in records if one["case"].partition("-")[0] == family]
        if own:
            lines.append(_line(words, own))
    return "\n".join([*lines, _line("**all**", records)])


def _line(words: str, records: Sequence[dict[str, Any]]) -> str:
    kept = [sum(one["kept"] == name for one in records) for name in _KEPT]
    cells = [len(records), sum(one["struck"] for one in records), *kept, sum(bool(one["faults"]) for one in records)]
    return f"| {words} | " + " | ".join(map(str, cells)) + " |"


def read(states: Iterable[Path]) -> list[dict[str, Any]]:
    """Return the last record of every case.

    Parameters
    ----------
    states : files of the harness
    """
    found = {}
    for state in states:
        for line in state.read_text(encoding="utf-8").splitlines():
            record = json.loads(line)
            found[record["case"]] = record
    return [found[name] for name in sorted(found)]


def slowest(records: Sequence[dict[str, Any]]) -> str:
    """Return how long runs took to end after SIGTERM or SIGINT, in words.

    Parameters
    ----------
    records : of the harness
    """
    seconds = sorted(one["seconds"] for one in records if one["action"] in ("term", "int", "twice") and one["struck"])
    return f"after a signal: median {seconds[len(seconds) // 2]} s, most {seconds[-1]} s of {len(seconds)} runs"


def main() -> None:
    """Print the table, and what did not hold."""
    records = read(Path(name) for name in sys.argv[1:])
    commits = sorted({one["commit"] for one in records})
    started = sum(one["cold"] for one in records)
    print(table(records))
    print(f"\nCommit {', '.join(commits)}; {started} runs in a new process, the others forked; {slowest(records)}.")
    for one in records:
        for fault in one["faults"]:
            print(f"- {one['case']}: {fault}")


if __name__ == "__main__":
    main()
