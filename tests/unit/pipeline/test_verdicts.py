"""What a verdict does to a mapped series: slices refused, another name, slices without a value."""

from dataclasses import replace

import numpy as np

from cmrmap.core.map_specs import MapKind
from cmrmap.core.parameter_map import FitStatus
from cmrmap.pipeline import verdicts
from cmrmap.pipeline.blood_edge import filled_reason
from cmrmap.pipeline.map_numbers import series_numbers
from cmrmap.pipeline.regions import locate
from cmrmap.pipeline.verdicts import empty_slices, refuse, refuse_slices, renamed, without_empty_slices
from cmrmap.settings import AnalysisSettings

SETTINGS = AnalysisSettings()
NATIVE, POST = MapKind.NATIVE_T1, MapKind.POSTCONTRAST_T1


def test_a_refused_slice_has_no_value_and_its_reason(chain) -> None:
    found = refuse_slices(chain[NATIVE], {1: "no heart", 3: "no times"})
    assert found.made.tolist() == [True, False, True, False, True]
    assert np.isnan(found.map.values[[1, 3]]).all()
    assert np.isnan(found.map.polar_values[[1, 3]]).all()
    assert not found.map.analysed[[1, 3]].any()
    assert [one is None for one in found.map.blood] == [False, True, False, True, False]
    np.testing.assert_array_equal(found.map.values[[0, 2, 4]], chain[NATIVE].map.values[[0, 2, 4]])
    result = series_numbers(found, locate(found)).result
    assert [one.reason for one in result.slices] == [None, "no heart", None, "no times", None]
    assert result.status == "partial"
    assert result.patient.n_pixels == sum(one.statistics.n_pixels for one in result.slices)


def test_a_slice_that_was_refused_keeps_its_first_reason(chain) -> None:
    found = refuse(refuse_slices(chain[NATIVE], {1: "first"}), "second")
    assert [one.reason for one in sorted(found.map.refusals, key=lambda one: one.slice_index)].count("second") == 4
    result = series_numbers(found, locate(found)).result
    assert result.status == "refused"
    assert result.slices[1].reason == "first"
    assert not np.isfinite(result.patient.mean)


def test_another_name_is_another_map_with_its_own_range(chain) -> None:
    found = renamed(chain[NATIVE], POST, SETTINGS)
    assert {found.kind, found.stack.kind, found.refined.kind, found.polar.kind} == {POST}
    assert found.called is NATIVE
    low, high = SETTINGS.pruning.ranges[POST]
    counted = found.map.values[found.map.analysed]
    assert counted.max() <= high
    assert counted.min() >= low
    # but for the edge of the blood, which counts after contrast
    assert (found.map.analysed & ~chain[NATIVE].blood_pixels).sum() <= chain[NATIVE].map.analysed.sum()


def test_another_name_leaves_out_the_edge_of_the_blood_as_its_own_map_does(chain) -> None:
    """A scar's border is no edge after contrast; a native map that came as another one has the edge like any."""
    native = chain[NATIVE]
    assert native.blood_pixels.any()
    after = renamed(native, POST, SETTINGS)
    assert not after.blood_pixels.any()
    named_post = replace(
        native,
        stack=replace(native.stack, kind=POST),
        map=replace(native.map, kind=POST),
        blood_pixels=np.zeros_like(native.blood_pixels),
    )
    before = renamed(named_post, NATIVE, SETTINGS)
    np.testing.assert_array_equal(before.blood_pixels, native.blood_pixels)
    np.testing.assert_array_equal(before.map.analysed, native.map.analysed)


def test_a_slice_that_is_all_blood_is_refused_under_its_new_name(chain, monkeypatch) -> None:
    edge = np.zeros_like(chain[POST].blood_pixels)
    edge[2] = True
    monkeypatch.setattr(verdicts, "blood_pixels", lambda *_: edge)
    found = renamed(chain[POST], NATIVE, SETTINGS)
    assert found.made.tolist() == [True, True, False, True, True]
    (refusal,) = found.map.refusals
    assert (refusal.kind, refusal.slice_index, refusal.reason) == (NATIVE, 2, filled_reason(NATIVE))


def test_a_slice_without_one_value_that_counts_is_refused_with_what_its_fits_were(chain) -> None:
    old = chain[NATIVE]
    status, analysed = old.map.status.copy(), old.map.analysed.copy()
    status[2] = np.where(old.map.labels[2] == 1, FitStatus.UNPHYSICAL, status[2])
    analysed[2] = False
    spoiled = replace(old, map=replace(old.map, status=status, analysed=analysed, values=_without(old, 2)))
    found = without_empty_slices(spoiled, SETTINGS)
    assert found.made.tolist() == [True, True, False, True, True]
    (refusal,) = found.map.refusals
    assert "no pixel of the wall has a usable value" in refusal.reason
    assert "an unphysical fit in 100 %" in refusal.reason


def test_values_outside_the_range_that_counts_are_named(chain) -> None:
    old = chain[NATIVE]
    tenth = replace(old, map=replace(old.map, values=old.map.values / 10, analysed=np.zeros_like(old.map.analysed)))
    found = without_empty_slices(tenth, SETTINGS)
    assert not found.made.any()
    assert "outside the accepted 400-2500 ms" in found.map.refusals[0].reason


def test_a_series_with_values_everywhere_is_left_alone(chain) -> None:
    for one in chain.series:
        assert without_empty_slices(one, SETTINGS) is one


def _without(series, index: int) -> np.ndarray:
    values = series.map.values.copy()
    values[index] = np.nan
    return values


def test_a_slice_with_hardly_a_value_is_refused(chain) -> None:
    old = chain[NATIVE]
    analysed = old.map.analysed.copy()
    analysed[2].flat[np.flatnonzero(analysed[2])[3:]] = False
    analysed[4].flat[np.flatnonzero(analysed[4])[::3]] = False
    found = without_empty_slices(replace(old, map=replace(old.map, analysed=analysed)), SETTINGS)
    assert found.made.tolist() == [True, True, False, True, True]
    assert found.map.refusals[0].reason.startswith("only 3 of ")
    assert "pixels of the wall have a usable value" in found.map.refusals[0].reason


def test_under_another_name_pixels_in_the_edge_of_the_blood_do_not_count_either(chain, monkeypatch) -> None:
    old = chain[NATIVE]
    in_blood = np.zeros_like(old.map.analysed)
    in_blood[:, :, : in_blood.shape[2] // 2] = True
    monkeypatch.setattr(verdicts, "blood_pixels", lambda *_: in_blood)
    found = renamed(old, POST, SETTINGS)
    assert found.map.analysed.any()
    assert not found.map.analysed[in_blood].any()


def test_a_value_in_the_range_of_another_map_counts_where_the_slice_may_be_one(chain) -> None:
    short = replace(chain[POST], map=replace(chain[POST].map, values=chain[POST].map.values * 0.6))
    native = renamed(short, NATIVE, SETTINGS)
    assert set(empty_slices(native, SETTINGS)) == set(range(5))
    assert empty_slices(native, SETTINGS, by=(NATIVE, POST)) == {}
    assert without_empty_slices(native, SETTINGS, by=(NATIVE, POST)) is native
