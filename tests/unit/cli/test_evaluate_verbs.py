"""The verbs of ``cmrmap evaluate``: what they print and write, of a network that has learnt nothing too."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from cmrmap.cli.evaluate_verbs import evaluate_segmentation
from cmrmap.core.errors import InputError
from cmrmap.segmentation.model_folder import save_network
from cmrmap.segmentation.network import StackUNet


@pytest.fixture
def model(tmp_path: Path) -> Path:
    torch.manual_seed(0)
    states = {name: StackUNet((4, 6)).state_dict() for name in ("coarse", "fine")}
    save_network(
        tmp_path / "model",
        states,
        {"name": "tiny", "version": "0", "networks": {n: {"widths": [4, 6]} for n in states}},
    )
    return tmp_path / "model"


def test_any_model_can_be_measured(model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    y, x = np.indices((64, 64))
    radius = np.hypot(y - 30, x - 34)
    masks = np.tile(np.where(radius < 9, 2, np.where(radius < 16, 1, 0)).astype(np.uint8), (2, 3, 1, 1))
    images = np.random.default_rng(0).uniform(0, 9, masks.shape)
    for name, content in (("a", {"masks": masks, "images": images}), ("b", {"images": images})):
        (tmp_path / "data" / name).mkdir(parents=True)
        np.savez(tmp_path / "data" / name / "reference.npz", **content)
    evaluate_segmentation(tmp_path / "data", model, 1.5, tmp_path / "figures.json")
    printed = capsys.readouterr().out
    assert "left out: 1 subject: reference.npz holds no masks" in printed
    assert "model tiny 0" in printed
    assert "Border errors" in printed
    found = json.loads((tmp_path / "figures.json").read_text())
    assert found["subjects"][0]["name"] == "a"
    assert found["summary"]["borders"]["ours"]["slices_off"]["total"] == 2


def test_a_folder_without_subjects_is_told(model: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no subject folders"):
        evaluate_segmentation(tmp_path, model)
