"""Each statistic against a published worked example."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmrmap.core.errors import InputError
from cmrmap.evaluation.bland_altman import agreement, icc, pearson, slope_through_origin

# Bland and Altman, Lancet 1986;327:307, Table: first readings of the large and the mini Wright peak flow meter, l/min
WRIGHT = [494, 395, 516, 434, 476, 557, 413, 442, 650, 433, 417, 656, 267, 478, 178, 423, 427]
MINI = [512, 430, 520, 428, 500, 600, 364, 380, 658, 445, 432, 626, 260, 477, 259, 350, 451]
# Anscombe, Am Stat 1973;27:17, first of the four
ANSCOMBE_X = [10, 8, 13, 9, 11, 14, 6, 4, 12, 7, 5]
ANSCOMBE_Y = [8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68]


def test_bias_and_limits_are_bland_and_altmans() -> None:
    found = agreement(WRIGHT, MINI)
    assert found.n == 17
    assert found.bias.value == pytest.approx(-2.1, abs=0.05)
    assert found.sd == pytest.approx(38.8, abs=0.05)
    # they take 2 SD: -79.7 and 75.5; 1.96 SD here
    assert found.limits[0].value == pytest.approx(-2.118 - 1.96 * 38.765, abs=0.01)
    assert found.limits[1].value == pytest.approx(-2.118 + 1.96 * 38.765, abs=0.01)
    # their intervals: bias -22.0 to 17.8; lower limit (with 2 SD) -114.3 to -45.1
    assert (found.bias.low, found.bias.high) == pytest.approx((-22.0, 17.8), abs=0.1)
    assert found.limits[0].high - found.limits[0].low == pytest.approx(-45.1 + 114.3, abs=0.5)
    assert found.pearson.value == pytest.approx(0.94, abs=0.005)


def test_ordinary_line_is_anscombes_and_its_correlation_has_rs_interval() -> None:
    found = agreement(ANSCOMBE_Y, ANSCOMBE_X)
    assert found.slope.value == pytest.approx(0.500, abs=0.0005)
    assert found.intercept.value == pytest.approx(3.00, abs=0.005)
    # standard error of the slope 0.118, t(9) = 2.262
    assert found.slope.high - found.slope.value == pytest.approx(2.262 * 0.1179, abs=0.001)
    # R: cor.test(anscombe$x1, anscombe$y1)
    assert (found.pearson.value, found.pearson.low, found.pearson.high) == pytest.approx(
        (0.8164205, 0.4243912, 0.9506933), abs=1e-6
    )


def test_slope_through_the_origin_is_that_of_the_nist_reference_data() -> None:
    # NIST StRD linear regression, NoInt1: certified 2.07438016528926, standard error 0.0165289256198347, 10 degrees
    x, y = np.arange(60.0, 71.0), np.arange(130.0, 141.0)
    found = slope_through_origin(y, x)
    assert found.value == pytest.approx(2.07438016528926, rel=1e-12)
    assert found.high - found.value == pytest.approx(2.228138852 * 0.0165289256198347, rel=1e-8)


def test_icc_is_that_of_shrout_and_fleiss() -> None:
    # Psychol Bull 1979;86:420, Table 2: six targets, four judges; ICC(2,1) = .29
    judges = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]
    found = icc(np.array(judges, dtype=float))
    assert found.value == pytest.approx(0.29, abs=0.005)
    assert (found.low, found.high) == pytest.approx((0.02, 0.76), abs=0.005)


def test_wilcoxon_is_that_of_darwins_maize() -> None:
    # Zea mays, cross minus self fertilised (Darwin 1876): statistic 24, exact two-sided p = 0.0413
    difference = np.array([6, 8, 14, 16, 23, 24, 28, 29, 41, -48, 49, 56, 60, -67, 75], dtype=float)
    assert agreement(difference + 100.0, np.full(15, 100.0)).wilcoxon_p == pytest.approx(0.041259765625)


def test_one_pair_and_two_have_a_bias_and_say_what_they_lack() -> None:
    one = agreement([51.0], [50.0])
    assert one.bias.value == 1.0
    assert np.isnan([one.sd, one.pearson.value, one.wilcoxon_p, one.limits[0].value, one.bias.low]).all()
    assert "at least 3" in one.notes[0]
    assert np.isnan(agreement([51.0, 52.0], [50.0, 52.5]).pearson.value)


def test_equal_values_are_no_error() -> None:
    constant = agreement([50.0] * 5, [48.0, 50.0, 52.0, 51.0, 49.0])
    assert np.isnan(constant.pearson.value)
    assert "equal" in constant.notes[0]
    same = agreement([48.0, 50.0, 53.0], [48.0, 50.0, 53.0])
    assert (same.bias.value, same.sd) == (0.0, 0.0)
    assert np.isnan(same.wilcoxon_p)
    assert same.pearson.value == pytest.approx(1.0)
    assert same.icc.value == pytest.approx(1.0)
    both = agreement([50.0] * 4, [50.0] * 4)
    assert both.bias.value == 0.0
    assert np.isnan(both.icc.value)


@pytest.mark.parametrize(("a", "r"), [([], []), ([1.0], [1.0, 2.0]), ([1.0, np.nan], [1.0, 2.0])])
def test_what_is_no_pair_is_told(a, r) -> None:
    with pytest.raises(InputError, match="agreement needs"):
        agreement(a, r)


@given(
    st.lists(st.tuples(st.floats(30, 90), st.floats(30, 90)), min_size=4, max_size=30, unique=True),
    st.floats(-20, 20),
)
def test_a_shift_of_one_side_moves_the_bias_and_nothing_else(pairs, shift) -> None:
    a, r = np.array(pairs).T
    if np.ptp(a) < 1e-3 or np.ptp(r) < 1e-3:
        return
    plain, moved = pearson(a, r), pearson(a + shift, r)
    assert moved.value == pytest.approx(plain.value, abs=1e-6)
