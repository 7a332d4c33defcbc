import math

import pytest

from cmrmap.evaluation.rates import rate


def test_interval_is_newcombes_example() -> None:
    # Newcombe, Stat Med 1998;17:857, Table I: 81 of 263, Wilson's score method: 0.2553 to 0.3662
    found = rate(81, 263)
    assert (found.share.low, found.share.high) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert rate(0, 20).share.high == pytest.approx(0.1611, abs=5e-5)  # the same table, 0 of 20
    assert math.isnan(rate(0, 0).share.value)
