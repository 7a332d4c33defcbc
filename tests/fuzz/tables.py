"""The tables of docs/dev/fuzz.md, from the lines of a state file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from tests.fuzz.oracle import NOT_ALLOWED, OUTCOMES, TOLD, WRITTEN

#: heads of columns that differ from the outcome's name in a state file
_HEADS = {TOLD: "reported"}


def tables(lines: Sequence[dict[str, Any]]) -> str:
    """Return Markdown: what became of the mutants of each mutator and study, what was as written, what they took."""
    made = [line for line in lines if line["outcome"] in OUTCOMES]
    out = [f"{len(made)} mutants, {len(lines) - len(made)} could not be made.", ""]
    for key in ("group", "mutator", "base", "way"):
        out += [*_counted(made, key), ""]
    out += [f"| {WRITTEN}: attribute | mutants |", "|---|---|"]
    told = Counter(line["why"] for line in made if line["outcome"] == WRITTEN)
    out += [f"| {name} | {count} |" for name, count in told.most_common()]
    out += ["", *_taken(made), ""]
    bad = [line for line in made if line["outcome"] == NOT_ALLOWED]
    out += [f"Not allowed: {len(bad)}."]
    out += [f"- {one['id']} {one['base']}, {one['mutator']} ({one['what']}): {one['why']}" for one in bad]
    return "\n".join(out)


def _counted(made: Sequence[dict[str, Any]], key: str) -> list[str]:
    names = list(dict.fromkeys(line[key] for line in sorted(made, key=lambda line: (line["group"], line[key]))))
    rows = [
        f"| {key} | mutants | " + " | ".join(_HEADS.get(one, one) for one in OUTCOMES) + " |",
        "|---" * (len(OUTCOMES) + 2) + "|",
    ]
    for name in [*names, "all"]:
        own = Counter(line["outcome"] for line in made if name in (line[key], "all"))
        rows.append(f"| {name} | {own.total()} | " + " | ".join(str(own[one]) for one in OUTCOMES) + " |")
    return rows


def _taken(made: Sequence[dict[str, Any]]) -> list[str]:
    rows = ["| | median | 99 % | most |", "|---|---|---|---|"]
    for key, words in (
        ("processor_s", "processor, s"),
        ("clock_s", "clock, s"),
        ("memory_mb", "memory, MB"),
    ):
        values = sorted(line[key] for line in made)
        if values:
            rows.append(
                f"| {words} | {values[len(values) // 2]} | {values[int(0.99 * (len(values) - 1))]} | {values[-1]} |"
            )
    return rows
