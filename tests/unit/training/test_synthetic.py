"""The synthetic generator: the same seed gives the same slice, and every slice can be learned from."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from cmrmap.core.outlines import Label
from cmrmap.training.synthetic import COARSE_VIEW, FINE_VIEW, View, draw_slice
from cmrmap.training.synthetic.corruption import corrupt, draw_artefacts
from cmrmap.training.synthetic.tissues import N_TISSUES, Tissue, draw_tissues
from cmrmap.training.synthetic.weighting import FAMILIES, draw_contrast

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


def test_a_contracting_heart_keeps_the_area_of_its_wall() -> None:
    wall, cavity = [], []
    for seed in range(40):
        labels = draw_slice(np.random.default_rng(seed), FINE_VIEW, 4).labels
        areas = [(labels == label).sum((1, 2)).double() for label in (Label.MYOCARDIUM, Label.CAVITY)]
        if float(areas[1].min()) < 400:
            continue
        for spread, area in zip((wall, cavity), areas, strict=True):
            spread.append(float(area.std() / area.mean()))
    assert len(wall) > 15
    assert np.percentile(cavity, 90) > 0.15  # as much as in vivo
    strong = np.array(cavity) > 0.12
    assert np.median(np.array(wall)[strong] / np.array(cavity)[strong]) < 0.6


def test_zero_filling_leaves_nothing_outside_the_sampled_part_of_k_space() -> None:
    artefacts = replace(draw_artefacts(np.random.default_rng(0), 2), sampled=(0.5, 0.75), taper=0.3)
    picture = torch.rand(2, 64, 64, generator=torch.Generator().manual_seed(0))
    seen = corrupt(picture, artefacts, np.random.default_rng(1), 1.25, phase_sensitive=True)
    power = torch.fft.fft2(seen.double()).abs().amax(0)
    frequency = torch.fft.fftfreq(64).abs()
    outside = (frequency[:, None] > 0.25) | (frequency > 0.375)
    assert float(power[outside].max()) < 1e-3 * float(power.max())
    assert float(power[~outside & (power > 0)].median()) > 1e-3 * float(power.max())


def test_contrast_agent_shortens_blood_t1() -> None:
    native = [draw_tissues(np.random.default_rng(i), postcontrast=False).t1_ms[Tissue.BLOOD] for i in range(20)]
    post = [draw_tissues(np.random.default_rng(i), postcontrast=True).t1_ms[Tissue.BLOOD] for i in range(20)]
    assert max(post) < min(native)


def test_all_families_are_drawn_with_one_signal_a_tissue_and_image() -> None:
    rng = np.random.default_rng(0)
    drawn = [draw_contrast(rng, 5) for _ in range(120)]
    assert {c.family for c in drawn} == set(FAMILIES)
    assert all(c.signals.shape == (5, N_TISSUES) and np.isfinite(c.signals).all() for c in drawn)
