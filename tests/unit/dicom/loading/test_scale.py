"""Images of a slice that were scaled differently are brought together, or it is said that they cannot be."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.dataset import Dataset

from cmrmap.core.map_specs import MapKind
from cmrmap.dicom.loading.scale import Scale, scale_of, slice_scale

SCALE_SLOPES = (0.004, 0.0044, 0.005, 0.0038, 0.0042)
positive = st.floats(0.01, 100.0)


def _stored(images, pixels, slopes, rescale=(1.0,) * 5):
    """Scale every image as Philips does: PV = FP * scale slope, shown by a rescale of its own."""
    planes = np.abs(pixels.scene((100.0, 300.0, 900.0, 2000.0, 30000.0)))
    for image, plane, slope, shown in zip(images, planes, slopes, rescale, strict=True):
        pixels.put(image, plane * slope * 400.0, Manufacturer="Philips Medical Systems")
        image.RescaleSlope, image.RescaleIntercept, image.RescaleType = f"{shown:g}", "0", "normalized"
    return images, planes


def _state(image: Dataset, slope: float, vr: str = "FL") -> None:
    block = image.private_block(0x2005, "Philips MR Imaging DD 001", create=True)
    block.add_new(0x0E, vr, struct.pack("<f", slope) if vr == "UN" else slope)


@given(st.lists(st.tuples(positive, positive, positive), min_size=2, max_size=6))
def test_the_signal_does_not_depend_on_how_it_was_scaled(given_scales):
    scales = {i: Scale(rescale, 0.0, slope) for i, (rescale, slope, _) in enumerate(given_scales)}
    found = slice_scale(scales)
    signals = [found.linear[i][0] * signal * slope for i, (_, slope, signal) in enumerate(given_scales)]
    ratios = np.array(signals) / np.array([signal for _, _, signal in given_scales])
    assert ratios == pytest.approx(ratios[0], rel=1e-3)


def test_slopes_that_are_alike_change_nothing():
    found = slice_scale({0: Scale(2.0, 1.0, 0.5), 1: Scale(1.0, 3.0, 1.0)})
    assert dict(found.linear) == {0: (2.0, 1.0), 1: (1.0, 3.0)}
    assert found.applied is None


@pytest.mark.parametrize("vr", ["FL", "UN"])
@pytest.mark.parametrize("rescale", [(1.0,) * 5, (1.0, 1.5, 0.7, 1.0, 2.0)])
def test_scale_slopes_of_a_classic_series_are_applied(pixels, vr, rescale):
    images, planes = _stored(pixels.recovery(), pixels, SCALE_SLOPES, rescale)
    for image, slope in zip(images, SCALE_SLOPES, strict=True):
        _state(image, slope, vr)
    loaded = pixels.load(images)
    assert pixels.codes(loaded) == ["scale_slopes_applied"]
    assert "0.0038 to 0.005" in loaded.flags[0].message
    signals = loaded.stack.images[0]
    bright = planes > 300.0
    assert (signals[bright] / planes[bright]).std() < 0.01 * (signals[bright] / planes[bright]).mean()


def test_scale_slopes_in_the_private_sequence_of_a_frame_are_applied(pixels):
    images, planes = _stored(pixels.recovery(), pixels, SCALE_SLOPES)
    for image, slope in zip(images, SCALE_SLOPES, strict=True):
        inner = Dataset()
        _state(inner, slope)
        image.private_block(0x2005, "Philips MR Imaging DD 005", create=True).add_new(0x0F, "SQ", [inner])
    signals = pixels.load(images).stack.images[0]
    tissue = planes[-1] > 900.0
    assert signals[:, tissue].mean(axis=1) / planes[:, tissue].mean(axis=1) == pytest.approx(400.0, rel=0.01)


def test_an_image_without_scale_slope_is_lost_among_others_with_one(pixels):
    images, _ = _stored(pixels.recovery(), pixels, SCALE_SLOPES)
    for index in (0, 1, 3, 4):
        _state(images[index], SCALE_SLOPES[index])
    loaded = pixels.load(images)
    (lost,) = loaded.lost
    assert "no scale slope (2005,xx0E)" in lost.reason
    assert loaded.stack.present.tolist() == [[True, True, False, True, True]]


@pytest.mark.parametrize("slope", [0.0, -1.0, float("nan")])
def test_a_scale_slope_that_cannot_be_loses_its_image(pixels, slope):
    images, _ = _stored(pixels.recovery(), pixels, SCALE_SLOPES)
    for index, stated in enumerate((*SCALE_SLOPES[:4], slope)):
        _state(images[index], stated)
    (lost,) = pixels.load(images).lost
    assert "is not a positive number" in lost.reason


def test_rescale_slopes_that_differ_without_scale_slope_are_a_warning(pixels):
    images, _ = _stored(pixels.recovery(), pixels, (0.004,) * 5, (1.0, 1.5, 0.7, 1.0, 2.0))
    loaded = pixels.load(images)
    assert pixels.codes(loaded) == ["scale_unknown"]
    assert "RescaleSlope runs from 0.7 to 2" in loaded.flags[0].message
    assert loaded.flags[0].slice_index == 0


@pytest.mark.parametrize(("maker", "expected"), [("Philips", ["scale_unknown"]), ("SIEMENS", [])])
def test_philips_series_joined_without_their_scales_are_a_warning(pixels, maker, expected):
    images = pixels.recovery(MapKind.T2)[:4]
    for number, image in enumerate(images, start=1):
        image.SeriesInstanceUID, image.SeriesNumber, image.Manufacturer = f"1.2.3.2.{number}", number, maker
        image.AcquisitionTime = "101010"
    loaded = pixels.load(images)
    assert loaded.stack.images.shape[:2] == (1, 4)
    assert [code for code in pixels.codes(loaded) if code == "scale_unknown"] == expected


def _real_world(slope: float) -> Dataset:
    item = Dataset()
    item.RealWorldValueSlope, item.RealWorldValueIntercept = slope, 0.0
    return item


def test_real_world_slopes_scale_images_that_state_no_other():
    image = Dataset()
    image.RealWorldValueMappingSequence = [_real_world(2.5)]
    assert scale_of(image) == Scale(2.5, 0.0, None, 2.5)
    image.RescaleSlope, image.RescaleIntercept = "3", "1"
    assert scale_of(image) == Scale(3.0, 1.0, None, 2.5)


@pytest.mark.parametrize("slope", ["0", "1e300", "-1e300", "1e-300"])
def test_a_slope_beyond_all_measure_costs_its_image_only(pixels, slope):
    images = pixels.recovery()
    images[3].RescaleSlope = slope
    loaded = pixels.load(images)
    (lost,) = loaded.lost
    assert "RescaleSlope or RescaleIntercept is not a usable number" in lost.reason
    assert loaded.stack.present.sum() == 4


def test_scales_that_contradict_each_other_are_told():
    found = slice_scale({0: Scale(1.0, 0.0, None, 1.0), 1: Scale(1.0, 0.0, None, 2.0)})
    assert "RealWorldValueSlope and RescaleSlope" in found.caution
