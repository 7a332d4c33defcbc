"""Bad input to the segmentation: one clear line, or an empty label with the reason; never a crash later on."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmrmap.core.errors import InputError
from cmrmap.segmentation import Network, predict_slice, segment_images
from cmrmap.segmentation.inputs import check_slice


def _images(n: int = 2, rows: int = 40, columns: int = 48) -> np.ndarray:
    return np.random.default_rng(2).normal(100, 20, (n, rows, columns))


@pytest.mark.parametrize("spacing", [None, "1.5", "wide", (1.0, 1.0, 1.0), (), [[1.0], [2.0]], object()])
def test_a_pixel_spacing_that_is_missing_or_no_spacing_is_named(spacing: object) -> None:
    if spacing == "1.5":  # DICOM's decimal strings are numbers
        assert check_slice(_images(), spacing).spacing_mm == (1.5, 1.5)  # type: ignore[arg-type]
        return
    if isinstance(spacing, list):
        spacing = np.array(spacing)
    with pytest.raises(InputError, match="pixel_spacing_mm is"):
        check_slice(_images(), spacing)  # type: ignore[arg-type]


@pytest.mark.parametrize("spacing", [25.4, 1e6, (1.0, 30.0)])
def test_a_spacing_in_another_unit_is_refused_before_memory_runs_out(spacing: float | tuple[float, float]) -> None:
    with pytest.raises(InputError, match=r"field of view is .* expected at most 1000 mm"):
        check_slice(_images(), spacing)


def test_images_of_several_sizes_are_refused() -> None:
    with pytest.raises(InputError, match="images differ in size"):
        check_slice([np.ones((20, 20)), np.ones((20, 21))], 1.0)


@pytest.mark.parametrize("images", [np.ones((3, 3)), np.ones((1, 3, 3)), [], np.ones((0, 0, 0)), "text", None])
def test_too_little_to_segment_is_refused(images: object) -> None:
    with pytest.raises(InputError, match="images"):
        check_slice(images, 1.0)  # type: ignore[arg-type]


def test_no_image_is_no_label(network: Network) -> None:
    prediction = predict_slice(np.ones((0, 32, 32)), 1.0, network)
    assert prediction.labels.shape == (0, 32, 32)
    assert prediction.reasons == ()


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_stays_empty_and_spoils_no_neighbour(network: Network, value: float) -> None:
    images = _images(3)
    images[1, 5, 5] = value
    prediction = predict_slice(images, 1.5, network)
    assert "not finite" in prediction.reasons[1]
    assert not prediction.labels[1].any()
    assert np.array_equal(prediction.labels[[0, 2]], segment_images(images[[0, 2]], 1.5, network))


@pytest.mark.parametrize("value", [0, 1, -3])
def test_constant_images_stay_empty(network: Network, value: int) -> None:
    prediction = predict_slice(np.full((2, 32, 32), value, dtype=np.int16), 1.0, network)
    assert set(prediction.reasons) == {"the image is constant"}
    assert not prediction.labels.any()


def test_one_bright_pixel_is_no_crash(network: Network) -> None:
    images = np.zeros((1, 32, 32))
    images[0, 3, 3] = 1.0
    prediction = predict_slice(images, 1.0, network)
    assert prediction.labels.any() or prediction.reasons[0]


@given(st.integers(-1000, 1000))
def test_a_power_of_two_changes_no_bit(exponent: int) -> None:
    images = _images().astype(np.float64)
    scaled = check_slice(np.ldexp(images, exponent), 1.0).images
    assert np.array_equal(scaled, check_slice(images, 1.0).images)
    assert 0.5 <= np.abs(scaled).max() < 1


@pytest.mark.parametrize("scale", [1e-290, 1e-30, 1e30, 1e290])
def test_extreme_scalings_give_the_same_labels(network: Network, scale: float) -> None:
    assert np.array_equal(segment_images(_images() * scale, 1.5, network), segment_images(_images(), 1.5, network))


@pytest.mark.parametrize("dtype", [np.int16, np.int64, np.float32, np.float16])
def test_signed_images_keep_their_sign(network: Network, dtype: type) -> None:
    images = np.round(_images() - 100).astype(dtype)
    checked = check_slice(images, 1.5).images
    assert np.array_equal(np.sign(checked), np.sign(images.astype(np.float64)))
    assert np.array_equal(segment_images(images, 1.5, network), segment_images(images.astype(np.float64), 1.5, network))


def test_the_lowest_integer_is_no_overflow() -> None:
    images = np.zeros((1, 16, 16), dtype=np.int16)
    images[0, 0, 0] = -32768
    assert check_slice(images, 1.0).images.min() == -0.5


def test_a_large_matrix_is_segmented(network: Network) -> None:
    image = np.kron(_images(1, 32, 32), np.ones((1, 128, 128))).astype(np.uint16)
    prediction = predict_slice(image, 0.09, network)
    assert prediction.labels.shape == (1, 4096, 4096)
    assert prediction.labels.any() or prediction.reasons[0]


def test_a_matrix_of_tiny_pixels_is_no_crash(network: Network) -> None:
    prediction = predict_slice(_images(), 1e-3, network)
    assert prediction.labels.shape == (2, 40, 48)
