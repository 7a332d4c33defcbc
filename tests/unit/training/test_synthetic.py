"""The synthetic generator: the same seed gives the same slice, and every slice can be learned from."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from cmrmap.core.outlines import Label
from cmrmap.training.synthetic import COARSE_VIEW, FINE_VIEW, View, draw_slice, draw_slice_without_heart, no_heart
from cmrmap.training.synthetic.corruption import corrupt, draw_artefacts
from cmrmap.training.synthetic.map_appearance import spoil_map
from cmrmap.training.synthetic.sample import scene_grid
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
    overlaps = []
    for seed in range(12):
        labels = draw_slice(np.random.default_rng(seed), SMALL, 3).labels == Label.MYOCARDIUM
        overlaps.append(float((labels[0] & labels[1]).sum() / (labels[0] | labels[1]).sum()))
    assert min(overlaps) > 0.02  # a stray breath in a thin wall
    assert np.median(overlaps) > 0.3
    assert np.count_nonzero(np.array(overlaps) < 0.97) >= 6


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


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**31), st.integers(1, 4))
def test_what_is_no_heart_has_no_label(seed: int, n_images: int) -> None:
    drawn = draw_slice_without_heart(np.random.default_rng(seed), SMALL, n_images)
    assert bool(torch.isfinite(drawn.images).all())
    assert not drawn.heart
    assert not drawn.labels.any()


@pytest.mark.parametrize("name", list(no_heart.SCENES))
def test_every_scene_paints_something_in_the_middle(name: str) -> None:
    y, x = scene_grid(FINE_VIEW, np.zeros(2), 0.0, False)
    middle = np.hypot(y, x) < 45
    painted = []
    for seed in range(8):
        tissue = np.full(y.shape, 255, dtype=np.uint8)
        no_heart.SCENES[name](np.random.default_rng(seed), tissue, y, x)
        painted.append(float(np.mean(tissue[middle] != 255)))
    assert max(painted) > 0.2


def test_a_map_has_values_where_there_is_signal_and_none_without() -> None:
    values = torch.full((1, 40, 40), 1200.0)
    density = torch.ones(1, 40, 40)
    values[:, :, 20:], density[:, :, 20:] = 900.0, 0.0
    zeroed = 0
    for seed in range(12):
        rng = np.random.default_rng(seed)
        artefacts = replace(draw_artefacts(rng, 1), snr=60.0)
        seen = spoil_map(values, density, artefacts, rng, 1.25)
        assert float(seen.min()) >= 0
        assert float(seen[:, :, 3:14].median()) == pytest.approx(1200, rel=0.12)  # cut at 0.9 of it at worst
        empty = seen[:, :, 28:]
        zeroed += int(float(empty.max()) == 0)
        assert float(empty.max()) == 0 or float(empty.std()) > 20
    assert 2 < zeroed < 10


def test_one_image_is_often_a_map() -> None:
    rng = np.random.default_rng(0)
    families = [draw_contrast(rng, 1).family for _ in range(200)]
    assert 0.5 < families.count("map") / 200 < 0.75


def test_contrast_agent_shortens_blood_t1() -> None:
    native = [draw_tissues(np.random.default_rng(i), postcontrast=False).t1_ms[Tissue.BLOOD] for i in range(20)]
    post = [draw_tissues(np.random.default_rng(i), postcontrast=True).t1_ms[Tissue.BLOOD] for i in range(20)]
    assert max(post) < min(native)


def test_all_families_are_drawn_with_one_signal_a_tissue_and_image() -> None:
    rng = np.random.default_rng(0)
    drawn = [draw_contrast(rng, 5) for _ in range(120)]
    assert {c.family for c in drawn} == set(FAMILIES)
    assert all(c.signals.shape == (5, N_TISSUES) and np.isfinite(c.signals).all() for c in drawn)
