"""What a region's standard error is made of: noise and common errors told apart, intervals that hold the truth."""

from dataclasses import replace

import numpy as np
import pytest

from cmrmap.core.map_specs import MapKind
from cmrmap.pipeline import align
from cmrmap.pipeline.error_model import widened
from cmrmap.pipeline.find import find
from cmrmap.pipeline.map_numbers import ecv_numbers, series_numbers
from cmrmap.pipeline.regions import locate
from cmrmap.pipeline.series import map_series
from cmrmap.settings import AnalysisSettings

SETTINGS = AnalysisSettings()
KINDS = (MapKind.T2, MapKind.NATIVE_T1, MapKind.POSTCONTRAST_T1)


def _map(one, polar=None, stack=None):
    return map_series(stack or one.stack, one.refined, polar or one.polar, SETTINGS)


@pytest.mark.parametrize("kind", KINDS)
def test_noise_is_told_apart_from_common_errors(chain, kind) -> None:
    errors = chain[kind].errors
    assert errors.noise_sd == pytest.approx(chain.study[kind].noise_sd, rel=0.08)
    # what is left of breathing through the coils' shading: a few per thousand
    assert ((errors.gain_sd < 0.02) & (errors.gain_sd >= 0)).all()


@pytest.mark.parametrize("kind", KINDS)
def test_images_of_changed_brightness_widen_the_errors_by_what_they_do(chain, kind) -> None:
    one = chain[kind]
    gains = 1.0 + 0.03 * np.random.default_rng(0).standard_normal(one.polar.signals.shape[:2])
    changed = _map(one, replace(one.polar, signals=one.polar.signals * gains[..., None, None]))
    assert np.sqrt((changed.errors.gain_sd**2).mean()) == pytest.approx(0.03, rel=0.3)
    assert changed.errors.noise_sd == pytest.approx(one.errors.noise_sd, rel=0.06)
    before, after = (series_numbers(m, locate(m)).result.slices for m in (one, changed))
    moved = [b.statistics.mean - a.statistics.mean for a, b in zip(before, after, strict=True)]
    told = [one_slice.statistics.uncertainty for one_slice in after]
    assert 0.4 < np.sqrt(np.mean(np.square(moved)) / np.mean(np.square(told))) < 1.8
    assert np.mean(told) > 2 * np.mean([one_slice.statistics.uncertainty for one_slice in before])


def test_segments_hold_their_truth_as_often_as_they_say(chain) -> None:
    """One study: all four maps together; benchmarks/intervals.py counts many."""
    z = []
    for kind in (*KINDS, MapKind.ECV):
        series = chain[MapKind.NATIVE_T1 if kind is MapKind.ECV else kind]
        regions = locate(series)
        told = ecv_numbers(chain.ecv, regions) if kind is MapKind.ECV else series_numbers(series, regions)
        for one in told.result.slices:
            for segment in one.segments:
                truth = chain.study.truth.segment_mean(kind, one.slice_index, segment.aha)
                z.append((segment.statistics.mean - truth) / segment.statistics.uncertainty)
    assert len(z) == 4 * 28
    assert np.mean(np.abs(z) < 1.96) >= 0.88
    assert 0.6 < np.sqrt(np.mean(np.square(z))) < 1.3


def test_the_error_of_a_region_is_between_those_of_its_parts_alone_and_together(chain) -> None:
    native = chain[MapKind.NATIVE_T1]
    region = native.map.analysed.copy()
    region[1:] = False
    halves = [region.copy(), region.copy()]
    halves[0][:, :128], halves[1][:, 128:] = False, False
    whole, *parts = (np.sqrt(native.variance(native.region_cells(r))) for r in (region, *halves))
    assert max(parts) / np.sqrt(2) * 0.7 < whole < max(parts)


@pytest.mark.parametrize("kind", KINDS)
def test_the_errors_of_slices_average_out_only_in_part(chain, kind) -> None:
    series = chain[kind]
    cells = series.region_cells(series.map.analysed)
    alone = [np.where(np.arange(len(cells))[:, None, None] == s, cells, 0.0) for s in range(len(cells))]
    independent = sum(series.variance(one) for one in alone)
    one_error = sum(np.sqrt(series.variance(one)) for one in alone) ** 2
    assert 1.2 * independent < series.variance(cells) < one_error
    assert series.variance(-cells) == pytest.approx(series.variance(cells))


def _signed(chain, turn=None):
    native = chain[MapKind.NATIVE_T1]
    t1 = np.nan_to_num(chain.study.truth.maps[MapKind.NATIVE_T1], nan=1000.0)[:, None]
    signs = np.where(1.0 - 2.0 * np.exp(-native.stack.times_ms[..., None, None] / t1) < 0, -1.0, 1.0)
    if turn is not None:
        signs[:, turn] *= -1
    return native.stack.with_signs(native.stack.images * signs, "signs of 5 of 5 slices from the phase images")


def _aligned(chain, stack):
    (polar,) = align((stack,), (chain[MapKind.NATIVE_T1].refined,), SETTINGS)
    return polar


def test_signed_images_are_fitted_as_such_and_the_results_say_so(chain) -> None:
    stack = _signed(chain)
    made = _map(chain[MapKind.NATIVE_T1], _aligned(chain, stack), stack)
    assert made.cells.signed.all()
    first = made.cells.samples[:, 0][np.isfinite(made.cells.samples[:, 0])]
    assert (first < 0).mean() > 0.97  # beside fat, whose signal is opposed, a few cells take the signs that fit best
    told = series_numbers(made, locate(made))
    for index, one in enumerate(told.result.slices):
        assert one.statistics.mean == pytest.approx(chain.study.truth.slice_mean(MapKind.NATIVE_T1, index), rel=0.02)
    (flag,) = [f for f in find((told,), SETTINGS) if f.code == "polarity"]
    assert (flag.severity, flag.message) == ("info", "signs of 5 of 5 slices from the phase images")
    assert all(blood is not None for blood in made.map.blood)


def test_signs_that_no_recovery_explains_are_not_believed(chain) -> None:
    stack = _signed(chain, turn=5)
    native = chain[MapKind.NATIVE_T1]
    made = _map(native, _aligned(chain, stack), stack)
    assert not made.cells.signed.any()
    told = series_numbers(made, locate(made))
    notes = [f for f in find((told,), SETTINGS) if f.code == "signs_not_used"]
    assert [f.slice_index for f in notes] == list(range(5))
    assert "noise variances more than the best signs" in notes[0].message
    for index, one in enumerate(told.result.slices):
        assert one.statistics.mean == pytest.approx(chain.study.truth.slice_mean(MapKind.NATIVE_T1, index), rel=0.03)


@pytest.mark.parametrize(
    ("own", "pooled", "expected"), [(8.0, 8.0, 8 / 6), (8.0, 40.0, 20 / 18), (1.0, 1.0, 2.0), (1e6, 1e7, 1.0)]
)
def test_a_variance_judged_by_few_images_is_widened(own, pooled, expected) -> None:
    assert widened(own, pooled) == pytest.approx(expected, rel=1e-4)


def test_images_of_uneven_brightness_widen_the_errors_where_they_are_uneven(chain) -> None:
    """The coils' shading changes more at one side of the wall than at the other: so do the errors it makes."""
    one = chain[MapKind.NATIVE_T1]
    side = np.maximum(np.cos(one.polar.angles_rad), 0.0)[:, None]
    drawn = 0.06 * np.random.default_rng(1).standard_normal(one.polar.signals.shape[:2])
    changed = _map(one, replace(one.polar, signals=one.polar.signals * (1.0 + drawn[..., None, None] * side)))
    angle = np.cos(one.polar.angles_rad)
    told = {}
    for name, inside in (("uneven", angle > 0.8), ("even", angle < -0.8)):
        ratios = []
        for s in range(len(one.map.polar_values)):  # a slice has few images, and some draws hit those that matter
            cells = np.zeros(one.map.polar_values.shape)
            both = np.isfinite(changed.map.polar_values[s]) & np.isfinite(one.map.polar_values[s])
            cells[s] = both & inside[:, None] & one.polar.mid_wall
            cells /= cells.sum()
            ratios.append(changed.variance(cells) / one.variance(cells))
        told[name] = np.sqrt(np.mean(ratios))
    assert told["uneven"] > 2.0
    assert told["even"] < 1.3


@pytest.mark.parametrize("kind", KINDS)
def test_the_floor_is_that_of_the_noise_also_where_many_signs_are_ambiguous(chain, kind) -> None:
    """Signs are called ambiguous where residuals are large: noise judged without those cells comes out too low."""
    one = chain[kind]
    noise_sd = 3.0 * chain.study[kind].noise_sd  # SNR 10
    noise = np.random.default_rng(2).normal(
        0.0, np.sqrt(8.0) * chain.study[kind].noise_sd, (2, *one.stack.images.shape)
    )
    images = np.hypot(one.stack.images + noise[0], noise[1])
    (polar,) = align((replace(one.stack, images=images),), (one.refined,), SETTINGS)
    assert _map(one, polar).cells.floor_sd == pytest.approx(noise_sd, rel=0.05)


def test_noise_leaves_no_unevenness_and_an_outline_to_one_side_does(chain) -> None:
    native = chain[MapKind.NATIVE_T1]
    assert (native.errors.unevenness < 0.01).all()
    rng = np.random.default_rng(1)
    loud = 4 * native.errors.noise_sd.max() * rng.standard_normal(native.polar.signals.shape)
    noisy = _map(native, replace(native.polar, signals=np.abs(native.polar.signals + loud)))
    assert (noisy.errors.unevenness < 0.03).all()
    tilted = np.array(native.polar.signals)
    around = np.cos(native.polar.angles_rad)[:, None]
    largest = np.nanmax(tilted[1])
    for time in (3, 5, 7, 9):  # four images, so that none can be left out for the sake of the others
        tilted[1, time] += 0.12 * largest * around * (-1) ** time * np.array([1.0, 0.8, 1.2, 0.9])[time // 2 - 1]
    uneven = _map(native, replace(native.polar, signals=np.abs(tilted))).errors.unevenness
    assert uneven[1] > 0.03
    assert uneven[[0, 2, 3, 4]] == pytest.approx(native.errors.unevenness[[0, 2, 3, 4]])


def test_what_images_differ_by_all_around_is_not_unevenness(chain) -> None:
    native = chain[MapKind.NATIVE_T1]
    brighter = np.array(native.polar.signals)
    brighter[:, -1] *= 1.1
    changed = _map(native, replace(native.polar, signals=brighter))
    assert (changed.errors.unevenness < 0.015).all()
    assert all(gone.size == 0 for gone in changed.left_out)


def test_the_constant_part_of_t2_strays_where_its_image_lies_elsewhere(chain) -> None:
    t2 = chain[MapKind.T2]
    before = t2.cells.stray_offset(t2.polar.mid_wall)
    assert (before < 0.02).all()
    last = int(np.flatnonzero(np.isinf(t2.stack.times_ms[0]))[0])
    moved = np.array(t2.polar.signals)
    moved[2, last, :50] *= 2.0
    after = _map(t2, replace(t2.polar, signals=moved)).cells.stray_offset(t2.polar.mid_wall)
    assert after[2] > 0.035
    assert after[[0, 1, 3, 4]] == pytest.approx(before[[0, 1, 3, 4]], abs=0.003)
    native = chain[MapKind.NATIVE_T1]
    assert np.isnan(native.cells.stray_offset(native.polar.mid_wall)).all()
