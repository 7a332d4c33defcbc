"""Times that a protocol lists are believed where acquisition times or the signals bear out their order."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from pydicom.dataset import Dataset

from cmrmap.core.geometry import SliceGeometry
from cmrmap.core.map_specs import MapKind
from cmrmap.core.stack import WeightedStack
from cmrmap.dicom.headers.read import read_study
from cmrmap.dicom.loading.decay_order import decay_order
from cmrmap.dicom.loading.loaded_study import LoadedStudy, load_study
from cmrmap.dicom.selection.select import select_series

TIMES = (0.0, 30.0, 55.0)
_LINES = "\n".join(f"sPrepPulses.adT2PrepDuration[{i}]\t = \t{t}" for i, t in enumerate(("30.0", "55.0")))
_PROTOCOL = f"### ASCCONV BEGIN ###\n{_LINES}\n### ASCCONV END ###".encode("latin-1")


def _signals(times, t2_ms: float = 45.0) -> list[float]:
    return [1000.0 * np.exp(-time / t2_ms) for time in times]


def _stack(signals: list[list[float]], times=TIMES) -> WeightedStack:
    images = np.zeros((len(signals), len(times), 8, 8), np.float32)
    images[:, :, 2:6, 2:6] = np.asarray(signals)[:, :, None, None]
    plane = SliceGeometry((0.0, 0.0, 0.0), (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (1.0, 1.0))
    return WeightedStack(MapKind.T2, images, np.asarray([times] * len(signals)), (plane,) * len(signals), "t2_2p")


def test_a_decay_confirms_the_order():
    assert decay_order(_stack([_signals(TIMES), _signals(TIMES, 250.0)])).confirmed


@pytest.mark.parametrize("order", [(0, 2, 1), (1, 0, 2), (2, 1, 0)])
def test_a_wrong_order_is_a_contradiction(order):
    signals = _signals(TIMES)
    found = decay_order(_stack([signals, [signals[index] for index in order]]))
    assert not found.confirmed
    assert found.contradiction.startswith("slice 2 brightens by")


def test_images_alike_confirm_nothing_and_contradict_nothing():
    assert decay_order(_stack([[100.0, 99.9, 100.5]])).confirmed is False
    assert decay_order(_stack([[100.0, 99.9, 100.5]])).contradiction == ""


def test_the_saturated_image_and_lost_ones_play_no_part():
    times = (0.0, 30.0, 55.0, np.inf)
    assert decay_order(_stack([[*_signals(TIMES), 5000.0]], times)).confirmed
    assert not decay_order(_stack([[1000.0, np.nan, np.nan]], (0.0, np.nan, np.nan))).confirmed


@pytest.fixture
def load(tmp_path, toolbox) -> Callable[..., LoadedStudy]:
    """A T2 series whose times a protocol lists; ``clocks`` are its images' times of acquisition."""

    def run(signals: list[float], clocks: list[str | None]) -> LoadedStudy:
        images: list[Dataset] = []
        for index, (signal, clock) in enumerate(zip(signals, clocks, strict=True)):
            pixels = np.zeros((32, 32), "<u2")
            pixels[8:24, 8:24] = round(signal)
            image = toolbox.make_image(1, index, 0, SeriesDescription="T2map TRUFI", PixelData=pixels.tobytes())
            image.AcquisitionTime = clock
            image.add_new((0x0029, 0x10), "LO", "SIEMENS CSA HEADER")
            image.add_new((0x0029, 0x1020), "OB", _PROTOCOL)
            images.append(image)
        toolbox.save([*images, *toolbox.make_series(MapKind.NATIVE_T1, 2, 1)], tmp_path)
        study = read_study(tmp_path)
        return load_study(study, select_series(study), {})

    return run


_CLOCKS = ["100000", "100004", "100008"]


def test_acquisition_times_confirm_a_list(load):
    loaded = load([100.0, 99.9, 100.5], _CLOCKS)
    assert [stack.kind for stack in loaded.stacks] == [MapKind.T2, MapKind.NATIVE_T1]
    assert loaded.flags == ()


@pytest.mark.parametrize("clocks", [[None] * 3, ["100000"] * 3, ["100000", None, "100008"]])
def test_signals_confirm_a_list_where_no_times_do(load, clocks):
    loaded = load(_signals(TIMES), clocks)
    assert loaded.stacks[0].times_ms.tolist() == [list(TIMES)]
    assert loaded.flags == ()


@pytest.mark.parametrize("clocks", [[None] * 3, ["100000"] * 3])
def test_a_list_that_nothing_confirms_is_told(load, clocks):
    (flag,) = load([100.0, 100.0, 100.0], clocks).flags
    assert (flag.code, flag.severity, flag.map) == ("timing_unverified", "warning", MapKind.T2)
    assert "neither acquisition times nor signals confirm that order" in flag.message


@pytest.mark.parametrize("clocks", [[None] * 3, _CLOCKS])
def test_signals_against_a_list_refuse_its_map_and_no_other(load, clocks):
    loaded = load(_signals(TIMES)[::-1], clocks)
    assert [stack.kind for stack in loaded.stacks] == [MapKind.NATIVE_T1]
    (refusal,) = [one for one in loaded.refusals if one.kind is MapKind.T2]
    assert refusal.status == "refused"
    assert "which no T2 decay does" in refusal.reason
    assert "--times" in refusal.reason
