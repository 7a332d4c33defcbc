"""Draw mutants by their number, run each, judge it, and keep one line of it: the whole harness but its command line."""

from __future__ import annotations

import gc
import json
import os
import shutil
import time
import traceback
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from cmrmap.run.software import software_versions
from tests.fuzz import mutators  # noqa: F401  # fills the list
from tests.fuzz.bases import Bases
from tests.fuzz.cases import MUTATORS, Case, Mutator, NotMadeError, copy_of
from tests.fuzz.oracle import NOT_ALLOWED, WRITTEN, Verdict, judge
from tests.fuzz.process import command_line, run_command, run_forked
from tests.fuzz.studies import BASES
from tests.fuzz.written import MEASURED, differences

#: how often a study is drawn: those that take little time more often
_SHARES = {"t2": 6.0, "native": 4.0, "ecv": 1.0, "two-slices": 3.0, "t2-star": 3.0, "molli": 0.7,
           "siemens-ve11": 0.7, "ge": 0.8, "siemens-vb17": 1.5, "siemens-ve11b": 1.5, "philips": 1.5,
           "philips-look-locker": 1.5}  # fmt: skip
_USUAL_SHARE = 2.0
_TRIES = 60
#: one of so many is run as a process of its own; one of so many with every output
COMMAND_EVERY, WHOLE_EVERY = 250, 200


@dataclass(frozen=True)
class Plan:
    """Which mutants: ``count`` numbers from 0, drawn from ``seed``.

    Attributes
    ----------
    bases : names of the studies, () for all
    command_every, whole_every : one of so many is run as a process of its own, and with every output; 0: none
    in_turn : every mutator in turn, in the place of drawing it by its share
    """

    seed: int = 1
    count: int = 10_000
    bases: tuple[str, ...] = ()
    command_every: int = COMMAND_EVERY
    whole_every: int = WHOLE_EVERY
    in_turn: bool = False

    def way(self, number: int) -> str:
        """How a mutant is run."""
        if self.command_every and number % self.command_every == self.command_every - 1:
            return "command"
        if self.whole_every and number % self.whole_every == self.whole_every - 2:
            return "whole"
        return "forked"


def make(plan: Plan, number: int, bases: Bases, work: Path) -> tuple[Case, Mutator, str]:
    """Draw and make one mutant."""
    rng = Random(f"{plan.seed}/{number}")
    allowed = plan.bases or tuple(BASES)
    able = [one for one in MUTATORS.values() if not one.bases or set(one.bases) & set(allowed)]
    for tried in range(_TRIES):
        in_turn = plan.in_turn and tried < _TRIES // 2
        chosen = able[number % len(able)] if in_turn else rng.choices(able, [one.share for one in able])[0]
        names = [name for name in (chosen.bases or allowed) if name in allowed]
        name = rng.choices(names, [_SHARES.get(one, _USUAL_SHARE) for one in names])[0]
        case = copy_of(BASES[name], bases.of(name)[0], work, rng, whole=plan.way(number) == "whole")
        try:
            return case, chosen, chosen.mutate(case)
        except NotMadeError:
            continue
    raise NotMadeError(f"nothing fits after {_TRIES} tries")


def run_one(
    plan: Plan,
    number: int,
    bases: Bases,
    work: Path,
    entry: Callable[[Sequence[str]], None] = command_line,
) -> dict[str, Any]:
    """Make, run and judge one mutant; return its line."""
    begun = time.monotonic()
    case, chosen, what = make(plan, number, bases, work)
    way, out = plan.way(number), work / "out"
    arguments = ["run", "-i", str(case.folder), "-o", str(out), "-c", str(work / "beside" / "settings.yaml")]
    arguments += case.arguments
    ran = run_command(arguments, work) if way == "command" else run_forked(arguments, work, entry)
    source, results = bases.of(case.base.name)
    verdict = judge(ran, out, results, asked=chosen.asked)
    if verdict.outcome == NOT_ALLOWED and "without a word" in verdict.why:
        said = sorted(differences(source, case.folder) & MEASURED.keys())
        if said:
            verdict = Verdict(WRITTEN, ", ".join(said))
    return {
        "id": number,
        "seed": plan.seed,
        "base": case.base.name,
        "group": chosen.group,
        "mutator": chosen.name,
        "what": what.encode("ascii", "backslashreplace").decode()[:120],
        "way": way,
        "outcome": verdict.outcome,
        "why": verdict.why,
        "code": ran.code,
        "processor_s": round(ran.processor_s, 3),
        "clock_s": round(ran.clock_s, 2),
        "memory_mb": ran.memory_bytes // 1_000_000,
        "whole_s": round(time.monotonic() - begun, 2),
    }


def run_numbers(plan: Plan, numbers: Iterable[int], bases: Bases, work: Path, state: Path) -> None:
    """Run mutants and add a line for each to the state file as soon as it is judged."""
    with state.open("a", encoding="ascii") as lines:
        for number in numbers:
            try:
                line = run_one(plan, number, bases, work)
            except NotMadeError as error:
                line = {"id": number, "seed": plan.seed, "outcome": "not made", "why": str(error)}
            lines.write(json.dumps(line) + "\n")
            lines.flush()
    shutil.rmtree(work, ignore_errors=True)


def run_plan(plan: Plan, bases: Bases, root: Path, state: Path, workers: int) -> None:
    """Run what the state file does not have yet, in forked workers."""
    done = {line["id"] for line in read_state(state)}
    left = [number for number in range(plan.count) if number not in done]
    for name in plan.bases or BASES:
        bases.of(name)
    software_versions()  # what a process reads once, no mutant need read again
    gc.collect()
    gc.freeze()  # what is there now stays in memory that the children share
    children = []
    for index in range(workers):
        child = os.fork()
        if child == 0:
            code = 1
            try:
                run_numbers(plan, left[index::workers], bases, root / f"worker{index}", state)
                code = 0
            except BaseException:  # the harness's own: it must be seen
                traceback.print_exc()
            finally:
                os._exit(code)
        children.append(child)
    codes = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
    if any(codes):
        raise RuntimeError(f"workers ended with {codes}")


def read_state(state: Path) -> list[dict[str, Any]]:
    """Return the lines of a state file; one that was cut short is left out."""
    texts = state.read_text(encoding="ascii").splitlines() if state.exists() else []
    return [json.loads(text) for text in texts if text.endswith("}")]
