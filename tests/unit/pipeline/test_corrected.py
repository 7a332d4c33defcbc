"""A reader's contours: they change what they should, and every other number stays bit for bit."""

from dataclasses import replace

import numpy as np
import pytest

from cmrmap.core.corrections import Corrections
from cmrmap.core.outlines import Label
from cmrmap.pipeline import StudyMaps
from tests.unit.pipeline.corrected_study import (
    ECV,
    NATIVE,
    OTHERS,
    POST,
    SLICE,
    T2,
    Study,
    analysed,
    drawn_contour,
    map_of,
    native_outlines,
    refined_outlines,
    same,
)


@pytest.fixture(scope="module")
def shifted(cut: Study, on_map) -> StudyMaps:
    time, labels = on_map
    return analysed(cut, Corrections((drawn_contour(np.roll(labels, (1, 1), axis=(0, 1)), time=time),)))


def test_a_moved_contour_changes_its_slice_and_what_is_made_of_it_and_nothing_else(before, shifted) -> None:
    for kind in (NATIVE, ECV):
        old, new = map_of(before, kind), map_of(shifted, kind)
        assert not same(new.slices[SLICE].statistics, old.slices[SLICE].statistics)
        assert not same(new.patient, old.patient)
        for index in OTHERS:
            assert same(new.slices[index], old.slices[index]), (kind, index)
    assert same(map_of(shifted, T2), map_of(before, T2))
    assert same(map_of(shifted, POST), map_of(before, POST))
    for old, new in zip(before.volumes, shifted.volumes, strict=True):
        for name in ("values", "sd", "myocardium", "aha"):
            np.testing.assert_array_equal(getattr(new, name)[[*OTHERS]], getattr(old, name)[[*OTHERS]])


def test_both_numbers_are_told_where_a_reader_drew(before, shifted) -> None:
    for kind in (NATIVE, ECV):
        one = map_of(shifted, kind)
        assert [part.drawn_by for part in one.slices] == ["network", "reader", "network"]
        assert one.drawn_by == "reader"
        assert same(one.slices[SLICE].by_network, map_of(before, kind).slices[SLICE].statistics)
        assert [one.slices[index].by_network for index in OTHERS] == [None, None]
    assert map_of(shifted, T2).drawn_by == "network"
    by_reader = {volume.kind: volume.by_reader for volume in shifted.volumes}
    assert (by_reader[T2], by_reader[NATIVE]) == ((), (False, True, False))
    (told,) = [flag for flag in shifted.flags if flag.code == "reader_contours"]
    assert (told.map, told.slice_index) == (NATIVE, SLICE)
    assert "drawn on 1 of 11 images, propagated to the others (1.2)" in (told.detail or told.message)


def test_the_networks_own_contour_changes_nothing(cut, untouched, on_map) -> None:
    time, labels = on_map
    for place in (time, None):
        one = native_outlines(cut, Corrections((drawn_contour(labels, time=place),)))
        np.testing.assert_array_equal(one.labels, untouched[NATIVE].refined.labels)
        assert not one.touched.any()
        assert one.reading.findings == ()


def test_a_contour_that_names_no_image_holds_where_the_map_lies(cut, on_map) -> None:
    time, labels = on_map
    labels = np.roll(labels, (1, 1), axis=(0, 1))
    outlines = [refined_outlines(cut, Corrections((drawn_contour(labels, time=place),))) for place in (time, None)]
    for one, other in zip(*outlines, strict=True):
        np.testing.assert_array_equal(one.labels, other.labels)


def test_a_contour_on_every_image_holds_for_each(cut, untouched) -> None:
    own = untouched[NATIVE].refined.labels[SLICE]
    every = tuple(drawn_contour(np.roll(one, 1, axis=1), time=time) for time, one in enumerate(own))
    one = native_outlines(cut, Corrections(every))
    np.testing.assert_array_equal(one.labels[SLICE], np.roll(own, 1, axis=2))
    np.testing.assert_array_equal(one.labels[[*OTHERS]], untouched[NATIVE].refined.labels[[*OTHERS]])
    assert "drawn on 11 of 11 images (1.2)" in (one.reading.findings[0].detail or one.reading.findings[0].message)


def test_a_slice_that_the_network_did_not_find_is_made_of_the_readers_contour(cut, before, on_map) -> None:
    time, labels = on_map
    own = np.array(cut.of(NATIVE).labels)
    own[SLICE] = 0
    blind = replace(cut, outlines=tuple(replace(o, labels=own) if o.kind is NATIVE else o for o in cut.outlines))
    one = map_of(analysed(blind, Corrections((drawn_contour(labels, time=time),))), NATIVE).slices[SLICE]
    assert (one.status, one.by_network.n_pixels) == ("ok", 0)
    assert one.statistics.mean == pytest.approx(map_of(before, NATIVE).slices[SLICE].statistics.mean, rel=0.03)


def test_the_networks_right_ventricle_is_kept_unless_the_reader_drew_one(cut, untouched, on_map) -> None:
    time, labels = on_map
    lv = np.where(labels == Label.RIGHT_VENTRICLE, 0, labels)
    for with_rv in (False, True):
        drawn = np.roll(lv, 1, axis=0)
        if with_rv:
            drawn[2:6, 2:6] = Label.RIGHT_VENTRICLE
        one = native_outlines(cut, Corrections((drawn_contour(drawn, time=time),)))
        found = one.labels[SLICE, time] == Label.RIGHT_VENTRICLE
        known = labels == Label.RIGHT_VENTRICLE
        assert known.any()
        assert np.array_equal(found, drawn == Label.RIGHT_VENTRICLE if with_rv else known & (drawn == 0))
