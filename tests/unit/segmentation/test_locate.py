"""Where the heart is: what the coarse network proposes, and what the slices of a stack agree on."""

import numpy as np
import pytest
import torch

from cmrmap.core.geometry import SliceGeometry
from cmrmap.core.outlines import Label
from cmrmap.segmentation.locate import Place, places_by_the_others, ventricle_places
from cmrmap.segmentation.network import StackUNet
from cmrmap.segmentation.preprocess import COARSE_PIXEL_MM

SHAPE = (100, 80)


class _Seer(StackUNet):
    """Sees left ventricle where an image's brightest pixels are: a network whose answer is known."""

    def forward(self, images: torch.Tensor, clear: torch.Tensor | None = None) -> torch.Tensor:
        logits = torch.zeros(*images.shape[:2], 4, *images.shape[2:])
        logits[:, :, Label.BACKGROUND] = 4.0
        logits[:, :, Label.CAVITY] = 4.0 * images
        return logits


def _image(*discs: tuple[float, float, float], shape: tuple[int, int] = (96, 96)) -> torch.Tensor:
    rows, columns = np.indices(shape)
    image = np.zeros(shape, np.float32)
    for row, column, radius in discs:
        image[np.hypot(rows - row, columns - column) < radius] = 1.0
    return torch.from_numpy(image)[None]


def _places(image: torch.Tensor) -> tuple[Place, ...]:
    return ventricle_places(image, (COARSE_PIXEL_MM, COARSE_PIXEL_MM), _Seer((4, 6)))


def test_the_largest_object_comes_first_and_what_lies_apart_after_it() -> None:
    found = _places(_image((30, 40, 8), (70, 20, 5)))
    assert np.allclose(found[0], (30.5 / 96, 40.5 / 96), atol=0.005)
    assert np.allclose(found[1], (70.5 / 96, 20.5 / 96), atol=0.02)


def test_one_object_is_one_place() -> None:
    assert len(_places(_image((30, 40, 5)))) == 1


def test_a_small_image_is_padded_and_its_place_is_of_its_own_field_of_view() -> None:
    (found,) = _places(_image((30, 20, 5), shape=(60, 40)))
    assert np.allclose(found, (30.5 / 60, 20.5 / 40), atol=0.01)


def test_no_place_where_nothing_resembles_a_ventricle() -> None:
    assert _places(torch.zeros(1, 96, 96)) == ()


def _stack(n: int, drift_mm: float = 0.0, tilt: float = 0.0) -> tuple[SliceGeometry, ...]:
    """Parallel slices 10 mm apart, each beginning ``drift_mm`` further to the right, tilted about the row's axis."""
    row = np.array([1.0, 0.0, 0.0])
    column = np.array([0.0, np.cos(tilt), np.sin(tilt)])
    normal = np.cross(row, column)
    return tuple(
        SliceGeometry(
            tuple((k * 10.0 * normal + k * drift_mm * row).tolist()),
            tuple(row.tolist()),
            tuple(column.tolist()),
            (1.5, 2.0),
        )
        for k in range(n)
    )


def _agree(places: list[Place | None], geometry: tuple[SliceGeometry, ...]) -> tuple[Place | None, ...]:
    return places_by_the_others(places, [SHAPE] * len(places), geometry)


@pytest.mark.parametrize("tilt", [0.0, 0.7])
def test_a_slice_aside_gets_the_place_of_the_others(tilt: float) -> None:
    found = _agree([(0.5, 0.5), (0.51, 0.5), (0.9, 0.1), (0.5, 0.52)], _stack(4, tilt=tilt))
    assert found[:2] == (None, None)
    assert found[3] is None
    assert np.allclose(found[2], (0.5, 0.5), atol=0.03)


def test_the_place_is_the_patients_not_the_images() -> None:
    # each slice begins 8 mm = 0.05 of its 160 mm further to the right: the heart goes to the left in the images
    drifting = [(0.5, 0.6), (0.5, 0.55), (0.5, 0.5), (0.1, 0.95)]
    found = _agree(drifting, _stack(4, drift_mm=8.0))
    assert found[:3] == (None, None, None)
    assert 0.43 < found[3][1] < 0.52


def test_hearts_behind_each_other_are_left_alone() -> None:
    assert _agree([(0.5, 0.5), (0.55, 0.5), (0.6, 0.45)], _stack(3)) == (None, None, None)


def test_two_slices_do_not_outvote_each_other() -> None:
    assert _agree([(0.2, 0.2), (0.8, 0.8)], _stack(2)) == (None, None)


def test_no_majority_no_vote() -> None:
    assert _agree([(0.1, 0.1), (0.1, 0.12), (0.9, 0.9), (0.9, 0.88)], _stack(4)) == (None,) * 4


def test_a_slice_without_a_heart_stays_without() -> None:
    found = _agree([(0.5, 0.5), None, (0.5, 0.5), (0.9, 0.1), (0.5, 0.5)], _stack(5))
    assert found[1] is None
    assert found[3] is not None


def test_a_place_outside_the_field_of_view_is_none() -> None:
    # the last slice lies 400 mm away in its plane: the others' heart is not in it
    *near, far = _stack(4)
    away = SliceGeometry((400.0, 0.0, 30.0), far.row_cosines, far.column_cosines, far.pixel_spacing_mm)
    assert _agree([(0.5, 0.5)] * 4, (*near, away)) == (None,) * 4
