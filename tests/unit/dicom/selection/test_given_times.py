from __future__ import annotations

import json
import math

import pytest

from cmrmap.core.errors import InputError, RefusedError
from cmrmap.core.map_specs import MapKind
from cmrmap.dicom.headers.read import read_study
from cmrmap.dicom.selection.given_times import read_given_times
from cmrmap.dicom.selection.preferences import SelectionPreferences
from cmrmap.dicom.selection.select import select_series


@pytest.fixture
def times(tmp_path):
    def write(content):
        path = tmp_path / "times.yaml"
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return read_given_times(path)

    return write


@pytest.fixture
def study(tmp_path, toolbox):
    """A T2-prepared series whose headers say nothing about the preparation, and native T1 with wrong times."""
    t2 = toolbox.make_series(MapKind.T2, 7, ImageComments="", SeriesDescription="T2map TRUFI")
    t1 = toolbox.make_series(MapKind.NATIVE_T1, 8)
    toolbox.save([*t2, *t1], tmp_path / "in")
    return read_study(tmp_path / "in")


def _selected(study, given):
    found = select_series(study, SelectionPreferences(times=given)).selected
    return {series.kind: series for series in found}


def test_times_of_a_series_by_number_in_the_order_of_instance_numbers(study, times):
    given = times("series:\n - series: 7\n   weighting: t2\n   times_ms: [0, 30, 55, 70, .inf]\n")
    series = _selected(study, given)[MapKind.T2]
    assert series.timing_source == "given by the user"
    assert [frame.time_ms for frame in series.frames[:5]] == [0.0, 30.0, 55.0, 70.0, math.inf]
    assert series.frames[1].sop_instance_uid == "1.2.3.3.7.0.1"


_LIST = {"series": [{"series": 7, "weighting": "t2", "times_ms": [0, 30, 55, 70, 90]}]}


def _study_with(folder, toolbox, changed):
    images = toolbox.make_series(MapKind.T2, 7, 1, ImageComments="", SeriesDescription="T2map TRUFI")
    for index, image in enumerate(images):
        changed(index, image)
    toolbox.save(images, folder)
    return read_study(folder)


def test_a_list_against_the_order_of_acquisition_is_told(tmp_path, toolbox, times):
    def backwards(index, image):
        image.AcquisitionTime = f"1000{50 - index:02d}"

    study = _study_with(tmp_path / "in", toolbox, backwards)
    (flag,) = select_series(study, SelectionPreferences(times=times(_LIST))).flags
    assert (flag.code, flag.severity) == ("timing_unverified", "warning")
    assert "in the order of InstanceNumber, but slice 1 was not acquired in that order" in flag.message


def test_a_list_along_the_order_of_acquisition_is_not(tmp_path, toolbox, times):
    def forwards(index, image):
        image.AcquisitionTime = f"1000{index:02d}"

    study = _study_with(tmp_path / "in", toolbox, forwards)
    assert select_series(study, SelectionPreferences(times=times(_LIST))).flags == ()


@pytest.mark.parametrize("number", [None, 5])
def test_a_list_needs_instance_numbers(tmp_path, toolbox, times, number):
    def unnumbered(_, image):
        image.InstanceNumber = number

    study = _study_with(tmp_path / "in", toolbox, unnumbered)
    with pytest.raises(RefusedError, match="InstanceNumber, but it is missing or not unique in slice 1"):
        select_series(study, SelectionPreferences(times=times(_LIST)))


def test_times_by_description_win_over_the_headers(study, times):
    entry = {"description": "stone NATIVE*", "weighting": "t1", "times_ms": [110, 310, 910, 2010, 30000]}
    series = _selected(study, times({"series": [entry]}))[MapKind.NATIVE_T1]
    assert [frame.time_ms for frame in series.frames[:5]] == [110.0, 310.0, 910.0, 2010.0, 30000.0]


def test_times_by_image(study, times):
    images = {f"1.2.3.3.7.{s}.{t}": 10 * t for s in range(3) for t in range(4)}
    selection = select_series(
        study, SelectionPreferences(times=times({"series": [{"series": "7", "weighting": "t2", "images": images}]}))
    )
    series = next(s for s in selection.selected if s.kind is MapKind.T2)
    assert [frame.time_ms for frame in series.frames[:4]] == [0.0, 10.0, 20.0, 30.0]
    assert selection.skipped["no_time"] == 3
    (told,) = [flag for flag in selection.flags if flag.code == "images_untimed"]
    assert told.map is MapKind.T2
    assert "3 images without a T2-preparation or echo time excluded" in told.message


def test_a_wrong_number_of_times_refuses_the_series(study, times):
    given = times("series: [{series: 7, weighting: t2, times_ms: [0, 30]}]")
    selection = select_series(study, SelectionPreferences(times=given))
    refusal = next(r for r in selection.refusals if r.kind is MapKind.T2)
    assert "2 times were given, but slice 1 has 5 images" in refusal.reason


def test_without_them_the_series_is_refused_and_the_message_names_the_option(study):
    refusal = next(r for r in select_series(study).refusals if r.kind is MapKind.T2)
    assert "--times" in refusal.reason


def test_times_that_fit_no_series_are_told(study, times):
    given = times({"series": [{"series": 9, "weighting": "t1", "times_ms": [1]}]})
    (flag,) = select_series(study, SelectionPreferences(times=given)).flags
    assert (flag.code, flag.severity) == ("times_unused", "warning")
    assert "series 9, which is not in this study" in flag.message


def test_images_that_are_not_there(study, times):
    given = times({"series": [{"series": 8, "weighting": "t1", "images": {"1.2": 5}}]})
    with pytest.raises(RefusedError, match="none of its images is among those"):
        select_series(study, SelectionPreferences(times=given))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("a: [", "not valid YAML or JSON, line"),
        ("[]", "holds no list 'series'"),
        ("series: []", "holds no list 'series'"),
        ("series: [5]", "entry 1 holds 5"),
        ("series: [{series: 1, wieghting: t1, times_ms: [1]}]", "holds wieghting; expected"),
        ("series: [{series: 1, times_ms: [1]}]", "expected t1 or t2"),
        ("series: [{weighting: t1, times_ms: [1]}]", "either series or description"),
        ("series: [{series: 1, weighting: t1}]", "either times_ms or images"),
        ("series: [{series: 1, weighting: t1, times_ms: 5}]", "times_ms as a list"),
        ("series: [{series: 1, weighting: t1, times_ms: [-1]}]", "has the time -1; expected milliseconds"),
        ("series: [{series: 1, weighting: t1, times_ms: [.nan]}]", "expected milliseconds"),
        ("series: [{series: 1, weighting: t1, times_ms: [true]}]", "expected milliseconds"),
        ("series: [{series: 1, weighting: t1, images: {a: x}}]", "has the time 'x'"),
    ],
)
def test_a_bad_file_says_what_is_wrong(times, content, message):
    with pytest.raises(InputError, match=message):
        times(content)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        read_given_times(tmp_path / "none.yaml")
