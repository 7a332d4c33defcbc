"""The cases: which fault strikes when, in which folder; the same seed gives the same list."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

#: what the output folder is before the run: not there; holds a whole set of this patient, or of another; a run was
#: killed between its files; files of somebody else are in it (and the run is told that they may be)
BEFORE = ("absent", "same", "other", "part", "foreign")


@dataclass(frozen=True)
class Case:
    """One fault.

    Attributes
    ----------
    name : family and number, by which it can be run again
    program : "run" (cmrmap run) or "app" (the SDK's graph)
    moment : see `tests.faults.moments.Watch`; "time:<seconds>" after the start; "" at no moment of its own
    action : see `tests.faults.strikes`; "" where the surroundings are the fault
    before : one of `BEFORE`
    surroundings : see `tests.faults.places`
    delay_s : between the moment and the action
    cold : a process of its own, else one forked from the harness, where everything is imported
    streams, variables : of the process
    limits : of the process from its start
    """

    name: str
    program: str
    moment: str = ""
    action: str = ""
    before: str = "absent"
    surroundings: str = ""
    delay_s: float = 0.0
    cold: bool = False
    streams: Mapping[int, str] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)
    limits: Mapping[str, int] = field(default_factory=dict)

    @property
    def family(self) -> str:
        """What the case is counted with."""
        return self.name.partition("-")[0]

    @property
    def needs_root(self) -> bool:
        """Whether a file system or a control group is made for it."""
        return bool(self.surroundings) or self.action.partition(":")[0] in ("full", "ro", "cgroup")


def all_cases(seed: int, counts: Mapping[str, int]) -> tuple[Case, ...]:
    """Return the list of cases.

    Parameters
    ----------
    seed : draws moments and what varies with them
    counts : moments of each kind in a run that nothing disturbs
    """
    drawn = np.random.default_rng(seed)
    cases = [
        *_ended(drawn, counts, "kill", 66),
        *_ended(drawn, counts, "term", 66),
        *_others(drawn, counts),
        *_disk(drawn, counts),
        *_input(drawn, counts),
        *_memory(drawn, counts),
        *_two_runs(drawn, counts),
        *_streams(drawn),
        *_process(drawn, counts),
    ]
    names = [case.name for case in cases]
    assert len(set(names)) == len(names)
    return tuple(cases)


_STAGES = ("select", "load", "segment", "fit", "report", "encode", "write")
_SOME_BEFORE = ("absent", "same", "other", "part", "foreign", "other")


def _program(number: int) -> str:
    return "app" if number % 3 == 2 else "run"


def _moment(drawn: np.random.Generator, counts: Mapping[str, int], number: int) -> tuple[str, float]:
    """Return a moment and a delay; files and stages by turns, a random time now and then."""
    kind = ("move", "make", "stage", "drop", "stage", "read", "move", "stage", "make", "time", "stage")[number % 11]
    if kind == "time":
        return f"time:{drawn.uniform(0.0, 2.5):.3f}", 0.0
    if kind == "stage":
        return f"stage:{_STAGES[drawn.integers(len(_STAGES))]}", round(float(drawn.choice([0.0, 0.05, 0.3])), 3)
    return f"{kind}:{drawn.integers(1, counts[kind] + 1)}", 0.0


def _ended(drawn: np.random.Generator, counts: Mapping[str, int], action: str, n_cases: int) -> Iterator[Case]:
    for number in range(n_cases):
        before = _SOME_BEFORE[number % len(_SOME_BEFORE)]
        if number % 13 == 12:  # while it sends
            variables = {"CMRMAP_SEND_TO": "http://127.0.0.1:{port}/web"}
            delay = round(float(drawn.uniform(0.0, 0.6)), 3)
            name = f"{action}-{number:03d}"
            yield Case(name, _program(number), "connect:1", action, before, variables=variables, delay_s=delay)
            continue
        moment, delay = _moment(drawn, counts, number)
        if moment.startswith("drop") and before == "absent":
            before = "other"  # there is more to remove
        cold = number % 16 == 15
        if cold:
            moment = f"time:{drawn.uniform(0.2, 8.0):.3f}"
        yield Case(f"{action}-{number:03d}", _program(number), moment, action, before, delay_s=delay, cold=cold)


def _others(drawn: np.random.Generator, counts: Mapping[str, int]) -> Iterator[Case]:
    """Ctrl-C, two signals after each other, the time limit."""
    for number in range(10):
        moment, delay = _moment(drawn, counts, number)
        yield Case(f"int-{number:03d}", _program(number), moment, ("int", "twice")[number % 2], "other", "", delay)
    for number in range(8):
        variables = {"HOLOSCAN_TIMEOUT": f"{drawn.uniform(0.05, 1.2):.3f}"}
        yield Case(f"limit-{number:03d}", _program(number), before=BEFORE[number % 5], variables=variables)


def _disk(drawn: np.random.Generator, counts: Mapping[str, int]) -> Iterator[Case]:
    for number in range(14):  # a disk that is too small from the start
        size = f"small:{drawn.uniform(0.02, 1.0):.3f}"
        yield Case(f"full-{number:03d}", _program(number), before=("absent", "same")[number % 2], surroundings=size)
    for number in range(14, 36):
        kind = ("make", "move", "make", "stage")[number % 4]
        moment = f"{kind}:{drawn.integers(1, counts[kind] + 1)}" if kind != "stage" else "stage:write"
        before = ("absent", "other", "part")[number % 3]
        yield Case(f"full-{number:03d}", _program(number), moment, "full", before, "disk")
    for number in range(6):  # no more than so many files
        yield Case(f"inodes-{number:03d}", _program(number), surroundings=f"inodes:{drawn.integers(3, 14)}")
    for number, (what, before) in enumerate(itertools.product(("ro", "ro-results"), ("absent", "same", "other"))):
        yield Case(f"readonly-{number:03d}", _program(number), before=before, surroundings=what)
    for number in range(6, 20):
        kind = ("make", "move", "drop", "stage")[number % 4]
        moment = f"{kind}:{drawn.integers(1, counts[kind] + 1)}" if kind != "stage" else "stage:fit"
        before = "other" if kind == "drop" else ("absent", "same")[number % 2]
        yield Case(f"readonly-{number:03d}", _program(number), moment, "ro", before, "disk")
    for number in range(12):
        size = {"RLIMIT_FSIZE": int(drawn.choice([0, 100, 4096, 20_000, 60_000]))}
        yield Case(f"filesize-{number:03d}", _program(number), before=("absent", "other")[number % 2], limits=size)


def _input(drawn: np.random.Generator, counts: Mapping[str, int]) -> Iterator[Case]:
    for number in range(34):
        action = ("gone", "some-gone", "cut", "emptied", "other-patient")[number % 5]
        moment = "stage:load" if number % 7 == 6 else f"read:{drawn.integers(1, counts['read'] + 1)}"
        moment = "lock:1" if number % 11 == 10 else moment
        yield Case(f"input-{number:03d}", _program(number), moment, action, ("absent", "other")[number % 2])


def _memory(drawn: np.random.Generator, counts: Mapping[str, int]) -> Iterator[Case]:
    for number in range(24):
        stage = ("load", "segment", "fit", "report", "encode", "write")[number % 6]
        more = int(drawn.choice([0, 1, 4, 16, 40]))
        before = ("absent", "other")[number % 2]
        yield Case(f"memory-{number:03d}", _program(number // 6), f"stage:{stage}", f"memory:{more}", before)
    for number in range(24, 30):
        size = (300, 700, 1300, 2000, 2600, 2700)[number - 24] * 1_000_000
        yield Case(f"memory-{number:03d}", _program(number), cold=True, before="same", limits={"RLIMIT_AS": size})
    for number in range(30, 36):
        stage = ("segment", "fit", "encode")[number % 3]
        megabytes = int(drawn.choice([2, 6, 12]))
        yield Case(f"memory-{number:03d}", _program(number), f"stage:{stage}", f"cgroup:{megabytes}", "other")


def _two_runs(drawn: np.random.Generator, counts: Mapping[str, int]) -> Iterator[Case]:
    for number in range(20):
        moment, _ = _moment(drawn, counts, number)
        if moment.startswith(("time", "drop", "read")):
            moment = f"stage:{_STAGES[number % len(_STAGES)]}"
        action = ("second", "second-other")[number % 2]
        yield Case(f"two-{number:03d}", _program(number), moment, action, BEFORE[number % 5])
    for number in range(20, 30):  # a second one, and then the first is killed
        moment, _ = _moment(drawn, counts, number)
        moment = moment if moment.startswith(("make", "move")) else "stage:fit"
        yield Case(f"two-{number:03d}", _program(number), moment, "second-then-kill", BEFORE[number % 5])


def _streams(drawn: np.random.Generator) -> Iterator[Case]:
    number = 0
    for fault in ("closed", "full", "broken"):
        for which in itertools.chain.from_iterable(itertools.combinations((0, 1, 2), size) for size in (1, 2, 3)):
            if fault != "closed" and 0 in which:
                continue
            streams = dict.fromkeys(which, fault)
            for program in ("run", "app"):
                yield Case(f"streams-{number:03d}", program, before="other", streams=streams)
                number += 1
    for which in ((0, 1, 2), (1,), (2,)):
        streams = dict.fromkeys(which, "closed")
        yield Case(f"streams-{number:03d}", ("run", "app")[number % 2], streams=streams, cold=True)
        number += 1


def _process(drawn: np.random.Generator, counts: Mapping[str, int]) -> Iterator[Case]:
    for number in range(8):
        moment = ("lock:1", "stage:load", "stage:encode", "stage:write")[number % 4]
        action = f"handles:{drawn.integers(0, 4)}"
        yield Case(f"handles-{number:03d}", _program(number), moment, action, ("absent", "other")[number % 2])
    for number in range(10):
        kind = ("make", "move")[number % 2]
        moment = f"{kind}:{drawn.integers(2, counts[kind] + 1)}"
        action = ("stranger", "namesake")[number // 2 % 2]
        yield Case(f"foreign-{number:03d}", _program(number), moment, action, "absent")
    for number in range(6):
        moment = ("stage:fit", "make:3", "move:2")[number % 3]
        yield Case(f"vanished-{number:03d}", _program(number), moment, "output-gone", "absent")
    for number in range(4):
        yield Case(f"clock-{number:03d}", _program(number), "stage:fit", "jump", "other")
    for number, variables in enumerate(
        ({"HOME": "/proc/none"}, {"TMPDIR": "/proc/none"}, {"HOME": "/proc/none", "XDG_CACHE_HOME": "/proc/none"})
    ):
        yield Case(f"home-{number:03d}", _program(number), variables=variables, cold=number == 0)
