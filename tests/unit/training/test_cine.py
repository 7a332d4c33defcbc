"""Cine slices as training material: the file format, the walls that readers left out, the remapped contrast."""

from pathlib import Path

import numpy as np
import pytest
import torch
from scipy import ndimage

from cmrmap.core.errors import InputError
from cmrmap.core.outlines import Label
from cmrmap.segmentation import load_network
from cmrmap.training.cine import CineCase, complete_walls, read_cine, see, traced_ring, write_cine
from cmrmap.training.remap import draw_cine_slice, prepare
from cmrmap.training.synthetic import View

SMALL = View(pixel_mm=2.5, size=56, offset_mm=5.0, oversample=1)
MODEL = Path(__file__).resolve().parents[3] / "models" / "stack-unet"


def _case(wall_known: bool = True) -> CineCase:
    """A bright cavity in a grey wall beside a bright crescent, lung around."""
    y, x = np.mgrid[:160, :160]
    radius = np.hypot(y - 80, x - 84)
    image = np.full((160, 160), 0.05)
    image[np.hypot(y - 84, x - 58) < 28] = 0.8
    image[(y > 125) | (y < 25)] = 0.45
    image[radius < 27] = 0.3
    image[radius < 18] = 0.85
    image[np.hypot(y - 88, x - 74) < 4] = 0.3  # a papillary muscle
    labels = np.where(radius < 18, Label.CAVITY, np.where((radius < 27) & wall_known, Label.MYOCARDIUM, 0))
    image = ndimage.gaussian_filter(image, 0.8) + np.random.default_rng(0).normal(0, 0.01, image.shape)
    return CineCase(image.clip(0, 1).astype(np.float32), labels.astype(np.uint8), 1.4, wall_known)


def test_cases_survive_the_file(tmp_path: Path) -> None:
    cases = (_case(), _case(False))
    write_cine(tmp_path / "cine.npz", cases)
    again = read_cine(tmp_path / "cine.npz")
    assert [case.wall_known for case in again] == [True, False]
    assert again[0].pixel_mm == pytest.approx(1.4)
    assert np.array_equal(again[0].labels, cases[0].labels)
    assert np.abs(again[0].image - cases[0].image / cases[0].image.max()).max() < 0.01


@pytest.mark.parametrize("content", [b"no archive", b""])
def test_a_file_without_the_arrays_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "cine.npz").write_bytes(content)
    with pytest.raises(InputError, match=r"expected \.npz with images, labels"):
        read_cine(tmp_path / "cine.npz")


def test_a_wall_that_a_reader_left_out_is_traced() -> None:
    truth = _case().labels == Label.MYOCARDIUM
    ring = traced_ring(_case(False), see(_case(False), load_network(MODEL)))
    found = ring.epicardium.fill((160, 160)) & (_case(False).labels != Label.CAVITY)
    assert 2 * np.count_nonzero(found & truth) / (found.sum() + truth.sum()) > 0.8
    assert complete_walls((_case(False),), load_network(MODEL))[0].wall_known


def test_walls_of_tiny_cavities_stay_unknown() -> None:
    case = _case(False)
    small = CineCase(
        case.image, ndimage.binary_erosion(case.labels == Label.CAVITY, iterations=14) * np.uint8(2), 1.4, False
    )
    assert not complete_walls((small,), load_network(MODEL))[0].wall_known


def test_same_state_same_images() -> None:
    scene = prepare(_case())
    assert scene is not None
    one, other = (draw_cine_slice(np.random.default_rng(4), SMALL, 3, scene) for _ in range(2))
    assert torch.equal(one.images, other.images)
    assert torch.equal(one.labels, other.labels)
    assert one.images.shape == one.labels.shape == (3, 56, 56)


def test_labels_say_what_they_do_not_know() -> None:
    known, unknown = (prepare(_case(wall)) for wall in (True, False))
    assert known is not None
    assert unknown is not None
    drawn = draw_cine_slice(np.random.default_rng(4), SMALL, 3, known)
    assert drawn.known.tolist() == [True, True, True, False]
    assert (drawn.labels == Label.MYOCARDIUM).any()
    drawn = draw_cine_slice(np.random.default_rng(4), SMALL, 3, unknown)
    assert drawn.known.tolist() == [True, False, True, False]
    assert not (drawn.labels == Label.MYOCARDIUM).any()


def test_the_contrast_is_that_of_the_preparation_not_of_the_cine() -> None:
    scene = prepare(_case())
    assert scene is not None
    brighter = []
    for seed in range(12):
        drawn = draw_cine_slice(np.random.default_rng(seed), SMALL, 6, scene)
        for image, labels in zip(drawn.images, drawn.labels, strict=True):
            if (labels == Label.MYOCARDIUM).any():
                blood, wall = (image[labels == label].median() for label in (Label.CAVITY, Label.MYOCARDIUM))
                brighter.append(bool(blood > wall))
    assert 0.2 < np.mean(brighter) < 0.95


def test_a_slice_without_contrast_is_left_out() -> None:
    case = _case()
    assert prepare(CineCase(np.full_like(case.image, 0.5), case.labels, 1.4, True)) is None
