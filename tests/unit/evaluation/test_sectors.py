"""Sectors: the application's segments where insertion points are known, equal parts of the circle elsewhere."""

import numpy as np
import pytest

from cmrmap.core.geometry import SliceGeometry
from cmrmap.core.map_specs import MapKind
from cmrmap.core.regional_values import SliceLevel
from cmrmap.core.stack import WeightedStack
from cmrmap.evaluation.border_rays import Rays
from cmrmap.evaluation.sectors import Sectors, insertion_points, reader_levels, sectors_of
from cmrmap.regional import PointSource

from .synthetic_hearts import CENTRE, SPACING, distances, ring

MIDDLES = Rays(CENTRE, SPACING).middles
# an axial-like plane: rows to the patient's left, columns to the back; the septum is at the image's left
AXIAL = SliceGeometry((0.0, 0.0, 0.0), (1.0, 0.0, 0.0), (0.0, 0.0, -1.0), SPACING)


def _with_right_ventricle() -> np.ndarray:
    labels = ring(22, 31)
    y, x = np.indices(labels.shape)
    beside = (distances() > 31) & (distances() < 45) & (np.abs(np.arctan2(y - CENTRE[0], CENTRE[1] - x)) < 0.9)
    labels[beside] = 3
    return labels


def _stack(n_slices: int, n_images: int) -> WeightedStack:
    images = np.ones((n_slices, n_images, *ring(1, 2).shape), np.float32)
    times = np.tile(np.arange(n_images) * 500.0 + 100, (n_slices, 1))
    planes = tuple(
        SliceGeometry((0.0, 10.0 * index, 0.0), AXIAL.row_cosines, AXIAL.column_cosines, SPACING)
        for index in range(n_slices)
    )
    return WeightedStack(MapKind.NATIVE_T1, images, times, planes, "stone_2p")


def test_without_a_place_in_the_patient_the_circle_is_cut_in_six() -> None:
    found = sectors_of(MIDDLES, SliceLevel.MID, None, None, 0)
    assert len(found.names) == 6
    assert found.names[0] == "image 0-60 deg"
    np.testing.assert_array_equal(found.of_ray, np.repeat(np.arange(6), 4))


@pytest.mark.parametrize(("level", "n_sectors"), [(SliceLevel.BASAL, 6), (SliceLevel.MID, 6), (SliceLevel.APICAL, 4)])
def test_with_a_right_ventricle_sectors_are_the_application_s(level: SliceLevel, n_sectors: int) -> None:
    stack = _stack(1, 3)
    points = insertion_points(stack, np.stack([_with_right_ventricle()] * 3)[None])
    assert points.source == (PointSource.MEASURED,)
    found = sectors_of(MIDDLES, level, points, stack, 0)
    assert len(found.names) == n_sectors
    assert all(name.startswith(level.value) for name in found.names)
    left = int(np.abs(np.abs(MIDDLES) - np.pi).argmin())  # the ray to the image's left, where the right ventricle is
    assert "sept" in found.names[found.of_ray[left]]


def test_a_slice_without_insertion_points_falls_back_to_the_image() -> None:
    stack = _stack(1, 3)
    points = insertion_points(stack, np.stack([ring(22, 31)] * 3)[None])
    assert sectors_of(MIDDLES, SliceLevel.MID, points, stack, 0).names[0].startswith("image")


def test_levels_follow_the_reader_s_ventricle() -> None:
    sizes = (14, 22, 26, 30, 31)
    masks = np.stack([np.stack([ring(size - 8, size)] * 2) for size in sizes])
    masks[1, 0] = 0  # one image without an outline
    levels = reader_levels(masks, [1.0] * 5)
    assert [one.value for one in levels] == ["apical", "mid", "mid", "basal", "basal"]
    masks[2] = 0  # a whole slice without one
    assert reader_levels(masks, [1.0] * 5)[0] is SliceLevel.APICAL


def test_means_of_sectors_need_half_of_their_rays() -> None:
    sectors = Sectors(SliceLevel.MID, ("a", "b"), np.array([0, 0, 0, 1, 1, 1]))
    values = np.array([1.0, 3.0, np.nan, np.nan, np.nan, 9.0])
    np.testing.assert_array_equal(sectors.means(values), [2.0, np.nan])
    np.testing.assert_array_equal(sectors.any(np.array([[False, True, False, False, False, False]])), [[True, False]])
