"""The corrected entrypoint, run as a script: exit codes, signals, paths, manifests."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from pathlib import Path

import pytest

from mapbuild.entrypoint import correct_tools
from mapbuild.errors import PackagingError

pytestmark = pytest.mark.program("bash", "jq")


class _Tools:
    """The script, with a manifest whose command is a shell script of the test's own."""

    def __init__(self, script: Path, folder: Path) -> None:
        self.script, self.folder = script, folder
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOLOSCAN_APP_MANIFEST_PATH": str(folder / "app.json"),
            "HOLOSCAN_PKG_MANIFEST_PATH": str(folder / "pkg.json"),
            "HOLOSCAN_OUTPUT_PATH": str(folder / "out"),
        }
        (folder / "out").mkdir()
        (folder / "pkg.json").write_text('{"package": 1}')

    def application(self, text: str) -> None:
        (self.folder / "application.sh").write_text(text)
        command = json.dumps(["bash", str(self.folder / "application.sh")])
        (self.folder / "app.json").write_text(json.dumps({"command": command}))

    def run(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(self.script), *arguments],
            env=self.environment | variables,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )

    def start(self) -> subprocess.Popen[str]:
        # a shell's background jobs ignore SIGINT, and a shell cannot trap what it was started to ignore
        return subprocess.Popen(
            [str(self.script)],
            env=self.environment,
            stdout=subprocess.PIPE,
            text=True,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )


@pytest.fixture
def tools(rendered: Path, tmp_path: Path) -> _Tools:
    return _Tools(rendered / "tools", tmp_path)


@pytest.mark.parametrize("code", [0, 1, 2, 3, 4, 124, 143])
def test_the_applications_exit_code_comes_through_without_a_word(tools: _Tools, code: int) -> None:
    tools.application(f"exit {code}")
    done = tools.run()
    assert (done.returncode, done.stdout, done.stderr) == (code, "", "")


def test_arguments_are_passed_on_as_they_are(tools: _Tools) -> None:
    tools.application('printf "%s\\n" "$@"')
    assert tools.run("-l", "a b", "*").stdout.splitlines() == ["-l", "a b", "*"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signals_reach_the_application_and_its_own_code_comes_back(tools: _Tools, number: signal.Signals) -> None:
    tools.application("trap 'echo term; sleep 0.3; exit 43' TERM; echo ready; while true; do sleep 0.05; done")
    process = tools.start()
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    process.send_signal(number)
    output, _ = process.communicate(timeout=10)
    assert (output, process.returncode) == ("term\n", 43)


def test_a_signal_before_the_application_can_handle_it_ends_it(tools: _Tools) -> None:
    tools.application("echo ready; exec sleep 30")
    process = tools.start()
    assert process.stdout is not None
    process.stdout.readline()
    process.terminate()
    process.communicate(timeout=10)
    assert process.returncode == 143


def test_a_killed_application_leaves_a_line_and_a_status(tools: _Tools) -> None:
    ours, theirs = (tools.folder / "out" / name for name in (".0123456789abcdef.part", ".download.part"))
    for part in (ours, theirs):
        part.touch()
    tools.application("kill -9 $$")
    done = tools.run()
    assert done.returncode == 137
    assert "memory limit" in done.stderr
    status = json.loads((tools.folder / "out/results/status.json").read_text(encoding="utf-8"))
    assert (status["outcome"], status["exit_code"]) == ("error", 137)
    assert status["message"] in done.stderr
    assert list((tools.folder / "out").rglob("*.part")) == [theirs]


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"MERCURE_IN_DIR": "/m/in", "MERCURE_OUT_DIR": "/m/out"}, "/m/in /m/out"),
        ({"HOLOSCAN_INPUT_PATH": "/h/in", "HOLOSCAN_OUTPUT_PATH": "/h/out"}, "/h/in /h/out"),
        ({"HOLOSCAN_INPUT_PATH": "/h/in", "MERCURE_IN_DIR": "/m/in", "MERCURE_OUT_DIR": "/m/out"}, "/h/in /m/out"),
        ({}, "/var/holoscan/input /var/holoscan/output"),
    ],
)
def test_paths_of_both_kinds_of_hosts(tools: _Tools, variables: dict[str, str], expected: str) -> None:
    tools.application('echo "$HOLOSCAN_INPUT_PATH $HOLOSCAN_OUTPUT_PATH"')
    image = {"HOLOSCAN_INPUT_PATH": "/var/holoscan/input", "HOLOSCAN_OUTPUT_PATH": "/var/holoscan/output"}
    assert tools.run(**(image | variables)).stdout.strip() == expected


def test_show_prints_the_manifests(tools: _Tools) -> None:
    tools.application("exit 9")
    done = tools.run("show")
    assert done.returncode == 0
    assert "app.json" in done.stdout
    assert '"package": 1' in done.stdout


def test_extract_without_a_mount_fails(tools: _Tools) -> None:
    tools.application("exit 0")
    done = tools.run("extract")
    assert done.returncode == 1
    assert "No volume mount found" in done.stderr


def test_health_is_whether_the_application_runs(tools: _Tools) -> None:
    tools.application("echo ready; while true; do sleep 0.05; done")
    assert tools.run("health").returncode == 1
    process = tools.start()
    assert process.stdout is not None
    process.stdout.readline()
    assert tools.run("health").returncode == 0
    process.terminate()
    process.communicate(timeout=10)


@pytest.mark.parametrize("manifest", ["", "{}", '{"command": "no json"}'])
def test_a_manifest_without_a_command(tools: _Tools, manifest: str) -> None:
    (tools.folder / "app.json").write_text(manifest)
    done = tools.run()
    assert done.returncode == 1
    assert "Failed to launch application" in done.stderr


def test_a_script_that_is_not_the_sdks() -> None:
    with pytest.raises(PackagingError, match="expected once; adapt"):
        correct_tools("#!/bin/bash\n")
