"""Signs from phase against noise: right ones stay however few images there are, wrong ones are found."""

from __future__ import annotations

import numpy as np
import pytest

from cmrmap.pipeline.sign_check import check_signs

#: noise of regions of unlike size over that of the smallest: two pools, the wall, six parts
SIZES = np.array([0.5, 1.0, 0.5, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0])
MOLLI = np.array([100.0, 1000.0, 2000.0, 3000.0, 4000.0, 180.0, 1080.0, 2080.0])


def _regions(rng: np.random.Generator, times_ms: np.ndarray, t_ms: float, snr: float) -> np.ndarray:
    signal = 100.0 * (1.0 - 1.9 * np.exp(-times_ms / t_ms))
    return signal + 100.0 / snr * SIZES[:, None] * rng.normal(size=(SIZES.size, times_ms.size))


@pytest.mark.parametrize("images", [5, 8])
def test_noise_alone_does_not_contradict_the_signs_of_a_region(images: int) -> None:
    rng = np.random.default_rng(0)
    times = MOLLI[:images]
    wrong = [
        check_signs(_regions(rng, times, t_ms, snr), times, "molli_3p", None, alike=False).wrong
        for t_ms in np.arange(250.0, 1750.0, 50.0)
        for snr in (30.0, 100.0, 300.0)
        for _ in range(4)
    ]
    assert np.mean(wrong) < 0.003


def test_a_turned_image_is_found_in_every_region() -> None:
    signals = _regions(np.random.default_rng(1), MOLLI[:5], 1150.0, 30.0)
    signals[:, 2] *= -1.0
    check = check_signs(signals, MOLLI[:5], "molli_3p", None, alike=False)
    assert check.wrong.all()
    assert check.slice_wrong


@pytest.mark.parametrize("turned", [False, True])
def test_signals_without_noise_are_judged_too(turned: bool) -> None:
    """Rounding is no noise: it makes no sign wrong."""
    signals = np.tile(100.0 * (1.0 - 1.9 * np.exp(-MOLLI / 1150.0)), (9, 1))
    if turned:
        signals[:, 0] *= -1.0
    check = check_signs(signals, MOLLI, "molli_3p", None)
    assert check.slice_wrong == turned
    assert check.wrong.all() == check.wrong.any() == turned


def test_cells_that_cannot_be_fitted_tell_nothing() -> None:
    check = check_signs(np.full((4, MOLLI.size), np.nan), MOLLI, "molli_3p", None)
    assert np.isnan(check.slice_excess)
    assert not check.slice_wrong
    assert not check.wrong.any()
