"""ECV: the equation, its limits, its uncertainty against Monte Carlo; hematocrit given and synthetic."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmrmap.core.errors import InputError
from cmrmap.core.shared_errors import BETWEEN_SLICES
from cmrmap.ecv import ecv_grid, region_common_variance
from cmrmap.ecv.hematocrit import Hematocrit, parse_hematocrit, synthetic_hematocrit

MEASURED = Hematocrit(0.42, "test", 0.01)


def grid_of(native=1100.0, post=450.0, blood_native=1650.0, blood_post=320.0, sd=(0.0, 0.0, 0.0, 0.0), h=MEASURED):
    """ECV of one slice; every value a number or an array of cells."""
    native, post = (np.atleast_1d(np.asarray(a, float))[None] for a in (native, post))
    native, post = np.broadcast_arrays(native, post)
    return ecv_grid(
        native,
        np.full(native.shape, sd[0]),
        post,
        np.full(native.shape, sd[1]),
        np.array([blood_native]),
        np.array([sd[2]]),
        np.array([blood_post]),
        np.array([sd[3]]),
        h,
    )


def test_a_worked_example():
    expected = 0.58 * (1 / 450 - 1 / 1100) / (1 / 320 - 1 / 1650)
    assert grid_of().fraction.item() == pytest.approx(expected)
    assert 0.30 < expected < 0.31


@given(
    e=st.floats(0.05, 0.9),
    h=st.floats(0.2, 0.6),
    t0=st.floats(600, 1800),
    b0=st.floats(1200, 2200),
    b1=st.floats(150, 600),
)
def test_a_known_ecv_comes_back(e, h, t0, b0, b1):
    rate = e / (1 - h) * (1 / b1 - 1 / b0) + 1 / t0
    grid = grid_of(t0, 1 / rate, b0, b1, h=Hematocrit(h, "test"))
    assert grid.fraction.item() == pytest.approx(e, rel=1e-9)


def test_without_contrast_in_the_muscle_ecv_is_zero():
    assert grid_of(post=1100.0).fraction.item() == 0.0


@pytest.mark.parametrize(
    "values",
    [
        {"native": np.nan},
        {"post": 0.0},
        {"native": -5.0},
        {"blood_native": np.nan},
        {"blood_post": 1650.0},
        {"blood_post": 1700.0},
        {"blood_post": 0.0},
    ],
)
def test_what_cannot_be_is_nan(values):
    grid = grid_of(**values, sd=(1.0, 1.0, 1.0, 1.0))
    assert np.isnan(grid.fraction).all()
    assert np.isnan(grid.sd).all()


def test_a_bad_cell_leaves_the_others_alone():
    fraction = grid_of(native=[1100.0, np.nan, 1100.0]).fraction[0]
    assert np.isnan(fraction).tolist() == [False, True, False]
    assert fraction[0] == grid_of().fraction.item()


def test_derivatives_are_those_of_the_equation():
    base = grid_of()
    step = 1e-3
    for name, derivative in (
        ("native", base.by_native),
        ("post", base.by_post),
        ("blood_native", base.by_blood_native),
        ("blood_post", base.by_blood_post),
    ):
        at = {"native": 1100.0, "post": 450.0, "blood_native": 1650.0, "blood_post": 320.0}[name]
        rise = grid_of(**{name: at + step}).fraction - grid_of(**{name: at - step}).fraction
        assert derivative.item() == pytest.approx(rise.item() / (2 * step), rel=1e-6)
    rise = grid_of(h=Hematocrit(0.421, "t")).fraction - grid_of(h=Hematocrit(0.419, "t")).fraction
    assert base.by_hematocrit.item() == pytest.approx(rise.item() / 0.002, rel=1e-6)


def test_sd_is_the_formula():
    sd = (30.0, 8.0, 15.0, 4.0)
    grid = grid_of(sd=sd)
    dm, db = 1 / 450 - 1 / 1100, 1 / 320 - 1 / 1650
    relative = (
        0.01**2 / 0.58**2
        + (sd[1] ** 2 / 450**4 + sd[0] ** 2 / 1100**4) / dm**2
        + (sd[3] ** 2 / 320**4 + sd[2] ** 2 / 1650**4) / db**2
    )
    assert grid.sd.item() == pytest.approx(grid.fraction.item() * np.sqrt(relative), rel=1e-12)


def test_sd_agrees_with_monte_carlo():
    rng = np.random.default_rng(0)
    n = 200_000
    sd = (30.0, 8.0, 15.0, 4.0)
    native, post, b0, b1 = (m + s * rng.normal(size=n) for m, s in zip((1100, 450, 1650, 320), sd, strict=True))
    h = 0.42 + 0.01 * rng.normal(size=n)
    drawn = (1 - h) * (1 / post - 1 / native) / (1 / b1 - 1 / b0)
    assert grid_of(sd=sd).sd.item() == pytest.approx(drawn.std(), rel=0.01)


def test_synthetic_hematocrit_is_correlated_with_native_blood():
    """One slice: the formula of the correlated case, and Monte Carlo."""
    sd = (0.0, 0.0, 20.0, 0.0)
    synthetic = synthetic_hematocrit(np.array([1650.0]), np.array([20.0]), 1.5)
    grid = grid_of(sd=sd, h=synthetic)
    rng = np.random.default_rng(0)
    b0 = 1650 + 20 * rng.normal(size=200_000)
    h = 866.0 / b0 - 0.1232 + synthetic.sd * rng.normal(size=b0.size)
    drawn = (1 - h) * (1 / 450 - 1 / 1100) / (1 / 320 - 1 / b0)
    assert grid.fraction.item() == pytest.approx(
        (1 - (866.0 / 1650 - 0.1232)) * (1 / 450 - 1 / 1100) / (1 / 320 - 1 / 1650)
    )
    assert grid.sd.item() == pytest.approx(drawn.std(), rel=0.01)
    e, h0, db = grid.fraction.item(), synthetic.value_fraction, 1 / 320 - 1 / 1650
    direct = e * (866.0 / (1650**2 * (1 - h0)) - 1 / (1650**2 * db))
    assert grid.sd.item() ** 2 == pytest.approx((direct * 20) ** 2 + (e * synthetic.sd / (1 - h0)) ** 2)


def several_slices(h, blood_sd=(20.0, 10.0, 15.0)):
    shape = (3, 4)
    one = np.ones(shape)
    return ecv_grid(
        1100 * one,
        0 * one,
        450 * one * np.array([[1.0], [1.02], [0.97]]),
        0 * one,
        np.array([1650.0, 1640.0, 1665.0]),
        np.array(blood_sd),
        np.array([320.0, 322.0, 318.0]),
        np.array([3.0, 4.0, 5.0]),
        h,
    )


@pytest.mark.parametrize("given_h", [True, False])
def test_the_common_part_of_a_patients_mean_agrees_with_monte_carlo(given_h):
    blood, blood_sd = np.array([1650.0, 1640.0, 1665.0]), np.array([20.0, 10.0, 15.0])
    h = MEASURED if given_h else synthetic_hematocrit(blood, blood_sd, 1.5)
    grid = several_slices(h)
    a = np.zeros((3, 4))
    a[:, :2] = np.array([[0.3], [0.15], [0.05]])
    variance = region_common_variance(grid, a)
    rng = np.random.default_rng(3)
    n = 200_000

    def drawn(mean, sd):
        """Errors of the three slices, of which half the variance is one error."""
        shared, own = rng.normal(size=(n, 1)), rng.normal(size=(n, 3))
        return mean + sd * (np.sqrt(BETWEEN_SLICES) * shared + np.sqrt(1.0 - BETWEEN_SLICES) * own)

    b0 = drawn(blood, blood_sd)
    b1 = drawn(np.array([320.0, 322.0, 318.0]), np.array([3.0, 4.0, 5.0]))
    if given_h:
        hct = 0.42 + 0.01 * rng.normal(size=(n, 1))
    else:
        w = blood_sd**-2.0 / (blood_sd**-2.0).sum()
        hct = 866.0 / (b0 @ w)[:, None] - 0.1232 + h.sd * rng.normal(size=(n, 1))
    post = 450 * np.array([1.0, 1.02, 0.97])
    e = (1 - hct) * (1 / post - 1 / 1100) / (1 / b1 - 1 / b0)
    mean = e @ np.array([0.6, 0.3, 0.1])
    assert np.sqrt(variance) == pytest.approx(mean.std(), rel=0.01)
    # One cell's own standard error holds the same terms.
    single = np.zeros((3, 4))
    single[1, 1] = 1.0
    assert np.sqrt(region_common_variance(grid, single)) == pytest.approx(grid.sd[1, 1])


def test_a_slice_without_blood_spoils_only_itself():
    h = synthetic_hematocrit(np.array([1650.0, np.nan, 1660.0]), np.array([20.0, np.nan, 15.0]), 1.5)
    assert h.blood_slope[1] == 0
    one = np.ones((3, 2))
    grid = ecv_grid(
        1100 * one,
        one,
        450 * one,
        one,
        np.array([1650.0, np.nan, 1660.0]),
        np.array([20.0, np.nan, 15.0]),
        np.array([320.0, 320.0, np.nan]),
        np.array([3.0, 3.0, np.nan]),
        h,
    )
    assert np.isfinite(grid.sd).all(axis=1).tolist() == [True, False, False]
    a = np.zeros((3, 2))
    a[0] = 0.5
    assert np.isfinite(region_common_variance(grid, a))
    a[1] = 0.1
    assert np.isnan(region_common_variance(grid, a))


def test_shapes_must_fit():
    one = np.ones((2, 3))
    blood = np.ones(2)
    with pytest.raises(InputError, match="one grid"):
        ecv_grid(one, one, np.ones((2, 4)), one, blood, blood, blood, blood, MEASURED)
    with pytest.raises(InputError, match=r"one value per slice \(2\)"):
        ecv_grid(one, one, one, one, np.ones(3), blood, blood, blood, MEASURED)


def test_a_measured_hematocrit_has_the_laboratory_s_error_where_none_is_known():
    measured = parse_hematocrit(0.40, "command line").with_laboratory_error(1.5)
    assert measured.sd == pytest.approx(0.006)
    assert MEASURED.with_laboratory_error(1.5) is MEASURED
    estimated = synthetic_hematocrit(np.array([1650.0]), np.array([20.0]), 1.5)
    assert estimated.with_laboratory_error(1.5) is estimated
    assert parse_hematocrit(0.40, "command line").with_laboratory_error(0.0).sd == 0.0


@pytest.mark.parametrize(
    ("value", "fraction", "noted"),
    [
        (0.42, 0.42, False),
        ("0.42", 0.42, False),
        (42, 0.42, True),
        ("20", 0.2, True),
        (70, 0.7, True),
        (0.7, 0.7, False),
        (0.1, 0.1, False),
    ],
)
def test_hematocrit_as_people_give_it(value, fraction, noted):
    read = parse_hematocrit(value, "command line")
    assert read.value_fraction == pytest.approx(fraction)
    assert (read.note != "") == noted
    assert read.source == "command line"
    assert not read.synthetic


@pytest.mark.parametrize("value", [0.0, 0.09, 0.71, 1.0, 5, 19.9, 70.1, 420, -0.4, "nan", "inf"])
def test_an_impossible_hematocrit_is_refused(value):
    with pytest.raises(InputError, match=r"hematocrit from settings is .*; expected a fraction of 0.10-0.70 or 20-70"):
        parse_hematocrit(value, "settings")


@pytest.mark.parametrize("value", ["", "high", "0,42", None])
def test_what_is_no_number_is_refused(value):
    with pytest.raises(InputError, match=r"not a number; give a fraction such as 0\.42"):
        parse_hematocrit(value, "settings")


def test_hematocrit_checks_itself():
    with pytest.raises(InputError, match="from lab is 42"):
        Hematocrit(42.0, "lab")
    with pytest.raises(InputError, match="standard error"):
        Hematocrit(0.4, "lab", float("nan"))


@pytest.mark.parametrize(
    ("tesla", "blood", "expected"),
    [
        (1.5, 1650.0, 866.0 / 1650 - 0.1232),
        (1.494, 1600.0, 866.0 / 1600 - 0.1232),
        (3.0, 1850.0, 1355.52 / 1850 - 0.310),
        (2.89, 1900.0, 1355.52 / 1900 - 0.310),
    ],
)
def test_each_field_strength_has_its_regression(tesla, blood, expected):
    h = synthetic_hematocrit(np.array([blood]), np.array([10.0]), tesla)
    assert h.value_fraction == pytest.approx(expected)
    assert h.synthetic
    assert h.source.startswith("synthetic")
    assert "children" in h.note


@pytest.mark.parametrize(("tesla", "found"), [(None, "unknown"), (0.55, "0.55 T"), (7.0, "7 T"), (2.0, "2 T")])
def test_other_field_strengths_are_refused(tesla, found):
    with pytest.raises(InputError, match=f"field strength is {found}"):
        synthetic_hematocrit(np.array([1650.0]), np.array([10.0]), tesla)


def test_blood_t1_must_exist_and_be_possible():
    with pytest.raises(InputError, match="no slice has one"):
        synthetic_hematocrit(np.array([np.nan]), np.array([np.nan]), 1.5)
    with pytest.raises(InputError, match=r"from synthetic .* is 0.9593"):
        synthetic_hematocrit(np.array([800.0]), np.array([10.0]), 1.5)


def test_blood_without_standard_errors_is_averaged_plainly():
    h = synthetic_hematocrit(np.array([1600.0, 1700.0]), np.array([np.nan, 5.0]), 1.5)
    assert h.value_fraction == pytest.approx(866.0 / 1650 - 0.1232)
