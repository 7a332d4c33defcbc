"""The circle of blood: inside every image's cavity, followed from image to image, none where it is too small."""

from dataclasses import replace

import numpy as np
import pytest

from cmrmap.core.geometry import SliceGeometry
from cmrmap.core.map_specs import MapKind
from cmrmap.core.polar_stack import PolarStack
from cmrmap.core.stack import WeightedStack
from cmrmap.pipeline.blood_pool import blood_of_slices, circle_signals
from cmrmap.settings import BloodSettings

TIMES_MS = np.array([150.0, 350.0, 700.0, 1100.0, 1600.0, 2300.0, 3200.0, 30000.0])
BLOOD_T1_MS, WALL_T1_MS = 1600.0, 1100.0
SIZE = 48


def _recovery(t1_ms: float) -> np.ndarray:
    return 1000.0 * np.abs(1.0 - 2.0 * np.exp(-TIMES_MS / t1_ms))


def _images(cavity_px: float, centres: np.ndarray) -> np.ndarray:
    """Blood within the cavity, wall around it: (slice 1, time, row, column)."""
    y, x = np.mgrid[:SIZE, :SIZE]
    inside = np.array([np.hypot(y - row, x - column) <= cavity_px for row, column in centres])
    blood, wall = (_recovery(t1)[:, None, None] for t1 in (BLOOD_T1_MS, WALL_T1_MS))
    return np.where(inside, blood, wall)[None]


def _case(cavity_px: float, drift_px: float = 0.0) -> tuple[WeightedStack, PolarStack]:
    n = TIMES_MS.size
    centres = np.full((n, 2), 24.0) + drift_px * np.arange(n)[:, None]
    grid = np.zeros((1, n, 4, 2))
    stack = WeightedStack(
        kind=MapKind.NATIVE_T1,
        images=_images(cavity_px, centres),
        times_ms=TIMES_MS[None],
        geometry=(SliceGeometry((0.0, 0.0, 0.0), (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (1.5, 1.5)),),
        model="stone_2p",
    )
    polar = PolarStack(
        kind=MapKind.NATIVE_T1,
        signals=grid,
        rows=grid,
        columns=grid,
        centres=centres[None],
        inner_radius=np.full((1, n, 4), cavity_px),
        outer_radius=np.full((1, n, 4), cavity_px + 6.0),
        angles_rad=np.arange(4.0),
        depths=np.array([0.25, 0.75]),
        pixel_aspect=np.ones(1),
    )
    return stack, polar


def _blood(stack: WeightedStack, polar: PolarStack, radius_px: float = 5.0):
    times = (np.arange(TIMES_MS.size),)
    return blood_of_slices(stack, polar, times, np.zeros(1, bool), BloodSettings(radius_px=radius_px))[0]


def _disc(radius_px: float) -> int:
    y, x = np.mgrid[-9:10, -9:10]
    return int(np.count_nonzero(np.hypot(y, x) <= radius_px))


@pytest.mark.parametrize(
    ("cavity_px", "radius_px"), [(20.0, 5.0), (8.0, 5.0), (7.0, 4.9), (6.0, 4.2), (5.0, 3.5), (2.0, 1.4)]
)
def test_the_circle_keeps_to_seven_tenths_of_the_cavity(cavity_px: float, radius_px: float) -> None:
    found = _blood(*_case(cavity_px))
    assert found.n_pixels == _disc(radius_px)
    assert found.t1_ms == pytest.approx(BLOOD_T1_MS, rel=1e-3)


def test_the_smallest_cavity_of_all_images_decides() -> None:
    stack, polar = _case(8.0)
    inner = np.array(polar.inner_radius)
    inner[0, 3, 1] = 4.0
    assert _blood(stack, replace(polar, inner_radius=inner)).n_pixels == _disc(0.7 * 4.0)


def test_a_cavity_without_room_for_five_pixels_has_no_blood() -> None:
    assert _blood(*_case(1.4)) is None
    assert _blood(*_case(20.0), radius_px=1.0).n_pixels == 5


def test_the_circle_follows_the_heart_from_image_to_image() -> None:
    stack, polar = _case(6.0, drift_px=1.0)
    signals = circle_signals(stack.fitted_images, polar, 0, np.arange(TIMES_MS.size), 4.2)
    np.testing.assert_allclose(signals, np.broadcast_to(_recovery(BLOOD_T1_MS), signals.shape), rtol=1e-6)
