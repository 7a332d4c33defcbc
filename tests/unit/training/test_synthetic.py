"""The synthetic generator: the same seed gives the same slice, and every slice can be learned from."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from cmrmap.training.synthetic import COARSE_VIEW, FINE_VIEW, View, draw_slice
from cmrmap.training.synthetic.contrast import FAMILIES, draw_contrast
from cmrmap.training.synthetic.tissues import N_TISSUES, Tissue, draw_tissues
from cmrmap.types import Label

SMALL = View(pixel_mm=2.5, size=56, offset_mm=5.0, oversample=1)


@pytest.mark.parametrize("view", [FINE_VIEW, COARSE_VIEW])
def test_same_seed_same_slice(view: View) -> None:
    first = draw_slice(np.random.default_rng(5), view, 2)
    second = draw_slice(np.random.default_rng(5), view, 2)
    assert torch.equal(first.images, second.images)
    assert torch.equal(first.labels, second.labels)
    assert first.images.shape == (2, view.size, view.size)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**31), st.integers(1, 4))
def test_every_slice_is_finite_and_holds_a_ventricle(seed: int, n_images: int) -> None:
    drawn = draw_slice(np.random.default_rng(seed), SMALL, n_images)
    assert bool(torch.isfinite(drawn.images).all())
    assert drawn.family in FAMILIES
    for labels in drawn.labels:
        assert bool((labels == Label.MYOCARDIUM).any())


def test_images_of_a_slice_share_the_anatomy_but_move() -> None:
    moved = 0
    for seed in range(6):
        labels = draw_slice(np.random.default_rng(seed), SMALL, 3).labels == Label.MYOCARDIUM
        overlap = (labels[0] & labels[1]).sum() / (labels[0] | labels[1]).sum()
        assert float(overlap) > 0.1
        moved += int(float(overlap) < 0.97)
    assert moved >= 3


def test_contrast_agent_shortens_blood_t1() -> None:
    native = [draw_tissues(np.random.default_rng(i), postcontrast=False).t1_ms[Tissue.BLOOD] for i in range(20)]
    post = [draw_tissues(np.random.default_rng(i), postcontrast=True).t1_ms[Tissue.BLOOD] for i in range(20)]
    assert max(post) < min(native)


def test_all_families_are_drawn_with_one_signal_a_tissue_and_image() -> None:
    rng = np.random.default_rng(0)
    drawn = [draw_contrast(rng, 5) for _ in range(120)]
    assert {c.family for c in drawn} == set(FAMILIES)
    assert all(c.signals.shape == (5, N_TISSUES) and np.isfinite(c.signals).all() for c in drawn)
