"""Inputs that break other fits: an answer with a flag, or NaN with a flag, or one clear error; never a start value."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from cmrmap.core.errors import InputError
from cmrmap.core.look_locker import LookLocker, look_locker_limits
from cmrmap.core.parameter_map import FitStatus
from cmrmap.relaxometry import MODELS, fit_relaxation, signal

RESULTS = ("t_ms", "sd_ms", "amplitude", "offset", "ssr", "r2", "t_star_ms")


@pytest.fixture(params=["numba", "numpy"])
def backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def data(model_name, simulate):
    """Samples of ten pixels and their times: clean but for a ripple that leaves a residual."""
    pixels = simulate(model_name, n_pixels=10)
    s = np.abs(pixels.clean) if MODELS[model_name].magnitude else pixels.clean
    return s * (1 + 0.01 * np.cos(np.arange(s.shape[1]) * 5.0)), pixels.times_ms


def assert_same(a, b, rows=slice(None)) -> None:
    for name in (*RESULTS, "status"):
        np.testing.assert_array_equal(getattr(a, name)[rows], getattr(b, name)[rows], err_msg=name)


@pytest.mark.parametrize("value", [0.0, 1.0, -7.0, 1e300, 5e-324])
def test_constant_signal_has_no_answer(model_name, simulate, value, backend) -> None:
    times = simulate(model_name, n_pixels=1).times_ms
    fit = fit_relaxation(np.full((3, times.size), value), times, model_name, backend=backend, with_sensitivity=True)
    assert np.all(fit.status == FitStatus.DEGENERATE)
    for name in RESULTS:
        assert np.isnan(getattr(fit, name)).all()
    assert np.isnan(fit.sensitivity).all()


@pytest.mark.parametrize("bad", [np.inf, -np.inf])
def test_an_infinite_sample_spoils_its_pixel_only(model_name, data, bad, backend) -> None:
    s, times = data
    broken = s.copy()
    broken[4, 2] = bad
    fit, sound = (fit_relaxation(x, times, model_name, backend=backend) for x in (broken, s))
    assert fit.status[4] == FitStatus.DEGENERATE
    assert np.isnan(fit.t_ms[4])
    others = np.arange(10) != 4
    np.testing.assert_allclose(fit.t_ms[others], sound.t_ms[others], rtol=1e-12)
    np.testing.assert_array_equal(fit.status[others], sound.status[others])


def test_nan_samples_drop_out_of_their_pixel(model_name, data, backend) -> None:
    s, times = data
    broken = s.copy()
    broken[2, 1] = np.nan
    broken[5, [0, 3]] = np.nan
    broken[7, :] = np.nan
    fit = fit_relaxation(broken, times, model_name, backend=backend, with_sensitivity=True)
    sound = fit_relaxation(s, times, model_name, backend=backend)
    whole = ~np.isnan(broken).any(axis=1)
    np.testing.assert_allclose(fit.t_ms[whole], sound.t_ms[whole], rtol=1e-12)
    for pixel in (2, 5):
        kept = ~np.isnan(broken[pixel])
        alone = fit_relaxation(s[pixel : pixel + 1, kept], times[kept], model_name, backend=backend)
        np.testing.assert_allclose(fit.t_ms[pixel], alone.t_ms[0], rtol=1e-12)
        np.testing.assert_allclose(fit.sd_ms[pixel], alone.sd_ms[0], rtol=1e-9)
        assert np.all(fit.sensitivity[pixel, ~kept] == 0)
        assert fit.n_samples[pixel] == kept.sum()
    assert fit.status[7] == FitStatus.TOO_FEW_SAMPLES
    assert np.isnan([getattr(fit, name)[7] for name in RESULTS]).all()
    assert np.isnan(fit.sensitivity[7]).all()


def test_an_image_missing_everywhere_is_as_if_never_given(model_name, data) -> None:
    s, times = data
    broken = s.copy()
    broken[:, 3] = np.nan
    kept = np.arange(times.size) != 3
    assert_same(fit_relaxation(broken, times, model_name), fit_relaxation(s[:, kept], times[kept], model_name))


def test_too_few_finite_samples(model_name, data) -> None:
    s, times = data
    broken = s.copy()
    broken[0, MODELS[model_name].n_parameters - 1 :] = np.nan
    fit = fit_relaxation(broken, times, model_name)
    assert fit.status[0] == FitStatus.TOO_FEW_SAMPLES
    assert np.isnan(fit.t_ms[0])


def test_times_that_cannot_determine_the_parameters_are_refused(model_name) -> None:
    n = MODELS[model_name].n_parameters
    with pytest.raises(InputError, match="needs as many different times; found 5 samples at 1 different times"):
        fit_relaxation(np.ones((2, 5)), [100.0] * 5, model_name)
    with pytest.raises(InputError, match=f"found {n - 1} samples"):
        fit_relaxation(np.ones((2, n - 1)), np.arange(1.0, n) * 100, model_name)


def test_as_many_samples_as_parameters_give_t_without_sd(model_name, data, backend) -> None:
    s, times = data
    n = MODELS[model_name].n_parameters
    chosen = np.linspace(0, times.size - 2, n).astype(int)
    fit = fit_relaxation(s[:, chosen], times[chosen], model_name, magnitude=False, backend=backend)
    assert np.isnan(fit.sd_ms).all()
    assert np.isnan(fit.noise_sd).all()
    inside = fit.status != FitStatus.EDGE_OF_RANGE
    assert np.isfinite(fit.t_star_ms).all()
    if model_name in ("t2_2p", "t2_3p"):
        assert inside.all()
    if n == 3:
        assert np.all(fit.ssr[inside] < 1e-12 * 100**2)


def test_infinite_time_is_exact(backend) -> None:
    """A sample at infinity equals one so late that the exponential is zero in floating point."""
    rng = np.random.default_rng(0)
    s = signal(MODELS["t2_3p"], [0, 25, 50, 75, np.inf], np.full(20, 50.0), 100.0, 10.0) + rng.normal(0, 2, (20, 5))
    at_infinity = fit_relaxation(s, [0, 25, 50, 75, np.inf], "t2_3p", backend=backend, with_sensitivity=True)
    very_late = fit_relaxation(s, [0, 25, 50, 75, 1e7], "t2_3p", backend=backend, with_sensitivity=True)
    np.testing.assert_allclose(at_infinity.t_ms, very_late.t_ms, rtol=1e-12)
    np.testing.assert_allclose(at_infinity.sensitivity, very_late.sensitivity, rtol=1e-9)
    assert np.isfinite(at_infinity.sensitivity).all()


def test_a_sample_at_infinity_does_not_make_a_decay_measurable(backend) -> None:
    fit = fit_relaxation([[10.0, 0.0], [10.0, 1.0]], [50.0, np.inf], "t2_2p", backend=backend)
    assert np.all(fit.status == FitStatus.DEGENERATE)
    assert np.isnan(fit.t_ms).all()


@pytest.mark.parametrize("model", ["stone_2p", "molli_3p", "sasha_3p"])
def test_times_in_seconds_are_refused_with_a_hint(model) -> None:
    with pytest.raises(InputError, match="if these are seconds, multiply by 1000"):
        fit_relaxation(np.ones((1, 4)), [0.1, 0.5, 3.0, 30.0], model)
    with pytest.raises(InputError, match="if these are seconds, multiply by 1000"):
        fit_relaxation(np.ones((1, 4)), [0.0, 0.025, 0.055, np.inf], "t2_3p")


def test_short_t2_preparations_are_no_seconds() -> None:
    s = signal(MODELS["t2_2p"], [0.0, 20.0, 40.0], np.array([50.0]), 100.0)
    np.testing.assert_allclose(fit_relaxation(s, [0.0, 20.0, 40.0], "t2_2p").t_ms, 50.0, rtol=1e-9)


@pytest.mark.parametrize("times", [[-1.0, 100.0, 200.0], [np.nan, 100.0, 200.0]])
def test_impossible_times_are_refused(times) -> None:
    with pytest.raises(InputError, match="zero or positive, without NaN"):
        fit_relaxation(np.ones((1, 3)), times, "stone_2p")


@pytest.mark.parametrize(
    ("signals", "times"), [(np.ones(4), np.ones(4)), (np.ones((2, 3)), np.ones(4)), (np.ones((2, 2, 4)), np.ones(4))]
)
def test_shapes_that_do_not_fit_are_refused(signals, times) -> None:
    with pytest.raises(InputError, match=r"signals must have shape \(pixels, times\)"):
        fit_relaxation(signals, times, "stone_2p")


def test_complex_and_text_signals_are_refused() -> None:
    for bad in (np.ones((1, 4), complex), np.full((1, 4), "1")):
        with pytest.raises(InputError, match="signals must be real numbers"):
            fit_relaxation(bad, [100.0, 200.0, 300.0, 400.0], "stone_2p")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"backend": "cuda"}, "backend must be one of"),
        ({"threads": 0}, "threads must be at least 1"),
        ({"t_range_ms": (500.0, 100.0)}, "0 < low < high"),
        ({"t_range_ms": (0.0, 100.0)}, "0 < low < high"),
    ],
)
def test_bad_arguments_are_refused(arguments, message) -> None:
    with pytest.raises(InputError, match=message):
        fit_relaxation(np.ones((1, 3)), [100.0, 200.0, 300.0], "stone_2p", **arguments)


@pytest.mark.parametrize("spoil", ["magnitude", "negated", "saturated", "negative"])
@pytest.mark.parametrize("model", ["stone_2p", "molli_3p"])
def test_what_is_no_recovery_is_flagged(model, spoil, simulate, backend) -> None:
    """Magnitudes given to a signed model, saturated or all negative signals: the best T is no T1."""
    pixels = simulate(model, 1500.0, n_pixels=50, snr=30.0)
    magnitudes = np.abs(pixels.clean + np.random.default_rng(1).normal(0, pixels.noise_sd, pixels.clean.shape))
    s = {
        "magnitude": magnitudes,
        "negated": -magnitudes,
        "saturated": np.minimum(magnitudes, 40.0),
        "negative": -100.0 + 0.1 * np.cos(np.arange(magnitudes.size).reshape(magnitudes.shape)),
    }[spoil]
    fit = fit_relaxation(s, pixels.times_ms, model, magnitude=False, backend=backend)
    flags = [FitStatus.EDGE_OF_RANGE] if model == "stone_2p" else [FitStatus.EDGE_OF_RANGE, FitStatus.UNPHYSICAL]
    assert np.isin(fit.status, flags).all()
    assert np.isnan(fit.sd_ms[fit.status == FitStatus.EDGE_OF_RANGE]).all()


@pytest.mark.parametrize("sign", [1.0, -1.0])
@pytest.mark.parametrize("model", [name for name in sorted(MODELS) if not MODELS[name].conditional])
def test_linear_ramp_lies_at_the_edge_of_the_range(model, sign, backend) -> None:
    times = np.arange(1.0, 9.0) * (10.0 if MODELS[model].family == "t2" else 100.0)
    ramp = sign * (1e4 - times)  # falls by less than any decay in the range does
    fit = fit_relaxation([ramp], times, model, magnitude=False, backend=backend)
    assert fit.status[0] == FitStatus.EDGE_OF_RANGE
    assert np.isnan(fit.sd_ms[0])
    edge = 0 if model == "sasha_2p" else 1  # what is constant from the start has recovered at once
    assert fit.t_star_ms[0] == pytest.approx(MODELS[model].t_range_ms[edge])


def test_clipped_magnitudes_are_flagged(simulate, backend) -> None:
    """Clipped at the converter's end: constant but for the shortest time."""
    times = simulate("stone_2p", n_pixels=1).times_ms
    s = np.full((1, times.size), 4095.0)
    s[0, 0] = 4000.0
    assert fit_relaxation(s, times, "stone_2p", backend=backend).status[0] == FitStatus.EDGE_OF_RANGE


def test_growth_given_to_a_decay_is_unphysical(backend) -> None:
    times = np.array([0.0, 25.0, 50.0, 75.0, 100.0])
    growth = 100.0 - 60.0 * np.exp(-times / 40.0)
    fit = fit_relaxation([growth, -growth], times, "t2_3p", backend=backend)
    assert np.all(fit.status == FitStatus.UNPHYSICAL)


def test_look_locker_outside_its_limits_is_unphysical(simulate, backend) -> None:
    times = simulate("molli_3p", n_pixels=1).times_ms
    ratios = np.array([1.2, 1.5, 2.76, 4.5, 5.0])
    s = signal(MODELS["molli_3p"], times, np.full(5, 800.0), 100.0, 100.0 * ratios)
    fit = fit_relaxation(s, times, "molli_3p", magnitude=False, backend=backend)
    bad, good = FitStatus.UNPHYSICAL, FitStatus.OK
    assert fit.status.tolist() == [bad, good, good, good, bad]
    np.testing.assert_allclose(fit.t_ms, 800.0 * (ratios - 1), rtol=1e-7)
    told = LookLocker(ratio_limits=look_locker_limits(35.0))  # a smaller flip angle drives less
    fit = fit_relaxation(s, times, "molli_3p", magnitude=False, look_locker=told, backend=backend)
    assert fit.status.tolist() == [bad, good, good, bad, bad]


def test_saturation_outside_its_limits_is_unphysical(simulate, backend) -> None:
    times = simulate("sasha_3p", n_pixels=1).times_ms
    efficiencies = np.array([0.4, 0.7, 1.0, 1.3, 2.0])  # 2 is an inversion
    s = signal(MODELS["sasha_3p"], times, np.full(5, 1200.0), 100.0, 100.0 * efficiencies)
    fit = fit_relaxation(s, times, "sasha_3p", backend=backend)
    bad, good = FitStatus.UNPHYSICAL, FitStatus.OK
    assert fit.status.tolist() == [bad, good, good, good, bad]
    np.testing.assert_allclose(fit.t_ms, 1200.0, rtol=1e-7)


def test_a_sample_in_the_null_is_flagged_and_one_far_from_it_is_not(simulate, rician, backend) -> None:
    times = simulate("stone_2p", n_pixels=1).times_ms
    rng = np.random.default_rng(3)
    in_null = simulate("stone_2p", 1218.0 / np.log(2), n_pixels=300)
    far = simulate("stone_2p", 950.0, n_pixels=300)
    share = [
        (fit_relaxation(rician(p, rng), times, "stone_2p", backend=backend).status == FitStatus.NULL_AMBIGUOUS).mean()
        for p in (in_null, far)
    ]
    assert share[0] > 0.6
    assert share[1] == 0.0


def test_a_sample_of_exactly_zero_is_not_ambiguous(backend) -> None:
    """Either sign of zero is the same data."""
    times = np.array([100.0, 300.0, 1000 * np.log(2), 1200.0, 2500.0])
    s = np.abs(signal(MODELS["stone_2p"], times, np.array([1000.0]), 100.0))
    s[0, 2] = 0.0
    fit = fit_relaxation(s, times, "stone_2p", backend=backend)
    assert fit.status[0] == FitStatus.OK
    assert fit.t_ms[0] == pytest.approx(1000.0)


@pytest.mark.parametrize("dtype", [np.uint16, np.int16, np.int32, ">u2", ">f8", ">f4", "<f4", np.float16])
def test_any_number_type(model_name, data, dtype, backend) -> None:
    s, times = data
    given = np.rint(s).astype(dtype)
    assert_same(
        fit_relaxation(given, times, model_name, backend=backend),
        fit_relaxation(given.astype(np.float64), times, model_name, backend=backend),
    )


def test_memory_order_and_writability_change_nothing(model_name, data, backend) -> None:
    s, times = data
    expected = fit_relaxation(s, times, model_name, backend=backend)
    wide = np.zeros((20, 3 * s.shape[1]))
    wide[::2, ::3] = s
    frozen = s.copy()
    frozen.setflags(write=False)
    for given in (np.asfortranarray(s), wide[::2, ::3], frozen):
        before = given.copy()
        assert_same(fit_relaxation(given, times, model_name, backend=backend), expected)
        np.testing.assert_array_equal(given, before)


def test_empty_mask(model_name, data, backend) -> None:
    s, times = data
    fit = fit_relaxation(s[:0], times, model_name, backend=backend, with_sensitivity=True)
    assert fit.t_ms.shape == fit.status.shape == (0,)
    assert fit.sensitivity.shape == (0, times.size)


def test_denormal_and_huge_signals(model_name, data, backend) -> None:
    s, times = data
    expected = fit_relaxation(s, times, model_name, backend=backend)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        tiny = fit_relaxation(s * 1e-312, times, model_name, backend=backend)
        huge = fit_relaxation(s * 1e305, times, model_name, backend=backend)
    np.testing.assert_allclose(tiny.t_ms, expected.t_ms, rtol=1e-6)  # a denormal has few digits
    np.testing.assert_allclose(huge.t_ms, expected.t_ms, rtol=1e-9)


def test_results_are_read_only(model_name, data) -> None:
    fit = fit_relaxation(*data, model_name)
    with pytest.raises(ValueError, match="read-only"):
        fit.t_ms[0] = 1.0
