"""Success rules and quality flags."""

from dataclasses import replace

import numpy as np
from cmrmap.quality.findings import (
    disagreement_flags,
    fit_flags,
    insertion_point_flags,
    segmentation_flags,
    uncertainty_flags,
)

from cmrmap.core.map_specs import MapKind
from cmrmap.core.outlines import ImageOutcome, RefinedSegmentation
from cmrmap.core.parameter_map import FitStatus
from cmrmap.core.regional_values import RegionStatistics

P, R, X, M = ImageOutcome.PASSED, ImageOutcome.REPLACED, ImageOutcome.EXCLUDED, ImageOutcome.MISSING


def refined_of(kind, *slices):
    outcome = np.array(slices, np.uint8)
    return RefinedSegmentation(kind, np.zeros((*outcome.shape, 2, 2), np.uint8), outcome, np.full(outcome.shape, -1))


def test_outlines_that_the_network_is_not_sure_of_are_told():
    refined = refined_of(MapKind.T2, (P, P, R), (P, P, P), (P, M, X))
    confidence = np.array([[0.9, 0.91, 0.2], [0.8, 0.82, 0.84], [0.9, np.nan, 0.0]], np.float32)
    flags = [f for f in segmentation_flags(replace(refined, confidence=confidence)) if f.code == "uncertain_outlines"]
    assert [(flag.severity, flag.slice_index) for flag in flags] == [("warning", 1)]
    assert "0.82" in flags[0].message
    assert not any(flag.code == "uncertain_outlines" for flag in segmentation_flags(refined))


def test_segmentation_flags_count_and_weigh():
    flags = segmentation_flags(refined_of(MapKind.T2, [P] * 9, [P] * 7 + [R, M], [P] * 4 + [R] * 4 + [X]))
    found = {(f.slice_index, f.code): (f.severity, f.message) for f in flags}
    assert set(found) == {(1, "images_missing"), (1, "images_refined"), (2, "images_refined"), (2, "images_excluded")}
    assert found[1, "images_refined"] == ("info", "1 of 8 images took their shape from another image")
    assert found[2, "images_refined"][0] == "warning"
    assert found[1, "images_missing"][1] == "1 of 9 images are missing"
    assert all(f.map is MapKind.T2 for f in flags)


def test_fit_flags_speak_only_of_what_is_frequent():
    wall = np.ones((3, 10, 10), bool)
    status = np.zeros(wall.shape, np.uint8)
    status[0, :1] = FitStatus.EDGE_OF_RANGE
    status[1, :3] = FitStatus.EDGE_OF_RANGE
    status[1, 3:6] = FitStatus.NULL_AMBIGUOUS
    status[2] = FitStatus.NOT_FITTED
    analysed = status == FitStatus.OK
    flags = fit_flags(MapKind.NATIVE_T1, status, wall, analysed)
    assert [(f.slice_index, f.code, f.severity) for f in flags] == [
        (1, "edge_of_range_pixels", "warning"),
        (1, "null_ambiguous_pixels", "info"),
    ]
    assert flags[0].message.startswith("30% of the wall's pixels")


def test_few_pixels_left():
    wall = np.ones((1, 10, 10), bool)
    analysed = np.zeros(wall.shape, bool)
    analysed[0, :2] = True
    codes = [f.code for f in fit_flags(MapKind.T2, np.zeros(wall.shape, np.uint8), wall, analysed)]
    assert codes == ["few_pixels_analysed"]
    assert fit_flags(MapKind.T2, np.zeros(wall.shape, np.uint8), ~wall, analysed) == ()


def test_insertion_point_flags():
    flags = insertion_point_flags(["measured", "manual", "neighbour", "none"], ["", "", "no RV", "no RV"])
    assert [(f.slice_index, f.code, f.severity) for f in flags] == [
        (2, "insertion_points_from_neighbour", "info"),
        (3, "insertion_points_missing", "warning"),
    ]
    assert "no RV" in flags[0].message


def test_means_too_uncertain_to_act_on_are_flagged():
    def region(uncertainty):
        return RegionStatistics(50.0, 3.0, 100, uncertainty)

    slices = [region(1.0), region(3.0), region(1.0), RegionStatistics(np.nan, np.nan, 0, np.nan)]
    segments = [{1: region(2.0), 2: region(2.6), 6: region(3.0)}, {7: region(9.0)}, {8: region(2.5)}, {}]
    found = uncertainty_flags(MapKind.T2, slices, segments, 5.0)
    assert [(f.code, f.severity, f.slice_index) for f in found] == [
        ("uncertain_segments", "info", 0),
        ("uncertain_mean", "warning", 1),
    ]
    assert "AHA segments 2, 6 are wider than +-5 ms" in found[0].message
    assert "+-5.88 ms, wider than +-5" in found[1].message


def test_images_that_are_not_of_one_relaxation_are_told():
    found = disagreement_flags(
        MapKind.T2,
        [[], [25.0, np.inf], [], []],
        np.array([0.01, 0.02, 0.05, np.nan]),
        np.array([0.01, np.nan, 0.01, 0.06]),
    )
    assert [(f.code, f.severity, f.slice_index) for f in found] == [
        ("images_contradicted", "info", 1),
        ("images_disagree", "warning", 2),
        ("stray_offset", "warning", 3),
    ]
    assert "25, infinity ms" in found[0].message
    assert "5.0 %" in found[1].message
    assert "6.0 %" in found[2].message
