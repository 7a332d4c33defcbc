"""What must hold after a fault; whatever does not is a line in the case's record."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.faults.cases import Case
from tests.faults.places import FOREIGN

STATUS = "results/status.json"
_RESULTS = "results/results.json"
_KILLED = -9
_SENT = (5, 143, 124, 130)
_ALLOWED_S = 5.0
#: exit codes that docs/running.md and docs/deploy.md name
DOCUMENTED = (0, 1, 2, 3, 4, 5, 124, 130, 143)
#: where memory runs out, and nowhere else, a run may end with 1
_ENDS_WITH_1 = ("memory", "handles")
_FOR_MEMORY = ("memory ran out", "no thread could be started")
_LOSES_IMAGES = ("some-gone", "cut", "emptied", "gone", "other-patient")
#: where a status cannot always be written
_UNWRITABLE = ("full", "readonly", "inodes", "filesize", "vanished", "handles", "memory")
Files = Mapping[str, bytes]


@dataclass(frozen=True)
class Ended:
    """How a run ended.

    Attributes
    ----------
    code : exit code, minus a signal's number; None: it hung
    said : on stderr
    seconds : from the signal, if there was one, else from the start
    struck : whether the moment came
    before, after : files of the output folder, but for those of others, by name
    strangers : files of others that are not as they were
    left : files in the temporary folder, processes
    """

    code: int | None
    said: str
    seconds: float
    struck: bool
    before: Files
    after: Files
    strangers: tuple[str, ...] = ()
    left: tuple[str, ...] = ()


def files_of(folder: Path) -> dict[str, bytes]:
    """Return the files of a folder, hidden ones too, by name."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def own_files(folder: Path) -> dict[str, bytes]:
    """Return the files of a folder that are not the foreign ones."""
    return {name: content for name, content in files_of(folder).items() if FOREIGN.get(name) != content}


def kept(ended: Ended, whole: Files) -> str:
    """Say what a fault has left.

    "whole", "before" (the set that was there), "none", "reason" (results.json of a run that maps nothing), "fewer" (a
    set that is complete, made of fewer images), or "part".

    Parameters
    ----------
    ended : how the run ended
    whole : the set of a run that nothing disturbs
    """
    names = {name for name in ended.after if name != STATUS}
    if not names:
        return "none"
    if (
        ended.code != 0
        and names == {name for name in ended.before if name != STATUS}
        and all(ended.after[name] == ended.before[name] for name in names)
    ):
        return "before"
    if names == {name for name in whole if name != STATUS} and all(ended.after[name] == whole[name] for name in names):
        return "whole"
    if names == {_RESULTS}:
        return "reason"
    return "fewer" if names == set(_listed(ended.after)) and _RESULTS in names else "part"


def faults(case: Case, ended: Ended, whole: Files) -> list[str]:
    """Return what does not hold.

    Parameters
    ----------
    case : what was done
    ended : how the run ended
    whole : the set of a run that nothing disturbs
    """
    return [*_of_the_end(case, ended), *_of_the_files(case, ended, whole), *_of_the_status(case, ended)]


def _of_the_end(case: Case, ended: Ended) -> list[str]:
    found = []
    killed = case.action in ("kill", "second-then-kill") or case.action.startswith("cgroup")
    # while Python itself starts, before the run looks after signals: a shell calls it 143 or 130
    stopped_early = ended.code in (-15, -2) and ended.after == ended.before
    if ended.code is None:
        found.append("it hangs")
    elif ended.code not in DOCUMENTED and not (ended.code == _KILLED and killed) and not stopped_early:
        found.append(f"exit code {ended.code}")
    if ended.code == 1 and not (case.family in _ENDS_WITH_1 and any(words in ended.said for words in _FOR_MEMORY)):
        found.append("exit code 1")
    if "Traceback" in ended.said or "Fatal Python" in ended.said or "terminate called" in ended.said:
        found.append("traceback")
    heard = 2 not in case.streams and case.family != "filesize"  # there stderr is a file, and limited too
    if ended.code and ended.code > 0 and heard and not _last(ended.said).startswith("cmrmap: "):
        found.append(f"no line says why ({_last(ended.said)[:60]!r})")
    if case.action in ("term", "int", "twice") and ended.struck and ended.seconds > _ALLOWED_S:
        found.append(f"{ended.seconds:.1f} s after the signal")
    return found + [f"left behind: {name}" for name in ended.left]


def _of_the_files(case: Case, ended: Ended, whole: Files) -> list[str]:
    found = [f"foreign file changed: {name}" for name in ended.strangers]
    state = kept(ended, whole)
    cut_short = _was_killed(ended) or case.action == "ro"  # on a disk that became read-only nothing can be removed
    if ended.code == 0 and state != "whole" and not (state == "fewer" and _tells_of_lost_images(case, ended.after)):
        found.append(f"exit code 0 with a set that is {state}")
    if state == "fewer" and ended.code == 4 and any(name.endswith(".dcm") for name in ended.after):
        found.append("maps of a study that was refused")
    if state == "part" and not (cut_short and _is_marked(ended.after)):
        found.append("part of a set")
    if state == "fewer" and ended.code not in (0, 4, *_SENT) and not cut_short:
        found.append("another set than without the fault")
    marked = cut_short and _is_marked(ended.after)
    if ended.code in (1, 2) and state not in ("none", "before") and not marked:
        found.append(f"exit code {ended.code} with a set that is {state}")
    if not cut_short:
        found += [f"temporary file: {name}" for name in ended.after if _is_temporary(name) and name not in ended.before]
    if state != "before":
        wrong = [name for name, digest in _listed(ended.after).items() if name in ended.after
                 and hashlib.sha256(ended.after[name]).hexdigest() != digest]  # fmt: skip
        found += [f"hash of {name} is another" for name in wrong]
        missing = [name for name in _listed(ended.after) if name not in ended.after]
        if missing and not cut_short and not _is_marked(ended.after):  # a disk may be too full to say more
            found.append(f"{len(missing)} files of the list are not there")
    return found


def _of_the_status(case: Case, ended: Ended) -> list[str]:
    status = _status(ended.after)
    untouched = ended.after == ended.before
    if status is None:
        refused = ended.code == 2 and "that no run wrote" in ended.said  # a folder of somebody else's gets none
        needless = refused or case.family in _UNWRITABLE or _was_killed(ended) or ended.code == 0
        return [] if needless else ["no status"]
    if ended.code == 0:
        return [] if (status["outcome"], status["exit_code"]) == ("ok", 0) else [f"status {status['outcome']}, code 0"]
    if status["outcome"] == "ok" and not untouched and case.action != "second":
        return ["status ok of a run that did not complete"]
    if not untouched and status["outcome"] != "running" and status["exit_code"] != ended.code:
        return [f"status has exit code {status['exit_code']}, the process {ended.code}"]
    return []


def refused_by_send(after: Files) -> bool:
    """Whether `cmrmap send` must refuse an output folder."""
    status = _status(after)
    if status is None:
        return True
    whole = all(name in after for name in _listed(after)) and any(name.endswith(".dcm") for name in _listed(after))
    ended_well = status["exit_code"] in (0, 5) or (status["outcome"] != "running" and "sent" in status)
    return not (whole and ended_well)


def _was_killed(ended: Ended) -> bool:
    return ended.code is not None and ended.code < 0


def _is_temporary(name: str) -> bool:
    return name.startswith(".cmrmap") or name.endswith(".part")


def _is_marked(after: Files) -> bool:
    """Whether part of a set is known as such: status "running", and the list has all that is there."""
    status = _status(after)
    names = {name for name in after if name != STATUS and not _is_temporary(name)}
    return status is not None and status["outcome"] == "running" and names <= set(_listed(after))


def _tells_of_lost_images(case: Case, after: Files) -> bool:
    if case.action not in _LOSES_IMAGES:
        return False
    results = json.loads(after[_RESULTS])
    return results["input"]["n_used"] < 4 or bool(results["quality"])


def _status(after: Files) -> dict[str, Any] | None:
    try:
        content = json.loads(after[STATUS])
    except (KeyError, ValueError):
        return None
    return content if isinstance(content, dict) else None


def _listed(after: Files) -> dict[str, str]:
    status = _status(after)
    return {} if status is None else {one["file"]: one["sha256"] for one in status["objects"]}


def _last(said: str) -> str:
    lines = [line for line in said.splitlines() if not re.match(r"\d\d:\d\d:\d\d ", line)]
    return lines[-1] if lines else ""
