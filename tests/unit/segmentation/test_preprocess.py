"""Grey scale, pixel size and crop: limit cases and the way back."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from cmrmap.segmentation.preprocess import Crop, normalise, pad_about, resample


@given(st.floats(1e-3, 1e5), st.floats(-100, 100))
def test_normalise_is_blind_to_gain_and_offset(gain: float, offset: float) -> None:
    image = torch.from_numpy(np.random.default_rng(0).normal(size=(2, 20, 20)))
    assert torch.allclose(normalise(image * gain + offset * gain), normalise(image), atol=1e-5)


def test_normalise_gives_zero_mean_and_unit_sd_and_clips_outliers() -> None:
    image = torch.from_numpy(np.random.default_rng(1).normal(size=(1, 40, 40)))
    image[0, 0, 0] = 1e6
    out = normalise(image)
    assert abs(float(out.mean())) < 1e-6
    assert float(out.std(unbiased=False)) == pytest.approx(1.0, abs=1e-6)
    assert float(out.max()) < 5


def test_constant_image_becomes_zero() -> None:
    assert torch.equal(normalise(torch.full((1, 8, 8), 7.0)), torch.zeros(1, 8, 8))


def test_resample_keeps_the_place_of_a_blob_in_mm() -> None:
    y, x = np.mgrid[:100, :80]
    blob = np.exp(-(((y + 0.5) * 1.0 - 40) ** 2 + ((x + 0.5) * 2.0 - 90) ** 2) / (2 * 8**2))
    out = resample(torch.from_numpy(blob[None]).float(), (1.0, 2.0), 1.6)[0].numpy()
    assert out.shape == (62, 100)  # 100 mm / 1.6 and 160 mm / 1.6
    rows, columns = np.indices(out.shape)
    step = 100 / out.shape[0], 160 / out.shape[1]
    assert (rows * out).sum() / out.sum() * step[0] + step[0] / 2 == pytest.approx(40, abs=0.1)
    assert (columns * out).sum() / out.sum() * step[1] + step[1] / 2 == pytest.approx(90, abs=0.1)


def test_padding_is_the_minimum_about_the_image_and_large_images_keep_their_size() -> None:
    image = torch.arange(24.0).reshape(2, 3, 4) - 5
    padded, inside = pad_about(image, 6, 4)
    assert padded.shape == (2, 6, 4)
    assert inside == (slice(1, 4), slice(0, 4))
    assert torch.equal(padded[(slice(None), *inside)], image)
    assert bool((padded[:, [0, 4, 5]].amax((1, 2)) == image.amin((1, 2))).all())
    assert torch.equal(pad_about(image, 2, 2)[0], image)


@pytest.mark.parametrize("centre", [(20.0, 25.0), (2.0, 3.0), (45.0, 58.0), (-30.0, 100.0)])
def test_crop_and_paste_back_return_a_smooth_image(centre: tuple[float, float]) -> None:
    y, x = np.mgrid[:48, :60]
    image = torch.from_numpy(np.cos(y / 9) + np.sin(x / 7)).float()[None]
    crop = Crop.about(centre, 32)
    values = crop.cut(image).unsqueeze(1)
    back = crop.paste_back(values, (48, 60), (48, 60), torch.tensor([99.0]))[0, 0]
    inside = back != 99.0
    assert torch.allclose(back[inside], image[0][inside], atol=1e-4)
    rows = min(48, crop.top + 32) - max(0, crop.top)
    columns = min(60, crop.left + 32) - max(0, crop.left)
    assert int(inside.sum()) == max(0, rows) * max(0, columns)
