"""The ring: exact on what is a ring, closed where pixels are not, nothing where there is none."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cmrmap.core.outlines import Label
from cmrmap.segmentation.ring import blood_evidence, find_rings
from cmrmap.segmentation.shape import heart_shape


def _probabilities(centre: tuple[float, float], inner: float, outer: float, size: int = 96) -> np.ndarray:
    y, x = np.mgrid[:size, :size]
    radius = np.hypot(y - centre[0], x - centre[1])
    cavity, ventricle = (1 / (1 + np.exp((radius - r) * 3)) for r in (inner, outer))
    out = np.zeros((4, size, size))
    out[Label.CAVITY], out[Label.MYOCARDIUM] = cavity, np.clip(ventricle - cavity, 0, 1)
    out[Label.BACKGROUND] = 1 - out.sum(0)
    return out


@settings(max_examples=20, deadline=None)
@given(st.floats(8, 20), st.floats(3, 14), st.floats(-8, 8), st.floats(-8, 8))
def test_a_ring_is_found_rather_too_small_than_too_large(inner: float, wall: float, down: float, right: float) -> None:
    centre = (48 + down, 46 + right)
    (ring,) = find_rings(_probabilities(centre, inner, inner + wall)[None], 1.25)
    assert ring is not None
    assert ring.endocardium.centre == pytest.approx(centre, abs=0.3)
    assert np.abs(ring.endocardium.radius - inner).max() < 0.6
    off = ring.epicardium.radius - inner - wall  # drawn with caution: rather too far in than too far out
    assert off.max() < 0.6
    assert off.min() > -0.9


def test_gap_island_and_papillary_do_not_break_it() -> None:
    probabilities = _probabilities((48, 48), 15, 24)
    broken = probabilities.copy()
    broken[:, 44:50, 62:74] = np.array([0.7, 0.3, 0.0, 0.0])[:, None, None]  # a gap in the wall
    broken[:, 50:55, 44:49] = np.array([0.0, 0.9, 0.1, 0.0])[:, None, None]  # a muscle in the cavity
    broken[:, 80:90, 80:90] = np.array([0.0, 1.0, 0.0, 0.0])[:, None, None]  # an island
    (ring,) = find_rings(broken[None], 1.25)
    assert ring is not None
    labels = np.zeros((96, 96), dtype=np.uint8)
    labels[ring.epicardium.fill((96, 96))] = Label.MYOCARDIUM
    labels[ring.endocardium.fill((96, 96))] = Label.CAVITY
    truth = probabilities.argmax(0) == Label.MYOCARDIUM
    found = labels == Label.MYOCARDIUM
    assert 2 * np.count_nonzero(found & truth) / (found.sum() + truth.sum()) > 0.94
    assert heart_shape(labels, 0).euler_number == 0


def test_what_one_image_does_not_show_the_others_tell() -> None:
    shown = _probabilities((48, 48), 15, 24)
    vague = shown.copy()
    vague[:, :, 48:] = np.array([0.52, 0.24, 0.24, 0.0])[:, None, None]  # nothing but the half of it is seen
    alone, together = (find_rings(np.stack([shown] * n + [vague]), 1.25)[-1] for n in (0, 4))
    assert alone is not None
    assert together is not None
    # caution takes what is vague for outside; the others' shape holds against it
    assert np.abs(together.epicardium.radius - 24).max() < 0.6 * np.abs(alone.epicardium.radius - 24).max()


def test_the_others_do_not_hide_a_contraction_that_is_seen() -> None:
    wide, small = _probabilities((48, 48), 15, 24), _probabilities((48, 48), 11, 22)
    ring = find_rings(np.stack([wide] * 5 + [small]), 1.25)[-1]
    assert ring is not None
    assert ring.endocardium.radius.mean() == pytest.approx(11, abs=0.4)
    assert ring.epicardium.radius.mean() == pytest.approx(22, abs=0.4)


def test_nothing_where_there_is_no_cavity() -> None:
    probabilities = np.zeros((4, 40, 40))
    probabilities[Label.MYOCARDIUM] = 1.0
    assert find_rings(probabilities[None], 1.25) == [None]


def test_nothing_where_the_ring_would_hide_what_is_seen() -> None:
    probabilities = np.zeros((4, 96, 96))
    probabilities[Label.BACKGROUND] = 1.0
    for top in (8, 70):  # two bars joined by a thread: no star about any centre
        probabilities[:, top : top + 16, 8:88] = np.array([0.0, 1.0, 0.0, 0.0])[:, None, None]
    probabilities[:, 8:86, 8:11] = np.array([0.0, 1.0, 0.0, 0.0])[:, None, None]
    probabilities[:, 10:14, 70:84] = np.array([0.0, 0.0, 1.0, 0.0])[:, None, None]
    assert find_rings(probabilities[None], 1.25) == [None]


def _image(inner: float, outer: float, blood: float, wall: float) -> np.ndarray:
    y, x = np.mgrid[:96, :96]
    radius = np.hypot(y - 48, x - 48)
    image = np.where(radius < inner, blood, np.where(radius < outer, wall, 0.2))
    return image + np.random.default_rng(0).normal(0, 0.05, image.shape)


@pytest.mark.parametrize(("blood", "wall"), [(2.0, 1.0), (0.1, 1.0)])
def test_an_images_own_grey_corrects_a_border_taken_from_the_others(blood: float, wall: float) -> None:
    drawn = _probabilities((48, 48), 13, 24)
    drawn[1:3] = 0.6 * drawn[1:3] + 0.2 * drawn[1:3].sum(0)  # the network is unsure where the cavity ends
    probabilities, images = np.stack([drawn] * 4), np.stack([_image(15, 24, blood, wall)] * 4)
    (without, *_), (seen, *_) = find_rings(probabilities, 1.25), find_rings(probabilities, 1.25, images)
    assert without is not None
    assert seen is not None
    assert abs(seen.endocardium.radius.mean() - 15) < 0.5 * abs(without.endocardium.radius.mean() - 15)


def test_grey_has_no_say_where_blood_and_wall_have_one() -> None:
    (ring,) = find_rings(_probabilities((48, 48), 15, 24)[None], 1.25)
    assert ring is not None
    assert np.abs(blood_evidence(_image(15, 24, 1.0, 1.0), ring)).max() < 1.0
    assert not blood_evidence(np.ones((96, 96)), ring).any()


def test_the_other_images_grey_decides_where_an_image_has_none() -> None:
    drawn = _probabilities((48, 48), 13, 24)
    drawn[1:3] = 0.6 * drawn[1:3] + 0.2 * drawn[1:3].sum(0)
    clear, blind = _image(15, 24, 2.0, 1.0), _image(15, 24, 1.0, 1.0)
    probabilities = np.stack([drawn] * 4)
    alone = find_rings(probabilities, 1.25, np.stack([blind] * 4))[0]
    helped = find_rings(probabilities, 1.25, np.stack([blind, clear, clear, clear]))[0]
    assert alone is not None
    assert helped is not None
    assert abs(helped.endocardium.radius.mean() - 15) < 0.85 * abs(alone.endocardium.radius.mean() - 15)


def test_the_other_images_do_not_hide_contraction() -> None:
    wide, narrow = _probabilities((48, 48), 15, 24), _probabilities((48, 48), 11, 22)
    images = np.stack([_image(15, 24, 2.0, 1.0)] * 3 + [_image(11, 22, 2.0, 1.0)])
    ring = find_rings(np.stack([wide, wide, wide, narrow]), 1.25, images)[3]
    assert ring is not None
    assert ring.endocardium.radius.mean() == pytest.approx(11, abs=0.5)
