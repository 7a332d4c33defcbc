"""What is measured of a slice, on the phantom with its true outlines, and on what was made of it."""

from dataclasses import replace
from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest

from cmrmap.core.map_specs import MapKind
from cmrmap.core.outlines import Label
from cmrmap.phantom.tissue import Tissue
from cmrmap.pipeline import fit
from cmrmap.pipeline.heart_signs import HeartSigns, _fitted, measure_signs
from cmrmap.pipeline.heart_verdict import NOT_FOUND, not_hearts
from cmrmap.pipeline.mapped_series import MappedSeries
from cmrmap.pipeline.series import map_series
from cmrmap.relaxometry import fit_relaxation
from cmrmap.settings import AnalysisSettings

SHMOLLI_MS = (100.0, 1000.0, 1900.0, 2800.0, 3700.0, 180.0, 260.0)


def _signs(series: MappedSeries, **changes: object) -> tuple[HeartSigns | None, ...]:
    return measure_signs(replace(series.stack, **changes), series.refined, series.polar)


def test_blood_and_wall_have_their_t1(chain) -> None:
    tissues = chain.study.parameters.tissues
    for kind, truth in (
        (MapKind.NATIVE_T1, tissues.t1_native_ms),
        (MapKind.POSTCONTRAST_T1, tissues.t1_postcontrast_ms),
    ):
        for one in _signs(chain[kind]):
            assert one is not None
            assert one.cavity.t_ms == pytest.approx(truth[Tissue.CAVITY], rel=0.05)
            assert one.wall.t_ms == pytest.approx(truth[Tissue.MYOCARDIUM], rel=0.03)
            assert one.parts_ms == pytest.approx(truth[Tissue.MYOCARDIUM], rel=0.10)


@pytest.mark.parametrize("kind", [MapKind.T2, MapKind.NATIVE_T1, MapKind.POSTCONTRAST_T1])
def test_a_heart_has_two_pools_of_one_blood_and_a_closed_ring(chain, kind) -> None:
    for index, one in enumerate(_signs(chain[kind])):
        assert one is not None
        assert one.unlike < 0.05
        assert one.apart.min() > 0.35 * np.median(one.apart)
        assert one.long_axis_deg < 5.0
        assert one.patient_axis_deg > 30.0
        pixel_mm2 = chain.study.parameters.anatomy.pixel_mm**2
        drawn = chain[kind].refined.labels[index]
        areas = np.isin(drawn, (Label.MYOCARDIUM, Label.CAVITY)).sum(axis=(1, 2)) * pixel_mm2
        assert one.outer_mm == pytest.approx(np.sqrt(4 / np.pi * np.median(areas)))
        assert one.cavity_mm + 1.5 * one.wall_mm < one.outer_mm < one.cavity_mm + 2.5 * one.wall_mm


def test_the_middle_runs_through_the_patient_along_the_normal(chain) -> None:
    signs = _signs(chain[MapKind.NATIVE_T1])
    spacing = chain.study.parameters.anatomy.slice_spacing_mm
    for one, other in pairwise(signs):
        along, aside = one.offset_mm(other)
        assert along == pytest.approx(spacing, abs=0.01)
        assert aside < 6.0


def test_no_slice_of_a_heart_is_refused(chain) -> None:
    series = chain.series
    reasons = not_hearts([s.stack for s in series], [s.refined for s in series], [s.polar for s in series])
    assert reasons == ({}, {}, {})


def test_a_right_ventricle_of_fat_is_not_like_the_left(chain) -> None:
    series = chain[MapKind.NATIVE_T1]
    images = np.array(series.stack.images)
    images[series.refined.labels == Label.RIGHT_VENTRICLE] = 40.0  # one grey in all images
    assert all(one is not None and one.unlike > 0.18 for one in _signs(series, images=images))


def test_no_right_ventricle_is_not_a_number(chain) -> None:
    series = chain[MapKind.NATIVE_T1]
    labels = np.where(series.refined.labels == Label.RIGHT_VENTRICLE, 0, series.refined.labels)
    for one in measure_signs(series.stack, replace(series.refined, labels=labels), series.polar):
        assert one is not None
        assert np.isnan(one.unlike)
        assert np.isnan(one.beside.largest)
        assert one.beside_mm2 == 0


def test_a_cavity_without_signal_leaves_no_answer_and_no_warning(chain) -> None:
    series = chain[MapKind.NATIVE_T1]
    images = np.array(series.stack.images)
    images[np.isin(series.refined.labels, (Label.CAVITY, Label.RIGHT_VENTRICLE))] = 0.0
    signs = _signs(series, images=images)
    assert all(one is not None and np.isnan(one.cavity.t_ms) and np.isnan(one.apart).all() for one in signs)
    (reasons,) = not_hearts([replace(series.stack, images=images)], [series.refined], [series.polar])
    assert set(reasons) == set(range(5))


def test_a_slice_without_outline_has_no_signs(chain) -> None:
    series = chain[MapKind.NATIVE_T1]
    outcome, labels = np.array(series.refined.outcome), np.array(series.refined.labels)
    outcome[1], labels[1] = 3, 0
    signs = measure_signs(series.stack, replace(series.refined, outcome=outcome, labels=labels), series.polar)
    assert [one is None for one in signs] == [False, True, False, False, False]


@pytest.mark.parametrize("kind", [MapKind.T2, MapKind.NATIVE_T1])
def test_a_slice_with_too_few_outlines_to_be_fitted_is_left_to_the_count_of_images(chain, kind) -> None:
    series = chain[kind]
    outcome = np.array(series.refined.outcome)
    outcome[3, 2:] = 3
    signs = measure_signs(series.stack, replace(series.refined, outcome=outcome), series.polar)
    assert [one is None for one in signs] == [False, False, False, True, False]


def test_a_refused_slice_is_empty_and_says_why(chain) -> None:
    series = chain[MapKind.NATIVE_T1]
    reason = f"{NOT_FOUND}: it is a test"
    made = map_series(series.stack, series.refined, series.polar, AnalysisSettings(), {2: reason})
    assert made.made.tolist() == [True, True, False, True, True]
    assert [(one.slice_index, one.reason) for one in made.map.refusals] == [(2, reason)]
    assert not made.map.labels[2].any()
    assert np.isnan(made.map.values[2]).all()
    assert made.map.blood[2] is None


def test_the_setting_maps_what_is_no_heart(chain) -> None:
    series = chain[MapKind.NATIVE_T1]
    images = np.array(series.stack.images)
    images[series.refined.labels == Label.CAVITY] = 40.0
    given = ([replace(series.stack, images=images)], [series.refined], [series.polar])
    (refused,) = fit(*given, AnalysisSettings())
    assert not refused.made.any()
    (mapped,) = fit(*given, AnalysisSettings.from_mapping({"quality": {"require_heart": False}}))
    assert mapped.made.all()


@pytest.mark.parametrize(("model", "times_ms"), [("molli_3p", SHMOLLI_MS[:5]), ("shmolli_3p", SHMOLLI_MS)])
def test_noise_alone_does_not_turn_the_signs_of_a_region_of_five_images(model, times_ms) -> None:
    """Before, three regions in a hundred, by chance: two samples are left over, and any other sign may explain them."""
    rng = np.random.default_rng(0)
    times = np.array(times_ms)
    epochs = np.array([0, 0, 0, 0, 0, 1, 2])[: times.size]
    stack = SimpleNamespace(
        times_ms=times[None], model=model, look_locker=None, has_signs=np.array([True]), epochs_of=lambda _: epochs
    )
    other = []
    for t_ms in np.arange(700.0, 1750.0, 25.0):
        courses = 100.0 * (1.0 - 1.9 * np.exp(-times / t_ms)) + rng.normal(size=(9, times.size))
        found, _ = _fitted(courses, stack, 0, np.arange(times.size))
        told = fit_relaxation(courses, times, model, magnitude=False, epochs=epochs).t_ms
        other.append(found != told)
    assert np.mean(other) < 0.003
