"""Generated arrays against what was asked for."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.ndimage import binary_erosion
from scipy.optimize import least_squares
from skimage.measure import euler_number

from cmrmap.core.errors import InputError
from cmrmap.core.map_specs import MapKind
from cmrmap.core.outlines import Label
from cmrmap.core.regional_values import SliceLevel
from cmrmap.phantom.anatomy import aha_borders_rad
from cmrmap.phantom.appearance import weighted_signals
from cmrmap.phantom.generate import PhantomStudy, generate_study
from cmrmap.phantom.parameters import draw_study_parameters
from cmrmap.phantom.sequences import stone_inversion_times_ms
from cmrmap.phantom.tissue import Tissue, draw_tissues
from cmrmap.phantom.truth_files import truth_summary

ACQUIRED = (MapKind.NATIVE_T1, MapKind.POSTCONTRAST_T1, MapKind.T2)


def test_series_have_their_images_times_and_counts(study: PhantomStudy) -> None:
    assert [series.kind for series in study.series] == list(ACQUIRED)
    for series in study.series:
        n_times = 9 if series.kind is MapKind.T2 else 11
        assert series.stack.images.shape == (5, n_times, 256, 256)
        assert np.all(np.diff(series.stack.times_ms, axis=1) > 0)
        counts = series.stack.images
        assert np.array_equal(counts, np.rint(counts))
        assert counts.min() >= 0
        assert 2000 < counts.max() < 65535
    assert np.all(np.isinf(study[MapKind.T2].stack.times_ms[:, -1]))
    assert np.all(study[MapKind.NATIVE_T1].stack.times_ms[:, -1] == 30000.0)
    with pytest.raises(KeyError):
        study[MapKind.ECV]


def test_every_image_has_one_ring_and_its_own_place(study: PhantomStudy) -> None:
    for series in study.series:
        for labels in series.labels.reshape(-1, 256, 256):
            assert euler_number(labels == Label.MYOCARDIUM, connectivity=2) == 0
        for states in series.motion:
            assert len(np.unique(states, axis=0)) == len(states)
        centres = [np.argwhere(labels == 1).mean(axis=0) for labels in series.labels[2]]
        assert np.ptp(centres, axis=0).max() > 1.0


def test_insertion_points_touch_the_myocardium_mask(study: PhantomStudy) -> None:
    for series in study.series:
        for labels, points in zip(
            series.labels.reshape(-1, 256, 256), series.insertion_points.reshape(-1, 2, 2), strict=True
        ):
            ring = np.argwhere((labels == Label.MYOCARDIUM) & ~binary_erosion(labels != Label.BACKGROUND))
            for point in points:
                assert np.hypot(*(ring - point).T).min() < 1.5


def test_other_seed_other_patient() -> None:
    first, other = draw_study_parameters(seed=11), draw_study_parameters(seed=12)
    assert first == draw_study_parameters(seed=11)
    assert first.anatomy.heart != other.anatomy.heart
    assert first.anatomy.torso != other.anatomy.torso
    assert first.tissues != other.tissues
    assert first.series != other.series


def test_requested_snr_is_the_measured_one(study: PhantomStudy) -> None:
    clean = generate_study(draw_study_parameters(seed=1, snr=math.inf))
    for series, ideal, unprepared in zip(study.series, clean.series, (-1, -1, 0), strict=True):
        wall = ideal.labels[:, unprepared] == Label.MYOCARDIUM
        mean = ideal.stack.images[:, unprepared][wall].mean()
        noise = (series.stack.images - ideal.stack.images)[:, unprepared][wall].std()
        assert mean / noise == pytest.approx(30.0, rel=0.05)
        assert ideal.noise_sd == 0.0


@pytest.mark.parametrize("kind", [MapKind.NATIVE_T1, MapKind.POSTCONTRAST_T1, MapKind.T2])
def test_fit_of_pure_pixels_finds_the_truth(focal_still_study: PhantomStudy, kind: MapKind) -> None:
    series, truth = focal_still_study[kind], focal_still_study.truth
    pure = binary_erosion(truth.labels[0] == Label.MYOCARDIUM, iterations=3)
    lesion = truth.maps[MapKind.T2][0] == truth.maps[MapKind.T2][0][pure].max()
    same = binary_erosion(lesion, iterations=3) | binary_erosion(pure & ~lesion, iterations=3)
    pixels = np.argwhere(pure & same)[::7]
    assert len(pixels) >= 3
    times = series.stack.times_ms[0]
    for row, column in pixels:
        signal = series.stack.images[0, :, row, column].astype(np.float64)
        true = truth.maps[kind][0, row, column]
        start = [signal.max(), 1.1 * true, 100.0] if kind is MapKind.T2 else [signal.max(), 1.1 * true]

        def residual(p: np.ndarray, signal: np.ndarray = signal) -> np.ndarray:
            if kind is MapKind.T2:
                return np.asarray(p[0] * np.exp(-times / p[1]) + p[2] - signal)
            return np.asarray(np.abs(p[0] * (1.0 - 2.0 * np.exp(-times / p[1]))) - signal)

        found = least_squares(residual, start, x_scale=np.abs(start)).x[1]
        assert found == pytest.approx(true, rel=0.006)  # whole counts, and the tail of the point spread


def test_models_are_exact_before_coil_and_rounding() -> None:
    tissues = draw_tissues(np.random.default_rng(0))
    times = np.array([200.0, 900.0, 30000.0])
    signals = weighted_signals(tissues, MapKind.NATIVE_T1, times)
    assert signals.shape == (3, len(Tissue))
    expected = 1.0 - 2.0 * np.exp(-times / tissues.t1_native_ms[Tissue.MYOCARDIUM])
    measured = signals[:, Tissue.MYOCARDIUM] / signals[-1, Tissue.MYOCARDIUM] * expected[-1]
    np.testing.assert_allclose(measured, expected, rtol=1e-9)
    decay = weighted_signals(tissues, MapKind.T2, np.array([0.0, 30.0, 60.0, np.inf]))[:, Tissue.CAVITY]
    np.testing.assert_allclose(
        np.log((decay[0] - decay[3]) / (decay[1] - decay[3])), 30.0 / tissues.t2_ms[Tissue.CAVITY], rtol=1e-9
    )
    with pytest.raises(ValueError, match="found ecv"):
        weighted_signals(tissues, MapKind.ECV, times)


def test_ecv_equation_closes_on_the_truth_maps(focal_still_study: PhantomStudy) -> None:
    truth = focal_still_study.truth
    inside = (truth.labels == Label.MYOCARDIUM) | (truth.labels == Label.CAVITY)
    rate = {kind: 1.0 / truth.maps[kind][inside] for kind in (MapKind.NATIVE_T1, MapKind.POSTCONTRAST_T1)}
    blood = focal_still_study.parameters.tissues
    blood_change = 1.0 / blood.t1_postcontrast_ms[Tissue.CAVITY] - 1.0 / blood.t1_native_ms[Tissue.CAVITY]
    change = rate[MapKind.POSTCONTRAST_T1] - rate[MapKind.NATIVE_T1]
    ecv = 100.0 * (1.0 - truth.hematocrit) * change / blood_change
    np.testing.assert_allclose(ecv, truth.maps[MapKind.ECV][inside], rtol=1e-9)


def test_focal_disease_raises_its_segment_only(focal_still_study: PhantomStudy) -> None:
    truth, lesion = focal_still_study.truth, focal_still_study.parameters.anatomy.lesion
    assert lesion is not None
    borders = aha_borders_rad(focal_still_study.parameters.anatomy.heart[0].septal_half_width_rad)
    basal_segment = (2, 1, 6, 5, 4, 3)[borders.index(lesion.start_rad)]
    index = lesion.slices[0]
    for kind, least in ((MapKind.T2, 10.0), (MapKind.NATIVE_T1, 80.0), (MapKind.ECV, 8.0)):
        means = {segment: truth.segment_mean(kind, index, segment) for segment in range(1, 7)}
        others = [value for segment, value in means.items() if segment != basal_segment]
        assert means[basal_segment] > np.mean(others) + least
        assert np.ptp(others) < 0.1 * least
        assert truth.slice_mean(kind, index) > truth.slice_mean(kind, 4)
    assert math.isnan(truth.segment_mean(MapKind.T2, index, 13))


def test_diffuse_disease_raises_every_slice() -> None:
    healthy, ill = (
        generate_study(replace(draw_study_parameters(seed=2, disease=disease), series=())).truth
        for disease in ("none", "diffuse")
    )
    assert set(healthy.maps) == {MapKind.T2, MapKind.NATIVE_T1, MapKind.POSTCONTRAST_T1, MapKind.ECV}
    for kind in healthy.maps:
        for index in range(5):
            difference = ill.slice_mean(kind, index) - healthy.slice_mean(kind, index)
            assert (difference < 0) if kind is MapKind.POSTCONTRAST_T1 else (difference > 0)
    np.testing.assert_array_equal(healthy.labels, ill.labels)


def test_segments_cover_the_myocardium_and_follow_the_aha_numbers(study: PhantomStudy) -> None:
    truth = study.truth
    assert np.array_equal(truth.aha > 0, truth.labels == Label.MYOCARDIUM)
    expected = {SliceLevel.BASAL: range(1, 7), SliceLevel.MID: range(7, 13), SliceLevel.APICAL: range(13, 17)}
    for segments, level in zip(truth.aha, truth.levels, strict=True):
        assert set(np.unique(segments)) == {0, *expected[level]}
    place = {number: np.argwhere(truth.aha[0] == number).mean(axis=0) for number in range(1, 7)}
    assert place[1][0] < place[4][0]  # anterior above inferior
    assert max(place[2][1], place[3][1]) < min(place[5][1], place[6][1])  # septum at the left
    assert place[2][0] < place[3][0]
    assert place[6][0] < place[5][0]


def test_planes_run_from_base_to_apex_to_the_left_front_and_feet(study: PhantomStudy) -> None:
    geometry = study.truth.geometry
    step = np.subtract(geometry[1].position_mm, geometry[0].position_mm)
    assert step[0] > 0 > step[1]
    assert step[2] < 0
    assert np.linalg.norm(step) == pytest.approx(study.parameters.anatomy.slice_spacing_mm, abs=1e-6)
    np.testing.assert_allclose(step / np.linalg.norm(step), -geometry[0].normal, atol=1e-6)
    np.testing.assert_allclose(np.dot(geometry[0].row_cosines, geometry[0].column_cosines), 0.0, atol=1e-8)


@pytest.mark.parametrize("heart_rate", [50.0, 68.0, 110.0])
def test_inversion_times_follow_the_heart_rate(heart_rate: float) -> None:
    times = stone_inversion_times_ms(np.random.default_rng(0), heart_rate)
    assert len(times) == 11
    assert times[0] == 193.0
    assert times[-1] == 30000.0
    assert 350.0 in times
    assert times[-2] == pytest.approx(350.0 + 4 * 60000.0 / heart_rate, rel=0.05)


def test_options_share_everything_they_do_not_change() -> None:
    plain, other = draw_study_parameters(seed=5), draw_study_parameters(seed=5, snr=10, motion=2.0, disease="focal")
    assert plain.anatomy.heart == other.anatomy.heart
    assert plain.tissues.hematocrit == other.tissues.hematocrit
    assert [item.times_ms for item in plain.series] == [item.times_ms for item in other.series]
    assert 2 * plain.series[0].motion[0][0].contraction == pytest.approx(other.series[0].motion[0][0].contraction)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"seed": -1}, "seed must be >= 0; found -1"),
        ({"snr": 0.0}, "snr must be > 0"),
        ({"snr": math.nan}, "snr must be > 0"),
        ({"motion": -0.5}, "motion must be a finite amplitude >= 0; found -0.5"),
        ({"disease": "flu"}, "disease must be one of none, diffuse, focal; found 'flu'"),
    ],
)
def test_options_out_of_range_are_refused(options: dict[str, float | str], message: str) -> None:
    with pytest.raises(InputError, match=message):
        draw_study_parameters(**options)  # type: ignore[arg-type]


def test_summary_repeats_the_truth(study: PhantomStudy) -> None:
    summary = truth_summary(study)
    assert summary["hematocrit"] == study.truth.hematocrit
    mid = summary["maps"]["t2"]["slices"][2]
    assert mid["mean"] == study.truth.slice_mean(MapKind.T2, 2)
    assert [item["aha"] for item in mid["segments"]] == [7, 8, 9, 10, 11, 12]
    assert summary["times_ms"]["t2"][0][-1] == "inf"
