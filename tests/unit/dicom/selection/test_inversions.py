"""Which inversion each image of a ShMOLLI follows, from headers to stack; a series that cannot tell is refused."""

from __future__ import annotations

import numpy as np
import pytest

from cmrmap.core.errors import RefusedError
from cmrmap.core.inversion_epochs import beat_ms, epoch_sizes, epochs_in_order, shmolli_epochs, shmolli_in_order
from cmrmap.core.map_specs import MapKind
from cmrmap.dicom.headers.read import read_study
from cmrmap.dicom.loading.loaded_study import load_study
from cmrmap.dicom.selection.select import select_series

ACQUIRED_MS = (100.0, 1080.0, 2050.0, 3010.0, 3990.0, 180.0, 260.0)
EPOCHS = {100.0: 0, 1080.0: 0, 2050.0: 0, 3010.0: 0, 3990.0: 0, 180.0: 1, 260.0: 2}


@pytest.fixture
def shmolli(tmp_path, toolbox):
    """Select a study of one ShMOLLI; ``slices`` holds the times of each slice in the order of instance numbers."""

    def run(*slices, description: str = "ShMOLLI native SAX", clock: dict[float, str] | None = None):
        images = []
        for index, times in enumerate(slices):
            for number, time in enumerate(times):
                image = toolbox.make_image(
                    1,
                    number,
                    index,
                    SeriesDescription=description,
                    InversionTime=f"{time:g}",
                    InstanceNumber=number + 1,
                )
                if clock is not None:
                    image.AcquisitionTime = clock[time]
                images.append(image)
        toolbox.save(images, tmp_path)
        study = read_study(tmp_path)
        return study, select_series(study)

    return run


def _stack(study, selection, models=None):
    return load_study(study, selection, models or {}).stacks[0]


def test_the_order_of_images_tells_their_inversions(shmolli) -> None:
    study, selection = shmolli(ACQUIRED_MS)
    (series,) = selection.selected
    assert series.model == "shmolli_3p"
    assert "by their instance numbers" in series.model_reason
    stack = _stack(study, selection)
    assert [EPOCHS[time] for time in stack.times_ms[0]] == stack.epochs_of(0).tolist()


@pytest.mark.parametrize("missing", ACQUIRED_MS)
def test_one_image_may_be_missing(shmolli, missing) -> None:
    study, selection = shmolli(tuple(time for time in ACQUIRED_MS if time != missing))
    stack = _stack(study, selection)
    assert stack.model == "shmolli_3p"
    assert [EPOCHS[time] for time in stack.times_ms[0]] == stack.epochs_of(0).tolist()


def test_acquisition_times_tell_what_renumbered_images_do_not(shmolli) -> None:
    clock = {time: f"0930{10 + index}" for index, time in enumerate(ACQUIRED_MS)}
    study, selection = shmolli(tuple(sorted(time for time in ACQUIRED_MS if time != 180.0)), clock=clock)
    stack = _stack(study, selection)
    assert [EPOCHS[time] for time in stack.times_ms[0]] == stack.epochs_of(0).tolist()
    assert "by their acquisition times" in stack.model_reason


def test_a_slice_that_cannot_tell_is_left_to_be_refused_alone(shmolli) -> None:
    renumbered = tuple(sorted(time for time in ACQUIRED_MS if time != 100.0))
    study, selection = shmolli(ACQUIRED_MS, renumbered)
    stack = _stack(study, selection)
    told = [stack.epochs_of(index) is not None for index in range(2)]
    assert sorted(told) == [False, True]


def test_a_series_that_cannot_tell_is_refused_with_its_times(shmolli) -> None:
    renumbered = tuple(sorted(time for time in ACQUIRED_MS if time != 100.0))
    with pytest.raises(
        RefusedError,
        match=r"the times \(180, 260, 1080, .* ms\) do not show which inversion .*; expected those of 5\(1\)1\(1\)1",
    ):
        shmolli(renumbered)


def test_a_model_set_in_the_settings_reads_the_epochs_from_the_times(shmolli) -> None:
    study, selection = shmolli(tuple(sorted(ACQUIRED_MS)), description="STONE native SAX")
    forced = _stack(study, selection, {MapKind.NATIVE_T1: "shmolli_3p"})
    assert forced.epochs is None
    assert [EPOCHS[time] for time in forced.times_ms[0]] == forced.epochs_of(0).tolist()


def test_epochs_begin_where_a_time_is_no_heartbeat_later() -> None:
    assert epochs_in_order(ACQUIRED_MS) == (0, 0, 0, 0, 0, 1, 2)
    molli = (128.0, 868.0, 1605.0, 2345.0, 3083.0, 208.0, 933.0, 1673.0)
    assert epoch_sizes(epochs_in_order(molli)) == (5, 3)
    assert shmolli_in_order(ACQUIRED_MS) == (0, 0, 0, 0, 0, 1, 2)
    assert shmolli_in_order(molli) is None
    assert shmolli_in_order(sorted(ACQUIRED_MS)) is None


def test_epochs_by_times_alone_need_all_three_short_ones() -> None:
    order = np.random.default_rng(0).permutation(7)
    times = [ACQUIRED_MS[index] for index in order]
    assert shmolli_epochs(times) == tuple(EPOCHS[time] for time in times)
    fast = (100.0, 180.0, 260.0, 600.0, 1100.0, 1600.0, 2100.0)  # 120 beats a minute
    assert shmolli_epochs(fast) == (0, 1, 2, 0, 0, 0, 0)
    for bad in (
        (180.0, 260.0, 1080.0, 2050.0, 3010.0, 3990.0),
        (100.0, 180.0, 260.0, 1100.0, 1180.0, 1260.0, 2100.0),  # a MOLLI
        (100.0, 100.0, 260.0, 1080.0, 2050.0, 3010.0, 3990.0),
        (100.0, 180.0, 260.0, 1080.0, 2050.0, 3010.0, float("inf")),
        (),
    ):
        assert shmolli_epochs(bad) is None


def test_a_gap_where_an_image_is_missing_is_no_heartbeat() -> None:
    assert beat_ms([100.0, 1100.0, 3100.0, 4100.0]) == pytest.approx(1000.0)
    assert beat_ms([100.0, 1060.0, 2140.0]) == pytest.approx(1020.0)


def test_a_molli_with_too_few_images_is_refused_with_the_count(shmolli) -> None:
    with pytest.raises(RefusedError, match="expected at least 4 for molli_3p"):
        shmolli((100.0, 1080.0, 2050.0), description="MOLLI native SAX")
    _, selection = shmolli((100.0, 1080.0, 2050.0, 3010.0), description="MOLLI native SAX")
    assert selection.selected[0].model == "molli_3p"
