"""What is told of fits: doubtful pixels, images that disagree, means too uncertain to act on."""

import numpy as np
import pytest

from cmrmap.core.map_specs import MapKind
from cmrmap.core.parameter_map import FitStatus
from cmrmap.core.regional_values import RegionStatistics
from cmrmap.quality.fit_flags import disagreement_flags, fit_flags, misfit_flags, range_flags, uncertainty_flags


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
    assert flags[0].message.startswith("30% of wall pixels")


def test_few_pixels_left():
    wall = np.ones((1, 10, 10), bool)
    analysed = np.zeros(wall.shape, bool)
    analysed[0, :2] = True
    codes = [f.code for f in fit_flags(MapKind.T2, np.zeros(wall.shape, np.uint8), wall, analysed)]
    assert codes == ["few_pixels_analysed"]
    assert fit_flags(MapKind.T2, np.zeros(wall.shape, np.uint8), ~wall, analysed) == ()


def test_a_range_that_cuts_off_one_side_of_the_values_is_told():
    rng = np.random.default_rng(3)
    values = np.stack([rng.normal(mean, 3.0, (20, 20)) for mean in (50.0, 30.5, 99.0, 50.0, 50.0)])
    values[3, :3] = 20.0  # 15 %, but their fit is not trusted
    values[4, :1], values[4, 1:2] = 20.0, 140.0  # 5 % on either side
    status = np.zeros(values.shape, np.uint8)
    status[3, :3] = FitStatus.DEGENERATE
    wall = np.ones(values.shape, bool)
    flags = range_flags(MapKind.T2, values, status, wall, (30.0, 100.0))
    assert [(one.slice_index, one.code, one.severity) for one in flags] == [
        (1, "values_out_of_range", "warning"),
        (2, "values_out_of_range", "warning"),
    ]
    assert "are below 30 ms and excluded" in flags[0].message
    assert "are above 100 ms and excluded" in flags[1].message
    for nothing in (np.full(values.shape, np.nan), values):
        assert range_flags(MapKind.T2, nothing, status, ~wall, (30.0, 100.0)) == ()
    assert range_flags(MapKind.T2, np.full(values.shape, np.nan), status, wall, (30.0, 100.0)) == ()


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
    assert "AHA 2, 6: 95 % confidence interval wider than ±5 ms" in found[0].message
    assert "±5.88 ms, wider than ±5" in found[1].message


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


def test_a_misfit_of_all_slices_is_told_from_one_percent_on_and_warns_where_one_image_decides():
    kind = MapKind.NATIVE_T1
    assert misfit_flags(kind, 0.01, 80.0, 30000.0, 60.0) == ()
    assert misfit_flags(kind, float("nan"), 80.0, 30000.0, 60.0) == ()
    assert misfit_flags(kind, 0.01, float("nan"), float("nan"), 60.0) == ()
    (note,) = misfit_flags(kind, 0.02, -16.0, 30000.0, 60.0)
    assert (note.code, note.severity, note.slice_index) == ("model_misfit", "info", None)
    assert "2.0 % of signal (change of -16 ms without the image at 30000 ms)" in note.message
    (warning,) = misfit_flags(kind, 0.02, 61.0, np.inf, 60.0)
    assert warning.severity == "warning"
    assert "(change of +61 ms without the image at infinity)" in warning.message


def test_a_misfit_whose_effect_cannot_be_told_is_a_warning():
    """It is in no standard error: to be silent of it would leave nothing that tells it."""
    (warning,) = misfit_flags(MapKind.T2, 0.02, float("nan"), float("nan"), 5.0)
    assert warning.severity == "warning"
    assert "2.0 % of signal (effect on the value unknown)" in warning.message


@pytest.mark.parametrize(
    ("half", "shown"), [(25.04, "±25.04 ms"), (25.4, "±25.4 ms"), (31.26, "±31.3 ms"), (183.2, "±183 ms")]
)
def test_the_interval_is_shown_above_what_it_is_above(half, shown) -> None:
    whole = RegionStatistics(560.0, 20.0, 300, half / 1.96)
    (flag,) = uncertainty_flags(MapKind.POSTCONTRAST_T1, [whole], [{}], 25.0)
    assert shown in flag.message
    assert flag.message.count("wider than ±25:") == 1
