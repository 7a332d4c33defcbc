"""One case after the other: prepare, start, strike, look, and run once more into the same folder."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from cmrmap.pipeline.stages import STAGES
from tests.faults.cases import Case
from tests.faults.places import FOREIGN, Place
from tests.faults.starting import ROOT, Running, Started, start
from tests.faults.strikes import mend_input, release_groups, strike
from tests.faults.verdicts import Ended, Files, faults, files_of, kept, own_files, refused_by_send
from tests.small_studies import QUICK_SETTINGS, small_study, write_copy

_STAGES = tuple(stage.name for stage in STAGES)
_NOWHERE = "dicom://A@127.0.0.1:9"


class Harness:
    """Runs cases; what every case needs is made once.

    Parameters
    ----------
    folder : for studies and places; removed file by file as cases pass
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        self.settings = folder / "settings.yaml"
        self.settings.write_text(QUICK_SETTINGS, encoding="utf-8")
        phantom = small_study()
        self.patients = {name: write_copy(phantom, folder / name, name) for name in ("A", "B")}
        self._warm()
        self.counts: dict[str, int] = {}
        self.whole: dict[str, Files] = {name: self._undisturbed(name) for name in self.patients}
        self.port = 0
        self._archive: subprocess.Popen[str] | None = None

    def close(self) -> None:
        """End the archive that never answers, and remove the folder."""
        if self._archive is not None:
            self._archive.kill()
            self._archive.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def run(self, case: Case) -> dict[str, Any]:
        """Run one case and return its record; ``faults`` in it are lines about what does not hold."""
        place = Place(self.folder / case.name)
        begun = time.monotonic()
        try:
            self._prepare(case, place)
            ended, more = self._disturbed(case, place)
            found = more + faults(case, ended, self.whole["A"])
            found += self._sent(case, place, ended)
            found += self._again(case, place)
        finally:
            place.close()
            release_groups()
        return {
            "case": case.name,
            "program": case.program,
            "moment": case.moment,
            "action": case.action,
            "before": case.before,
            "surroundings": case.surroundings,
            "cold": case.cold,
            "struck": ended.struck,
            "code": ended.code,
            "kept": kept(ended, self.whole["A"]),
            "seconds": round(ended.seconds, 2),
            "whole_s": round(time.monotonic() - begun, 1),
            "said": ended.said.splitlines()[-1][:200] if ended.said.strip() else "",
            "faults": found,
        }

    def _warm(self) -> None:
        """Import all that a run imports, so that a forked one need not."""
        import app.app
        import app.runtime  # noqa: F401
        import cmrmap.cli.main  # noqa: F401
        from cmrmap.cli import send_verb  # noqa: F401
        from cmrmap.dicom.transfer import sending  # noqa: F401
        from cmrmap.pipeline.in_process import run_in_process
        from cmrmap.run.entry import run_command

        arguments = ["-i", str(self.patients["A"]), "-o", str(self.folder / "warm"), "-c", str(self.settings)]
        assert run_command(run_in_process, [*arguments, "-l", "ERROR"], {}) == 0
        shutil.rmtree(self.folder / "warm")

    def _started(self, case: Case, place: Place, name: str = "run", source: Path | None = None) -> Started:
        source = place.source if source is None else source
        arguments = ["-i", str(source), "-o", str(place.output), "-c", str(self.settings)]
        arguments += ["--into-non-empty"] if case.before == "foreign" else []
        return Started(case.program, tuple(arguments), source, place.output, place.folder / name)

    def _undisturbed(self, patient: str) -> Files:
        """Run on a patient's study by both programs; count the moments, and return the files."""
        found: dict[str, Files] = {}
        for program in ("app", "run"):
            place = Place(self.folder / "undisturbed")
            case = Case("undisturbed", program)
            running = start(self._started(case, place, source=self.patients[patient]), _STAGES)
            code = running.wait()
            assert code == 0, f"{program} ends with {code} undisturbed: {running.said()}"
            self.counts = json.loads(running.counted())
            found[program] = files_of(place.output)
            place.close()
        assert found["app"] == found["run"], "both programs must make the same files"
        return found["run"]

    def _prepare(self, case: Case, place: Place) -> None:
        place.folder.mkdir(parents=True)
        shutil.copytree(self.patients["A"], place.source)
        what, _, amount = case.surroundings.partition(":")
        size = sum(map(len, self.whole["A"].values()))
        if what in ("disk", "small", "inodes", "ro"):
            place.mount({"inodes": f"nr_inodes={amount}"}.get(what, "size=64m"))
        place.disk.mkdir(exist_ok=True)
        self._fill_output(case.before, place)
        if what == "small":
            used = sum(map(len, own_files(place.output).values())) if place.output.exists() else 0
            subprocess.run(
                ["mount", "-o", f"remount,size={used + int(float(amount) * 1.3 * size)}", place.disk], check=True
            )
        if what == "ro":
            place.make_read_only()
        if what == "ro-results":
            (place.output / "results").mkdir(parents=True, exist_ok=True)
            place.bind_read_only(place.output / "results")

    def _fill_output(self, before: str, place: Place) -> None:
        if before == "absent":
            return
        content: dict[str, bytes] = dict(self.whole["B" if before == "other" else "A"]) if before != "foreign" else {}
        if before == "foreign":
            content = dict(FOREIGN)
        if before == "part":  # as a run leaves it that is killed between its files
            status = json.loads(content["results/status.json"])
            content["results/status.json"] = json.dumps({**status, "outcome": "running", "exit_code": None}).encode()
            objects = sorted(name for name in content if name.endswith(".dcm"))
            for name in objects[len(objects) // 2 :]:
                content[f".cmrmap-unfinished/{name}"] = content.pop(name)
        for name, one in content.items():
            (place.output / name).parent.mkdir(parents=True, exist_ok=True)
            (place.output / name).write_bytes(one)

    def _disturbed(self, case: Case, place: Place) -> tuple[Ended, list[str]]:
        before = own_files(place.output) if place.output.exists() else {}
        variables = {key: value.format(port=self._archive_port()) if "{port}" in value else value
                     for key, value in case.variables.items()}  # fmt: skip
        watched = "" if case.moment.startswith("time") else case.moment or "none"
        started = replace(
            self._started(case, place),
            moment=watched or "none",
            streams=case.streams,
            variables=variables,
            cold=case.cold,
            limits=case.limits,
        )
        found: list[str] = []
        running = start(started, _STAGES)
        since, struck = running.begun, not case.action
        if case.action:
            if case.moment.startswith("time"):
                time.sleep(float(case.moment.partition(":")[2]))
                struck = True
            else:
                struck = running.wait_for_moment()
            if struck:
                if case.delay_s:
                    running.go_on()
                    time.sleep(case.delay_s)
                since = time.monotonic()
                word = strike(
                    case.action, running, place, lambda other: found.extend(self._second(case, place, other)),
                    self.patients["B"],
                )  # fmt: skip
                running.go_on(word)
        code = running.wait()
        seconds = time.monotonic() - since
        left = [f"process {one}" for one in running.survivors()]
        tmp = place.folder / "run" / "tmp"
        left += [path.name for path in tmp.iterdir()]
        after = own_files(place.output) if place.output.exists() else {}
        strangers = []
        if case.action in ("stranger", "namesake"):
            late = "late.txt" if case.action == "stranger" else "results/segments.csv"
            if struck and after.pop(late, None) != b"of somebody else":
                strangers.append(late)
        if case.before == "foreign":
            there = files_of(place.output)
            strangers += [name for name, content in FOREIGN.items() if there.get(name) != content]
        os.close(running.tell)
        return Ended(code, _said(running), seconds, struck, before, after, tuple(strangers), tuple(left)), found

    def _second(self, case: Case, place: Place, other: bool) -> list[str]:
        """Run into the folder in which a first run waits; it must be refused."""
        source = self.patients["B"] if other else place.source
        before = files_of(place.output)
        running = start(replace(self._started(case, place, "second", source), moment="none"), _STAGES)
        code = running.wait()
        os.close(running.tell)
        found = [] if code == 2 and "another run" in _said(running) else [f"a second run ends with {code}"]
        return found + ([] if files_of(place.output) == before else ["a second run changed the folder"])

    def _sent(self, case: Case, place: Place, ended: Ended) -> list[str]:
        """`cmrmap send` refuses what is not whole; what is whole it tries to send, to nowhere."""
        if not place.output.exists():
            return []
        arguments = (str(place.output), "--to", _NOWHERE, "--retries", "0", "--no-verify")
        running = start(
            Started("send", arguments, place.source, place.output, place.folder / "send", moment="none"), _STAGES
        )
        code = running.wait()
        os.close(running.tell)
        expected = 2 if refused_by_send(ended.after) else 5
        found = [] if code == expected else [f"send ends with {code} in place of {expected}"]
        if "Traceback" in _said(running):
            found.append("send: traceback")
        return found

    def _again(self, case: Case, place: Place) -> list[str]:
        """The fault is gone: the next run into the same folder makes what a run makes that nothing disturbed."""
        place.mend()
        mend_input(place)
        for name in ("late.txt", "results/segments.csv"):
            path = place.output / name
            if case.family == "foreign" and path.is_file() and path.read_bytes() == b"of somebody else":
                path.unlink()
        running = start(replace(self._started(case, place, "again"), moment="none"), _STAGES)
        code = running.wait()
        os.close(running.tell)
        if code != 0:
            return [f"the next run ends with {code}: {_said(running).splitlines()[-1:]}"]
        after, whole = own_files(place.output), self.whole["A"]
        folders = {path.name for path in place.output.iterdir() if path.is_dir()} - {"results", "sub"}
        if folders:
            return ["after the next run there is a folder that is nobody's"]
        differing = sorted(name for name in {*after, *whole} if after.get(name) != whole.get(name))
        return [f"after the next run {name} is not what it should be" for name in differing[:3]]

    def _archive_port(self) -> int:
        if self._archive is None:
            self._archive = subprocess.Popen(
                [sys.executable, str(Path(__file__).with_name("silent_archive.py"))], stdout=subprocess.PIPE, text=True
            )
            assert self._archive.stdout is not None
            self.port = int(self._archive.stdout.readline())
        return self.port


def _said(running: Running) -> str:
    with contextlib.suppress(OSError):
        return running.said()
    return ""


def commit() -> str:
    """Return the commit of the sources, with "+" where they were changed since."""
    found = subprocess.run(
        ["git", "describe", "--always", "--dirty=+", "--abbrev=9", "--exclude=*"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return found.stdout.strip()
