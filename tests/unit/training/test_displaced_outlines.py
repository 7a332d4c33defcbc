"""Outlines that lie beside their borders are brought back; those that lie on them stay."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage

from cmrmap.core.outlines import Label
from cmrmap.training.cine import CineCase
from cmrmap.training.displaced_outlines import displacement, settle


def _case(seed: int, *, wall_known: bool = True, moved: tuple[int, int] = (0, 0)) -> CineCase:
    """A left ventricle with papillary muscles on one side, its outlines ``moved`` from where they belong."""
    y, x = np.mgrid[:120, :120].astype(np.float64)
    radius = np.hypot(y - 58, x - 63)
    image = np.full((120, 120), 0.05)
    image[np.hypot(y - 60, x - 38) < 24] = 0.85
    image[y > 84] = 0.45
    image[radius < 26] = 0.3
    image[radius < 17] = 0.8
    for row, column in ((50, 73), (66, 73)):  # both on one side: an edge of the cavity that is none of its outline
        image[np.hypot(y - row, x - column) < 4] = 0.3
    image = ndimage.gaussian_filter(image, 0.7) + np.random.default_rng(seed).normal(0, 0.02, image.shape)
    labels = np.where(radius < 17, Label.CAVITY, np.where((radius < 26) & wall_known, Label.MYOCARDIUM, 0))
    return CineCase(image.astype(np.float32), np.roll(labels, moved, (0, 1)).astype(np.uint8), 1.4, wall_known)


@pytest.mark.parametrize("moved", [(0, 0), (1, 1), (-2, 1), (3, -3)])
def test_walls_come_back_to_the_muscle(moved: tuple[int, int]) -> None:
    case = _case(3, moved=moved)
    assert displacement(case) == pytest.approx([-moved[0], -moved[1]], abs=0.5)
    (found,) = settle([case])
    true = _case(3).labels
    for label in (Label.MYOCARDIUM, Label.CAVITY):
        ours, theirs = found.labels == label, true == label
        assert 2 * (ours & theirs).sum() / (ours.sum() + theirs.sum()) > 0.95


def test_only_the_place_changes() -> None:
    case = _case(4, moved=(2, 1))
    (found,) = settle([case])
    assert np.array_equal(found.image, case.image)
    assert (found.labels == Label.CAVITY).sum() == pytest.approx((case.labels == Label.CAVITY).sum(), rel=0.03)


def test_a_cavity_alone_goes_with_the_walls_of_its_collection() -> None:
    walls = [_case(seed, moved=(1, 2)) for seed in range(3)]
    alone = _case(7, wall_known=False, moved=(1, 2))
    found = settle([*walls, alone])[-1]
    true = _case(7, wall_known=False).labels
    assert (found.labels != true).sum() < 0.04 * (true > 0).sum()
    assert np.array_equal(settle([alone])[0].labels, alone.labels)


def test_grey_that_tells_nothing_moves_nothing() -> None:
    case = _case(5)
    dark = replace(case, image=1.0 - case.image)
    assert displacement(dark) == (0.0, 0.0)
    assert np.array_equal(settle([dark])[0].labels, case.labels)
    assert settle([]) == ()
