"""Cine slices as training material: the file format, patients held out, the remapped contrast."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy import ndimage

from cmrmap.core.errors import InputError
from cmrmap.core.outlines import Label
from cmrmap.training.cine import CineCase, held_out_subjects, read_cine
from cmrmap.training.remap import draw_cine_slice, prepare
from cmrmap.training.synthetic import View

SMALL = View(pixel_mm=2.5, size=56, offset_mm=5.0, oversample=1)


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


def test_a_file_is_read_as_it_was_written(tmp_path: Path) -> None:
    cases = (_case(), _case(False))
    np.savez_compressed(
        tmp_path / "cine.npz",
        images=np.stack([np.round(case.image * 255).astype(np.uint8) for case in cases]),
        labels=np.stack([case.labels for case in cases]),
        has_myocardium=np.array([True, False]),
        pixel_mm=np.array([1.4, np.nan], dtype=np.float32),
        subject=np.array(["one", "two"]),
    )
    again = read_cine(tmp_path / "cine.npz")
    assert [(case.wall_known, case.subject) for case in again] == [(True, "one"), (False, "two")]
    assert [case.pixel_mm for case in again] == pytest.approx([1.4, 1.367])
    assert np.array_equal(again[0].labels, cases[0].labels)
    assert np.abs(again[0].image - cases[0].image / cases[0].image.max()).max() < 0.01


def test_held_out_patients_are_spread_over_all_of_them() -> None:
    cases = [replace(_case(), subject=f"p{number // 2:02d}") for number in range(24)]
    assert held_out_subjects(cases, 3) == ("p02", "p06", "p10")
    assert held_out_subjects(cases[::-1], 3) == held_out_subjects(cases, 3)
    assert len(set(held_out_subjects(cases, 50))) == 12
    assert held_out_subjects([_case()], 3) == ()


@pytest.mark.parametrize("content", [b"no archive", b""])
def test_a_file_without_the_arrays_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "cine.npz").write_bytes(content)
    with pytest.raises(InputError, match=r"expected \.npz with images, labels"):
        read_cine(tmp_path / "cine.npz")


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


def test_beside_the_heart_nothing_is_labelled() -> None:
    scene = prepare(_case())
    assert scene is not None
    for seed in range(10):
        drawn = draw_cine_slice(np.random.default_rng(seed), SMALL, 2, scene, heart=False)
        assert not drawn.heart
        assert not drawn.labels.any()


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


@pytest.mark.parametrize("blood", [0.85, 0.55])
def test_the_lung_is_free_of_muscle_whatever_the_contrast_of_the_cine(blood: float) -> None:
    case = _case()
    image = np.where(case.image > 0.55, blood, case.image).astype(np.float32)
    scene = prepare(replace(case, image=image))
    assert scene is not None
    y, x = np.mgrid[:160, :160]
    lung = (np.hypot(y - 80, x - 84) > 45) & (y > 40) & (y < 110) & (x > 100)
    assert np.median(scene.grey[lung] / scene.lung) > 0.9
    wall = case.labels == Label.MYOCARDIUM
    assert abs(np.median(scene.grey[wall]) / scene.lung) < 0.1


def test_a_slice_without_contrast_is_left_out() -> None:
    case = _case()
    assert prepare(CineCase(np.full_like(case.image, 0.5), case.labels, 1.4, True)) is None
