"""Images, slices and AHA segments that a reader leaves out: they count nowhere, and no other number changes."""

import math
from dataclasses import replace

import numpy as np
import pytest

from cmrmap.core.corrections import Corrections, SliceCorrection
from cmrmap.core.outlines import ImageOutcome
from cmrmap.ecv.hematocrit import Hematocrit
from cmrmap.pipeline import StudyMaps, explain_pixel, extracellular_volume, report
from cmrmap.pipeline.beside_network import ecv_beside
from cmrmap.pipeline.map_records import map_records
from tests.unit.pipeline.corrected_study import (
    ECV,
    NATIVE,
    OTHERS,
    POST,
    SETTINGS,
    SLICE,
    T2,
    analysed,
    map_of,
    native_outlines,
    reported,
    same,
)


def test_images_and_slices_are_left_out(cut, before) -> None:
    left_out = (SliceCorrection(NATIVE, SLICE, images=(3,)), SliceCorrection(NATIVE, 2, excluded="ghosting"))
    maps = analysed(cut, Corrections(slices=left_out))
    native, old = map_of(maps, NATIVE), map_of(before, NATIVE)
    assert native.slices[SLICE].n_segmented == old.slices[SLICE].n_segmented - 1
    assert not same(native.slices[SLICE].statistics, old.slices[SLICE].statistics)
    assert native.slices[SLICE].drawn_by == "network"
    assert same(native.slices[SLICE].by_network, old.slices[SLICE].statistics)
    assert native.slices[2].status == "refused"
    assert native.slices[2].reason == 'left out by corrections.json ("ghosting")'
    assert same(native.slices[2].by_network, old.slices[2].statistics)
    assert same(native.slices[0], old.slices[0])
    assert same(map_of(maps, T2), map_of(before, T2))
    codes = [flag.code for flag in maps.flags if (flag.map, flag.slice_index) == (NATIVE, SLICE)]
    assert "reader_excluded" in codes
    assert "images_excluded" not in codes


def test_an_image_that_is_left_out_has_an_outcome_of_its_own(cut) -> None:
    left_out = Corrections(slices=(SliceCorrection(NATIVE, SLICE, images=(3, 4)),))
    one = native_outlines(cut, left_out)
    assert np.argwhere(one.outcome == ImageOutcome.LEFT_OUT).tolist() == [[SLICE, 3], [SLICE, 4]]
    assert not one.usable[SLICE, [3, 4]].any()
    assert one.touched.tolist() == [False, True, False]


def test_segments_are_left_out_of_every_mean_and_of_ecv(cut, before) -> None:
    maps = analysed(cut, Corrections(slices=(SliceCorrection(NATIVE, SLICE, segments=(8, 9)),)))
    for kind in (NATIVE, ECV):
        new, old = map_of(maps, kind).slices[SLICE], map_of(before, kind).slices[SLICE]
        kept = [part for part in old.segments if part.aha not in (8, 9)]
        assert 0 < len(kept) < len(old.segments)
        assert same(new.segments, tuple(kept))
        assert new.statistics.n_pixels == sum(part.statistics.n_pixels for part in kept)
        assert same(new.by_network, old.statistics)
        assert same(map_of(maps, kind).slices[0], map_of(before, kind).slices[0])
    assert same(map_of(maps, POST), map_of(before, POST))
    volume = next(one for one in maps.volumes if one.kind is NATIVE)
    assert not np.isin(volume.aha[SLICE], (8, 9)).any()


WALL = tuple(range(1, 17))
HEMATOCRIT = Hematocrit(0.42, "test")
NO_SEGMENT = "corrections.json leaves out every AHA segment of the slice that has pixels: no value is left"


REMAIN = {SLICE: 0, OTHERS[0]: 2}  # images of T2


@pytest.fixture(scope="module")
def slices_left_out(cut) -> StudyMaps:
    """Every segment of a slice of native T1 is left out, and all or most images of two slices of T2."""
    times = range(next(one for one in cut.stacks if one.kind is T2).times_ms.shape[1])
    of_t2 = (SliceCorrection(T2, index, images=tuple(times[: len(times) - left])) for index, left in REMAIN.items())
    return analysed(cut, Corrections(slices=(SliceCorrection(NATIVE, SLICE, segments=WALL), *of_t2)))


def test_a_slice_of_which_every_segment_is_left_out_is_refused(slices_left_out, before) -> None:
    """Its own map and ECV lose the slice; the others' numbers stay."""
    maps = slices_left_out
    for kind in (NATIVE, ECV):
        found, old = map_of(maps, kind), map_of(before, kind)
        gone = found.slices[SLICE]
        assert (found.status, gone.status, gone.reason) == ("partial", "refused", NO_SEGMENT)
        assert (gone.statistics.n_pixels, gone.segments) == (0, ())
        assert same(gone.by_network, old.slices[SLICE].statistics)
        assert all(same(found.slices[index], old.slices[index]) for index in OTHERS)
        assert found.patient.n_pixels == sum(old.slices[index].statistics.n_pixels for index in OTHERS)
        volume = next(one for one in maps.volumes if one.kind is kind)
        assert not np.isfinite(volume.shown_values[SLICE]).any()
        assert not volume.myocardium[SLICE].any()
        assert not volume.aha[SLICE].any()
    assert same(map_of(maps, POST), map_of(before, POST))


def test_a_map_of_which_every_segment_is_left_out_is_refused(cut, untouched) -> None:
    every = tuple(SliceCorrection(NATIVE, index, segments=WALL) for index in (SLICE, *OTHERS))
    maps = reported(tuple(untouched.values()), Corrections(slices=every))
    for kind in (NATIVE, ECV):
        found = map_of(maps, kind)
        assert (found.status, found.reason, found.patient.n_pixels) == ("refused", NO_SEGMENT, 0)
        assert math.isnan(found.patient.mean)
        assert not found.success
    assert {one.kind for one in maps.volumes} == {T2, POST}


def test_a_map_of_which_every_slice_is_left_out_is_refused(cut) -> None:
    reasons = {T2: ("ghosting",) * 3, POST: ("ghosting", "arrhythmia", "ghosting")}
    slices = tuple(
        SliceCorrection(kind, index, excluded=reason) for kind, of in reasons.items() for index, reason in enumerate(of)
    )
    maps = analysed(cut, Corrections(slices=slices))
    for kind, of in reasons.items():
        found = map_of(maps, kind)
        assert (found.status, found.patient.n_pixels) == ("refused", 0)
        assert [one.reason for one in found.slices] == [f'left out by corrections.json ("{one}")' for one in of]
    assert map_of(maps, T2).reason == 'left out by corrections.json ("ghosting")'
    assert map_of(maps, POST).reason.startswith("3 of 3 slices were refused (slice 1, 2, 3): left out by corrections.")
    assert map_of(maps, ECV).reason == "no slice of the postcontrast_t1 map could be made"
    assert {one.kind for one in maps.volumes} == {NATIVE}


def test_a_slice_of_which_too_many_images_are_left_out_is_refused(slices_left_out, before, cut) -> None:
    n_images = next(one for one in cut.stacks if one.kind is T2).times_ms.shape[1]
    found, old = (map_of(maps, T2) for maps in (slices_left_out, before))
    assert found.status == "partial"
    for index, left in REMAIN.items():
        gone = found.slices[index]
        assert (gone.status, gone.statistics.n_pixels) == ("refused", 0)
        why = f"corrections.json leaves out {n_images - left} of {n_images} images"
        assert gone.reason == f"{why}: {left} with an outline remain, 6 are needed"
        assert same(gone.by_network, old.slices[index].statistics)
    assert same(found.slices[OTHERS[1]], old.slices[OTHERS[1]])


def test_a_pixel_of_a_segment_that_is_left_out_says_that_no_mean_counts_it(untouched) -> None:
    """In the report, where a pixel is clicked, and in Python."""
    series = tuple(untouched.values())
    corrections = Corrections(slices=(SliceCorrection(NATIVE, SLICE, segments=(8,)),))
    maps, reason = reported(series, corrections), "corrections.json leaves out its AHA segment"
    records = {one.kind: one for one in map_records(series, ecv_beside(series, HEMATOCRIT, SETTINGS), maps.counted)}
    for kind in (NATIVE, ECV):
        wall = records[kind].walls[SLICE]
        counted = maps.counted[kind][SLICE].ravel()[wall.flat]
        np.testing.assert_array_equal(wall.reason == 0, counted)
        assert np.count_nonzero(wall.reason == records[kind].words.index(reason)) > 0
    gone = untouched[NATIVE].map.analysed[SLICE] & ~maps.counted[NATIVE][SLICE]
    row, column = map(int, np.argwhere(gone)[0])
    told = explain_pixel(untouched[NATIVE], SLICE, row, column, maps.counted[NATIVE])
    assert (told.counted, told.reason) == (False, reason)
    assert explain_pixel(untouched[NATIVE], SLICE, row, column).counted
    assert reason not in next(one for one in records.values() if one.kind is T2).words


def test_ecv_of_which_no_pixel_counts_is_refused(untouched) -> None:
    """No reader's doing: a range of ECV in which no pixel of the wall is."""
    settings = replace(SETTINGS, pruning=replace(SETTINGS.pruning, ecv_range_percent=(90.0, 95.0)))
    ecv = extracellular_volume(tuple(untouched.values()), HEMATOCRIT, settings)
    found = map_of(report(tuple(untouched.values()), ecv, (), settings), ECV)
    assert (found.status, found.patient.n_pixels) == ("refused", 0)
    why = "no pixel of the wall that is free of blood has an ECV in the accepted range (90-95 %)"
    why += "; check the hematocrit and both T1 maps"
    assert found.reason == why
