import math

import numpy as np
import pytest

from cmrmap.evaluation.calibration import coverage, flag_value, risk_coverage


def test_coverage_of_errors_that_are_what_they_say() -> None:
    rng = np.random.default_rng(0)
    sd = rng.uniform(0.5, 2.0, 20000)
    found = coverage(sd * rng.standard_normal(20000), sd)
    assert [one.level for one in found] == [0.50, 0.80, 0.90, 0.95]
    for one in found:
        assert one.measured.share.value == pytest.approx(one.level, abs=0.01)
    assert found[0].median_ratio == pytest.approx(0.674, abs=0.02)  # upper quartile of the normal distribution
    assert found[-1].median_half_width == pytest.approx(1.96 * np.median(sd), rel=1e-3)
    assert found[0].median_half_width < found[-1].median_half_width


def test_too_small_errors_cover_too_little_and_unknown_ones_do_not_count() -> None:
    rng = np.random.default_rng(0)
    error = rng.standard_normal(1000)
    assert coverage(error, np.full(1000, 0.5))[-1].measured.share.value == pytest.approx(0.67, abs=0.05)
    assert coverage([1.0, 2.0], [np.nan, 0.0])[-1].measured.total == 0
    assert coverage([1.959, 1.95, 1.97], [1.0, 1.0, 1.0])[-1].measured.count == 2


def test_refusing_the_uncertain_makes_the_rest_better() -> None:
    rng = np.random.default_rng(1)
    sd = rng.uniform(0.2, 3.0, 2000)
    curve = risk_coverage(sd * rng.standard_normal(2000), sd, np.zeros(2000))
    assert (curve[0].kept, curve[0].n, curve[-1].kept, curve[-1].n) == (1.0, 2000, 0.5, 1000)
    errors = [one.mean_absolute_error for one in curve]
    assert errors == sorted(errors, reverse=True)


def test_warnings_go_before_uncertainty() -> None:
    curve = risk_coverage([0.0, 10.0], [5.0, 0.1], [0, 1], (1.0, 0.5))
    assert [one.mean_absolute_error for one in curve] == [5.0, 0.0]
    assert risk_coverage([], [], []) == ()


def test_flags_that_tell_and_flags_that_do_not() -> None:
    rng = np.random.default_rng(2)
    flagged = rng.uniform(size=400) < 0.2
    error = rng.standard_normal(400) * np.where(flagged, 4.0, 1.0)
    found = flag_value(error, flagged)
    assert found.p < 1e-6
    assert found.flagged.mean_absolute_error > 2 * found.unflagged.mean_absolute_error
    assert found.unflagged.kept == pytest.approx(1 - flagged.mean())
    assert flag_value(rng.standard_normal(400), flagged).p > 0.01
    assert math.isnan(flag_value(error, np.zeros(400)).p)
