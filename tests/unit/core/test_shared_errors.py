"""How the errors of slices add up in a mean over them."""

import numpy as np
import pytest

from cmrmap.core.shared_errors import BETWEEN_SLICES, variance_over_slices


def test_errors_of_slices_average_out_only_in_part() -> None:
    one = variance_over_slices([1.0])
    five = variance_over_slices(np.full(5, 1.0 / 5))
    assert one == 1.0
    assert five == pytest.approx(BETWEEN_SLICES + (1.0 - BETWEEN_SLICES) / 5)
    assert 1.0 / 5 < five < 1.0


def test_the_sum_agrees_with_drawn_errors() -> None:
    sds = np.array([1.0, 0.5, 2.0, -1.5])
    rng = np.random.default_rng(1)
    shared, own = rng.normal(size=(200_000, 1)), rng.normal(size=(200_000, 4))
    drawn = sds * (np.sqrt(BETWEEN_SLICES) * shared + np.sqrt(1.0 - BETWEEN_SLICES) * own)
    assert variance_over_slices(sds) == pytest.approx(drawn.sum(axis=1).var(), rel=0.02)


def test_the_order_and_the_signs_of_all_do_not_matter_and_what_is_not_known_stays_so() -> None:
    assert variance_over_slices([3.0, 1.0]) == variance_over_slices([1.0, 3.0]) == variance_over_slices([-1.0, -3.0])
    assert variance_over_slices([]) == 0.0
    assert np.isnan(variance_over_slices([1.0, np.nan]))
