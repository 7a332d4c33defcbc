"""Copies that are not what was measured: lossy compression, 8 bits, clipping, and each image scaled by itself."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pydicom
import pytest
from PIL import Image
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.uid import JPEG2000, JPEGBaseline8Bit

from cmrmap.core.errors import RefusedError
from cmrmap.core.map_specs import MapKind

_EIGHT_BITS = {"BitsStored": 8, "HighBit": 7, "PixelRepresentation": 0}


def _compressed(paths, syntax, encode):
    for path in paths:
        image = pydicom.dcmread(path)
        image.PixelData = encapsulate([encode(image.pixel_array)])
        image["PixelData"].VR, image["PixelData"].is_undefined_length = "OB", True
        image.file_meta.TransferSyntaxUID = syntax
        image.save_as(path)


def _jpeg(pixels):
    stream = BytesIO()
    Image.fromarray(pixels).save(stream, "JPEG", quality=75)
    return stream.getvalue()


def _jpeg_2000(irreversible):
    def encode(pixels):
        stream = BytesIO()
        Image.fromarray(pixels).save(stream, "JPEG2000", irreversible=irreversible, no_jp2=True)
        return stream.getvalue()

    return encode


def _on_one_scale(images, pixels):
    planes = np.abs(pixels.scene((100.0, 300.0, 900.0, 2000.0, 30000.0)))
    for image, plane in zip(images, planes, strict=True):
        pixels.put(image, plane / planes.max() * 255.0, "u1", **_EIGHT_BITS)
    return images


def test_lossy_compression_is_told_by_its_attribute(pixels):
    images = pixels.recovery()
    for image in images[:2]:
        image.LossyImageCompression, image.LossyImageCompressionMethod = "01", "ISO_14495_1"
    loaded = pixels.load(images)
    assert pixels.codes(loaded) == ["lossy_images"]
    assert loaded.flags[0].message == (
        "2 of 5 images have lossy compression (ISO_14495_1, LossyImageCompression 01): export them without it"
    )


@pytest.mark.parametrize("description", ["Lossy JPEG compression by the archive", ""])
def test_lossy_compression_is_told_by_its_derivation(pixels, description):
    images, code = pixels.recovery(DerivationDescription=description), Dataset()
    code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = "113040", "DCM", "Lossy Compression"
    for image in images:
        image.DerivationCodeSequence = [] if description else [code]
    (flag,) = pixels.load(images).flags
    assert flag.message == "5 of 5 images have lossy compression (by its derivation): export them without it"


def test_jpeg_baseline_without_the_attribute_is_told_by_its_syntax(pixels):
    loaded = pixels.load(
        _on_one_scale(pixels.recovery(), pixels), lambda paths: _compressed(paths, JPEGBaseline8Bit, _jpeg)
    )
    assert pixels.codes(loaded) == ["lossy_images", "few_grey_levels"]
    assert "5 of 5 images have lossy compression (JPEG baseline)" in loaded.flags[0].message
    assert loaded.stack.present.all()


@pytest.mark.parametrize(("irreversible", "expected"), [(True, ["lossy_images"]), (False, [])])
def test_jpeg_2000_is_told_by_its_wavelet(pixels, irreversible, expected):
    images = _on_one_scale(pixels.recovery(), pixels)
    loaded = pixels.load(images, lambda paths: _compressed(paths, JPEG2000, _jpeg_2000(irreversible)))
    assert [code for code in pixels.codes(loaded) if code == "lossy_images"] == expected


@pytest.mark.parametrize("step", [1, 16])
def test_eight_bits_are_told_in_wider_words_too(pixels, step):
    images = pixels.recovery()
    planes = np.abs(pixels.scene((100.0, 300.0, 900.0, 2000.0, 30000.0)))
    for image, plane in zip(images, planes, strict=True):
        pixels.put(image, np.rint(plane / planes.max() * 255.0) * step)
    assert pixels.codes(pixels.load(images)) == ["few_grey_levels"]


def test_originals_have_no_such_finding(pixels):
    loaded = pixels.load(pixels.recovery())
    assert pixels.codes(loaded) == []
    assert loaded.refusals == ()


def test_clipped_signals_are_told(pixels):
    images = pixels.recovery()
    for image, plane in zip(images, np.abs(pixels.scene((100, 300, 900, 2000, 30000))), strict=True):
        pixels.put(image, np.minimum(plane * 5.0, 4095.0))
    loaded = pixels.load(images)
    assert pixels.codes(loaded) == ["clipped_images"]
    assert "are clipped at the largest value, 4095" in loaded.flags[0].message


@pytest.mark.parametrize("kind", [MapKind.NATIVE_T1, MapKind.T2])
@pytest.mark.parametrize("top", [255, 4095])
def test_images_each_scaled_to_its_own_maximum_are_refused(pixels, kind, top):
    images = pixels.recovery(kind)
    for image, plane in zip(images, np.abs(pixels.scene((100, 300, 900, 2000, 30000))), strict=True):
        pixels.put(image, plane / plane.max() * top)
    with pytest.raises(RefusedError, match=f"the largest value of every image is {top}: each was scaled separately"):
        pixels.load(images)


def test_images_each_cut_at_its_own_percentile_are_refused(pixels):
    images = pixels.recovery()
    for image, plane in zip(images, np.abs(pixels.scene((100, 300, 900, 2000, 30000))), strict=True):
        pixels.put(image, np.minimum(plane / np.quantile(plane, 0.99), 1.0) * 255.0, "u1", **_EIGHT_BITS)
    with pytest.raises(RefusedError, match="each was scaled separately"):
        pixels.load(images)


def test_the_same_with_lossy_compression_is_refused(pixels):
    images = pixels.recovery()
    for image, plane in zip(images, np.abs(pixels.scene((100, 300, 900, 2000, 30000))), strict=True):
        pixels.put(image, plane / plane.max() * 255.0, "u1", **_EIGHT_BITS)
    with pytest.raises(RefusedError, match="each was scaled separately"):
        pixels.load(images, lambda paths: _compressed(paths, JPEGBaseline8Bit, _jpeg))


def test_a_full_range_that_the_rescale_takes_back_is_no_fault(pixels):
    images = pixels.recovery()
    planes = np.abs(pixels.scene((100.0, 300.0, 900.0, 2000.0, 30000.0)))
    for image, plane in zip(images, planes, strict=True):
        pixels.put(
            image, plane / plane.max() * 4095.0, RescaleSlope=f"{plane.max() / 4095.0:.10g}", RescaleIntercept="0"
        )
    loaded = pixels.load(images)
    assert pixels.codes(loaded) == []
    np.testing.assert_allclose(loaded.stack.images[0], planes, atol=0.5)


def test_one_slice_scaled_by_itself_costs_that_slice_only(pixels):
    images = pixels.recovery(n_slices=3)
    for image, plane in zip(images[5:10], np.abs(pixels.scene((100, 300, 900, 2000, 30000))), strict=True):
        pixels.put(image, plane / plane.max() * 4095.0)
    loaded = pixels.load(images)
    assert loaded.stack.present.sum(axis=1).tolist() == [5, 0, 5]
    assert [(refusal.slice_index, refusal.status) for refusal in loaded.refusals] == [(1, "refused")]
    assert ("slice_not_used", 1) in [(flag.code, flag.slice_index) for flag in loaded.flags]


@pytest.mark.parametrize("jitter", [0.0, 2.0])
def test_eight_bits_that_were_lossy_once_are_refused_all_the_same(pixels, jitter):
    rng = np.random.default_rng(0)
    images = pixels.recovery()
    for image, plane in zip(images, np.abs(pixels.scene((100, 300, 900, 2000, 30000))), strict=True):
        pixels.put(image, plane / plane.max() * (255.0 - rng.uniform(0.0, jitter)))
    with pytest.raises(RefusedError, match="each was scaled separately"):
        pixels.load(images)


@pytest.mark.parametrize(("share", "what"), [(99.8, "99.8th percentile"), (None, "mean")])
def test_images_each_scaled_by_another_value_of_its_own_are_refused(pixels, share, what):
    images = pixels.recovery(MapKind.T2)
    for image, plane in zip(images, np.abs(pixels.scene((100, 300, 900, 2000, 30000))), strict=True):
        pixels.put(image, plane / (plane.mean() if share is None else np.percentile(plane, share)) * 500.0)
    with pytest.raises(RefusedError, match=f"the {what} of every image is [45]"):
        pixels.load(images)
