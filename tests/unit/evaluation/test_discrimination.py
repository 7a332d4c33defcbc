"""Areas under ROC curves against scikit-learn's, sensitivity and specificity, and what cannot be told."""

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from cmrmap.evaluation.discrimination import discrimination, of_signs


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 4), st.booleans()), min_size=4, max_size=20))
def test_the_area_is_scikit_learn_s(pairs: list[tuple[int, bool]]) -> None:
    sign, bad = np.array([one for one, _ in pairs], float), np.array([one for _, one in pairs])
    assume(bad.any() and not bad.all())
    assert discrimination(sign, bad).auc == pytest.approx(roc_auc_score(bad, sign))


def test_a_flag_that_picks_every_bad_slice_and_one_good_one() -> None:
    bad = np.array([True] * 3 + [False] * 5)
    flag = np.array([True] * 4 + [False] * 4)
    found = discrimination(flag, bad)
    assert (found.n_bad, found.n_good) == (3, 5)
    assert found.auc == pytest.approx(0.9)
    assert found.sensitivity is not None
    assert found.specificity is not None
    assert (found.sensitivity.count, found.sensitivity.total) == (3, 3)
    assert (found.specificity.count, found.specificity.total) == (4, 5)
    assert found.auc_low <= found.auc <= found.auc_high <= 1
    assert found == discrimination(flag, bad)  # the bootstrap is repeatable


def test_a_sign_that_is_always_on_tells_nothing() -> None:
    found = discrimination(np.ones(8, dtype=np.bool_), np.array([True] * 3 + [False] * 5))
    assert found.auc == 0.5
    assert found.specificity is not None
    assert found.specificity.count == 0


def test_without_bad_slices_there_is_no_area() -> None:
    found = of_signs({"any": np.arange(3.0)}, np.zeros(3, dtype=np.bool_))["any"]
    assert math.isnan(found.auc)
    assert math.isnan(found.auc_low)
    assert found.sensitivity is None


def test_one_bad_slice_has_an_area_without_interval_and_nan_is_left_out() -> None:
    found = discrimination(np.array([5.0, 1.0, np.nan, 2.0]), np.array([True, False, True, False]))
    assert (found.n_bad, found.n_good, found.auc) == (1, 2, 1.0)
    assert math.isnan(found.auc_low)
