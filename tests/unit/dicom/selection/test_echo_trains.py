"""Echo times of a series that is called T2: a spin-echo train, a readout's own, or what must be refused."""

from __future__ import annotations

import math

import pytest

from cmrmap.core.errors import RefusedError
from cmrmap.core.map_spec import Weighting
from cmrmap.core.map_specs import MapKind
from cmrmap.dicom.headers.read import read_study
from cmrmap.dicom.selection.given_times import GivenTimes, SeriesTimes
from cmrmap.dicom.selection.preferences import SelectionPreferences
from cmrmap.dicom.selection.select import select_series

TRAIN_MS = tuple(10.0 * echo for echo in range(1, 10))


@pytest.fixture
def select(tmp_path, toolbox):
    def run(images, preferences=None):
        toolbox.save(images, tmp_path)
        return select_series(read_study(tmp_path), preferences)

    return run


@pytest.fixture
def by_echo(toolbox):
    """Two slices of images that differ in EchoTime."""

    def make(times_ms, description, **changes):
        return [
            toolbox.make_image(5, n, s, SeriesDescription=description, EchoTime=f"{time:g}", **changes)
            for s in range(2)
            for n, time in enumerate(times_ms)
        ]

    return make


def comment(time_ms: float) -> str:
    return f"T2 prep. duration = {time_ms:g} ms"


@pytest.mark.parametrize(
    ("description", "sequence"),
    [
        ("T2 GraSE SAX", "GR"),
        ("T2map MESE", "SE"),
        ("MESE SAX", "SE"),
        ("Multi-echo spin-echo mid", "SE"),
        ("T2 multiecho BB", "SE"),
        ("T2_map_SAX", "SE"),
    ],
)
def test_a_spin_echo_train_is_recognised(select, by_echo, description, sequence) -> None:
    (series,) = select(by_echo(TRAIN_MS, description, ScanningSequence=sequence)).selected
    assert (series.kind, series.model, series.echo_train) == (MapKind.T2, "t2_2p", True)
    assert series.timing_source == "EchoTime (0018,0081)"
    assert series.model_reason.startswith("9 echoes of one spin-echo train")


def test_times_that_are_given_for_a_spin_echo_train(select, by_echo) -> None:
    images = by_echo([7.0] * 9, "T2 GraSE SAX", ScanningSequence="SE")
    given = GivenTimes((SeriesTimes("5", "", Weighting.T2, TRAIN_MS),))
    (series,) = select(images, SelectionPreferences(times=given)).selected
    assert series.echo_train
    (prepared,) = select(by_echo([1.3] * 9, "T2 prep"), SelectionPreferences(times=given)).selected
    assert not prepared.echo_train


def test_t2_preparation_is_no_echo_train(study) -> None:
    assert [one.echo_train for one in select_series(study).selected] == [False] * 3


def test_gradient_echoes_that_are_called_t2_are_refused(select, by_echo) -> None:
    images = by_echo((2.6, 4.8, 7.1, 9.3, 11.5, 13.7), "T2 map GRE", ScanningSequence="GR", RepetitionTime="20")
    with pytest.raises(RefusedError, match=r"gradient echoes of up to 13.7 ms, which decay with T2\*"):
        select(images)


def test_preparation_times_that_stand_as_echo_times_are_taken(select, by_echo) -> None:
    """In a gradient echo too: no gradient echo is as late as 55 ms, and 0 is the image without preparation."""
    (series,) = select(by_echo((0.0, 25.0, 55.0), "T2 map FLASH", ScanningSequence="GR")).selected
    assert [frame.time_ms for frame in series.frames[:3]] == [0.0, 25.0, 55.0]
    assert series.model == "t2_2p"


def test_an_echo_time_of_zero_in_several_images_is_no_time(select, by_echo) -> None:
    with pytest.raises(RefusedError, match="is present in 2 of 4 images"):
        select(by_echo((0.0, 0.0, 25.0, 55.0), "T2 map FLASH"))


def test_preparations_and_echoes_that_both_vary_are_refused(select, by_echo) -> None:
    images = by_echo(TRAIN_MS, "T2 SAX", ScanningSequence="SE")
    for image in images[::3]:
        image.ImageComments = comment(25.0 * (image.InstanceNumber % 3))
    with pytest.raises(RefusedError, match=r"3 of 9 images of a slice have a T2-preparation time.* 10 to 90 ms"):
        select(images)


def test_echo_times_that_follow_the_preparation_tell_the_same(select, by_echo) -> None:
    images = by_echo((1.3, 26.3, 56.3, 1.4), "T2 prep SAX")
    for image, time in zip(images, (0.0, 25.0, 55.0, math.inf) * 2, strict=True):
        image.ImageComments = comment(time)
    (series,) = select(images).selected
    assert [frame.time_ms for frame in series.frames[:4]] == [0.0, 25.0, 55.0, math.inf]
    assert not series.echo_train


@pytest.mark.parametrize("times_ms", [(0.0, 55.0), (0.0, 55.0, 55.0)])
def test_two_times_are_too_few_for_two_parameters(select, toolbox, times_ms) -> None:
    images = [
        toolbox.make_image(5, n, 0, SeriesDescription="T2 prep", ImageComments=comment(time))
        for n, time in enumerate(times_ms)
    ]
    with pytest.raises(RefusedError, match="images at more than 2 different times; expected at least 3 for t2_2p"):
        select(images)


def test_equal_echo_times_are_no_times(select, by_echo) -> None:
    with pytest.raises(RefusedError, match=r"EchoTime \(0018,0081\) is 7 ms in every image of a slice"):
        select(by_echo([7.0] * 5, "T2 GraSE"))
