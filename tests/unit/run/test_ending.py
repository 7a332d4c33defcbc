"""A run that is ended from outside: its code, its line, its status, and no half-written file."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cmrmap.run.signals import signals_are_held

ROOT = Path(__file__).resolve().parents[3]
_PROGRAM = """
import sys, threading, time
from pathlib import Path
from cmrmap.run.signals import hold_signals
hold_signals()
from cmrmap.run.ending import watch
from cmrmap.core.errors import InputError
from cmrmap.run.outcome import MapVerdict, Outcome
folder = Path(sys.argv[1])
(folder / "results").mkdir(parents=True)
(folder / ".0123456789abcdef.part").touch()
(folder / "results" / ".fedcba9876543210.part").touch()
outcome = Outcome()
watch(outcome, folder, {timeout})
print("ready", flush=True)
{body}
"""
_WAIT = "time.sleep(30)"


def _start(folder: Path, body: str, timeout: float = 0) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", _PROGRAM.format(timeout=timeout, body=body), str(folder)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def _status(folder: Path) -> dict[str, object]:
    content: dict[str, object] = json.loads((folder / "results/status.json").read_text(encoding="utf-8"))
    return content


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_ends_the_run(tmp_path: Path, number: signal.Signals, code: int) -> None:
    process = _start(tmp_path, _WAIT)
    process.send_signal(number)
    _, said = process.communicate(timeout=5)
    assert process.returncode == code
    assert said == f"cmrmap: the run was ended by {number.name}; nothing was made, run it again\n"
    status = _status(tmp_path)
    assert (status["outcome"], status["exit_code"]) == ("error", code)
    assert not list(tmp_path.rglob("*.part"))


def test_its_time_limit_ends_the_run(tmp_path: Path) -> None:
    process = _start(tmp_path, _WAIT, timeout=0.2)
    _, said = process.communicate(timeout=5)
    assert process.returncode == 124
    assert "took longer than its limit of 0.2 s" in said
    assert _status(tmp_path)["exit_code"] == 124


def test_a_run_whose_results_are_written_is_left_to_end_by_itself(tmp_path: Path) -> None:
    process = _start(tmp_path, "outcome.report({'t2': MapVerdict('ok')}, 0); time.sleep(1); sys.exit(0)")
    time.sleep(0.2)
    process.terminate()
    _, said = process.communicate(timeout=5)
    assert (process.returncode, said) == (0, "")
    assert not (tmp_path / "results" / "status.json").exists()


def test_results_that_are_being_written_are_written_first(tmp_path: Path) -> None:
    body = (
        "with outcome.writing:\n    time.sleep(1)\n    outcome.report({'t2': MapVerdict('ok')}, 0)\n"
        "time.sleep(0.5)\nsys.exit(0)"
    )
    process = _start(tmp_path, body)
    time.sleep(0.2)
    process.terminate()
    _, said = process.communicate(timeout=5)
    assert (process.returncode, said) == (0, "")


def test_writing_that_takes_too_long_is_ended_within_five_seconds(tmp_path: Path) -> None:
    process = _start(tmp_path, f"with outcome.writing:\n    {_WAIT}")
    time.sleep(0.2)
    started = time.monotonic()
    process.terminate()
    process.communicate(timeout=10)
    assert process.returncode == 143
    assert time.monotonic() - started < 5
    assert not list(tmp_path.rglob("*.part"))


_SENDING = """
from cmrmap.dicom.transfer.base import Delivery
from cmrmap.dicom.transfer.deliveries import Progress
outcome.report({'t2': MapVerdict('ok')}, 0)
progress = Progress()
progress.begin('there', ['1.1', '1.2'])
progress.tell('1.1', Delivery(True))
"""


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130), (None, 124)])
def test_a_run_that_is_sending_is_ended_with_its_results_kept(
    tmp_path: Path, number: signal.Signals | None, code: int
) -> None:
    process = _start(tmp_path, f"{_SENDING}\noutcome.sending = progress\n{_WAIT}", timeout=0 if number else 1.5)
    time.sleep(0.5)
    started = time.monotonic()
    if number is not None:
        process.send_signal(number)
    _, said = process.communicate(timeout=8)
    assert process.returncode == code
    assert time.monotonic() - started < 5
    assert "while sending; the results are written, 1 of 2 objects are at there; cmrmap send sends the rest" in said
    status = _status(tmp_path)
    assert status["maps"] == {"t2": {"status": "ok", "reason": None}}
    sent = status["sent"]
    assert isinstance(sent, dict)
    assert (sent["accepted, not verified"], sent["reasons"]) == (1, {"not sent before the end": 1})


def test_a_signal_before_the_first_object_is_sent_is_not_lost(tmp_path: Path) -> None:
    process = _start(tmp_path, f"{_SENDING}\ntime.sleep(1)\noutcome.sending = progress\n{_WAIT}")
    time.sleep(0.3)
    process.terminate()
    process.communicate(timeout=8)
    assert process.returncode == 143


def test_a_run_that_does_not_end_by_itself_is_ended(tmp_path: Path) -> None:
    process = _start(tmp_path, f"outcome.report({{'t2': MapVerdict('ok')}}, 0)\n{_WAIT}")
    time.sleep(0.2)
    started = time.monotonic()
    process.terminate()
    _, said = process.communicate(timeout=8)
    assert time.monotonic() - started < 5
    assert (process.returncode, said) == (143, "cmrmap: the run was ended by SIGTERM when its results were written\n")


def test_nor_one_whose_last_words_go_nowhere(tmp_path: Path) -> None:
    process = _start(tmp_path, f"outcome.report({{'t2': MapVerdict('ok')}}, 0); outcome.settled.set()\n{_WAIT}")
    time.sleep(0.2)
    process.terminate()
    _, said = process.communicate(timeout=5)
    assert (process.returncode, said) == (0, "")


def test_a_disk_that_does_not_answer_does_not_keep_it(tmp_path: Path) -> None:
    body = f"import cmrmap.run.ending\ncmrmap.run.ending.write_status = lambda *_: {_WAIT}\n{_WAIT}"
    process = _start(tmp_path, body)
    time.sleep(0.3)
    process.terminate()
    _, said = process.communicate(timeout=5)
    assert (process.returncode, "ended by SIGTERM" in said) == (143, True)


def test_a_system_that_gives_no_more_threads_does_not_keep_it_either(tmp_path: Path) -> None:
    body = f'def none(_): raise RuntimeError("can\'t start new thread")\nthreading.Thread.start = none\n{_WAIT}'
    process = _start(tmp_path, body)
    time.sleep(0.3)
    process.terminate()
    _, said = process.communicate(timeout=5)
    assert (process.returncode, "ended by SIGTERM" in said) == (143, True)
    assert _status(tmp_path)["exit_code"] == 143


def test_the_first_failure_keeps_its_code(tmp_path: Path) -> None:
    process = _start(tmp_path, f"outcome.fail(InputError('first')); {_WAIT}")
    time.sleep(0.2)
    process.terminate()
    _, said = process.communicate(timeout=5)
    assert (process.returncode, said) == (2, "cmrmap: first\n")


def test_a_process_that_is_not_ours_keeps_its_signals() -> None:
    assert not signals_are_held()


def test_many_files_that_are_being_written_are_given_up_at_once(tmp_path: Path) -> None:
    body = (
        "import itertools\n"
        "from cmrmap.run.staging import write_together\n"
        "endless = ((f'1.{n}.dcm', bytes(100_000)) for n in itertools.count())\n"
        "write_together(folder, itertools.islice(endless, 20_000), outcome)"
    )
    process = _start(tmp_path, body)
    for _ in range(600):
        if len(list(tmp_path.glob(".cmrmap-unfinished/*"))) > 20:
            break
        time.sleep(0.02)
    started = time.monotonic()
    process.terminate()
    process.communicate(timeout=10)
    assert time.monotonic() - started < 5
    assert process.returncode == 143
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["status.json"]
    assert _status(tmp_path)["objects"] == []
