"""The check of fitted maps on a phantom study with its true masks: labels, factors of two, joined acquisitions."""

from dataclasses import replace

import numpy as np
import pytest

from cmrmap.core.findings import Refusal, Severity
from cmrmap.core.map_specs import MapKind
from cmrmap.core.selected_series import ContrastLabel
from cmrmap.pipeline import MappedSeries, extracellular_volume, report
from cmrmap.pipeline.check import blood_values, check_series, wall_medians
from cmrmap.pipeline.verdicts import empty_slices, refuse, renamed
from cmrmap.settings import AnalysisSettings

SETTINGS = AnalysisSettings()
T2, NATIVE, POST, ECV = MapKind.T2, MapKind.NATIVE_T1, MapKind.POSTCONTRAST_T1, MapKind.ECV
NOBODY = ContrastLabel("acquired first", gives_way=True)
WORDS = ContrastLabel('the description says "x"')


def _called(series: MappedSeries, kind: MapKind, label: ContrastLabel | None) -> MappedSeries:
    """The series as it is, under a name that may be wrong."""
    return replace(
        series,
        stack=replace(series.stack, kind=kind, label=label),
        refined=replace(series.refined, kind=kind),
        polar=replace(series.polar, kind=kind),
        map=replace(series.map, kind=kind),
    )


def _scaled(series: MappedSeries, factor: float) -> MappedSeries:
    """The series as times off by a factor would have made it."""
    old = series.map
    blood = tuple(one and replace(one, t1_ms=one.t1_ms * factor) for one in old.blood)
    return replace(
        series,
        map=replace(old, polar_values=old.polar_values * factor, values=old.values * factor, blood=blood),
    )


def test_a_sound_study_is_left_as_it_is(chain) -> None:
    found = check_series(chain.series, SETTINGS)
    assert {one.kind for one in found} == {T2, NATIVE, POST}
    for one in found:
        assert one is chain[one.kind] or (one.findings == () and one.map is chain[one.kind].map)


def test_a_lone_post_contrast_series_that_nobody_named_becomes_what_it_is(chain) -> None:
    (found,) = check_series([_called(chain[POST], NATIVE, NOBODY)], SETTINGS)
    assert (found.kind, found.called) == (POST, NATIVE)
    (flag,) = found.findings
    assert (flag.code, flag.map, flag.severity) == ("contrast_relabelled", POST, Severity.WARNING)
    told = report([found], extracellular_volume([found], chain.hematocrit, SETTINGS), (), SETTINGS)
    by_kind = {one.kind: one for one in told.maps}
    assert by_kind[POST].status == "ok"
    assert by_kind[NATIVE].status == "absent"
    assert "its only series is post-contrast T1" in by_kind[NATIVE].reason
    assert told.renamed == {NATIVE: POST}
    assert by_kind[POST].patient.mean == pytest.approx(chain.study.truth.slice_mean(POST, 2), rel=0.1)


@pytest.mark.parametrize(("is_", "called"), [(POST, NATIVE), (NATIVE, POST)])
def test_words_against_the_measurement_refuse_the_map_and_no_other(chain, is_, called) -> None:
    found = check_series([chain[T2], _called(chain[is_], called, WORDS)], SETTINGS)
    assert [one.kind for one in found] == [T2, called]
    assert found[0].made.all()
    assert not found[1].made.any()
    assert 'the description says "x"' in found[1].map.refusals[0].reason


def test_series_that_were_exchanged_give_the_same_ecv_where_nobody_named_them(chain) -> None:
    exchanged = [_called(chain[POST], NATIVE, NOBODY), _called(chain[NATIVE], POST, NOBODY)]
    found = check_series(exchanged, SETTINGS)
    assert [one.kind for one in found] == [NATIVE, POST]
    ecv = extracellular_volume(found, chain.hematocrit, SETTINGS)
    assert not isinstance(ecv, Refusal)
    np.testing.assert_allclose(ecv.map.values, chain.ecv.map.values)


def test_series_that_were_exchanged_by_their_words_are_refused_and_give_no_ecv(chain) -> None:
    found = check_series([_called(chain[POST], NATIVE, WORDS), _called(chain[NATIVE], POST, WORDS)], SETTINGS)
    assert not any(one.made.any() for one in found)
    ecv = extracellular_volume(found, chain.hematocrit, SETTINGS)
    assert isinstance(ecv, Refusal)
    assert ecv.status == "refused"


@pytest.mark.parametrize("factor", [0.5, 2.0])
@pytest.mark.parametrize("kind", [NATIVE, POST])
def test_native_t1_off_by_a_factor_of_two_is_an_error_and_gives_no_ecv(chain, kind, factor) -> None:
    wrong = [_scaled(one, factor) if one.kind in (NATIVE, kind) else one for one in chain.series]
    found = check_series(wrong, SETTINGS)
    assert [one.kind for one in found] == [T2, NATIVE, POST]
    (flag,) = next(one for one in found if one.kind is NATIVE).findings
    assert (flag.severity, flag.slice_index) == (Severity.ERROR, None)
    ecv = extracellular_volume(found, chain.hematocrit, SETTINGS)
    assert isinstance(ecv, Refusal)
    assert flag.message in ecv.reason
    told = report(found, ecv, (), SETTINGS)
    assert [one.code for one in told.flags if one.severity is Severity.ERROR and one.map is NATIVE] == [flag.code]


@pytest.mark.parametrize("factor", [0.5, 2.0])
def test_t2_off_by_a_factor_of_two_is_an_error(chain, factor) -> None:
    (found,) = check_series([_scaled(chain[T2], factor)], SETTINGS)
    assert [flag.severity for flag in found.findings] == [Severity.ERROR]


def test_one_impossible_slice_is_left_out_of_ecv(chain) -> None:
    series = chain[NATIVE]
    doubled = _scaled(series, 2.0).map
    polar, blood = series.map.polar_values.copy(), list(series.map.blood)
    polar[1], blood[1] = doubled.polar_values[1], doubled.blood[1]
    wrong = replace(series, map=replace(series.map, polar_values=polar, blood=tuple(blood)))
    found = check_series([wrong, chain[POST]], SETTINGS)
    assert list(found[0].faults) == [1]
    ecv = extracellular_volume(found, chain.hematocrit, SETTINGS)
    assert not isinstance(ecv, Refusal)
    (refusal,) = ecv.map.refusals
    assert refusal.slice_index == 1
    assert found[0].faults[1] in refusal.reason


def test_slices_of_two_acquisitions_in_one_series_are_refused(chain) -> None:
    native, post = chain[NATIVE], chain[POST]
    polar, blood = native.map.polar_values.copy(), list(native.map.blood)
    polar[3:], blood[3:] = post.map.polar_values[3:], post.map.blood[3:]
    (found,) = check_series(
        [replace(native, map=replace(native.map, polar_values=polar, blood=tuple(blood)))], SETTINGS
    )
    assert not found.made.any()
    assert "native in slice 1, 2, 3 and post-contrast in slice 4, 5" in found.map.refusals[0].reason


def test_a_field_strength_without_ranges_is_not_judged(chain) -> None:
    at_7t = [
        replace(_scaled(one, 2.0), stack=replace(one.stack, field_strength_t=7.0)) if one.kind is NATIVE else one
        for one in chain.series
    ]
    assert all(one.findings == () for one in check_series(at_7t, SETTINGS))


def test_ecv_that_no_heart_has_is_an_error(chain) -> None:
    tenth = replace(chain.ecv, map=replace(chain.ecv.map, polar_values=chain.ecv.map.polar_values / 4))
    told = report(chain.series, tenth, (), SETTINGS)
    assert [(one.code, one.map) for one in told.flags if one.severity is Severity.ERROR] == [
        ("implausible_values", ECV)
    ]
    sound = report(chain.series, chain.ecv, (), SETTINGS)
    assert not [one for one in sound.flags if one.severity is Severity.ERROR]


def test_what_is_measured_is_the_walls_middle_and_the_blood(chain) -> None:
    for index, (wall, blood) in enumerate(zip(wall_medians(chain[NATIVE]), blood_values(chain[NATIVE]), strict=True)):
        assert wall == pytest.approx(chain.study.truth.slice_mean(NATIVE, index), rel=0.03)
        assert blood > 1.2 * wall


def _read_as(series: MappedSeries, kind: MapKind, factor: float) -> MappedSeries:
    """A series of other T1 as it is fitted under another name: that name's range says which pixels count."""
    return replace(_called(renamed(_scaled(series, factor), kind, SETTINGS), kind, NOBODY), called=None)


def test_a_label_is_judged_before_slices_are_dropped_by_its_range(chain) -> None:
    short = _read_as(chain[POST], NATIVE, 0.6)  # most of its T1 is shorter than what counts for native T1
    assert empty_slices(short, SETTINGS)
    (found,) = check_series([short], SETTINGS)
    assert (found.kind, found.called) == (POST, NATIVE)
    assert found.made.all()
    low, high = SETTINGS.pruning.ranges[POST]
    assert found.map.analysed[found.map.values < SETTINGS.pruning.ranges[NATIVE][0]].any()
    assert ((found.map.values[found.map.analysed] >= low) & (found.map.values[found.map.analysed] <= high)).all()


@pytest.mark.parametrize("mapped", [True, False])
def test_a_series_does_not_take_the_name_of_one_that_was_refused(chain, mapped) -> None:
    given = [_called(chain[NATIVE], POST, NOBODY)]
    if mapped:
        given.append(refuse(chain[NATIVE], "no times"))
    found = check_series(given, SETTINGS, () if mapped else {NATIVE})
    assert [one.kind for one in found] == ([NATIVE, POST] if mapped else [POST])
    assert not any(one.made.any() for one in found)
    assert "the study's native T1 series was refused" in found[-1].map.refusals[0].reason


def test_a_slice_without_a_value_in_either_range_has_no_say_in_the_label(chain) -> None:
    tenth = _read_as(_called(chain[NATIVE], POST, NOBODY), NATIVE, 0.05)
    (found,) = check_series([tenth], SETTINGS)
    assert not found.made.any()
    assert found.findings == ()
    assert "outside the accepted 400-2500 ms" in found.map.refusals[0].reason
