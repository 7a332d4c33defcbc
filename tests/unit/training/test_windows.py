"""Windows about the heart: labels stay on the images, the heart stays in the middle."""

import numpy as np
import pytest
import torch

from cmrmap.core.errors import InputError
from cmrmap.core.map_specs import MapKind
from cmrmap.core.outlines import Label
from cmrmap.training.datasets import TrainingCase
from cmrmap.training.datasets.case import EVERY_CLASS, NO_CLASS
from cmrmap.training.windows import WINDOWS, cut_window


def _case(spacing: tuple[float, float] = (1.1, 1.4), shift: int = 0) -> TrainingCase:
    """A bright cavity in a dark wall; the second image lies ``shift`` pixels lower."""
    rows, columns = np.mgrid[:200, :160]
    images, labels = np.zeros((2, 200, 160)), np.zeros((2, 200, 160), np.uint8)
    for index, down in enumerate((0, shift)):
        radius = np.hypot((rows - 70 - down) * spacing[0], (columns - 90) * spacing[1])
        labels[index][radius < 32] = Label.MYOCARDIUM
        labels[index][radius < 22] = Label.CAVITY
        images[index] = np.choose(labels[index], (40.0, 10.0, 100.0))
    return TrainingCase(
        "case", "a", MapKind.T2, images, labels, np.tile(EVERY_CLASS, (2, 1)), spacing, np.array([0.0, 30.0])
    )


@pytest.mark.parametrize("name", ["fine", "coarse"])
def test_the_heart_lies_in_the_middle_at_the_networks_pixel_size(name: str) -> None:
    window = WINDOWS[name]
    cut = cut_window(_case(), window)
    size = window.size + 2 * window.reach_px
    assert cut.images.shape == cut.labels.shape == (2, size, size)
    body = (cut.labels == Label.MYOCARDIUM) | (cut.labels == Label.CAVITY)
    where = torch.nonzero(body[0]).double().mean(0)
    assert torch.allclose(where, torch.full((2,), (size - 1) / 2.0, dtype=torch.float64), atol=1.0)
    area = float(body[0].sum()) * window.pixel_mm**2
    assert area == pytest.approx(np.pi * 32**2, rel=0.05)


def test_labels_lie_where_the_images_lie() -> None:
    cut = cut_window(_case(shift=4), WINDOWS["fine"])
    for image, labels in zip(cut.images, cut.labels, strict=True):
        assert float(image[labels == Label.CAVITY].mean()) > 3 * float(image[labels == Label.MYOCARDIUM].mean())


def test_fine_windows_follow_the_heart() -> None:
    cut = cut_window(_case(shift=8), WINDOWS["fine"])
    centres = [torch.nonzero(labels == Label.CAVITY).double().mean(0) for labels in cut.labels]
    assert float((centres[0] - centres[1]).abs().max()) < 1.5  # 8.8 mm are 7 pixels


def test_constant_images_are_left_out() -> None:
    case = _case()
    images = case.images.copy()
    images[0] = 3.0
    kept = TrainingCase("case", "a", case.kind, images, case.labels, case.known, case.pixel_spacing_mm, case.times_ms)
    cut = cut_window(kept, WINDOWS["fine"])
    assert (cut.n_images, cut.labelled) == (1, (0,))
    known = np.array([EVERY_CLASS, NO_CLASS])
    nothing = TrainingCase("case", "a", case.kind, images, case.labels, known, case.pixel_spacing_mm, case.times_ms)
    with pytest.raises(InputError, match="every image that has labels is constant"):
        cut_window(nothing, WINDOWS["fine"])
