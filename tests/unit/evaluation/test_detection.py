import math

import numpy as np
import pytest

from cmrmap.evaluation.detection import detection


def test_groups_are_those_of_the_papers_table_3() -> None:
    # Zhu 2020, Table 3, T2: 230, 25, 11 and 10 patients; sensitivity 71.4 %, specificity 95.4 %
    reference = np.repeat([50.0, 64.0, 57.0, 59.0], [230, 25, 11, 10])
    automatic = np.repeat([50.2, 63.9, 59.0, 53.5], [230, 25, 11, 10])
    found = detection(automatic, reference, 58.0)
    groups = (found.true_negative, found.true_positive, found.false_positive, found.false_negative)
    assert [one.n for one in groups] == [230, 25, 11, 10]
    assert [one.median for one in groups] == [50.2, 63.9, 59.0, 53.5]
    assert 100 * found.sensitivity.share.value == pytest.approx(71.4, abs=0.05)
    assert 100 * found.specificity.share.value == pytest.approx(95.4, abs=0.05)


def test_area_under_the_curve_is_the_librarys_example() -> None:
    # scikit-learn, roc_auc_score and roc_curve
    found = detection([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1], 0.5)
    assert found.auc.value == pytest.approx(0.75)
    assert found.true_positive_rate == (0.0, 0.5, 0.5, 1.0, 1.0)
    assert found.auc.low <= 0.75 <= found.auc.high
    assert detection([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1], 0.5) == found  # the bootstrap has a seed


def test_a_value_at_the_threshold_is_not_raised_and_an_empty_class_has_no_rate() -> None:
    found = detection([58.0, 50.0], [58.0, 50.0], 58.0)
    assert (found.true_negative.n, found.sensitivity.total) == (2, 0)
    assert math.isnan(found.sensitivity.share.value)
    assert math.isnan(found.auc.value)
    assert math.isnan(found.true_positive.mean)
