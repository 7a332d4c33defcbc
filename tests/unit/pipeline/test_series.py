"""One series to one map: accuracy on known truth, the success rule, what is lost stays lost."""

from dataclasses import replace

import numpy as np
import pytest

from cmrmap.core.findings import Refusal
from cmrmap.core.map_specs import MapKind
from cmrmap.core.outlines import Label
from cmrmap.core.parameter_map import FitStatus
from cmrmap.pipeline import align, fit, refine
from cmrmap.settings import AnalysisSettings

KINDS = (MapKind.T2, MapKind.NATIVE_T1, MapKind.POSTCONTRAST_T1)


@pytest.mark.parametrize("kind", KINDS)
def test_every_slice_is_within_two_percent_of_the_truth(chain, kind) -> None:
    mapped = chain[kind].map
    for index in range(5):
        mean = mapped.values[index][mapped.analysed[index]].mean()
        assert mean == pytest.approx(chain.study.truth.slice_mean(kind, index), rel=0.02)


@pytest.mark.parametrize("kind", KINDS)
def test_values_lie_on_the_reference_wall_and_nowhere_else(chain, kind) -> None:
    mapped = chain[kind].map
    wall = mapped.labels == Label.MYOCARDIUM
    assert np.isnan(mapped.values[~wall]).all()
    assert (mapped.status[~wall] == FitStatus.NOT_FITTED).all()
    assert not (mapped.analysed & ~wall).any()
    assert np.isfinite(mapped.values[mapped.analysed]).all()


def test_noise_is_found_from_the_residuals(chain) -> None:
    series = chain.study[MapKind.NATIVE_T1]
    assert chain[MapKind.NATIVE_T1].errors.noise_sd == pytest.approx(series.noise_sd, rel=0.08)


@pytest.mark.parametrize("kind", [MapKind.NATIVE_T1, MapKind.POSTCONTRAST_T1])
def test_blood_is_fitted_in_every_slice(chain, kind) -> None:
    values = [blood.t1_ms for blood in chain[kind].map.blood]
    assert len(values) == 5
    assert np.std(values) < 0.05 * np.mean(values)


def test_t2_has_no_blood(chain) -> None:
    assert chain[MapKind.T2].map.blood == (None,) * 5


def _fit_native(chain, labels: np.ndarray, stack=None):
    settings = AnalysisSettings()
    index = [one.kind for one in chain.series].index(MapKind.NATIVE_T1)
    stacks = (stack or chain.stacks[index],)
    segmentations = (replace(chain.segmentations[index], labels=labels),)
    refined = refine(stacks, segmentations, settings)
    return fit(stacks, refined, align(stacks, refined, settings), settings)[0]


def test_a_slice_without_shapes_is_refused_with_the_count(chain) -> None:
    labels = np.array(chain[MapKind.NATIVE_T1].refined.labels)
    labels[2] = 0
    mapped = _fit_native(chain, labels).map
    assert [r.slice_index for r in mapped.refusals] == [2]
    assert mapped.refusals[0].reason == "0 of 11 images were segmented, 8 are needed"
    assert mapped.reference_time[2] == -1
    assert np.isnan(mapped.values[2]).all()
    assert not mapped.analysed[2].any()


@pytest.mark.parametrize(("n_lost", "made"), [(3, True), (4, False)])
def test_lost_images_count_against_the_slice(chain, n_lost: int, made: bool) -> None:
    stack = next(one for one in chain.stacks if one.kind is MapKind.NATIVE_T1)
    images, times = np.array(stack.images), np.array(stack.times_ms)
    images[1, 4 : 4 + n_lost] = np.nan
    times[1, 4 : 4 + n_lost] = np.nan
    labels = np.array(chain[MapKind.NATIVE_T1].refined.labels)
    labels[1, 4 : 4 + n_lost] = 0
    mapped = _fit_native(chain, labels, replace(stack, images=images, times_ms=times)).map
    assert bool(mapped.reference_time[1] >= 0) is made
    if made:
        mean = mapped.values[1][mapped.analysed[1]].mean()
        assert mean == pytest.approx(chain.study.truth.slice_mean(MapKind.NATIVE_T1, 1), rel=0.03)


def test_an_image_drawn_beside_the_heart_takes_no_part(chain) -> None:
    clean = chain[MapKind.NATIVE_T1]
    labels = np.array(clean.refined.labels)
    beside = int(clean.map.reference_time[2])  # the one that the map would be drawn on
    labels[2, beside] = np.roll(labels[2, beside], 6, axis=1)
    found = _fit_native(chain, labels)
    assert found.left_out[2].tolist() == [beside]
    assert found.map.reference_time[2] not in (-1, beside)
    assert np.isnan(found.cells.samples[2, beside]).all()
    assert np.flatnonzero(~found.used[2]).tolist() == [beside]
    assert found.errors.unevenness[2] < 0.03
    mean = found.map.values[2][found.map.analysed[2]].mean()
    assert mean == pytest.approx(chain.study.truth.slice_mean(MapKind.NATIVE_T1, 2), rel=0.02)
    for index in (0, 1, 3, 4):
        assert found.left_out[index].tolist() == clean.left_out[index].tolist() == []


def test_a_series_that_cannot_be_fitted_costs_only_its_own_map(chain) -> None:
    settings = AnalysisSettings()
    stacks = tuple(
        replace(stack, times_ms=stack.times_ms / 1e5) if stack.kind is MapKind.NATIVE_T1 else stack
        for stack in chain.stacks
    )
    refined = refine(stacks, chain.segmentations, settings)
    made = {one.kind: one for one in fit(stacks, refined, align(stacks, refined, settings), settings)}
    assert all(one.made.all() for kind, one in made.items() if kind is not MapKind.NATIVE_T1)
    assert not made[MapKind.NATIVE_T1].made.any()
    reasons = {refusal.reason for refusal in made[MapKind.NATIVE_T1].map.refusals}
    assert len(reasons) == 1
    assert "times_ms must be in milliseconds" in reasons.pop()


def test_a_slice_without_images_has_the_reason_of_whoever_left_them_out(chain) -> None:
    index = [one.kind for one in chain.series].index(MapKind.NATIVE_T1)
    images, times = np.array(chain.stacks[index].images), np.array(chain.stacks[index].times_ms)
    images[1], times[1] = np.nan, np.nan
    labels = np.array(chain.segmentations[index].labels)
    labels[1] = 0
    settings, stacks = AnalysisSettings(), (replace(chain.stacks[index], images=images, times_ms=times),)
    refined = refine(stacks, (replace(chain.segmentations[index], labels=labels),), settings)
    told = [
        Refusal(MapKind.NATIVE_T1, "refused", "they are a map", 1),
        Refusal(MapKind.NATIVE_T1, "refused", "it has too few for a model that is not fitted", 2),
        Refusal(MapKind.T2, "refused", "of another map", 1),
    ]
    (made,) = fit(stacks, refined, align(stacks, refined, settings), settings, told)
    assert [(one.slice_index, one.reason) for one in made.map.refusals] == [(1, "they are a map")]
    assert made.made.tolist() == [True, False, True, True, True]
