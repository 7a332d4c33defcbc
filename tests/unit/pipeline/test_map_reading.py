"""A scanner's map in place of a fit: its own values on its own pixels, blood and ECV of it, errors as it tells."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage

from cmrmap.core.findings import Refusal
from cmrmap.core.map_specs import MapKind
from cmrmap.core.outlines import Label, SegmentationStack
from cmrmap.core.parameter_map import FitStatus
from cmrmap.core.scanner_map import SCANNER_MAP, ScannerMap
from cmrmap.core.selected_series import ContrastLabel
from cmrmap.core.stack import WeightedStack
from cmrmap.ecv.hematocrit import Hematocrit
from cmrmap.phantom.generate import generate_study
from cmrmap.phantom.parameters import draw_study_parameters
from cmrmap.phantom.tissue import Tissue
from cmrmap.phantom.vendor_fit import vendor_fit
from cmrmap.pipeline import MappedEcv, align, extracellular_volume, fit, map_signs, refine
from cmrmap.pipeline.check import check_series
from cmrmap.pipeline.explain import explain_pixel
from cmrmap.pipeline.field_maps import field_maps
from cmrmap.pipeline.field_trust import shown_range
from cmrmap.pipeline.heart_verdict import not_hearts
from cmrmap.pipeline.study import report
from cmrmap.settings import AnalysisSettings

SETTINGS = AnalysisSettings()
NATIVE, POST, T2 = MapKind.NATIVE_T1, MapKind.POSTCONTRAST_T1, MapKind.T2


def as_map(stack, values, sd=None):
    """The stack of a scanner's map on the pixels of a weighted series."""
    shape = (len(stack.geometry), 1, *stack.images.shape[2:])
    known = np.where(values > 0, values, np.nan).reshape(shape)
    return WeightedStack(
        kind=stack.kind,
        images=np.nan_to_num(known),
        times_ms=np.zeros(shape[:2]),
        geometry=stack.geometry,
        model=SCANNER_MAP,
        timing_source="",
        field_strength_t=stack.field_strength_t,
        scanner=ScannerMap(known, None if sd is None else sd.reshape(shape)),
    )


def outlined(stacks, truth):
    labels = truth.labels[:, None]
    drawn = tuple(SegmentationStack(one.kind, labels, np.ones(labels.shape[:2])) for one in stacks)
    return refine(stacks, drawn, SETTINGS)


def mapped(stacks, truth, settings=SETTINGS):
    refined = outlined(stacks, truth)
    return check_series(fit(stacks, refined, align(stacks, refined, settings), settings), settings)


@pytest.fixture(scope="module")
def study():
    return generate_study(draw_study_parameters(seed=1, motion=False))


@pytest.fixture(scope="module")
def stacks(study):
    return tuple(as_map(one.stack, (found := vendor_fit(one)).values_ms, found.sd_ms) for one in study.series)


@pytest.fixture(scope="module")
def series(study, stacks):
    return {one.kind: one for one in mapped(stacks, study.truth)}


def test_around_the_wall_the_scanner_s_own_values_are_shown_where_a_tissue_can_have_them(stacks, series):
    shown = field_maps(list(series.values()), None, SETTINGS)
    for stack in stacks:
        scanner = stack.scanner.values[:, 0]
        found = shown[stack.kind].values
        known = np.isfinite(found)
        np.testing.assert_array_equal(found[known], scanner[known])
        low, high = shown_range(stack.kind, SETTINGS.pruning)
        np.testing.assert_array_equal(found[known], np.clip(found[known], low, high))
        assert known.mean() > 0.4
        counted = series[stack.kind].map.analysed
        np.testing.assert_array_equal(found[counted], scanner[counted])


def test_ecv_around_the_wall_is_made_of_scanner_s_maps_too(study, series):
    ecv = extracellular_volume([series[NATIVE], series[POST]], Hematocrit(study.truth.hematocrit, "truth"), SETTINGS)
    shown = field_maps([series[NATIVE], series[POST]], ecv, SETTINGS)[MapKind.ECV].values
    blood = ndimage.binary_erosion(study.truth.labels == Label.CAVITY, np.ones((1, 5, 5)))
    # of the median: papillary muscles are labelled as cavity
    assert np.nanmedian(shown[blood]) == pytest.approx(100 * (1 - study.truth.hematocrit), rel=0.02)
    assert np.isfinite(shown).mean() > 0.3


def test_the_wall_has_the_scanner_s_own_values(stacks, series):
    for stack in stacks:
        one = series[stack.kind]
        wall = one.map.labels == Label.MYOCARDIUM
        np.testing.assert_array_equal(one.map.values[wall], stack.scanner.values[:, 0][wall])
        known = wall & np.isfinite(one.map.values)
        np.testing.assert_array_equal(one.map.sd[known], stack.scanner.sd[:, 0][known])
        assert np.isnan(one.map.values[~wall]).all()
        assert one.map.model == "scanner_map"
        assert one.source == "scanner_map"
        assert one.fit is None
        assert one.made.all()


def test_means_of_slices_and_blood_meet_the_truth(study, series):
    for kind, tolerance in ((NATIVE, 0.005), (POST, 0.01), (T2, 0.02)):
        result = {one.kind: one for one in report(list(series.values()), _no_ecv(), (), SETTINGS).maps}[kind]
        for one in result.slices:
            truth = study.truth.slice_mean(kind, one.slice_index)
            assert one.statistics.mean == pytest.approx(truth, rel=tolerance), (kind, one.slice_index)
    tissues = study.parameters.tissues
    for kind, t1 in ((NATIVE, tissues.t1_native_ms[Tissue.CAVITY]), (POST, tissues.blood_t1_post_ms)):
        for blood in series[kind].map.blood:
            assert blood is not None
            assert blood.t1_ms == pytest.approx(t1, rel=0.015)
            assert 0.0 < blood.uncertainty_ms < 20.0
    assert series[T2].map.blood == (None,) * 5


def _no_ecv():
    return Refusal(MapKind.ECV, "absent", "not asked for")


def test_ecv_of_two_maps_meets_the_truth_within_a_point(study, series):
    hematocrit = Hematocrit(study.truth.hematocrit, "truth")
    ecv = extracellular_volume(list(series.values()), hematocrit, SETTINGS)
    assert isinstance(ecv, MappedEcv)
    assert ecv.source == "scanner_map"
    told = report(list(series.values()), ecv, (), SETTINGS)
    result = {one.kind: one for one in told.maps}[MapKind.ECV]
    assert result.source == "scanner_map"
    for one in result.slices:
        assert one.statistics.mean == pytest.approx(study.truth.slice_mean(MapKind.ECV, one.slice_index), abs=1.0)
        assert np.isfinite(one.statistics.uncertainty)
    assert "mixed_sources" not in {flag.code for flag in told.flags}


def test_errors_of_means_are_those_of_the_scanner_s_deviations(study, series):
    """Means of many regions, against the truth: off by as much as their standard errors say."""
    one = series[NATIVE]
    truth = study.truth.maps[NATIVE]
    rng = np.random.default_rng(0)
    scores = []
    for s in range(len(one.made)):
        pixels = np.argwhere(one.map.analysed[s])
        for _ in range(12):
            region = np.zeros_like(one.map.analysed)
            chosen = pixels[rng.choice(len(pixels), 25, replace=False)]
            region[s, chosen[:, 0], chosen[:, 1]] = True
            error = one.map.values[region].mean() - truth[region].mean()
            # the variance is that of the polar cells, which are smoother than the pixels themselves
            scores.append(error / np.sqrt(one.variance(one.region_cells(region))))
    assert 0.6 < np.std(scores) < 1.8


def test_without_deviations_errors_are_not_known_and_nothing_is_invented(study, stacks):
    bare = tuple(replace(one, scanner=ScannerMap(one.scanner.values)) for one in stacks)
    series = mapped(bare, study.truth)
    told = report(series, _no_ecv(), (), SETTINGS)
    for result in told.maps[:3]:
        assert np.isnan(result.patient.uncertainty)
        assert np.isfinite(result.patient.mean)
        assert result.blood is None or np.isnan(result.blood.uncertainty)
    assert not {flag.code for flag in told.flags} & {"uncertain_mean", "uncertain_segments", "fit_residuals"}


def test_pixels_without_a_valid_value_do_not_count(study, stacks):
    native = next(one for one in stacks if one.kind is NATIVE)
    holes = np.array(native.scanner.values)
    rows, columns = np.nonzero(study.truth.labels[2] == Label.MYOCARDIUM)
    gone = slice(None, None, 3)
    holes[2, 0, rows[gone], columns[gone]] = np.nan
    (one,) = mapped((replace(native, scanner=ScannerMap(holes)),), study.truth)
    assert np.isnan(one.map.values[2, rows[gone], columns[gone]]).all()
    assert not one.map.analysed[2, rows[gone], columns[gone]].any()
    assert (one.map.status[2, rows[gone], columns[gone]] == FitStatus.NO_VALID_VALUE).all()
    kept = one.map.analysed[2].sum()
    assert kept > 100
    assert one.map.values[2][one.map.analysed[2]].mean() == pytest.approx(study.truth.slice_mean(NATIVE, 2), rel=0.01)


def test_a_slice_without_any_valid_value_is_refused_with_the_reason(study, stacks):
    native = next(one for one in stacks if one.kind is NATIVE)
    empty = np.array(native.scanner.values)
    empty[1, 0][study.truth.labels[1] == Label.MYOCARDIUM] = np.nan
    settings = replace(SETTINGS, quality=replace(SETTINGS.quality, require_heart=False))
    (one,) = mapped((replace(native, scanner=ScannerMap(empty)),), study.truth, settings)
    assert one.made.tolist() == [True, False, True, True, True]
    assert "no valid value in the scanner's map" in one.map.refusals[0].reason


def test_a_lost_slice_and_one_without_an_outline_are_refused(study, stacks):
    native = next(one for one in stacks if one.kind is NATIVE)
    images, values, times = np.array(native.images), np.array(native.scanner.values), np.array(native.times_ms)
    images[0], values[0], times[0] = np.nan, np.nan, np.nan
    lost = replace(native, images=images, times_ms=times, scanner=ScannerMap(values))
    truth = replace(study.truth, labels=np.where(np.arange(5)[:, None, None] == 4, 0, study.truth.labels))
    (one,) = mapped((lost,), truth)
    reasons = {refusal.slice_index: refusal.reason for refusal in one.map.refusals}
    assert reasons[0].startswith("the image of the scanner's map cannot be used")
    assert reasons[4].startswith("no left ventricle was found")
    assert one.made.tolist() == [False, True, True, True, False]


def test_a_map_beside_a_fitted_series_is_told(study, stacks, series):
    weighted = study[POST].stack
    drawn = SegmentationStack(POST, study[POST].labels, np.ones(weighted.times_ms.shape))
    refined = refine((weighted,), (drawn,), SETTINGS)
    fitted = fit((weighted,), refined, align((weighted,), refined, SETTINGS), SETTINGS)
    pair = check_series([series[NATIVE], *fitted], SETTINGS)
    ecv = extracellular_volume(pair, Hematocrit(0.4, "given"), SETTINGS)
    told = report(pair, ecv, (), SETTINGS)
    (flag,) = (flag for flag in told.flags if flag.code == "mixed_sources")
    assert flag.message.startswith("native T1 is the scanner's map, post-contrast T1 was fitted here")
    assert {one.kind: one.source for one in told.maps}[POST] == "weighted_images"
    assert {one.kind: one.source for one in told.maps}[MapKind.ECV] == "scanner_map"


def test_a_pixel_is_explained_by_what_was_read(series):
    one = series[NATIVE]
    row, column = np.argwhere(one.map.analysed[2])[10]
    told = explain_pixel(one, 2, int(row), int(column))
    assert told.value == one.map.values[2, row, column]
    assert told.counted
    assert told.samples == pytest.approx([told.value], rel=0.2)
    assert np.isnan(told.r2)
    assert np.isnan(told.fitted).all()


def test_native_is_told_from_post_contrast_by_blood_and_wall_as_in_a_fit(study, stacks):
    post = next(one for one in stacks if one.kind is POST)
    guessed = replace(post, kind=NATIVE, label=ContrastLabel("acquired first", gives_way=True))
    (one,) = mapped((guessed,), study.truth)
    assert one.kind is POST
    stated = replace(post, kind=NATIVE, label=ContrastLabel('the description says "native"'))
    (one,) = mapped((stated,), study.truth)
    assert not one.made.any()
    assert "but its T1" in one.map.refusals[0].reason


@pytest.mark.parametrize("kind", [NATIVE, POST, T2])
def test_a_heart_is_known_by_its_map_alone(study, stacks, kind):
    one = next(stack for stack in stacks if stack.kind is kind)
    refined = outlined((one,), study.truth)
    assert not_hearts((one,), refined, align((one,), refined, SETTINGS)) == ({},)


@pytest.mark.parametrize(
    ("kind", "change", "told"),
    [
        (NATIVE, lambda values: np.full_like(values, 1000.0), "the same T1"),
        (NATIVE, lambda values: np.where(values < 1400.0, 0.3 * values, values), "myocardium beside such blood"),
        (T2, lambda values: 1000.0 / values, "as rates"),
        (T2, lambda values: values * 8.0, "T2 of the wall is"),
    ],
)
def test_what_no_heart_can_have_is_refused_by_the_map_alone(study, stacks, kind, change, told):
    one = next(stack for stack in stacks if stack.kind is kind)
    wrong = change(np.asarray(one.scanner.values))
    wrong = replace(one, images=np.nan_to_num(wrong), scanner=ScannerMap(wrong))
    refined = outlined((wrong,), study.truth)
    (reasons,) = not_hearts((wrong,), refined, align((wrong,), refined, SETTINGS))
    assert set(reasons) == set(range(5))
    assert all(told in reason for reason in reasons.values())


def test_a_contour_in_the_blood_is_told(study, stacks):
    native = next(one for one in stacks if one.kind is NATIVE)
    beside = replace(study.truth, labels=np.roll(study.truth.labels, 7, axis=2))
    settings = replace(SETTINGS, quality=replace(SETTINGS.quality, require_heart=False))
    series = mapped((native,), beside, settings)
    codes = {(flag.code, flag.slice_index) for flag in report(series, _no_ecv(), (), settings).flags}
    assert {("wall_like_blood", index) for index in range(5)} <= codes
    assert (series[0].wall_like_blood > 0.0).all()
    right = mapped((native,), study.truth, settings)
    assert "wall_like_blood" not in {flag.code for flag in report(right, _no_ecv(), (), settings).flags}


def test_how_like_blood_the_wall_is_is_measured_once(series, monkeypatch):
    def again(*_):
        raise AssertionError("it was measured when the map was read")

    monkeypatch.setattr(map_signs, "_measure", again)
    native, post = series[NATIVE], replace(series[POST], wall_like_blood=np.ones(5))
    ecv = extracellular_volume([native, post], Hematocrit(0.42, "test"), SETTINGS)
    assert isinstance(ecv, MappedEcv)
    flags = [flag for flag in report((native, post), ecv, (), SETTINGS).flags if flag.code == "wall_like_blood"]
    assert {(flag.map, flag.slice_index) for flag in flags} == {
        (kind, index) for kind in (POST, MapKind.ECV) for index in range(5)
    }


def test_a_stack_is_a_map_or_has_a_model(stacks, study):
    with pytest.raises(ValueError, match="a model or the scanner's map"):
        replace(stacks[0], scanner=None)
    with pytest.raises(ValueError, match="a model or the scanner's map"):
        replace(study[NATIVE].stack, model=SCANNER_MAP)
