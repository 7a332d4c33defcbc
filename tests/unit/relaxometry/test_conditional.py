"""ShMOLLI's conditional fit: which images count, and that what is left is fitted as any MOLLI."""

from __future__ import annotations

import time

import numpy as np
import pytest

from cmrmap.core.errors import InputError
from cmrmap.core.look_locker import LookLocker
from cmrmap.core.parameter_map import FitStatus
from cmrmap.relaxometry import fit_above_noise_floor, fit_blood, fit_relaxation, only_counted
from cmrmap.relaxometry.models import MODELS

BEAT_MS = 1000.0
TIMES_MS = np.array([100.0, 1100.0, 2100.0, 3100.0, 4100.0, 180.0, 260.0])  # in the order of acquisition
EPOCHS = np.array([0, 0, 0, 0, 0, 1, 2])
RATIO = 2.1
FIELDS = ("t_ms", "sd_ms", "amplitude", "offset", "ssr", "r2", "status", "n_negative", "n_samples")


@pytest.fixture(params=["numba", "numpy"])
def backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def shmolli(t1_ms: object, efficiency: float = 1.0) -> np.ndarray:
    """(pixels, images) signed: what has recovered before an inversion follows from the images and pauses before it."""
    t1 = np.atleast_1d(np.asarray(t1_ms, np.float64))
    star, steady = t1 / (RATIO - 1.0), 1.0 / (RATIO - 1.0)
    longitudinal, images = np.ones_like(t1), []
    for train in ((100.0, 1100.0, 2100.0, 3100.0, 4100.0), (180.0,), (260.0,)):
        longitudinal = -efficiency * longitudinal
        images += [steady - (steady - longitudinal) * np.exp(-time / star) for time in train]
        # after the last image a beat and what is left of it to the next inversion, without a readout
        longitudinal = 1.0 - (1.0 - images[-1]) * np.exp(-1.8 * BEAT_MS / t1)
    return 100.0 * np.stack(images, axis=1)


@pytest.mark.parametrize("t1_ms", [700.0, 1000.0, 1400.0, 1900.0])
def test_a_long_t1_is_told_by_the_first_inversion_alone(t1_ms, backend) -> None:
    s = np.abs(shmolli(t1_ms))
    fit = fit_relaxation(s, TIMES_MS, "shmolli_3p", backend=backend, with_sensitivity=True)
    assert fit.t_ms[0] == pytest.approx(t1_ms, rel=1e-6)
    assert fit.n_samples[0] == 5
    assert np.all(fit.sensitivity[0, 5:] == 0)
    # all alike it would be too short: that is why there is the condition
    assert fit_relaxation(s, TIMES_MS, "molli_3p", backend=backend).t_ms[0] < 0.97 * t1_ms


def test_a_short_t1_is_told_by_all_images(backend) -> None:
    rng = np.random.default_rng(0)
    s = np.abs(shmolli(np.full(400, 250.0)) + rng.normal(0, 1.0, (400, 7)))
    fit = fit_relaxation(s, TIMES_MS, "shmolli_3p", backend=backend)
    first = fit_relaxation(s[:, :5], TIMES_MS[:5], "molli_3p", backend=backend)
    assert (fit.n_samples == 7).mean() > 0.8
    assert np.median(fit.t_ms) == pytest.approx(250.0, rel=0.01)
    assert np.abs(fit.t_ms - 250.0).mean() < 0.5 * np.abs(first.t_ms - 250.0).mean()


def test_where_images_count_the_fit_is_that_of_a_molli_of_them(backend) -> None:
    rng = np.random.default_rng(1)
    s = np.abs(shmolli(rng.uniform(150.0, 1900.0, 300)) + rng.normal(0, 2.0, (300, 7)))
    fit = fit_relaxation(s, TIMES_MS, "shmolli_3p", backend=backend, with_sensitivity=True)
    counted, name = only_counted(s, TIMES_MS, "shmolli_3p", backend=backend)
    assert name == "molli_3p"
    assert set(np.isfinite(counted).sum(axis=1)) == {5, 6, 7}
    plain = fit_relaxation(counted, TIMES_MS, name, backend=backend, with_sensitivity=True)
    for field in (*FIELDS, "sensitivity"):
        np.testing.assert_array_equal(getattr(fit, field), getattr(plain, field), err_msg=field)
    for n in (5, 6, 7):  # and each as if the others had never been there
        of = fit.n_samples == n
        alone = fit_relaxation(s[of, :n], TIMES_MS[:n], "molli_3p", backend=backend)
        for field in FIELDS:
            np.testing.assert_array_equal(getattr(fit, field)[of], getattr(alone, field), err_msg=field)


def test_the_rule_is_that_of_its_authors() -> None:
    """Written out once more, pixel by pixel."""
    rng = np.random.default_rng(2)
    s = np.abs(shmolli(rng.uniform(100.0, 1900.0, 200)) + rng.normal(0, 3.0, (200, 7)))
    fits = {n: fit_relaxation(s[:, :n], TIMES_MS[:n], "molli_3p") for n in (5, 6, 7)}
    expected = []
    for pixel in range(len(s)):
        t = {n: fits[n].t_ms[pixel] for n in fits}
        misfit = {n: np.sqrt(fits[n].ssr[pixel] / (n - 1)) for n in fits}
        n = 5
        if 0 < t[5] <= BEAT_MS or 0 < t[6] <= 0.4 * BEAT_MS:
            if t[6] > 0 and misfit[6] * t[6] < misfit[5] * BEAT_MS:
                n = 6
            if t[7] > 0 and misfit[7] * t[7] < misfit[6] * 0.4 * BEAT_MS:
                n = 7
        expected.append(n)
    np.testing.assert_array_equal(fit_relaxation(s, TIMES_MS, "shmolli_3p").n_samples, expected)


def test_order_backend_and_neighbours_change_nothing(backend) -> None:
    rng = np.random.default_rng(3)
    s = np.abs(shmolli(rng.uniform(150.0, 1900.0, 50)) + rng.normal(0, 2.0, (50, 7)))
    fit = fit_relaxation(s, TIMES_MS, "shmolli_3p", backend=backend)
    order, pixels = rng.permutation(7), rng.permutation(50)
    shuffled = fit_relaxation(s[pixels][:, order], TIMES_MS[order], "shmolli_3p", backend=backend)
    other = fit_relaxation(s, TIMES_MS, "shmolli_3p", backend="numpy", epochs=EPOCHS)
    for field in FIELDS:
        np.testing.assert_array_equal(getattr(shuffled, field), getattr(fit, field)[pixels], err_msg=field)
        np.testing.assert_allclose(getattr(other, field), getattr(fit, field), rtol=1e-7, atol=1e-9, err_msg=field)


def test_sd_is_that_of_repetitions(backend) -> None:
    rng = np.random.default_rng(4)
    for t1_ms in (300.0, 1200.0):
        s = shmolli(np.full(4000, t1_ms)) + rng.normal(0, 1.0, (4000, 7))
        fit = fit_relaxation(s, TIMES_MS, "shmolli_3p", magnitude=False, backend=backend)
        n = np.median(fit.n_samples)
        typical = fit.n_samples == n
        ratio = np.sqrt((fit.sd_ms[typical] ** 2).mean()) / fit.t_ms[typical].std()
        assert ratio == pytest.approx(1.0, abs=0.12)  # what counts is chosen by the residuals, which tell the SD


def test_whole_images_are_fitted_in_the_time_of_a_few_mollis() -> None:
    """The first inversion alone leaves a plateau at short T, on which a search once spent a hundred times as long."""
    rng = np.random.default_rng(6)
    s = np.abs(shmolli(rng.uniform(200.0, 1900.0, 20_000)) + rng.normal(0, 4.0, (20_000, 7)))

    def seconds(model: str) -> float:
        taken = []
        for _ in range(3):
            start = time.process_time()
            fit_relaxation(s, TIMES_MS, model, threads=1)
            taken.append(time.process_time() - start)
        return min(taken)

    assert seconds("shmolli_3p") < 25 * seconds("molli_3p")


@pytest.mark.parametrize("missing", range(7))
def test_an_image_may_be_missing(missing, backend) -> None:
    kept = np.arange(7) != missing
    s = np.abs(shmolli([300.0, 1200.0]))
    fit = fit_relaxation(s[:, kept], TIMES_MS[kept], "shmolli_3p", epochs=EPOCHS[kept], backend=backend)
    assert fit.t_ms[1] == pytest.approx(1200.0, rel=1e-6)
    assert fit.t_ms[0] == pytest.approx(300.0, rel=0.02)
    holed = s.copy()
    holed[:, missing] = np.nan
    as_nan = fit_relaxation(holed, TIMES_MS, "shmolli_3p", backend=backend)
    np.testing.assert_array_equal(as_nan.t_ms, fit.t_ms)


def test_without_its_epochs_it_is_refused() -> None:
    s = np.ones((1, 6))
    with pytest.raises(InputError, match=r"cannot be told from the times .* expected those of a ShMOLLI"):
        fit_relaxation(s, TIMES_MS[[1, 2, 3, 4, 5, 6]], "shmolli_3p")
    with pytest.raises(InputError, match="numbers from 0, one a time"):
        fit_relaxation(s, TIMES_MS[:6], "shmolli_3p", epochs=[0, 0, 0])
    with pytest.raises(InputError, match="the first inversion of a ShMOLLI has 2 images; expected at least 3"):
        fit_relaxation(s[:, :4], TIMES_MS[3:], "shmolli_3p", epochs=EPOCHS[3:])


def test_three_images_of_three_parameters_have_no_sd(backend) -> None:
    fit = fit_relaxation(np.abs(shmolli(1200.0))[:, :3], TIMES_MS[:3], "shmolli_3p", epochs=EPOCHS[:3], backend=backend)
    assert fit.t_ms[0] == pytest.approx(1200.0, rel=1e-6)
    assert np.isnan(fit.sd_ms[0])


@pytest.mark.parametrize("bad", [np.zeros(7), np.full(7, 50.0), np.array([1.0, np.inf, 2, 3, 4, 5, 6])])
def test_what_is_no_signal_has_no_answer(bad, backend) -> None:
    fit = fit_relaxation(bad[None], TIMES_MS, "shmolli_3p", backend=backend)
    assert fit.status[0] == FitStatus.DEGENERATE
    assert np.isnan(fit.t_ms[0])


def test_blood_and_the_noise_floor_count_the_same_images() -> None:
    rng = np.random.default_rng(5)
    s = np.hypot(shmolli(np.full(300, 1700.0)) + rng.normal(0, 3, (300, 7)), rng.normal(0, 3, (300, 7)))
    blood = fit_blood(s, TIMES_MS, "shmolli_3p", "rician")
    assert blood.t1_ms == pytest.approx(1700.0, abs=3 * blood.sd_ms)
    assert blood.n_images <= 5
    above = fit_above_noise_floor(s, TIMES_MS, "shmolli_3p", 3.0)
    assert above.model == "shmolli_3p"
    assert np.median(above.n_samples) == 5
    assert np.median(above.t_ms) == pytest.approx(1700.0, rel=0.02)


def test_an_imperfect_inversion_is_corrected_in_t1_sd_and_sensitivity(backend) -> None:
    for model, times in (("molli_3p", TIMES_MS[:5]), ("shmolli_3p", TIMES_MS)):
        s = np.abs(shmolli([900.0, 1300.0], efficiency=0.9))[:, : times.size] + 0.3 * np.cos(np.arange(times.size))
        plain, corrected = (
            fit_relaxation(s, times, model, with_sensitivity=True, look_locker=known, backend=backend)
            for known in (None, LookLocker(inversion_efficiency=0.9))
        )
        np.testing.assert_allclose(corrected.t_ms, [900.0, 1300.0], rtol=0.02)
        for field in ("t_ms", "sd_ms", "sensitivity"):
            np.testing.assert_allclose(getattr(corrected, field), getattr(plain, field) / 0.9, rtol=1e-12)
        for field in ("t_star_ms", "amplitude", "offset", "ssr", "status"):
            np.testing.assert_array_equal(getattr(corrected, field), getattr(plain, field))
    assert not MODELS["stone_2p"].look_locker
    with pytest.raises(InputError, match=r"the inversion efficiency is 1\.2; expected a share of M0 from 0\.5 to 1"):
        LookLocker(inversion_efficiency=1.2)


def test_the_noise_floor_keeps_the_correction() -> None:
    s = np.abs(shmolli([900.0, 1300.0], efficiency=0.9))[:, :5]
    known = LookLocker(inversion_efficiency=0.9)
    above = fit_above_noise_floor(s, TIMES_MS[:5], "molli_3p", 1e-3, look_locker=known)
    plain = fit_relaxation(s, TIMES_MS[:5], "molli_3p", look_locker=known, with_sensitivity=True)
    np.testing.assert_allclose(above.t_ms, plain.t_ms, rtol=1e-6)
    np.testing.assert_allclose(above.sensitivity, plain.sensitivity, rtol=1e-4, atol=1e-4)
