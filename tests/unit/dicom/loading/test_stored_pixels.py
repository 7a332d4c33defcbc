"""Which bits hold the value, and whether the file is still the one that was selected."""

from __future__ import annotations

import numpy as np
import pydicom
import pytest
from pydicom.uid import RLELossless

from cmrmap.core.errors import RefusedError
from cmrmap.core.map_specs import MapKind
from cmrmap.dicom.loading.stored_pixels import LostPixelsError, decode

VALUES = np.arange(64 * 64).reshape(64, 64) % 1000


@pytest.mark.parametrize(("stored", "high"), [(12, 11), (12, 13), (12, 15), (10, 15), (16, 15)])
def test_values_are_read_wherever_they_lie_in_their_word(pixels, stored, high):
    shift = high + 1 - stored
    images = pixels.recovery()
    for image in images:
        pixels.put(image, VALUES << shift, BitsStored=stored, HighBit=high)
    loaded = pixels.load(images)
    assert loaded.lost == ()
    np.testing.assert_array_equal(loaded.stack.images[0], np.broadcast_to(VALUES, (5, 64, 64)))


def test_left_justified_values_are_read_from_run_lengths_too(pixels):
    def compress(paths):
        for path in paths:
            image = pydicom.dcmread(path)
            image.compress(RLELossless, generate_instance_uid=False)
            image.save_as(path)

    images = [pixels.put(image, VALUES << 4, BitsStored=12, HighBit=15) for image in pixels.recovery()]
    np.testing.assert_array_equal(pixels.load(images, compress).stack.images[0, 2], VALUES)


def test_values_that_an_encoder_has_moved_down_already_are_not_moved_again(pixels):
    images = [pixels.put(image, VALUES, BitsStored=12, HighBit=15) for image in pixels.recovery()]
    np.testing.assert_array_equal(pixels.load(images).stack.images[0, 0], VALUES)


@pytest.mark.parametrize(("high", "shift", "overlay"), [(11, 0, 0xF000), (15, 4, 0x000F)])
def test_overlays_in_unused_bits_are_no_part_of_the_value(pixels, high, shift, overlay):
    drawn = np.where(np.indices(VALUES.shape).sum(axis=0) % 3 == 0, overlay, 0)
    images = [pixels.put(i, (VALUES << shift) | drawn, BitsStored=12, HighBit=high) for i in pixels.recovery()]
    np.testing.assert_array_equal(pixels.load(images).stack.images[0, 0], VALUES)


@pytest.mark.parametrize(("high", "shift"), [(11, 0), (15, 4)])
def test_signed_values_keep_their_sign_below_unused_bits(pixels, high, shift):
    small = VALUES - 5  # few are negative: as filters leave them
    word = ((small & 0xFFF) << shift).astype(np.uint16)
    images = pixels.recovery()
    for image in images:
        pixels.put(image, word, BitsStored=12, HighBit=high, PixelRepresentation=1)
    np.testing.assert_array_equal(pixels.load(images).stack.images[0, 1], small)


@pytest.mark.parametrize("signed", [False, True])
def test_values_that_go_on_above_their_bits_lose_the_image(pixels, signed):
    smooth = np.add.outer(np.arange(64), np.arange(64)) * 60 - 900 * signed  # up to 7560
    images = pixels.recovery()
    layout = {"BitsStored": 12, "HighBit": 11, "PixelRepresentation": int(signed)}
    for image in images:
        pixels.put(image, smooth // 5, "<i2", **layout)
    pixels.put(images[1], smooth, "<i2", **layout)
    (lost,) = pixels.load(images).lost
    assert "above what BitsStored 12 can hold; export it again" in lost.reason


@pytest.mark.parametrize(("stored", "high"), [(12, 7), (12, 16), (17, 16)])
def test_bits_that_contradict_each_other_lose_the_image(pixels, stored, high):
    images = pixels.recovery()
    images[1].BitsStored, images[1].HighBit = stored, high
    loaded = pixels.load(images)
    (lost,) = loaded.lost
    assert f"BitsStored {stored} and HighBit {high} contradict each other" in lost.reason
    assert loaded.stack.present.sum() == 4


@pytest.mark.parametrize(
    ("keyword", "value"),
    [("SOPInstanceUID", "1.2.3.999"), ("RescaleSlope", "2"), ("HighBit", 15), ("PhotometricInterpretation", "RGB")],
)
def test_a_file_that_changed_since_it_was_selected_is_lost(pixels, keyword, value):
    def change(paths):
        image = pydicom.dcmread(paths[3])
        setattr(image, keyword, value)
        image.save_as(paths[3])

    loaded = pixels.load(pixels.recovery(), change)
    (lost,) = loaded.lost
    assert f"changed since its header was read ({keyword} differ)" in lost.reason
    assert lost.sop_instance_uid == "1.2.3.3.1.0.3"
    assert np.isnan(loaded.stack.times_ms[0, 3])


def test_another_matrix_in_place_of_the_selected_is_lost(pixels):
    def change(paths):
        image = pydicom.dcmread(paths[0])
        pixels.put(image, VALUES[:32, :32])
        image.save_as(paths[0])

    (lost,) = pixels.load(pixels.recovery(), change).lost
    assert "Rows, Columns differ" in lost.reason


def test_one_inverted_copy_is_lost_with_its_reason(pixels):
    images = pixels.recovery()
    images[2].PhotometricInterpretation = "MONOCHROME1"
    loaded = pixels.load(images)
    (lost,) = loaded.lost
    assert "MONOCHROME1" in lost.reason
    assert loaded.stack.present.sum() == 4


def test_a_series_of_inverted_copies_is_refused_by_name(pixels):
    images = pixels.recovery(PhotometricInterpretation="MONOCHROME1")
    with pytest.raises(RefusedError, match=r"series 1: PhotometricInterpretation is MONOCHROME1.*export the originals"):
        pixels.load(images)


def test_a_good_series_goes_before_an_inverted_one(pixels, toolbox):
    good, inverted = (
        pixels.recovery(),
        toolbox.make_series(MapKind.NATIVE_T1, 2, 3, PhotometricInterpretation="MONOCHROME1"),
    )
    loaded = pixels.load([*inverted, *good])
    assert loaded.stack.series_instance_uid == "1.2.3.2.1"


@pytest.mark.parametrize("implicit", [True, False])
def test_files_without_meta_information_are_read(pixels, implicit):
    def strip(paths):
        for path in paths:
            image = pydicom.dcmread(path)
            del image.file_meta
            image.preamble = None
            image.save_as(path, implicit_vr=implicit, little_endian=True, enforce_file_format=False)

    images = [pixels.put(image, VALUES) for image in pixels.recovery()]
    loaded = pixels.load(images, strip)
    assert loaded.lost == ()
    np.testing.assert_array_equal(loaded.stack.images[0, 1], VALUES)


@pytest.mark.parametrize("name", ["Doe^Jane.dcm", "Doe^Jane"])
def test_a_file_that_is_gone_is_told_without_its_name(pixels, tmp_path, name):
    (tmp_path / "Doe^Jane").mkdir()  # a folder cannot be read as a file
    with pytest.raises(LostPixelsError, match="cannot be decoded") as told:
        decode(str(tmp_path / name), pixels.recovery()[0])
    assert "Doe" not in str(told.value)
    assert str(tmp_path) not in str(told.value)
