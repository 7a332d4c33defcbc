"""Signed signals without a word, values about an offset, and values that are no signals at all."""

from __future__ import annotations

import re

import numpy as np
import pytest

from cmrmap.core.errors import RefusedError
from cmrmap.core.map_specs import MapKind
from cmrmap.dicom.loading.signed_values import signed_values

TIMES_MS = (100.0, 300.0, 900.0, 2000.0, 30000.0)


def _write(pixels, planes, dtype="<u2", kind=MapKind.NATIVE_T1, **changes):
    images = pixels.recovery(kind)
    layout = {"BitsStored": 16, "HighBit": 15, "PixelRepresentation": int(dtype == "<i2"), **changes}
    return [pixels.put(image, plane, dtype, **layout) for image, plane in zip(images, planes, strict=True)]


def _assert_signed(loaded, signals):
    (stack,) = loaded.stacks
    assert stack.has_signs.all()
    assert stack.polarity.startswith("signs of all slices from the pixel values")
    np.testing.assert_allclose(stack.signed[0], signals, atol=2.0)
    np.testing.assert_array_equal(stack.images, np.abs(stack.signed))


def test_negative_values_are_the_sign_of_the_signal(pixels):
    signals = pixels.scene(TIMES_MS)
    _assert_signed(pixels.load_all(_write(pixels, signals, "<i2")), signals)


@pytest.mark.parametrize("offset", [2048, 4096, 5000])
def test_signals_stored_about_an_offset_are_taken_off_it(pixels, offset):
    signals = pixels.scene(TIMES_MS)
    loaded = pixels.load_all(_write(pixels, signals + offset))
    _assert_signed(loaded, signals)
    told = float(re.search(r"an offset of (\d+)", loaded.stacks[0].polarity).group(1))
    assert told == pytest.approx(offset, abs=2)


def test_air_beside_the_middle_of_the_range_does_not_move_the_signals(pixels):
    signals = pixels.scene(TIMES_MS)
    beside = np.where(np.abs(signals) < 0.05 * signals.max(), np.abs(signals) + 15, signals)  # air of magnitudes
    (stack,) = pixels.load_all(_write(pixels, beside + 2048)).stacks
    assert "an offset of 2048:" in stack.polarity
    np.testing.assert_allclose(stack.signed[0], beside, atol=2.0)


def test_a_rescale_that_takes_the_offset_out_is_signed_too(pixels):
    signals = pixels.scene(TIMES_MS)
    stored = _write(pixels, signals / 2 + 4096, RescaleSlope="2", RescaleIntercept="-8192")
    _assert_signed(pixels.load_all(stored), signals)


def test_magnitudes_are_magnitudes(pixels):
    (stack,) = pixels.load_all(pixels.recovery()).stacks
    assert stack.signed is None
    assert stack.polarity == ""


@pytest.mark.parametrize("seed", range(5))
def test_no_magnitude_is_taken_for_signed(pixels, seed):
    images = np.abs(pixels.scene(TIMES_MS, seed))[None].astype(np.float32)
    for changes_sign in (True, False):
        found = signed_values(images, np.array([TIMES_MS]), changes_sign)
        assert (found.offset, found.fault) == (None, "")


@pytest.mark.parametrize("kind", [MapKind.NATIVE_T1, MapKind.T2])
def test_magnitudes_about_an_offset_are_refused(pixels, kind):
    with pytest.raises(RefusedError, match=r"air .* has the value 41\d\d; expected 0.*export the originals"):
        pixels.load_all(_write(pixels, np.abs(pixels.scene(TIMES_MS)) + 4096 + 50, kind=kind))


def test_values_that_were_turned_over_are_refused_without_a_word_in_the_header(pixels):
    magnitudes = np.abs(pixels.scene(TIMES_MS))
    with pytest.raises(RefusedError, match="the values are inverted or have an offset"):
        pixels.load_all(_write(pixels, magnitudes.max() - magnitudes))


@pytest.mark.parametrize("kind", [MapKind.NATIVE_T1, MapKind.T2])
def test_negative_values_that_no_inversion_explains_are_refused(pixels, kind):
    signals = pixels.scene(TIMES_MS)[::-1]  # as if the sign came and went the wrong way about
    with pytest.raises(RefusedError, match=r"\d+% of the pixel values are negative"):
        pixels.load_all(_write(pixels, signals, "<i2", kind))


def test_images_without_air_are_left_as_they_are():
    images = np.full((1, 5, 8, 8), 100.0, np.float32) + np.arange(5.0, dtype=np.float32)[:, None, None]
    assert signed_values(images, np.array([TIMES_MS]), True).offset is None
    assert signed_values(images, np.full((1, 5), np.nan), True).fault == ""


def _without_air(pixels, times_ms=TIMES_MS):
    """(1, time, row, column) signed signals of a picture that a heart fills."""
    scene = pixels.scene(times_ms)[:, 12:48]
    return np.concatenate([scene[:, :, 8 + 16 * n : 22 + 16 * n] for n in range(3)], axis=2)[None].astype(np.float32)


def test_signed_values_without_air_are_signed(pixels):
    found = signed_values(_without_air(pixels), np.array([TIMES_MS]), True)
    assert (found.offset, found.fault) == (0.0, "")


def test_negative_values_without_air_that_no_inversion_explains_are_refused(pixels):
    signals = _without_air(pixels)
    for images, changes_sign in ((signals[:, ::-1], True), (signals, False), (-np.abs(signals), True)):
        found = signed_values(images, np.array([TIMES_MS]), changes_sign)
        assert found.offset is None
        assert "of the pixel values are negative" in found.fault


def test_magnitudes_without_air_are_magnitudes(pixels):
    for changes_sign in (True, False):
        found = signed_values(np.abs(_without_air(pixels)), np.array([TIMES_MS]), changes_sign)
        assert (found.offset, found.fault) == (None, "")
