"""The maps' descriptors: each is complete, none clashes with another, and a wrong one is told in one line."""

from dataclasses import replace

import pytest

from cmrmap.core.errors import MapSpecError
from cmrmap.core.map_spec import check_specs
from cmrmap.core.map_specs import ACQUIRED, MAP_SPECS, MapKind
from cmrmap.core.relaxation_models import MODELS

T2, ECV = MAP_SPECS[MapKind.T2], MAP_SPECS[MapKind.ECV]
_OTHER_CODES = replace(
    T2.dicom,
    series_base=9800,
    values=replace(T2.dicom.values, label="NEW_MAP"),
    sd=replace(T2.dicom.sd, label="NEW_SD"),
    map_name=("MAP_NEW", "99CMRMAP", "New map"),
)


def test_every_kind_has_a_spec_under_its_key():
    assert list(MAP_SPECS) == list(MapKind)
    assert all(kind.spec.key == kind.value for kind in MapKind)


def test_acquired_maps_have_models_that_fit_their_weighting():
    assert MapKind.ECV not in ACQUIRED
    for kind in ACQUIRED:
        assert {MODELS[name].family for name in kind.spec.models} == {kind.spec.weighting.value}
        assert kind.spec.standard_model in kind.spec.models
        assert kind.sources == (kind,)


def test_ecv_is_made_from_both_t1_maps():
    assert MapKind.ECV.sources == (MapKind.NATIVE_T1, MapKind.POSTCONTRAST_T1)


def test_the_papers_ranges_and_images():
    assert T2.value_range.value == (30.0, 100.0)
    assert ECV.value_range.value == (10.0, 60.0)
    assert [kind.spec.min_images.value for kind in (MapKind.T2, MapKind.NATIVE_T1)] == [6, 8]


@pytest.mark.parametrize("kind", list(MapKind))
def test_colours_and_windows_hold_values_that_count(kind):
    spec = kind.spec
    low, high = spec.value_range.value
    assert low < spec.colours.high
    assert spec.colours.low < high
    assert list(spec.colours.ticks) == sorted(spec.colours.ticks)
    assert (spec.colours.ticks[0], spec.colours.ticks[-1]) == (spec.colours.low, spec.colours.high)
    assert high / spec.dicom.values.stored_step < 65535  # fits into 16 bits


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"unit": "s"}, "map t2: the unit is 's'; expected ms or %"),
        ({"weighting": None}, "expected either a weighting or the maps that it is computed from"),
        ({"models": ()}, "models and min_images belong to a map with a weighting"),
        ({"models": ("t2_4p",)}, "the model t2_4p is unknown; expected one of"),
        (
            {"dicom": replace(T2.dicom, values=replace(T2.dicom.values, label="T2 map of the heart"))},
            "expected at most 16 capital letters",
        ),
    ],
)
def test_a_spec_that_contradicts_itself_is_told(change, message):
    with pytest.raises(MapSpecError, match=message):
        replace(T2, **change)


@pytest.mark.parametrize(
    ("other", "message"),
    [
        (T2, "two maps have the key t2"),
        (replace(T2, key="new"), "two maps have the range of ten series numbers 910"),
        (replace(T2, key="new", dicom=replace(T2.dicom, series_base=9800)), "two maps have the label T2_MAP"),
        (replace(T2, key="new", dicom=_OTHER_CODES), "two maps have the series description T2"),
    ],
)
def test_specs_that_clash_are_told(other, message):
    with pytest.raises(MapSpecError, match=message):
        check_specs((T2, other))


def test_a_map_computed_from_one_that_is_not_there_is_told():
    with pytest.raises(MapSpecError, match="map ecv is computed from native_t1, which is no map"):
        check_specs((T2, ECV))
