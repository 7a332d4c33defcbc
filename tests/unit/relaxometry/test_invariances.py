"""What must not change T: the signal's scale and sign, the order of the times, who else is fitted, the threads."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cmrmap.relaxometry import MODELS, fit_relaxation, signal

FIELDS = ("t_ms", "sd_ms", "amplitude", "offset", "amplitude_sd", "offset_sd", "ssr", "r2", "status", "n_negative")
EXAMPLES = settings(max_examples=25)


@st.composite
def problems(draw: st.DrawFn, repeats: bool = False):
    """A model, unsorted times, and three pixels of noisy samples."""
    model = draw(st.sampled_from([name for name in sorted(MODELS) if not MODELS[name].conditional]))
    # decays at times of their own order: where every sample is e^-300 of the first, T is no longer in the data
    decays = MODELS[model].family in ("t2", "t2_star")
    longest = 150 if decays else 4000
    n = draw(st.integers(MODELS[model].n_parameters + 1, 12))
    times = draw(st.lists(st.integers(0, longest), min_size=n, max_size=n, unique=True))
    if draw(st.booleans()):
        times[draw(st.integers(0, n - 1))] = np.inf
    if repeats:
        times += draw(st.lists(st.sampled_from(times), min_size=1, max_size=4))
    times = np.array(times, np.float64)
    if times[np.isfinite(times)].max() < 50:
        times[np.isfinite(times)] += 50
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    t = rng.uniform(30, 120, 3) if decays else rng.uniform(200, 2000, 3)
    s = signal(MODELS[model], times, t, 100.0, 100.0 * draw(st.floats(0.1, 2.0)))
    s = s + rng.normal(0, draw(st.sampled_from([0.01, 3.0, 30.0])), s.shape)
    magnitude = draw(st.booleans())
    return model, times, np.abs(s) if magnitude else s, magnitude


@EXAMPLES
@given(problem=problems(), exponent=st.floats(-8, 8), negative=st.booleans())
def test_scale_and_sign_of_the_signal(problem, exponent, negative) -> None:
    model, times, s, magnitude = problem
    factor = (-1.0 if negative else 1.0) * 10.0**exponent
    fit = fit_relaxation(s, times, model, magnitude)
    scaled = fit_relaxation(s * factor, times, model, magnitude)
    # where the objective is flat T itself is uncertain, and the product's rounding moves it: a share of its SD
    tolerance = 1e-9 * np.abs(fit.t_ms) + 1e-9 * np.nan_to_num(fit.sd_ms, nan=0.0, posinf=0.0)
    moved = np.abs(scaled.t_ms - fit.t_ms)
    assert np.all((moved <= tolerance) | (np.isnan(fit.t_ms) & np.isnan(scaled.t_ms)))
    np.testing.assert_array_equal(scaled.status, fit.status)
    np.testing.assert_allclose(scaled.amplitude, fit.amplitude * (abs(factor) if magnitude else factor), rtol=1e-6)
    np.testing.assert_allclose(scaled.ssr, fit.ssr * factor**2, rtol=1e-6, atol=1e-20 * factor**2 * (s * s).sum())


@pytest.mark.parametrize("backend", ["numba", "numpy"])
@EXAMPLES
@given(problem=problems(repeats=True), seed=st.integers(0, 2**32 - 1))
def test_order_of_the_times_is_equal_to_the_last_bit(backend, problem, seed) -> None:
    model, times, s, magnitude = problem
    order = np.random.default_rng(seed).permutation(times.size)
    fit = fit_relaxation(s, times, model, magnitude, with_sensitivity=True, backend=backend)
    permuted = fit_relaxation(s[:, order], times[order], model, magnitude, with_sensitivity=True, backend=backend)
    for name in FIELDS:
        np.testing.assert_array_equal(getattr(permuted, name), getattr(fit, name), err_msg=name)
    np.testing.assert_array_equal(permuted.sensitivity, fit.sensitivity[:, order])


@EXAMPLES
@given(problem=problems(), seed=st.integers(0, 2**32 - 1))
def test_a_pixel_does_not_depend_on_the_others(problem, seed) -> None:
    model, times, s, magnitude = problem
    order = np.random.default_rng(seed).permutation(len(s))
    fit = fit_relaxation(s, times, model, magnitude)
    among_others = fit_relaxation(s[order], times, model, magnitude)
    alone = fit_relaxation(s[:1], times, model, magnitude)
    for name in FIELDS:
        np.testing.assert_array_equal(getattr(among_others, name), getattr(fit, name)[order], err_msg=name)
        np.testing.assert_array_equal(getattr(alone, name)[0], getattr(fit, name)[0], err_msg=name)


@EXAMPLES
@given(problem=problems(repeats=True))
def test_numba_and_numpy_agree(problem) -> None:
    model, times, s, magnitude = problem
    compiled, plain = (
        fit_relaxation(s, times, model, magnitude, with_sensitivity=True, backend=backend)
        for backend in ("numba", "numpy")
    )
    np.testing.assert_array_equal(compiled.status, plain.status)
    np.testing.assert_array_equal(compiled.n_negative, plain.n_negative)
    np.testing.assert_array_equal(np.isnan(compiled.sd_ms), np.isnan(plain.sd_ms))
    # times 1 ms apart leave T to the last digits of the samples, and MOLLI's T1 = T* (B/A - 1) loses what B/A shares
    # with 1: there rounding moves T, by next to nothing of its SD
    tolerance = 1e-8 * np.abs(plain.t_ms) + 1e-5 * np.nan_to_num(plain.sd_ms, posinf=0.0) + 1e-12 * plain.t_star_ms
    assert np.all((np.abs(compiled.t_ms - plain.t_ms) <= tolerance) | np.isnan(plain.t_ms))
    np.testing.assert_allclose(compiled.ssr, plain.ssr, rtol=1e-7, atol=1e-20 * (s * s).sum())
    for name in ("amplitude", "offset"):
        one, other, sd = getattr(compiled, name), getattr(plain, name), getattr(plain, f"{name}_sd")
        within = np.abs(one - other) <= 1e-5 * (np.abs(other) + np.nan_to_num(sd, posinf=0.0))
        assert np.all(within | (np.isnan(one) & np.isnan(other))), name
    for name in ("sd_ms", "amplitude_sd", "offset_sd"):
        np.testing.assert_allclose(getattr(compiled, name), getattr(plain, name), rtol=1e-5, err_msg=name)
    # one sample's may be next to nothing beside the others': what counts is the whole row
    one, other = np.asarray(compiled.sensitivity), np.asarray(plain.sensitivity)
    largest = np.nan_to_num(np.abs(other)).max(axis=1, keepdims=True)
    assert np.all((np.abs(one - other) <= 1e-5 * np.abs(other) + 1e-9 * largest) | (np.isnan(one) & np.isnan(other)))


def test_threads_change_nothing(simulate) -> None:
    pixels = simulate("molli_3p", n_pixels=60_000)
    s = np.abs(pixels.clean + np.random.default_rng(0).normal(0, 5, pixels.clean.shape))
    one, two = (fit_relaxation(s, pixels.times_ms, "molli_3p", threads=n, with_sensitivity=True) for n in (1, 2))
    for name in (*FIELDS, "sensitivity"):
        np.testing.assert_array_equal(getattr(one, name), getattr(two, name), err_msg=name)


def test_a_narrower_range_of_t_is_kept(simulate) -> None:
    pixels = simulate("stone_2p", 1000.0, n_pixels=1)
    fit = fit_relaxation(np.abs(pixels.clean), pixels.times_ms, "stone_2p", t_range_ms=(200.0, 800.0))
    assert fit.t_ms[0] == pytest.approx(800.0)
    assert fit.status[0] == 1
