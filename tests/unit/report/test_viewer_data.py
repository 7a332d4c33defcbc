"""What the page's script works on: numbers as in results.json, pixels as in the map, images about the heart."""

from __future__ import annotations

import base64
import json
import zlib
from dataclasses import replace

import numpy as np
import pytest

from cmrmap.core.field_map import FieldMap
from cmrmap.core.map_specs import MapKind
from cmrmap.report.report_model import report_model
from cmrmap.report.viewer_data import viewer_data
from cmrmap.results import to_json


@pytest.fixture(scope="module")
def data(case, record):
    return viewer_data(report_model(case.results, case.volumes, case.stacks, None, (record,)))


def _bytes(data, form) -> bytes:
    return zlib.decompress(base64.b64decode(data.blobs[form["blob"]]))


def _array(data, form) -> np.ndarray:
    kind = np.dtype(form["type"]).newbyteorder("<")
    plain = np.frombuffer(_bytes(data, form), np.uint8).reshape(kind.itemsize, -1).T.copy().view(kind)
    return plain.reshape(form["shape"])


def test_the_numbers_are_those_of_results_json(data, case):
    written = json.loads(to_json(case.results))["maps"]
    assert [one["key"] for one in data.document["maps"]] == ["t2", "native_t1", "postcontrast_t1", "ecv"]
    for one in data.document["maps"]:
        expected, numbers = written[one["key"]], one["numbers"]
        assert numbers["patient"] == expected["patient"]
        assert numbers["mid_septum"] == expected["mid_septum"]
        assert numbers["status"] == expected["status"]
        assert len(numbers["slices"]) == len(expected["slices"])
        for found, truth in zip(numbers["slices"], expected["slices"], strict=True):
            assert {name: truth[name] for name in found if name != "segments"} == {
                name: value for name, value in found.items() if name != "segments"
            }
            for segment, told in zip(found["segments"], truth["segments"], strict=True):
                assert segment.items() <= told.items()


def test_the_pixels_are_those_of_the_map(data, case):
    one = data.document["maps"][0]
    top, left, rows, columns = one["box"]
    cut = (slice(None), slice(top, top + rows), slice(left, left + columns))
    np.testing.assert_array_equal(_array(data, one["values"]), case.volumes[0].values[cut].astype(np.float32))
    np.testing.assert_array_equal(_array(data, one["aha"]), case.volumes[0].aha[cut])
    assert one["sd"] is None
    # all of the heart is in the box, and 30 mm about it where the image has them
    assert case.volumes[0].myocardium[cut].sum() == case.volumes[0].myocardium.sum()
    inside = np.flatnonzero(case.wall.any(axis=1))
    assert (top, top + rows) == (max(inside[0] - 15, 0), min(inside[-1] + 16, 60))


def test_a_pixel_that_the_map_series_leave_out_has_no_value_in_the_page(case, record):
    volume = case.volumes[0]
    shown, around = np.array(volume.values), np.argwhere(volume.blood_pool[0])[0]
    s, row, column = np.argwhere(volume.myocardium)[7]
    shown[s, row, column], shown[0, around[0], around[1]] = np.nan, 200.0
    changed = replace(volume, field=FieldMap(shown, np.ones(shown.shape)), sd=np.ones(shown.shape))
    found = viewer_data(report_model(case.results, [changed, *case.volumes[1:]], case.stacks, None, (record,)))
    one = found.document["maps"][0]
    top, left, rows, columns = one["box"]
    cut = (slice(None), slice(top, top + rows), slice(left, left + columns))
    expected = np.where(np.isfinite(shown), volume.values, np.nan)
    np.testing.assert_array_equal(_array(found, one["values"]), expected[cut].astype(np.float32))
    assert np.isnan(_array(found, one["sd"])[s, row - top, column - left])


def test_a_pixel_leads_to_its_cell_its_reason_and_its_place_in_every_image(data, record):
    one = data.document["maps"][0]
    wall = one["walls"][1]
    np.testing.assert_array_equal(_array(data, wall["flat"]), record.walls[1].flat)
    np.testing.assert_array_equal(_array(data, wall["cell"]), record.walls[1].cell)
    assert one["words"][_array(data, wall["reason"])[0]] == "it lies at the border"
    moved = _array(data, wall["moved"])
    assert (moved[0] == 0).all()
    assert (moved[1] == -32768).all()  # the image without an outline
    assert (_array(data, one["walls"][0]["moved"])[1] == 1.25 * 64).all()
    assert one["images"]["uses"][1] == [1, 3]
    lines = json.loads(_bytes(data, one["images"]["contours"]))
    assert [len(lines[s][t]) for s in range(3) for t in range(2)] == [2] * 6


def test_the_fit_is_told_by_its_parameters_and_samples(data, record):
    fits = data.document["maps"][0]["fits"]
    assert fits["equation"] == "A exp(-t/T2) + B"
    assert _array(data, fits["parameters"])[0, :, 2].tolist() == [45.0, 900.0, 30.0, 1.0]
    np.testing.assert_array_equal(_array(data, fits["samples"]), record.fits.samples)


def test_a_map_without_a_record_or_a_fit_has_what_there_is(data, case, record):
    assert "values" not in data.document["maps"][1]
    assert "values" not in data.document["maps"][3]
    read = replace(record, model="scanner_map", fits=None)
    found = viewer_data(report_model(case.results, case.volumes, case.stacks, None, (read,))).document["maps"][0]
    assert found["fits"] is None
    assert found["partners"] == []


def test_a_computed_map_shows_the_images_and_fits_of_those_it_is_made_of(case, record):
    own = replace(record, kind=MapKind.NATIVE_T1, model="ecv", fits=None, partners=((MapKind.T2, (0, 1, -1)),))
    found = viewer_data(report_model(case.results, case.volumes, case.stacks, None, (record, own))).document["maps"][1]
    assert found["images"] == "t2"
    assert found["partners"] == [["t2", [0, 1, -1]]]


def test_times_without_end_and_without_an_image_can_be_told_in_json(case, record):
    times = np.array(record.times_ms)
    times[0, 1], times[1, 1] = np.inf, np.nan
    changed = replace(record, times_ms=times)
    document = viewer_data(report_model(case.results, case.volumes, case.stacks, None, (changed,))).document
    assert document["maps"][0]["images"]["times"][:2] == [[10.0, "inf"], [10.0, None]]
    json.dumps(document, allow_nan=False)


def test_less_about_the_heart_is_shown_where_the_images_are_many(make_case, record, case):
    images = np.broadcast_to(record.images, record.images.shape)
    many = np.broadcast_to(images[:, :1], (3, 500, *images.shape[2:]))
    walls = tuple(
        replace(one, rows=np.repeat(one.rows[:1], 500, 0), columns=np.repeat(one.columns[:1], 500, 0))
        for one in record.walls
    )
    changed = replace(
        record,
        images=many,
        outlines=np.zeros(many.shape, np.uint8),
        uses=np.ones(many.shape[:2], np.uint8),
        times_ms=np.broadcast_to(np.arange(500.0), (3, 500)),
        walls=walls,
        fits=None,
    )
    found = viewer_data(report_model(case.results, case.volumes, case.stacks, None, (changed,))).document["maps"][0]
    usual = viewer_data(report_model(case.results, case.volumes, case.stacks, None, (record,))).document["maps"][0]
    assert found["box"][2] * found["box"][3] < usual["box"][2] * usual["box"][3]
