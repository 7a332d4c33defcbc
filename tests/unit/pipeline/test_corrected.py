"""A reader's corrections: they change what they should, and every other number stays bit for bit."""

from dataclasses import dataclass, replace

import numpy as np
import pytest

from cmrmap.core.corrections import NO_CORRECTIONS, Corrections, ReaderContour, SliceCorrection
from cmrmap.core.map_specs import MapKind
from cmrmap.core.outlines import ImageOutcome, Label, RefinedSegmentation, SegmentationStack
from cmrmap.core.stack import WeightedStack
from cmrmap.ecv.hematocrit import Hematocrit
from cmrmap.phantom.generate import generate_study
from cmrmap.phantom.parameters import draw_study_parameters
from cmrmap.pipeline import MappedSeries, StudyMaps, align, fit, refine, report
from cmrmap.pipeline.beside_network import check_beside, ecv_beside
from cmrmap.pipeline.carried import carried, moved
from cmrmap.results import MapResult
from cmrmap.settings import AnalysisSettings

NATIVE, T2, POST, ECV = MapKind.NATIVE_T1, MapKind.T2, MapKind.POSTCONTRAST_T1, MapKind.ECV
SLICE, OTHERS = 1, (0, 2)
SETTINGS = AnalysisSettings()


@dataclass(frozen=True)
class Study:
    """Three slices of a phantom study, cut to the heart, with its true masks in the network's place."""

    stacks: tuple[WeightedStack, ...]
    outlines: tuple[SegmentationStack, ...]

    def of(self, kind: MapKind) -> SegmentationStack:
        return next(one for one in self.outlines if one.kind is kind)


@pytest.fixture(scope="module")
def study() -> Study:
    whole = generate_study(draw_study_parameters(seed=3, snr=30.0))
    rows, columns = (axis for axis in np.nonzero((whole.series[0].labels > 0).any(axis=(0, 1))))
    box = (
        slice(0, 3),
        slice(None),
        slice(rows.min() - 20, rows.max() + 20),
        slice(columns.min() - 20, columns.max() + 20),
    )
    stacks, outlines = [], []
    for one in whole.series:
        stack = one.stack
        cut = replace(
            stack,
            images=stack.images[box],
            times_ms=stack.times_ms[:3],
            geometry=stack.geometry[:3],
            signed=None if stack.signed is None else stack.signed[box],
            source_uids=stack.source_uids[:3],
        )
        stacks.append(cut)
        outlines.append(SegmentationStack(one.kind, one.labels[box], np.ones(cut.times_ms.shape)))
    return Study(tuple(stacks), tuple(outlines))


def _fitted(study: Study, refined: tuple[RefinedSegmentation, ...]) -> tuple[MappedSeries, ...]:
    return check_beside(fit(study.stacks, refined, align(study.stacks, refined, SETTINGS), SETTINGS), SETTINGS)


def _reported(series: tuple[MappedSeries, ...], corrections: Corrections) -> StudyMaps:
    ecv = ecv_beside(series, Hematocrit(0.42, "test"), SETTINGS)
    return report(series, ecv, (), SETTINGS, corrections=corrections)


def _outlines(study: Study, corrections: Corrections) -> tuple[RefinedSegmentation, ...]:
    return refine(study.stacks, study.outlines, SETTINGS, corrections)


def _analyse(study: Study, corrections: Corrections) -> StudyMaps:
    return _reported(_fitted(study, _outlines(study, corrections)), corrections)


@pytest.fixture(scope="module")
def series(study: Study) -> dict[MapKind, MappedSeries]:
    """As nobody corrected it."""
    return {one.kind: one for one in _fitted(study, _outlines(study, NO_CORRECTIONS))}


@pytest.fixture(scope="module")
def before(series: dict[MapKind, MappedSeries]) -> StudyMaps:
    return _reported(tuple(series.values()), NO_CORRECTIONS)


@pytest.fixture(scope="module")
def on_map(series: dict[MapKind, MappedSeries]) -> tuple[int, np.ndarray]:
    """The image that the native T1 map of the slice lies on, and its outline."""
    time = int(series[NATIVE].map.reference_time[SLICE])
    return time, np.array(series[NATIVE].refined.labels[SLICE, time])


def _drawn(labels: np.ndarray, *, time: int | None, source: str = "1.2") -> ReaderContour:
    return ReaderContour(NATIVE, SLICE, time, labels, source)


def _same(one: object, other: object) -> bool:
    """Bit for bit: NaN is as good as NaN, and a float's words are its value."""
    return repr(one) == repr(other)


def _map(maps: StudyMaps, kind: MapKind) -> MapResult:
    return next(one for one in maps.maps if one.kind is kind)


@pytest.fixture(scope="module")
def shifted(study: Study, on_map) -> StudyMaps:
    time, labels = on_map
    return _analyse(study, Corrections((_drawn(np.roll(labels, (1, 1), axis=(0, 1)), time=time),)))


def test_a_moved_contour_changes_its_slice_and_what_is_made_of_it_and_nothing_else(before, shifted) -> None:
    for kind in (NATIVE, ECV):
        old, new = _map(before, kind), _map(shifted, kind)
        assert not _same(new.slices[SLICE].statistics, old.slices[SLICE].statistics)
        assert not _same(new.patient, old.patient)
        for index in OTHERS:
            assert _same(new.slices[index], old.slices[index]), (kind, index)
    assert _same(_map(shifted, T2), _map(before, T2))
    assert _same(_map(shifted, POST), _map(before, POST))
    for old, new in zip(before.volumes, shifted.volumes, strict=True):
        for name in ("values", "sd", "myocardium", "aha"):
            np.testing.assert_array_equal(getattr(new, name)[[*OTHERS]], getattr(old, name)[[*OTHERS]])


def test_both_numbers_are_told_where_a_reader_drew(before, shifted) -> None:
    for kind in (NATIVE, ECV):
        one = _map(shifted, kind)
        assert [part.drawn_by for part in one.slices] == ["network", "reader", "network"]
        assert one.drawn_by == "reader"
        assert _same(one.slices[SLICE].by_network, _map(before, kind).slices[SLICE].statistics)
        assert [one.slices[index].by_network for index in OTHERS] == [None, None]
    assert _map(shifted, T2).drawn_by == "network"
    by_reader = {volume.kind: volume.by_reader for volume in shifted.volumes}
    assert (by_reader[T2], by_reader[NATIVE]) == ((), (False, True, False))
    (told,) = [flag for flag in shifted.flags if flag.code == "reader_contours"]
    assert (told.map, told.slice_index) == (NATIVE, SLICE)
    assert "drawn on 1 of 11 images, carried to the others (1.2)" in (told.detail or told.message)


def test_the_networks_own_contour_changes_nothing(study, series, on_map) -> None:
    time, labels = on_map
    for place in (time, None):
        one = next(one for one in _outlines(study, Corrections((_drawn(labels, time=place),))) if one.kind is NATIVE)
        np.testing.assert_array_equal(one.labels, series[NATIVE].refined.labels)
        assert not one.touched.any()
        assert one.reading.findings == ()


def test_a_contour_that_names_no_image_holds_where_the_map_lies(study, on_map) -> None:
    time, labels = on_map
    labels = np.roll(labels, (1, 1), axis=(0, 1))
    outlines = [_outlines(study, Corrections((_drawn(labels, time=place),))) for place in (time, None)]
    for one, other in zip(*outlines, strict=True):
        np.testing.assert_array_equal(one.labels, other.labels)


def test_a_contour_on_every_image_holds_for_each(study, series) -> None:
    own = series[NATIVE].refined.labels[SLICE]
    every = tuple(_drawn(np.roll(one, 1, axis=1), time=time) for time, one in enumerate(own))
    one = next(one for one in _outlines(study, Corrections(every)) if one.kind is NATIVE)
    np.testing.assert_array_equal(one.labels[SLICE], np.roll(own, 1, axis=2))
    np.testing.assert_array_equal(one.labels[[*OTHERS]], series[NATIVE].refined.labels[[*OTHERS]])
    assert "drawn on 11 of 11 images (1.2)" in (one.reading.findings[0].detail or one.reading.findings[0].message)


def test_a_slice_that_the_network_did_not_find_is_made_of_the_readers_contour(study, before, on_map) -> None:
    time, labels = on_map
    own = np.array(study.of(NATIVE).labels)
    own[SLICE] = 0
    blind = replace(study, outlines=tuple(replace(o, labels=own) if o.kind is NATIVE else o for o in study.outlines))
    one = _map(_analyse(blind, Corrections((_drawn(labels, time=time),))), NATIVE).slices[SLICE]
    assert (one.status, one.by_network.n_pixels) == ("ok", 0)
    assert one.statistics.mean == pytest.approx(_map(before, NATIVE).slices[SLICE].statistics.mean, rel=0.03)


RING = np.zeros((64, 64), np.uint8)
RING[20:44, 20:44], RING[26:38, 26:38] = Label.MYOCARDIUM, Label.CAVITY


def _torn(labels: np.ndarray) -> np.ndarray:
    out = np.array(labels)
    rows, columns = np.nonzero(out == Label.CAVITY)
    out[int(rows.mean()), : int(columns.mean())] = 0
    return out


def _twice(labels: np.ndarray) -> np.ndarray:
    out = np.array(labels)
    out[2:10, 2:10] = Label.MYOCARDIUM
    return out


def _blood_outside(labels: np.ndarray) -> np.ndarray:
    out = np.array(labels)
    out[2:10, 2:10] = Label.CAVITY
    return out


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (_torn, "no closed ring"),
        (_twice, "several parts"),
        (_blood_outside, "blood pool is drawn outside the wall"),
    ],
)
def test_a_contour_that_is_no_ring_is_refused_and_the_networks_counts(study, series, on_map, change, reason) -> None:
    time, labels = on_map
    labels = change(np.roll(labels, (1, 1), axis=(0, 1)))
    one = next(one for one in _outlines(study, Corrections((_drawn(labels, time=time),))) if one.kind is NATIVE)
    np.testing.assert_array_equal(one.labels, series[NATIVE].refined.labels)
    (flag,) = one.reading.findings
    assert (flag.code, flag.severity, flag.map, flag.slice_index) == (
        "reader_contours_refused",
        "warning",
        NATIVE,
        SLICE,
    )
    assert reason in (flag.detail or flag.message)


def test_two_objects_on_one_slice_are_refused_unless_they_agree(study, series, on_map) -> None:
    time, labels = on_map
    first, second = (np.roll(labels, by, axis=0) for by in (1, 2))
    for other, code in ((second, "reader_contours_refused"), (first, "reader_contours"), (labels, "reader_contours")):
        both = Corrections((_drawn(first, time=time), _drawn(other, time=time, source="1.3")))
        one = next(one for one in _outlines(study, both) if one.kind is NATIVE)
        assert [flag.code for flag in one.reading.findings] == [code]
        if other is second:
            np.testing.assert_array_equal(one.labels, series[NATIVE].refined.labels)
            told = one.reading.findings[0].detail or one.reading.findings[0].message
            assert "two objects draw on the slice, and differ; remove the one" in told
            assert "(1.3)" in told


def test_images_and_slices_are_left_out(study, before) -> None:
    left_out = (SliceCorrection(NATIVE, SLICE, images=(3,)), SliceCorrection(NATIVE, 2, excluded="ghosting"))
    maps = _analyse(study, Corrections(slices=left_out))
    native, old = _map(maps, NATIVE), _map(before, NATIVE)
    assert native.slices[SLICE].n_segmented == old.slices[SLICE].n_segmented - 1
    assert not _same(native.slices[SLICE].statistics, old.slices[SLICE].statistics)
    assert native.slices[SLICE].drawn_by == "network"
    assert _same(native.slices[SLICE].by_network, old.slices[SLICE].statistics)
    assert native.slices[2].status == "refused"
    assert native.slices[2].reason == 'left out by corrections.json ("ghosting")'
    assert _same(native.slices[2].by_network, old.slices[2].statistics)
    assert _same(native.slices[0], old.slices[0])
    assert _same(_map(maps, T2), _map(before, T2))
    codes = [flag.code for flag in maps.flags if (flag.map, flag.slice_index) == (NATIVE, SLICE)]
    assert "reader_excluded" in codes
    assert "images_excluded" not in codes


def test_an_image_that_is_left_out_has_an_outcome_of_its_own(study) -> None:
    left_out = Corrections(slices=(SliceCorrection(NATIVE, SLICE, images=(3, 4)),))
    one = next(one for one in _outlines(study, left_out) if one.kind is NATIVE)
    assert np.argwhere(one.outcome == ImageOutcome.LEFT_OUT).tolist() == [[SLICE, 3], [SLICE, 4]]
    assert not one.usable[SLICE, [3, 4]].any()
    assert one.touched.tolist() == [False, True, False]


def test_segments_are_left_out_of_every_mean_and_of_ecv(study, before) -> None:
    maps = _analyse(study, Corrections(slices=(SliceCorrection(NATIVE, SLICE, segments=(8, 9)),)))
    for kind in (NATIVE, ECV):
        new, old = _map(maps, kind).slices[SLICE], _map(before, kind).slices[SLICE]
        kept = [part for part in old.segments if part.aha not in (8, 9)]
        assert 0 < len(kept) < len(old.segments)
        assert _same(new.segments, tuple(kept))
        assert new.statistics.n_pixels == sum(part.statistics.n_pixels for part in kept)
        assert _same(new.by_network, old.statistics)
        assert _same(_map(maps, kind).slices[0], _map(before, kind).slices[0])
    assert _same(_map(maps, POST), _map(before, POST))
    volume = next(one for one in maps.volumes if one.kind is NATIVE)
    assert not np.isin(volume.aha[SLICE], (8, 9)).any()


def test_segments_of_ecv_alone_and_marked_points_need_no_fit(series, before) -> None:
    """ECV's own segments, and insertion points, which turn the segments of their slice alone."""
    row, column = series[NATIVE].reference_centres[SLICE]
    points = ((row - 20.0, column - 7.0), (row + 20.0, column - 14.0))
    corrections = Corrections(
        slices=(SliceCorrection(ECV, 0, segments=(2,)), SliceCorrection(POST, SLICE, insertion_points=points))
    )
    maps = _reported(tuple(series.values()), corrections)
    assert _same(_map(maps, NATIVE), _map(before, NATIVE))
    new, old = _map(maps, ECV).slices[0], _map(before, ECV).slices[0]
    assert _same(new.segments, tuple(part for part in old.segments if part.aha != 2))
    assert _same(new.by_network, old.statistics)
    new_post, old_post = _map(maps, POST), _map(before, POST)
    assert _same(new_post.slices[SLICE].statistics, old_post.slices[SLICE].statistics)
    assert not _same(new_post.slices[SLICE].segments, old_post.slices[SLICE].segments)
    assert all(_same(new_post.slices[index], old_post.slices[index]) for index in OTHERS)


@pytest.mark.parametrize(
    ("anterior", "inferior", "words"),
    [
        ((20.0, -14.0), (-20.0, -7.0), "are swapped: the one called anterior lies below and behind the other"),
        ((-20.0, -7.0), (-10.0, -3.5), "lie 0 degrees apart about the ventricle; expected 20 to 175"),
        ((-20.0, 0.0), (20.0, 0.0), "lie 180 degrees apart"),
    ],
)
def test_marked_points_that_cannot_be_right_turn_nothing(series, before, anterior, inferior, words) -> None:
    row, column = series[POST].reference_centres[SLICE]
    points = tuple((row + down, column + right) for down, right in (anterior, inferior))
    maps = _reported(
        tuple(series.values()), Corrections(slices=(SliceCorrection(POST, SLICE, insertion_points=points),))
    )
    assert _same(_map(maps, POST), _map(before, POST))
    (flag,) = [one for one in maps.flags if one.code == "corrections_refused"]
    assert f"insertion_points of {POST.value} slice {SLICE} {words}" in (flag.detail or flag.message)


def test_a_contour_is_carried_as_the_heart_moved() -> None:
    network = np.stack([np.roll(RING, by, axis=(0, 1)) for by in ((0, 0), (3, -2), (0, 0))])
    drawn = np.roll(RING, 1, axis=1)
    found = carried(drawn, 0, [1, 2], np.zeros((3, 64, 64), np.float32), network, 1.0)
    np.testing.assert_array_equal(found[1], np.roll(drawn, (3, -2), axis=(0, 1)))
    np.testing.assert_array_equal(found[2], drawn)


def test_a_contour_is_carried_by_registration_where_the_network_drew_nothing() -> None:
    rng = np.random.default_rng(1)
    scene = np.where(RING == Label.MYOCARDIUM, 1.0, np.where(RING == Label.CAVITY, 3.0, 2.0))
    images = np.stack([np.roll(scene, by, axis=(0, 1)) for by in ((0, 0), (4, 3), (0, 0))])
    images += rng.normal(0.0, 0.05, images.shape)
    found = carried(RING, 0, [1], images.astype(np.float32), np.zeros(images.shape, np.uint8), 1.5)
    centre = [axis.mean() for axis in np.nonzero(found[1])]
    assert centre == pytest.approx([31.5 + 4, 31.5 + 3], abs=0.5)


@pytest.mark.parametrize("shift", [(0.5, 0.0), (0.3, -0.7), (-2.25, 1.5)])
def test_a_ring_moved_between_pixels_keeps_its_size_and_stays_a_ring(shift: tuple[float, float]) -> None:
    rows, columns = np.mgrid[:64, :64] - 31.5
    radius = np.hypot(rows, columns)
    ring = np.where(radius < 9, Label.CAVITY, np.where(radius < 15, Label.MYOCARDIUM, 0)).astype(np.uint8)
    found = moved(ring, np.array(shift))
    body = np.nonzero(found > 0)
    assert [axis.mean() - 31.5 for axis in body] == pytest.approx(shift, abs=0.1)
    for label in (Label.CAVITY, Label.MYOCARDIUM):
        assert np.count_nonzero(found == label) == pytest.approx(np.count_nonzero(ring == label), rel=0.04)


def test_the_networks_right_ventricle_is_kept_unless_the_reader_drew_one(study, series, on_map) -> None:
    time, labels = on_map
    lv = np.where(labels == Label.RIGHT_VENTRICLE, 0, labels)
    for with_rv in (False, True):
        drawn = np.roll(lv, 1, axis=0)
        if with_rv:
            drawn[2:6, 2:6] = Label.RIGHT_VENTRICLE
        one = next(one for one in _outlines(study, Corrections((_drawn(drawn, time=time),))) if one.kind is NATIVE)
        found = one.labels[SLICE, time] == Label.RIGHT_VENTRICLE
        known = labels == Label.RIGHT_VENTRICLE
        assert known.any()
        assert np.array_equal(found, drawn == Label.RIGHT_VENTRICLE if with_rv else known & (drawn == 0))
