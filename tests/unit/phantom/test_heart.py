"""The rendered heart: rings, fractions, insertion points, motion."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.measure import euler_number, regionprops

from cmrmap.phantom.anatomy import N_SLICES, Lesion, draw_anatomy
from cmrmap.phantom.heart import HeartRendering, render_heart
from cmrmap.phantom.heart_contours import contour_angles, heart_contours
from cmrmap.phantom.heart_motion import MotionState, draw_motion
from cmrmap.phantom.tissue import Disease, Tissue

SHAPE = (256, 256)
SEEDS = st.integers(0, 10_000)


def _render(seed: int, index: int, state: MotionState | None = None, lesion: Lesion | None = None) -> HeartRendering:
    anatomy = draw_anatomy(np.random.default_rng(seed))
    return render_heart(
        anatomy.heart[index],
        state or MotionState(),
        shape_rc=SHAPE,
        pixel_mm=anatomy.pixel_mm,
        lesion=lesion,
        slice_index=index,
    )


@settings(max_examples=25, deadline=None)
@given(seed=SEEDS, index=st.integers(0, N_SLICES - 1), amplitude=st.sampled_from([0.0, 1.0, 2.0]))
def test_myocardium_is_one_round_ring_about_the_cavity(seed: int, index: int, amplitude: float) -> None:
    state = draw_motion(np.random.default_rng(seed), 1, amplitude)[0]
    labels = _render(seed, index, state).labels
    ring = labels == 1
    assert euler_number(ring, connectivity=2) == 0
    assert regionprops(ring.astype(np.uint8))[0].eccentricity < 0.65
    assert euler_number((labels == 2), connectivity=2) == 1
    assert euler_number((labels == 1) | (labels == 2), connectivity=2) == 1
    assert (labels == 3).any()


@settings(max_examples=10, deadline=None)
@given(seed=SEEDS, index=st.integers(0, N_SLICES - 1))
def test_fractions_are_shares_of_a_pixel(seed: int, index: int) -> None:
    fractions = _render(seed, index).fractions
    assert fractions.min() >= 0.0
    assert fractions.sum(axis=0).max() <= 1.0 + 1e-5
    mixed = (fractions[Tissue.MYOCARDIUM] > 0) & (fractions[Tissue.MYOCARDIUM] < 1)
    assert mixed.sum() > 100


@settings(max_examples=10, deadline=None)
@given(seed=SEEDS, index=st.integers(0, N_SLICES - 1))
def test_painted_area_is_the_area_inside_the_contours(seed: int, index: int) -> None:
    anatomy = draw_anatomy(np.random.default_rng(seed))
    contours = heart_contours(anatomy.heart[index], MotionState())
    fractions = _render(seed, index).fractions
    expected = np.pi * np.mean(contours.epicardium**2 - contours.endocardium**2)
    assert fractions[Tissue.MYOCARDIUM].sum() * anatomy.pixel_mm**2 == pytest.approx(expected, rel=0.01)


@settings(max_examples=10, deadline=None)
@given(seed=SEEDS, index=st.integers(0, N_SLICES - 1))
def test_insertion_points_lie_on_the_epicardium_where_the_rv_ends(seed: int, index: int) -> None:
    anatomy = draw_anatomy(np.random.default_rng(seed))
    heart = anatomy.heart[index]
    state = draw_motion(np.random.default_rng(seed), 1, 1.0)[0]
    contours = heart_contours(heart, state)
    offset = contours.insertion_mm - np.array(contours.centre_mm)
    radius = np.hypot(*offset.T)
    angle = np.arctan2(offset[:, 1], offset[:, 0])
    epicardium = np.interp(angle % (2 * np.pi), contour_angles(), contours.epicardium, period=2 * np.pi)
    np.testing.assert_allclose(radius, epicardium, rtol=1e-6)
    assert offset[0, 1] < 0 < offset[1, 1]  # anterior above, inferior below
    labels = _render(seed, index, state).labels
    # along the epicardium the RV touches the LV between the points and nowhere else
    rows, columns = np.nonzero(labels == 3)
    x = (columns - 127.5) * anatomy.pixel_mm - contours.centre_mm[0]
    y = (rows - 127.5) * anatomy.pixel_mm - contours.centre_mm[1]
    across = (np.arctan2(y, x) - heart.septal_angle_rad + np.pi) % (2 * np.pi) - np.pi
    assert np.abs(across).max() < heart.septal_half_width_rad + 0.02
    assert across.max() > 0.8 * heart.septal_half_width_rad
    assert across.min() < -0.8 * heart.septal_half_width_rad


def test_shift_moves_labels_and_insertion_points_together() -> None:
    pixel_mm = draw_anatomy(np.random.default_rng(4)).pixel_mm
    rest, moved = _render(4, 2), _render(4, 2, MotionState(shift_mm=(3 * pixel_mm, -2 * pixel_mm)))
    assert (np.roll(rest.labels, (-2, 3), axis=(0, 1)) != moved.labels).sum() <= 2  # rounding on the border
    np.testing.assert_allclose(moved.insertion_points - rest.insertion_points, [[-2.0, 3.0]] * 2, atol=1e-9)


def test_lesion_is_painted_in_its_slices_and_sector_only() -> None:
    anatomy = draw_anatomy(np.random.default_rng(5), Disease.FOCAL)
    assert anatomy.lesion is not None
    lesion = replace(anatomy.lesion, slices=(1,))
    assert not _render(5, 2, lesion=lesion).fractions[Tissue.LESION].any()
    painted = _render(5, 1, lesion=lesion).fractions
    share = painted[Tissue.LESION].sum() / painted[[Tissue.LESION, Tissue.MYOCARDIUM]].sum()
    assert share == pytest.approx(1.0 / 6.0, abs=0.05)
    np.testing.assert_allclose(
        painted[[Tissue.LESION, Tissue.MYOCARDIUM]].sum(axis=0), _render(5, 1).fractions[Tissue.MYOCARDIUM], atol=1e-6
    )


def test_no_motion_is_the_reference_state_and_negative_motion_is_refused() -> None:
    assert set(draw_motion(np.random.default_rng(0), 5, 0.0)) == {MotionState()}
    states = draw_motion(np.random.default_rng(0), 11, 1.0)
    assert len(set(states)) == 11
    assert 1.0 < np.std([state.shift_mm[1] for state in draw_motion(np.random.default_rng(0), 500)]) < 3.0
    with pytest.raises(ValueError, match="amplitude must be a finite number >= 0; found -1"):
        draw_motion(np.random.default_rng(0), 1, -1.0)
