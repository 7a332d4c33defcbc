"""What of a map is shown: possible values, sure enough by their neighbourhood, so that no region's mean is pulled."""

from dataclasses import replace

import numpy as np
import pytest

from cmrmap.core.map_specs import MapKind
from cmrmap.pipeline.field_trust import possible, shown_range, trusted
from cmrmap.settings import AnalysisSettings

PRUNING = AnalysisSettings().pruning
T2, ECV, T1 = MapKind.T2, MapKind.ECV, MapKind.NATIVE_T1


@pytest.mark.parametrize("kind", list(MapKind))
def test_the_range_holds_all_that_counts_and_all_that_tissues_have(kind):
    low, high = shown_range(kind, PRUNING)
    for lowest, highest in (PRUNING.ranges[kind], kind.spec.plausible_range):
        assert low <= lowest
        assert highest <= high


def test_a_range_that_a_site_widened_is_shown():
    assert shown_range(T2, replace(PRUNING, t2_range_ms=[1.0, 900.0])) == (1.0, 900.0)


def test_impossible_values_and_failed_fits_are_not_shown():
    values = np.array([50.0, 900.0, 1.0, np.nan, 50.0, 50.0])
    sd = np.array([3.0, 3.0, 0.1, 1.0, 40.0, np.nan])
    assert possible(values, sd, T2, PRUNING).tolist() == [True, False, False, False, False, True]


def _noisy(mean, spread, seed=0, shape=(1, 60, 60)):
    rng = np.random.default_rng(seed)
    values = rng.normal(mean, spread, shape)
    return values, np.full(shape, spread) * np.abs(values) / mean


def test_a_region_is_shown_whole_or_not_at_all():
    """Pixels that noise made high have a high SD too: left out one by one they would pull the mean."""
    for relative, shown in ((0.2, True), (0.45, False)):
        values, sd = _noisy(100.0, 100.0 * relative)
        inner = trusted(values, sd, T2, PRUNING)[0, 3:-3, 3:-3]
        assert inner.mean() > 0.97 if shown else inner.mean() < 0.03
    values, sd = _noisy(100.0, 20.0)
    kept = trusted(values, sd, T2, PRUNING)
    assert values[kept].mean() == pytest.approx(values.mean(), rel=0.01)


def test_a_region_at_the_end_of_the_range_is_not_shown_by_its_upper_half():
    values, _ = _noisy(0.5, 3.0)
    assert trusted(values, np.full(values.shape, 3.0), ECV, PRUNING).mean() < 0.02
    values, _ = _noisy(9.0, 3.0)
    assert trusted(values, np.full(values.shape, 3.0), ECV, PRUNING).mean() > 0.9


def test_specks_are_not_shown_and_edges_are():
    values, sd = np.full((1, 40, 40), np.nan), np.full((1, 40, 40), 20.0)
    values[0, 10, 10] = 1000.0
    values[0, :, 20:] = 1000.0
    good = trusted(values, sd, T1, PRUNING)[0]
    assert not good[10, 10]
    assert good[:, 20:].all()


def test_a_map_without_known_deviations_is_shown():
    values = np.full((1, 9, 9), 1000.0)
    assert trusted(values, np.full(values.shape, np.nan), T1, PRUNING).all()
