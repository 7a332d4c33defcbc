"""Misfit common to all slices, separated from each slice's own residuals; its effect on errors and results."""

from dataclasses import replace

import numpy as np
import pytest

from cmrmap.core.map_specs import MapKind
from cmrmap.pipeline.common_misfit import common_misfit
from cmrmap.pipeline.find import find
from cmrmap.pipeline.map_numbers import series_numbers
from cmrmap.pipeline.model_misfit import largest_change
from cmrmap.pipeline.regions import locate
from cmrmap.pipeline.series import map_series
from cmrmap.relaxometry import fit_relaxation
from cmrmap.settings import AnalysisSettings

SETTINGS = AnalysisSettings()
TIMES = np.array([193.0, 350.0, 1084.0, 1228.0, 1959.0, 2090.0, 2839.0, 2975.0, 3721.0, 3850.0, 30000.0])
#: of the signal without relaxation, as STONE leaves it in the wall in vivo
ALIKE = 0.01 * np.array([2.6, 1.1, -0.8, -0.5, 2.1, 0.5, 0.1, -1.4, -2.3, -2.1, 6.7])


def shares(rng, alike, sd=0.015, slices=5):
    return alike + sd * rng.standard_normal((slices, len(alike)))


def test_what_slices_have_in_common_is_found_and_their_own_errors_are_not_taken_for_it() -> None:
    rng = np.random.default_rng(0)
    own = shares(rng, ALIKE)
    found = common_misfit(own, np.tile(TIMES, (5, 1)), 2)
    assert found.kept > 0.85
    assert found.believed == pytest.approx(ALIKE, abs=0.025)
    assert found.size == pytest.approx(np.sqrt(np.mean(ALIKE**2)), rel=0.3)
    for s in range(5):  # of the others: its own value has no say in what is taken out of it
        changed = own.copy()
        changed[s] += 0.1
        again = common_misfit(changed, np.tile(TIMES, (5, 1)), 2)
        others = np.median(np.delete(own, s, axis=0), axis=0)
        assert again.taken_out[s] == pytest.approx(again.kept * others)


def test_chance_alone_is_left_where_it_is() -> None:
    rng = np.random.default_rng(1)
    kept = [common_misfit(shares(rng, 0 * ALIKE), np.tile(TIMES, (5, 1)), 2).kept for _ in range(200)]
    assert np.mean(np.array(kept) > 0) < 0.1


def test_what_is_left_has_the_variance_that_is_said() -> None:
    rng = np.random.default_rng(2)
    left, said = [], []
    for _ in range(400):
        own = shares(rng, 4 * ALIKE)
        found = common_misfit(own, np.tile(TIMES, (5, 1)), 2)
        left.append((own - found.taken_out - (1 - found.kept) * 4 * ALIKE).ravel())
        said.append(found.added_variance.mean())
    assert np.var(left) / 0.015**2 == pytest.approx(1.0 + np.mean(said), rel=0.05)


def test_one_slice_that_is_bad_spoils_nothing() -> None:
    rng = np.random.default_rng(3)
    own = shares(rng, ALIKE)
    own[1] += 0.2 * rng.standard_normal(len(TIMES))
    found = common_misfit(own, np.tile(TIMES, (5, 1)), 2)
    assert found.kept > 0.7
    assert np.abs(found.taken_out[[0, 2, 3, 4]] - ALIKE).max() < 0.04


@pytest.mark.parametrize(
    ("change", "kept"),
    [
        (lambda times: times, True),
        (lambda times: times * np.linspace(0.97, 1.03, 5)[:, None], True),  # the heart's rhythm
        (lambda times: times * np.linspace(0.6, 1.6, 5)[:, None], False),  # other images
        (lambda times: np.where(np.arange(5)[:, None] < 3, np.nan, times), False),  # two slices are left
    ],
)
def test_only_images_of_the_same_place_in_the_sequence_are_compared(change, kept) -> None:
    times = change(np.tile(TIMES, (5, 1)))
    own = np.where(np.isnan(times), np.nan, shares(np.random.default_rng(4), ALIKE))
    found = common_misfit(own, times, 2)
    if kept:
        assert np.isfinite(found.share).all()
        assert found.kept > 0.8
    else:
        assert np.count_nonzero(np.isfinite(found.share)) < len(TIMES)
        assert (found.taken_out[:, np.isnan(found.share)] == 0).all()


def test_images_that_have_nothing_to_say_are_left_alone() -> None:
    own = shares(np.random.default_rng(5), ALIKE)
    own[:, 3] = np.nan
    own[0, 7] = np.nan
    found = common_misfit(own, np.tile(TIMES, (5, 1)), 2)
    assert np.isnan(found.share[3])
    assert (found.taken_out[:, 3] == 0).all()
    assert (found.taken_out[:, 7] != 0).all()
    assert found.added_variance[0, 7] == pytest.approx(found.added_variance[0, 6])  # four others either way
    assert found.added_variance[1, 7] > found.added_variance[1, 6]
    assert not common_misfit(np.full((5, 11), np.nan), np.tile(TIMES, (5, 1)), 2).taken_out.any()
    assert not common_misfit(own[:, :2], np.tile(TIMES[:2], (5, 1)), 2).taken_out.any()


def test_an_image_at_infinity_is_one_of_them() -> None:
    times = np.append(np.arange(0.0, 80.0, 10.0), np.inf)
    alike = np.linspace(-0.05, 0.05, len(times))
    found = common_misfit(shares(np.random.default_rng(6), alike), np.tile(times, (5, 1)), 3)
    assert np.isfinite(found.share).all()
    assert found.believed[-1] > 0.02


def test_the_change_is_that_of_a_fit_without_the_image() -> None:
    misfit = common_misfit(shares(np.random.default_rng(7), ALIKE, 0.002), np.tile(TIMES, (5, 1)), 2)
    time_ms, change = largest_change(misfit, "stone_2p", 1150.0, float("nan"))
    sample = 1.0 - 2.0 * np.exp(-TIMES / 1150.0) + misfit.believed
    with_all = fit_relaxation(sample[None], TIMES, "stone_2p", magnitude=False).t_ms[0]
    without = fit_relaxation(sample[None, :-1], TIMES[:-1], "stone_2p", magnitude=False).t_ms[0]
    assert time_ms == 30000.0
    assert change == pytest.approx(without - with_all, abs=1e-3)
    assert np.isnan(largest_change(misfit, "stone_2p", float("nan"), 0.0)[1])


@pytest.fixture(scope="module")
def alike(chain):
    """Native T1 of which all slices have the misfit that STONE has in vivo, beside the same without."""
    one = chain[MapKind.NATIVE_T1]
    plain = map_series(one.stack, one.refined, one.polar, SETTINGS)
    signs = np.sign(plain.cells.fitted)
    moved = np.abs(signs * plain.polar.signals + (ALIKE[:, None, None] * plain.cells.amplitude[:, None]))
    known = np.isfinite(moved)
    polar = replace(one.polar, signals=np.where(known, moved, one.polar.signals))
    return plain, map_series(one.stack, one.refined, polar, SETTINGS)


def test_a_misfit_of_all_slices_is_told_and_does_not_widen_intervals(alike) -> None:
    plain, moved = (series_numbers(one, locate(one)) for one in alike)
    assert plain.result.model_misfit.rms_percent < 0.5
    misfit = moved.result.model_misfit
    # what the model absorbs is gone from it
    assert misfit.rms_percent == pytest.approx(100 * np.sqrt(np.mean(ALIKE**2)), rel=0.3)
    assert [image.time_ms for image in misfit.images][-1] == misfit.without_ms
    assert misfit.images[-1].percent > 3.0
    before, after = ([one.statistics.uncertainty for one in m.result.slices] for m in (plain, moved))
    assert np.mean(after) < 1.5 * np.mean(before)


def test_it_is_a_finding_where_it_is_large(alike) -> None:
    plain, moved = (find([series_numbers(one, locate(one))], SETTINGS) for one in alike)
    assert "model_misfit" not in {flag.code for flag in plain}
    (flag,) = [one for one in moved if one.code == "model_misfit"]
    assert (str(flag.severity), flag.slice_index) == ("info", None)
    assert "% of signal" in flag.message
    assert "30000 ms" in flag.message


def test_a_slice_s_own_misfit_stays_in_its_error(alike) -> None:
    _, moved = alike
    signals = np.array(moved.polar.signals)
    signals[2, 3] *= 1.25
    signals[2, 7] *= 0.9
    spoiled = map_series(moved.stack, moved.refined, replace(moved.polar, signals=signals), SETTINGS)
    told = [[s.uncertainty for s in series_numbers(one, locate(one)).table.slices] for one in (moved, spoiled)]
    assert told[1][2] > 1.5 * told[0][2]
