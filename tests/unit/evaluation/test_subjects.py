"""Overlap with reference masks: subjects from arrays, what is missing."""

from pathlib import Path

import numpy as np
import pytest
import torch

from cmrmap.core.errors import InputError
from cmrmap.evaluation.subjects import Subject, overlap_of, read_subject, read_subjects
from cmrmap.segmentation import load_network
from cmrmap.segmentation.model_folder import save_network
from cmrmap.segmentation.network import StackUNet
from cmrmap.segmentation.predict import SlicePrediction


@pytest.fixture
def network(tmp_path: Path):
    torch.manual_seed(0)
    states = {name: StackUNet((4, 6)).state_dict() for name in ("coarse", "fine")}
    card = {"name": "tiny", "version": "0", "networks": {name: {"widths": [4, 6]} for name in states}}
    save_network(tmp_path / "model", states, card)
    return load_network(tmp_path / "model")


def test_every_image_of_every_subject_is_compared(network, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for name in ("b", "a"):
        (tmp_path / "data" / name).mkdir(parents=True)
        masks = np.zeros((2, 3, 40, 40), np.uint8)
        masks[:, :, 10:20, 10:20] = 1
        np.savez(tmp_path / "data" / name / "reference.npz", masks=masks, images=rng.uniform(0, 9, masks.shape))
    found, left_out = read_subjects(tmp_path / "data", 1.5)
    assert [one.name for one in found] == ["a", "b"]
    assert left_out == {}
    one = overlap_of(found[0], found[0].drawn_by(network))
    assert one.wall_dice.shape == (2, 3)
    assert np.all((one.wall_dice >= 0) & (one.wall_dice <= 1))
    np.testing.assert_array_equal(one.reader_wall_dice, 1.0)  # the same square in every image
    assert np.isnan(one.endocardium_mm).all()  # the reference has no cavity


def test_borders_further_out_are_told_in_millimetres(tmp_path: Path) -> None:
    y, x = np.mgrid[:64, :64]
    radius = np.hypot(y - 31, x - 33)
    ours, theirs = (
        np.where(radius < inner, 2, np.where(radius < outer, 1, 0)).astype(np.uint8)
        for inner, outer in ((10, 20), (12, 18))
    )
    (tmp_path / "data" / "a").mkdir(parents=True)
    masks = np.stack([theirs] * 3)[None]
    np.savez(tmp_path / "data" / "a" / "reference.npz", masks=masks, images=np.ones(masks.shape))
    drawn = SlicePrediction(np.stack([ours] * 3), np.ones(3, np.float32), ("",) * 3)
    found = overlap_of(read_subject(tmp_path / "data" / "a", 1.5), [drawn])
    assert found.endocardium_mm == pytest.approx(-3.0, abs=0.1)
    assert found.epicardium_mm == pytest.approx(3.0, abs=0.1)
    assert found.cavity_dice == pytest.approx(200 / 244, abs=0.02)


def test_a_folder_without_subjects(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no subject folders"):
        read_subjects(tmp_path, 1.4)


def test_subjects_that_cannot_be_measured_are_told(tmp_path: Path) -> None:
    masks = np.ones((1, 2, 20, 20), np.uint8)
    contents = {
        "whole": {"masks": masks, "images": np.ones(masks.shape)},
        "one for all": {"masks": masks[:, :1], "images": np.ones(masks.shape)},
        "none": {"times_ms": np.ones((1, 2))},
    }
    for name, content in contents.items():
        (tmp_path / name).mkdir()
        np.savez(tmp_path / name / "reference.npz", **content)
    (found,), left_out = read_subjects(tmp_path, 1.4)
    assert isinstance(found, Subject)
    assert found.name == "whole"
    assert left_out["one for all"].startswith("images (1, 2, 20, 20) and masks (1, 1, 20, 20)")
    assert left_out["none"].startswith("reference.npz holds no masks")
    with pytest.raises(InputError, match="one for all: images"):
        read_subject(tmp_path / "one for all", 1.4)
    (tmp_path / "whole" / "reference.npz").unlink()
    with pytest.raises(
        InputError, match=r"no subject in the folder has outlines of every image: reference.npz .*; images "
    ):
        read_subjects(tmp_path, 1.4)
