"""Numbers and volumes: segments in their place, means that can be repeated from the volume, refusals that show."""

from dataclasses import replace

import numpy as np
import pytest

from cmrmap.core.findings import Refusal
from cmrmap.core.map_specs import MapKind
from cmrmap.core.outlines import ImageOutcome
from cmrmap.core.regional_values import SliceLevel
from cmrmap.pipeline import report
from cmrmap.pipeline.find import find
from cmrmap.pipeline.map_numbers import series_numbers
from cmrmap.pipeline.regions import locate
from cmrmap.settings import AnalysisSettings

SETTINGS = AnalysisSettings()


@pytest.fixture(scope="module")
def analysis(chain):
    return report(chain.series, chain.ecv, (), SETTINGS)


def made(analysis):
    """The maps that the study has series for."""
    return [one for one in analysis.maps if one.status.made]


def test_all_four_maps_are_made(analysis) -> None:
    usual = [MapKind.T2, MapKind.NATIVE_T1, MapKind.POSTCONTRAST_T1, MapKind.ECV]
    assert [one.kind for one in analysis.maps] == list(MapKind)
    assert [one.kind for one in made(analysis)] == usual
    assert all(one.status == "ok" and one.success and len(one.slices) == 5 for one in made(analysis))
    assert [volume.kind for volume in analysis.volumes] == usual


def test_insertion_points_are_found_within_ten_degrees(chain) -> None:
    native = chain[MapKind.NATIVE_T1]
    points = locate(native).points
    true = chain.study[MapKind.NATIVE_T1].insertion_points  # (slice, time, anterior | inferior, row | column)
    for index in range(4):  # the apex has hardly a right ventricle
        centre = native.polar.centres[index][:, None, :]
        offsets = true[index] - centre
        angles = np.arctan2(offsets[..., 0], offsets[..., 1])
        for found, expected in ((points.anterior_rad, angles[:, 0]), (points.inferior_rad, angles[:, 1])):
            away = np.angle(np.exp(1j * (found[index] - expected)))
            assert abs(np.rad2deg(np.median(away))) < 10


@pytest.mark.parametrize("kind", [MapKind.T2, MapKind.NATIVE_T1, MapKind.ECV])
def test_segments_of_each_level(analysis, kind: MapKind) -> None:
    expected = {SliceLevel.BASAL: range(1, 7), SliceLevel.MID: range(7, 13), SliceLevel.APICAL: range(13, 17)}
    result = analysis.maps[list(MapKind).index(kind)]
    for one in result.slices:
        assert [segment.aha for segment in one.segments] == list(expected[one.level])


def test_means_can_be_repeated_from_the_volume(analysis) -> None:
    for result, volume in zip(made(analysis), analysis.volumes, strict=True):
        for one in result.slices:
            for segment in one.segments:
                pixels = volume.values[one.slice_index][volume.aha[one.slice_index] == segment.aha]
                assert len(pixels) == segment.statistics.n_pixels
                assert pixels.mean() == pytest.approx(segment.statistics.mean)


def test_the_mid_septum_is_that_of_the_volume_and_more_certain_than_its_segments(analysis) -> None:
    for result, volume in zip(made(analysis), analysis.volumes, strict=True):
        pixels = volume.values[np.isin(volume.aha, (8, 9))]
        found = result.mid_septum
        assert (found.n_pixels, found.mean) == (len(pixels), pytest.approx(pixels.mean()))
        parts = [part.statistics for one in result.slices for part in one.segments if part.aha in (8, 9)]
        assert len(parts) == 2 * sum(one.level is SliceLevel.MID for one in result.slices)
        assert 0.0 < found.uncertainty < max(part.uncertainty for part in parts)


def _with_uids(series):
    """The series with a name for every image, and the middle slice's images 3 and 6 left out."""
    shape = series.stack.times_ms.shape
    uids = tuple(tuple(f"{series.kind.value}-{s}-{t}" for t in range(shape[1])) for s in range(shape[0]))
    left_out = tuple(np.array([3, 6] if s == 2 else [], dtype=np.intp) for s in range(shape[0]))
    return replace(series, stack=replace(series.stack, source_uids=uids), left_out=left_out)


def test_volume_names_every_image_that_was_used_and_no_other(chain) -> None:
    native, post = (_with_uids(chain[kind]) for kind in (MapKind.NATIVE_T1, MapKind.POSTCONTRAST_T1))
    ecv = replace(chain.ecv, native=native, post=post)
    made = report((native, post), ecv, (), SETTINGS)
    by_kind = {volume.kind: volume.source_uids for volume in made.volumes}
    assert [len(uids) for uids in by_kind[MapKind.NATIVE_T1]] == [11, 11, 9, 11, 11]
    assert [len(uids) for uids in by_kind[MapKind.ECV]] == [22, 22, 18, 22, 22]
    assert not {"native_t1-2-3", "native_t1-2-6"} & set(by_kind[MapKind.NATIVE_T1][2])
    native_result = made.maps[list(MapKind).index(MapKind.NATIVE_T1)]
    assert [one.n_segmented for one in native_result.slices] == [11, 11, 9, 11, 11]


def test_ecv_warns_where_a_t1_map_does(chain) -> None:
    post = chain[MapKind.POSTCONTRAST_T1]
    slices = list(post.errors.slices)
    slices[3] = replace(slices[3], unevenness=0.06)
    doubtful = replace(post, errors=replace(post.errors, slices=tuple(slices)))
    series = (chain[MapKind.NATIVE_T1], doubtful)
    made = report(series, replace(chain.ecv, post=doubtful), (), SETTINGS)
    told = [(flag.map, flag.slice_index) for flag in made.flags if flag.code == "images_disagree"]
    assert told == [(MapKind.POSTCONTRAST_T1, 3), (MapKind.ECV, int(np.flatnonzero(chain.ecv.partner == 3)[0]))]


def test_excluded_and_replaced_images_are_counted_and_flagged(chain) -> None:
    native = chain[MapKind.NATIVE_T1]
    outcome = np.array(native.refined.outcome)
    outcome[0, :4] = ImageOutcome.REPLACED
    outcome[0, 4] = ImageOutcome.EXCLUDED
    changed = replace(native, refined=replace(native.refined, outcome=outcome))
    told = series_numbers(changed, locate(changed))
    first = told.result.slices[0]
    assert (first.n_images, first.n_segmented, first.n_refined) == (11, 10, 4)
    codes = {flag.code for flag in find((told,), SETTINGS) if flag.slice_index == 0}
    assert {"images_refined", "images_excluded"} <= codes


def test_a_map_without_series_says_why(chain) -> None:
    refusals = (Refusal(MapKind.T2, "absent", "the study has no T2 mapping series"),)
    only_native = report(
        (chain[MapKind.NATIVE_T1],), Refusal(MapKind.ECV, "absent", "no hematocrit was given"), refusals, SETTINGS
    )
    by_kind = {one.kind: one for one in only_native.maps}
    assert by_kind[MapKind.T2].reason == "the study has no T2 mapping series"
    assert by_kind[MapKind.ECV].reason == "no hematocrit was given"
    assert by_kind[MapKind.POSTCONTRAST_T1].status == "absent"
    assert by_kind[MapKind.NATIVE_T1].status == "ok"
    assert [volume.kind for volume in only_native.volumes] == [MapKind.NATIVE_T1]


def test_every_mean_has_an_uncertainty(analysis) -> None:
    for result in made(analysis):
        for one in result.slices:
            assert one.statistics.uncertainty > 0
            # not each: where images agree better than elsewhere, a segment is surer than the slice
            errors = [segment.statistics.uncertainty for segment in one.segments]
            assert min(errors) > 0
            assert one.statistics.uncertainty < np.sqrt(np.mean(np.square(errors)))
        assert 0 < result.patient.uncertainty < max(one.statistics.uncertainty for one in result.slices)


def _with_sensitivity(series, sensitivity):
    slices = (replace(one, sensitivity=sensitivity[s, one.used]) for s, one in enumerate(series.errors.slices))
    return replace(series.errors, slices=tuple(slices))


def test_a_cell_that_cannot_be_trusted_neither_spoils_nor_hides_the_uncertainty(chain) -> None:
    native = chain[MapKind.NATIVE_T1]
    values, sensitivity = np.array(native.map.polar_values), np.array(native.cells.sensitivity)
    values[0, 5:9, 4:8] = np.nan
    sensitivity[0, :, 5:9, 4:8] = np.nan
    holed = replace(native, map=replace(native.map, polar_values=values), errors=_with_sensitivity(native, sensitivity))
    whole = series_numbers(native, locate(native)).result.slices[0].statistics
    told = series_numbers(holed, locate(holed)).result.slices[0].statistics
    assert told.uncertainty == pytest.approx(whole.uncertainty, rel=0.05)


def test_an_unknown_error_is_told_as_unknown(chain) -> None:
    native = chain[MapKind.NATIVE_T1]
    sensitivity = np.array(native.cells.sensitivity)
    sensitivity[0] = np.nan
    unknown = replace(native, errors=_with_sensitivity(native, sensitivity))
    told = series_numbers(unknown, locate(unknown)).result
    assert np.isnan(told.slices[0].statistics.uncertainty)
    assert told.slices[1].statistics.uncertainty > 0
