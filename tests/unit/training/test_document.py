"""The commands of docs/training.md do what it says."""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from cmrmap.segmentation import load_network

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.slow
@pytest.mark.training
def test_refining_on_a_tiny_set_makes_the_loss_fall(tmp_path: Path) -> None:
    document = (ROOT / "docs" / "training.md").read_text(encoding="utf-8")
    commands = re.findall(r"^\$ cmrmap (.+)$", document, flags=re.MULTILINE)
    assert len(commands) == 2
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    printed = ""
    for command in commands:
        done = subprocess.run(
            [sys.executable, "-m", "cmrmap", *shlex.split(command)],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=500,
            check=False,
        )
        assert done.returncode in (0, 4), done.stderr
        printed, code = done.stdout, done.returncode
    logged = [json.loads(line) for line in (tmp_path / "refined" / "fine.log.jsonl").read_text().splitlines()]
    measured = [entry["held_out_loss"] for entry in logged if "held_out_loss" in entry]
    assert logged[-1]["step"] == 40
    assert measured[-1] < measured[0]
    reached = re.search(r"Dice on the held-out images (\S+) before, (\S+) after", printed)
    assert reached is not None
    gain = float(reached[2]) - float(reached[1])
    assert gain >= 0
    if code:
        assert gain < 0.0055  # as printed
        assert not (tmp_path / "refined" / "model").exists()
        return
    assert gain > 0.0045
    assert "clear edges of the phantom" in printed
    card = json.loads((tmp_path / "refined" / "model" / "model.json").read_text())
    assert card["refinement"]["held_out"].startswith("1 patients, 1 of native_t1, 1 of postcontrast_t1, 1 of t2 slices")
    assert load_network(tmp_path / "refined" / "model").convention == "Phantom"


def test_without_the_training_environment_the_verb_says_what_to_do(tmp_path: Path) -> None:
    hide = "import sys; sys.modules['monai.transforms'] = None; sys.argv = ['cmrmap', *sys.argv[1:]]; "
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            hide + "from cmrmap.cli.main import main; main()",
            "refine",
            "--data",
            ".",
            "-n",
            "x",
            "-o",
            "out",
        ],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 2
    assert "make env-train" in done.stderr
    assert "Traceback" not in done.stderr
