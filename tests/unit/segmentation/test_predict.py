"""segment_images: what it takes, what it refuses, what it leaves empty with a reason."""

import numpy as np
import pytest

from cmrmap.core.errors import InputError
from cmrmap.segmentation import Network, predict_slice, segment_images


def _images(n: int = 3, rows: int = 40, columns: int = 48) -> np.ndarray:
    return np.random.default_rng(2).normal(100, 20, (n, rows, columns))


def test_labels_have_the_shape_and_type_of_the_contract(network: Network) -> None:
    labels = segment_images(_images(), 1.5, network)
    assert labels.shape == (3, 40, 48)
    assert labels.dtype == np.uint8
    assert labels.max() <= 3
    assert not labels.flags.writeable


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.uint16, np.float32, np.float64])
def test_any_real_type_is_taken(network: Network, dtype: type) -> None:
    reference = segment_images(np.round(_images()), 1.5, network)
    assert np.array_equal(segment_images(np.round(_images()).astype(dtype), 1.5, network), reference)


def test_positive_scaling_changes_nothing(network: Network) -> None:
    assert np.array_equal(segment_images(_images(), 1.5, network), segment_images(_images() * 512, 1.5, network))


def test_a_single_image_works(network: Network) -> None:
    assert segment_images(_images(1), (1.5, 1.5), network).shape == (1, 40, 48)


def test_signed_images_work(network: Network) -> None:
    assert segment_images(_images() - 100, 1.5, network).shape == (3, 40, 48)


def test_constant_and_nan_images_stay_empty_with_the_reason(network: Network) -> None:
    images = _images(4)
    images[1] = 5.0
    images[2, 3, 3] = np.nan
    prediction = predict_slice(images, 1.5, network)
    assert prediction.reasons[1] == "the image is constant"
    assert "not finite" in prediction.reasons[2]
    assert not prediction.labels[1:3].any()
    assert prediction.confidence[1] == 0.0
    assert np.array_equal(prediction.labels[[0, 3]], segment_images(images[[0, 3]], 1.5, network))


def test_all_images_bad_is_no_crash(network: Network) -> None:
    assert not segment_images(np.zeros((2, 32, 32)), 1.0, network).any()


@pytest.mark.parametrize("shape", [(40, 48), (0, 3, 3), (1, 3, 40), (1, 2, 40, 40)])
def test_wrong_shapes_are_refused(network: Network, shape: tuple[int, ...]) -> None:
    with pytest.raises(InputError, match="images"):
        segment_images(np.ones(shape), 1.0, network)


def test_complex_images_are_refused(network: Network) -> None:
    with pytest.raises(InputError, match="expected real numbers"):
        segment_images(np.ones((1, 32, 32), dtype=complex), 1.0, network)


@pytest.mark.parametrize("spacing", [0.0, -1.0, float("nan"), float("inf"), (1.0, 0.0)])
def test_impossible_pixel_spacing_is_refused(network: Network, spacing: float) -> None:
    with pytest.raises(InputError, match="pixel_spacing_mm"):
        segment_images(_images(), spacing, network)
