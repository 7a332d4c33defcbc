"""Augmentation by MONAI: the same seed gives the same, labels move with the images, a slice moves as one."""

import pytest
import torch

from cmrmap.training.windows import WINDOWS

pytestmark = pytest.mark.training
WINDOW = WINDOWS["fine"]
SIZE = WINDOW.size + 2 * WINDOW.reach_px


def _ring() -> tuple[torch.Tensor, torch.Tensor]:
    line = torch.arange(SIZE) - (SIZE - 1) / 2
    radius = torch.hypot(line[:, None] - 6, line[None, :] + 9)
    labels = torch.where(radius < 15, 2, torch.where(radius < 24, 1, 0)).to(torch.uint8)
    image = labels.float() * 50
    return torch.stack([image, 200 - image]), torch.stack([labels, labels])


def test_same_seed_same_result() -> None:
    from cmrmap.training.augment import Augmentation

    first, second = Augmentation(WINDOW), Augmentation(WINDOW)
    one = first(*_ring(), 5)
    first(*_ring(), 6)
    for again in (first(*_ring(), 5), second(*_ring(), 5)):
        assert torch.equal(again[0], one[0])
        assert torch.equal(again[1], one[1])
    assert not torch.equal(first(*_ring(), 6)[1], one[1])
    assert one[0].shape == one[1].shape == (2, WINDOW.size, WINDOW.size)
    assert (one[0].dtype, one[1].dtype) == (torch.float32, torch.int64)


def test_labels_move_with_the_images_and_a_slice_moves_as_one() -> None:
    from cmrmap.training.augment import Augmentation

    augmentation = Augmentation(WINDOW)
    centres, mirrored = [], set()
    for seed in range(30):
        images, labels = augmentation(*_ring(), seed)
        assert torch.equal(labels[0], labels[1])
        for value in (1, 2):
            inside = labels[0] == value
            assert float((images[0][inside] - 50 * value).abs().mean()) < 8
            assert float((images[1][inside] - 200 + 50 * value).abs().mean()) < 8
        where = torch.nonzero(labels[0] == 2).double().mean(0) - (WINDOW.size - 1) / 2
        centres.append(where)
        mirrored.add((bool(where[0] > 0), bool(where[1] > 0)))
    assert len(mirrored) == 4  # both mirrors happen
    spread = torch.stack(centres).abs().amax(0)
    assert float(spread.max()) > 12  # translation adds to the 6 and 9 pixels
    assert float(spread.max()) < 9 + WINDOW.reach_px + 14


def test_without_margin_is_the_middle() -> None:
    from cmrmap.training.windows import without_margin

    images, labels = without_margin(*_ring(), WINDOW)
    margin = WINDOW.reach_px
    assert torch.equal(images, _ring()[0][:, margin:-margin, margin:-margin])
    assert labels.dtype == torch.int64
