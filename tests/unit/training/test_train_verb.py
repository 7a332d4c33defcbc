"""``cmrmap train`` from its command line to a model that loads; nothing of the text of its data is told or written."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from cmrmap.cli.main import cli
from cmrmap.segmentation import load_network
from cmrmap.segmentation.border_doubt import BorderCalibration
from cmrmap.training import loop
from cmrmap.training.synthetic import View
from tests.canaries import CANARY, FOLDER

pytestmark = pytest.mark.training


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    view = View(pixel_mm=3.0, size=32, offset_mm=3.0, oversample=1)
    monkeypatch.setattr(loop, "VIEWS", {"coarse": view, "fine": view})
    for place in ("cmrmap.training.loop", "cmrmap.training.export"):
        monkeypatch.setattr(f"{place}.WIDTHS", {"coarse": (4, 8), "fine": (4, 8)})
    # after two steps the network outlines nothing whose border could be measured
    calibration = "cmrmap.training.border_calibration"
    monkeypatch.setattr(f"{calibration}.measure_borders", lambda *_: None)
    monkeypatch.setattr(f"{calibration}.calibrate", lambda _: BorderCalibration((1.0, 1.0), (0.0, 0.0)))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Cine slices and images to watch, in folders and under names of patients, with their text beside the numbers."""
    folder = tmp_path / FOLDER
    rows, columns = np.mgrid[:96, :96]
    radius = np.hypot(rows - 48, columns - 48)
    label = np.where(radius < 14, 2, np.where(radius < 20, 1, 0)).astype(np.uint8)
    image = (40 + 60 * (label == 2) + 20 * (label == 1) + radius).astype(np.float32)
    folder.mkdir()
    np.savez(
        folder / f"{CANARY}.npz",
        images=np.stack([image] * 4),
        labels=np.stack([label] * 4),
        has_myocardium=np.ones(4, bool),
        pixel_mm=np.full(4, 1.4),
        subject=[f"{CANARY}{number}" for number in range(4)],
        comment=[f"{CANARY}comment"],
    )
    watched = folder / "watched" / "A"
    watched.mkdir(parents=True)
    masks = np.where(label == 2, 2, label)[None, None]
    np.savez(watched / "reference.npz", images=image[None, None], masks=masks, comment=[f"{CANARY}comment"])
    return folder


def test_a_training_tells_nothing_of_its_data(
    data: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    out = tmp_path / "out"
    given = ["-o", str(out), "--cine", str(data / f"{CANARY}.npz"), "--watch", str(data / "watched")]
    steps = ["--coarse-steps", "1", "--fine-steps", "2", "--heart-steps", "1", "--hold-out", "1"]
    done = CliRunner().invoke(cli, ["train", *given, *steps], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    load_network(out / "model")
    captured = capfd.readouterr()
    said = done.output + captured.out + captured.err + caplog.text
    assert "model written" in said
    assert CANARY.lower() not in said.lower()
    written = [path for path in out.rglob("*") if path.is_file()]
    assert len(written) >= 4
    for path in written:
        assert CANARY.lower() not in path.relative_to(out).as_posix().lower()
        assert CANARY.lower().encode() not in path.read_bytes().lower(), path.name


@pytest.mark.parametrize("content", [b"", b"PK\3\4 no archive", b"text"])
def test_a_file_that_holds_no_slices_is_refused_without_its_name(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / f"{CANARY}.npz"
    file.write_bytes(content)
    done = CliRunner().invoke(cli, ["train", "-o", str(tmp_path / "out"), "--cine", str(file)])
    assert "the file of --cine cannot be read" in str(done.exception)
    assert CANARY not in str(done.exception)
    assert not (tmp_path / "out").exists()
