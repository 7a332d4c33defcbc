"""Count what the harness has found: ``python -m tests.faults.tally STATE ...`` prints docs/dev/faults.md's table."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

#: the failure, by family of cases
WORDS = {
    "kill": "kill -9",
    "term": "SIGTERM",
    "int": "SIGINT; two signals",
    "limit": "time limit",
    "full": "disk full",
    "inodes": "no more inodes on the disk",
    "readonly": "disk or results/ read-only",
    "filesize": "limited size of files",
    "input": "input is removed, truncated, or replaced by another patient's",
    "memory": "memory limits",
    "two": "two runs into one folder",
    "streams": "closed, full and broken stdout or stderr",
    "handles": "no more open files",
    "foreign": "another program writes into the folder",
    "vanished": "output folder removed",
    "clock": "clock a day ahead",
    "home": "no home, no temporary folder",
}
#: what is left in the folder, and its column
_KEPT = {
    "whole": "complete set",
    "fewer": "set from fewer images",
    "reason": "reason only",
    "before": "earlier set",
    "none": "nothing",
    "part": 'part, status "running"',
}


def table(records: Sequence[dict[str, Any]]) -> str:
    """Return the counts as a table in Markdown, one line a family.

    Parameters
    ----------
    records : of the harness
    """
    columns = ("failure", "runs", "injected", *_KEPT.values(), "not allowed")
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
    middle, longest = seconds[len(seconds) // 2], seconds[-1]
    return f"Time to end after SIGTERM or SIGINT: median {middle} s, longest {longest} s ({len(seconds)} runs)."


def put(document: Path, name: str, text: str) -> None:
    """Put a text into a document, between its two comments ``name`` and ``end of name``.

    Parameters
    ----------
    document : in Markdown
    name : of the place
    text : that takes the place of what is there
    """
    before, _, rest = document.read_text(encoding="utf-8").partition(f"<!-- {name} -->\n")
    _, end, after = rest.partition(f"<!-- end of {name} -->")
    if not end:
        raise SystemExit(f"{document.name} has no place called {name}")
    document.write_text(f"{before}<!-- {name} -->\n{text.strip()}\n{end}{after}", encoding="utf-8")


def summary(records: Sequence[dict[str, Any]]) -> str:
    """Return the table, how it came about, and what did not hold.

    Parameters
    ----------
    records : of the harness
    """
    commits = sorted({one["commit"] for one in records})
    started = sum(one["cold"] for one in records)
    lines = [f"{one['case']}: {fault}" for one in records for fault in one["faults"]]
    about = (
        f"`make faults`, seed {records[0]['seed']}, commit {', '.join(commits)}: {len(records)} runs, {started} of "
        f"them in a separate process, each followed by another run into the same folder. {slowest(records)}"
    )
    found = "\n".join(f"- {line}" for line in lines) or "Not allowed: none."
    return f"{about}\n\n{table(records)}\n\n{found}\n"


def main() -> None:
    """Print the summary of states; after ``--into FILE`` it is put into that document."""
    arguments = sys.argv[1:]
    into = None
    if "--into" in arguments:
        index = arguments.index("--into")
        into = Path(arguments[index + 1])
        del arguments[index : index + 2]
    text = summary(read(Path(name) for name in arguments))
    print(text)
    if into is not None:
        put(into, "counts", text)


if __name__ == "__main__":
    main()
