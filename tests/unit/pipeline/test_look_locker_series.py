"""MOLLI, ShMOLLI and SASHA series to maps: B/A as in vivo, the images that count, outlines of slices that lie still."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from cmrmap.core.geometry import SliceGeometry
from cmrmap.core.look_locker import LookLocker, look_locker_limits
from cmrmap.core.map_specs import MapKind
from cmrmap.core.outlines import SegmentationStack
from cmrmap.core.parameter_map import FitStatus
from cmrmap.core.stack import WeightedStack
from cmrmap.pipeline import align, explain_pixel, fit, refine, still_images
from cmrmap.pipeline.find import find
from cmrmap.pipeline.heart_signs import measure_signs
from cmrmap.pipeline.map_numbers import series_numbers
from cmrmap.pipeline.regions import locate
from cmrmap.settings import AnalysisSettings

SIZE = 72
MOLLI_MS = np.array([128.0, 208.0, 868.0, 933.0, 1605.0, 1673.0, 2345.0, 3083.0])
SHMOLLI_MS = np.array([100.0, 180.0, 260.0, 1100.0, 2100.0, 3100.0, 4100.0])
SHMOLLI_EPOCHS = np.array([0, 1, 2, 0, 0, 0, 0])
PLACE = SliceGeometry((0.0, 0.0, 0.0), (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (1.5, 1.5))
SETTINGS = AnalysisSettings.from_mapping({"quality": {"require_heart": False}})  # rings drawn alone


def heart(row: float = 36.0, column: float = 36.0, wall: float = 8.0) -> np.ndarray:
    """Labels of a ring of wall about a cavity."""
    y, x = np.mgrid[:SIZE, :SIZE]
    radius = np.hypot(y - row, x - column)
    return np.where(radius < 12, 2, np.where(radius < 12 + wall, 1, 0)).astype(np.uint8)


def recovery(t1_ms: float, ratio: float, times_ms: np.ndarray, recovered: float = 1.0) -> np.ndarray:
    """Signed MOLLI signal; ``recovered`` is what there was of M0 before the inversion, as a share."""
    steady = 1.0 / (ratio - 1.0)
    return steady - (steady + recovered) * np.exp(-times_ms * (ratio - 1.0) / t1_ms)


def stack_of(times_ms, wall, blood, labels, model="molli_3p", noise=4.0, seed=0) -> WeightedStack:
    """Magnitude images (1, time, row, column) of hearts drawn at ``labels`` (time, row, column)."""
    rng = np.random.default_rng(seed)
    signed = np.where(labels == 1, wall[:, None, None], np.where(labels == 2, blood[:, None, None], 0.05)) * 500.0
    images = np.hypot(signed + rng.normal(0, noise, signed.shape), rng.normal(0, noise, signed.shape))
    return WeightedStack(MapKind.NATIVE_T1, images[None], times_ms[None], (PLACE,), model)


def mapped(stack: WeightedStack, labels: np.ndarray, settings: AnalysisSettings = SETTINGS):
    drawn = (SegmentationStack(stack.kind, labels[None], np.ones((1, len(labels)))),)
    refined = refine((stack,), drawn, settings)
    return fit((stack,), refined, align((stack,), refined, settings), settings)[0]


def mean_of(series) -> float:
    return float(series.map.values[series.map.analysed].mean())


@pytest.mark.parametrize("ratio", [1.9, 2.2, 2.6, 2.8])
def test_a_wall_of_any_ratio_that_tissue_has_counts(ratio) -> None:
    labels = np.stack([heart()] * 8)
    stack = stack_of(MOLLI_MS, recovery(1150.0, ratio, MOLLI_MS), recovery(1800.0, 2.0, MOLLI_MS), labels)
    series = mapped(replace(stack, look_locker=LookLocker(ratio_limits=look_locker_limits(35.0))), labels)
    wall = series.map.status[series.map.labels == 1]
    assert (wall == FitStatus.UNPHYSICAL).mean() < 0.01
    assert mean_of(series) == pytest.approx(1150.0, rel=0.01)
    assert series.map.blood[0].t1_ms == pytest.approx(1800.0, rel=0.02)


def test_an_imperfect_inversion_is_corrected_in_wall_and_blood() -> None:
    labels = np.stack([heart()] * 8)
    e = 0.9
    wall, blood = (
        1 / d - (1 / d + e) * np.exp(-MOLLI_MS * d / t1)  # B/A = 1 + e M0/M0*
        for d, t1 in ((1.6, 1150.0), (1.1, 1800.0))
    )
    stack = stack_of(MOLLI_MS, wall, blood, labels)
    known = replace(stack, look_locker=LookLocker(inversion_efficiency=e))
    by_settings = mapped(
        stack,
        labels,
        AnalysisSettings.from_mapping({"fit": {"inversion_efficiency": e}, "quality": {"require_heart": False}}),
    )
    plain, corrected = mapped(stack, labels), mapped(known, labels)
    assert mean_of(plain) == pytest.approx(0.9 * 1150.0, rel=0.01)
    assert mean_of(corrected) == pytest.approx(1150.0, rel=0.01)
    assert corrected.map.blood[0].t1_ms == pytest.approx(1800.0, rel=0.02)
    assert corrected.map.blood[0].uncertainty_ms == pytest.approx(plain.map.blood[0].uncertainty_ms / e, rel=1e-6)
    np.testing.assert_allclose(by_settings.map.values, corrected.map.values)
    assert "analysis.fit.inversion_efficiency is 0.9" in by_settings.stack.model_reason
    counted = corrected.map.analysed
    np.testing.assert_allclose(corrected.map.sd[counted], plain.map.sd[counted] / e, rtol=1e-6)


def test_a_heart_is_judged_by_t1_of_the_inversion_that_the_settings_give(monkeypatch) -> None:
    labels = np.stack([heart()] * 8)
    stack = stack_of(MOLLI_MS, recovery(1150.0, 2.4, MOLLI_MS), recovery(1800.0, 2.0, MOLLI_MS), labels)
    judged = []

    def not_hearts(stacks, refined, polar):
        judged.extend(measure_signs(stacks[0], refined[0], polar[0]))
        return ({},)

    monkeypatch.setattr("cmrmap.pipeline.fitting.not_hearts", not_hearts)
    mapped(stack, labels, AnalysisSettings())
    mapped(stack, labels, AnalysisSettings.from_mapping({"fit": {"inversion_efficiency": 0.8}}))
    plain, corrected = judged
    assert corrected.wall.t_ms == pytest.approx(plain.wall.t_ms / 0.8)
    assert corrected.cavity.t_ms == pytest.approx(plain.cavity.t_ms / 0.8)


def test_a_still_slice_has_one_outline_where_its_own_ones_jitter() -> None:
    still = np.stack([heart()] * 8)
    jitter = np.random.default_rng(1).uniform(-1.2, 1.2, (8, 2))
    drawn = np.stack([heart(36 + dy, 36 + dx, 8.0 + dy) for dy, dx in jitter])
    stack = stack_of(MOLLI_MS, recovery(1150.0, 2.6, MOLLI_MS), recovery(1800.0, 2.0, MOLLI_MS), still)
    series = mapped(stack, drawn)
    assert (series.refined.labels == series.refined.labels[:, :1]).all()
    assert mean_of(series) == pytest.approx(1150.0, rel=0.02)


def test_a_heart_that_moves_keeps_its_own_outlines() -> None:
    moves = np.linspace(-2.5, 2.5, 8)
    labels = np.stack([heart(36 + dy) for dy in moves])
    stack = stack_of(MOLLI_MS, recovery(1150.0, 2.6, MOLLI_MS), recovery(1800.0, 2.0, MOLLI_MS), labels)
    series = mapped(stack, labels)
    np.testing.assert_array_equal(series.refined.labels[0], labels)
    assert mean_of(series) == pytest.approx(1150.0, rel=0.02)


@pytest.mark.parametrize(
    ("times_ms", "reason"),
    [
        (MOLLI_MS / 1e3, "times_ms must be in milliseconds"),
        (np.array([128.0, 128.0, 208.0, 208.0, 868.0, 868.0, 868.0, 868.0]), ""),
        (np.array([128.0, 128.0, 128.0, 208.0, 208.0, 208.0, 208.0, 208.0]), "different times"),
    ],
)
def test_a_still_slice_whose_times_cannot_be_fitted_keeps_its_outlines_and_costs_only_its_map(times_ms, reason) -> None:
    still = np.stack([heart()] * 8)
    jitter = np.random.default_rng(1).uniform(-1.2, 1.2, (8, 2))
    drawn = np.stack([heart(36 + dy, 36 + dx, 8.0 + dy) for dy, dx in jitter])
    images = stack_of(MOLLI_MS, recovery(1150.0, 2.6, MOLLI_MS), recovery(1800.0, 2.0, MOLLI_MS), still).images
    stack = WeightedStack(MapKind.NATIVE_T1, images, times_ms[None], (PLACE,), "molli_3p")
    series = mapped(stack, drawn)
    np.testing.assert_array_equal(series.refined.labels[0], drawn)
    assert all(reason in refusal.reason for refusal in series.map.refusals)
    assert bool(series.map.refusals) is bool(reason)


def test_a_series_that_moves_is_resampled_once(monkeypatch) -> None:
    labels = np.stack([heart(36 + dy) for dy in 2.0 * np.arange(8)])
    stack = stack_of(MOLLI_MS, recovery(1150.0, 2.6, MOLLI_MS), recovery(1800.0, 2.0, MOLLI_MS), labels)
    calls = []
    resampled = still_images.to_polar
    monkeypatch.setattr(still_images, "to_polar", lambda *given: calls.append(1) or resampled(*given))
    refine((stack,), (SegmentationStack(stack.kind, labels[None], np.ones((1, 8))),), SETTINGS)
    assert calls == [1]


def test_other_sequences_keep_their_outlines(chain) -> None:
    refined = refine(chain.stacks, chain.segmentations, SETTINGS)
    for one, drawn in zip(refined, chain.segmentations, strict=True):
        np.testing.assert_array_equal(one.labels[..., :] == 1, drawn.labels[..., :] == 1)


def _shmolli(labels: np.ndarray, t1_ms: float = 1150.0) -> WeightedStack:
    """Of the later inversions, after one beat of pause, 0.7 of M0 had recovered."""
    recovered = np.where(SHMOLLI_EPOCHS > 0, 0.7, 1.0)
    wall, blood = (recovery(t1, 2.2, SHMOLLI_MS, recovered) for t1 in (t1_ms, 1700.0))
    return stack_of(SHMOLLI_MS, wall, blood, labels, "shmolli_3p")


def test_a_shmolli_is_fitted_to_the_images_that_count() -> None:
    labels = np.stack([heart()] * 7)
    series = mapped(_shmolli(labels), labels)
    assert mean_of(series) == pytest.approx(1150.0, rel=0.01)
    assert series.map.blood[0].t1_ms == pytest.approx(1700.0, rel=0.02)
    alike = mapped(replace(_shmolli(labels), model="molli_3p"), labels)
    assert mean_of(alike) < 0.95 * 1150.0
    # errors are judged by the images that count, and are there
    assert series.errors.slices[0].used.tolist() == [0, 3, 4, 5, 6]
    region = series.region_cells(series.map.analysed)
    assert 0 < series.variance(region) < 30.0**2
    told = explain_pixel(series, 0, 36, 36 + 16)
    assert told.left_out_ms == (180.0, 260.0)


@pytest.mark.parametrize(("lost", "made"), [(1, True), (0, True), (3, True)])
def test_a_shmolli_with_a_missing_image_is_made_where_its_epochs_are_told(lost, made) -> None:
    labels = np.stack([heart()] * 7)
    whole = _shmolli(labels)
    kept = np.arange(7) != lost
    stack = replace(
        whole, images=whole.images[:, kept], times_ms=whole.times_ms[:, kept], epochs=SHMOLLI_EPOCHS[None, kept]
    )
    series = mapped(stack, labels[kept])
    assert bool(series.made[0]) is made
    assert mean_of(series) == pytest.approx(1150.0, rel=0.015)


def test_a_shmolli_slice_that_cannot_be_told_apart_is_refused_alone() -> None:
    labels = np.stack([heart()] * 7)
    whole = _shmolli(labels)
    kept = np.arange(7) != 1
    without = replace(whole, images=whole.images[:, kept], times_ms=whole.times_ms[:, kept])
    series = mapped(without, labels[kept])
    assert not series.made[0]
    assert "the inversion that each image follows" in series.map.refusals[0].reason
    few = replace(whole, epochs=np.array([[0, 1, 2, 3, 4, 0, 0]]))
    refused = mapped(few, labels).map.refusals
    assert refused[0].reason == "3 images of the first inversion were segmented, 4 are needed"


SASHA_MS = np.array([*(100.0 * i for i in range(1, 10)), np.inf])


def saturated(t1_ms: float, efficiency: float) -> np.ndarray:
    return 1.0 - efficiency * np.exp(-SASHA_MS / t1_ms)


@pytest.mark.parametrize(("efficiency", "severity"), [(0.98, "info"), (0.8, "warning")])
def test_a_saturation_that_is_not_perfect_is_told_and_moves_no_t1(efficiency, severity) -> None:
    labels = np.stack([heart()] * 10)
    wall, blood = saturated(1200.0, efficiency), saturated(1700.0, efficiency)
    stack = stack_of(SASHA_MS, wall, blood, labels, "sasha_3p", noise=2.0)
    series = mapped(stack, labels)
    assert mean_of(series) == pytest.approx(1200.0, rel=0.02)
    assert series.map.blood[0].t1_ms == pytest.approx(1700.0, rel=0.03)
    flags = {flag.code: flag for flag in find((series_numbers(series, locate(series)),), SETTINGS)}
    told = flags["saturation_efficiency"]
    assert told.severity == severity
    assert f"{100 * efficiency:.0f}%" in told.message
    # two parameters would take what the saturation left for recovery
    taken_as_perfect = mean_of(mapped(replace(stack, model="sasha_2p"), labels))
    assert (taken_as_perfect < 1000.0) is (efficiency < 0.9)


def test_other_models_have_no_saturation(chain) -> None:
    assert all(np.isnan(one.cells.saturation_efficiency(one.polar.mid_wall)) for one in chain.series)
