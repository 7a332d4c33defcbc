"""Phase, real and imaginary images beside the magnitudes, as the vendors store them, to signed stacks."""

from __future__ import annotations

import numpy as np
import pytest

from cmrmap.core.map_specs import MapKind
from cmrmap.dicom.headers.read import read_study
from cmrmap.dicom.loading.loaded_study import load_study
from cmrmap.dicom.selection.select import select_series

TIMES = (100.0, 300.0, 900.0, 2000.0, 30000.0)
SIZE = 32


def _truth(time_ms: float) -> np.ndarray:
    columns = np.arange(SIZE) / SIZE
    return 2000.0 * (1.0 - 2.0 * np.exp(-time_ms / (800.0 + 600.0 * columns))) * np.ones((SIZE, 1))


def _background() -> np.ndarray:
    rows, columns = np.mgrid[:SIZE, :SIZE] / SIZE
    return 1.2 * rows - 0.8 * columns


def _stored(values: np.ndarray, **attributes):
    signed = values.min() < 0
    return {
        "PixelData": np.rint(values).astype("<i2" if signed else "<u2").tobytes(),
        "PixelRepresentation": int(signed),
        **attributes,
    }


def _phase_siemens(signal):
    # 12 bits for one turn, slope 2, intercept -4096
    return "P", _stored((np.angle(signal) / np.pi * 4096 + 4096) / 2, RescaleSlope="2", RescaleIntercept="-4096")


def _phase_philips(signal):
    return "P", _stored((np.angle(signal) + np.pi) * 651.7, RescaleSlope="1.53443", RescaleIntercept="-3141.59")


def _phase_thousandths(signal):
    return "P", _stored(np.angle(signal) * 1000, BitsStored=16, HighBit=15)


def _real_corrected(signal):
    return "R", _stored((signal * np.exp(-1j * _background())).real, BitsStored=16, HighBit=15)


def _real_about_the_middle(signal):
    return "R", _stored((signal * np.exp(-1j * _background())).real / 2 + 2048)


def _real_raw(signal):
    return "R", _stored((signal * np.exp(3j * _background())).real, BitsStored=16, HighBit=15)


def _load(toolbox, folder, *parts, missing=()):
    images = []
    for time_index, time in enumerate(TIMES):
        for slice_index in range(2):
            signal = _truth(time) * np.exp(1j * _background())
            shared = {"InversionTime": f"{time:g}"}
            magnitude = _stored(np.abs(signal))
            images.append(
                toolbox.make_image(1, time_index, slice_index, SeriesDescription="STONE native", **shared, **magnitude)
            )
            for number, part in enumerate(parts, start=2):
                if (slice_index, time_index) in missing:
                    continue
                kind, stored = part(signal)
                images.append(
                    toolbox.make_image(
                        number,
                        time_index,
                        slice_index,
                        SeriesDescription="STONE native",
                        ImageType=["ORIGINAL", "PRIMARY", kind],
                        AcquisitionTime=images[-1].AcquisitionTime,
                        **shared,
                        **stored,
                    )
                )
    toolbox.save(images, folder)
    study = read_study(folder)
    loaded = load_study(study, select_series(study), {})
    (stack,) = loaded.stacks
    assert stack.kind is MapKind.NATIVE_T1
    return stack


@pytest.mark.parametrize(
    "part", [_phase_siemens, _phase_philips, _phase_thousandths, _real_corrected, _real_about_the_middle]
)
def test_signs_are_restored(toolbox, tmp_path, part) -> None:
    stack = _load(toolbox, tmp_path, part)
    assert stack.has_signs.tolist() == [True, True]
    for time_index, time in enumerate(TIMES):
        truth = _truth(time)
        sure = np.abs(truth) > 60
        assert (np.sign(stack.signed[0, time_index]) == np.sign(truth))[sure].all()
        np.testing.assert_allclose(np.abs(stack.signed[0, time_index])[sure], np.abs(truth)[sure], rtol=0.02)
    assert (stack.images >= 0).all()
    assert stack.polarity.startswith("signs of 2 of 2 slices from the ")


def test_real_and_imaginary_part_give_the_phase(toolbox, tmp_path) -> None:
    def imaginary(signal):
        return "I", _stored((signal * np.exp(3j * _background())).imag, BitsStored=16, HighBit=15)

    stack = _load(toolbox, tmp_path, _real_raw, imaginary)
    assert stack.has_signs.all()
    assert (np.sign(stack.signed[1, 0]) == -1).all()


def test_a_real_image_whose_phase_was_not_corrected_is_not_believed(toolbox, tmp_path) -> None:
    stack = _load(toolbox, tmp_path, _real_raw)
    assert stack.signed is None
    assert "have no phase beside them" in stack.polarity
    np.testing.assert_array_equal(stack.fitted_images, stack.images)


def test_a_slice_with_an_image_without_phase_keeps_its_magnitudes(toolbox, tmp_path) -> None:
    stack = _load(toolbox, tmp_path, _phase_siemens, missing={(1, 2)})
    assert stack.has_signs.tolist() == [True, False]
    np.testing.assert_array_equal(stack.fitted_images[1], stack.images[1])
    assert "signs of 1 of 2 slices" in stack.polarity
    assert "slice 2: 1 of 5 images" in stack.polarity


def test_without_companions_nothing_changes(toolbox, tmp_path) -> None:
    stack = _load(toolbox, tmp_path)
    assert stack.signed is None
    assert stack.polarity == ""
