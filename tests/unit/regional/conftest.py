"""Hearts in patients: an anatomy given in patient directions, drawn into any image plane."""

from dataclasses import dataclass

import numpy as np
import pytest

from cmrmap.core.geometry import SliceGeometry
from cmrmap.core.outlines import Label

# A heart of usual axis (LPS): apex to the left, forward and down; the septum faces right and forward.
APEX = np.array([0.65, -0.6, -0.45]) / np.linalg.norm([0.65, -0.6, -0.45])
SEPTAL = np.array([-1.0, 0, 0]) - APEX * (np.array([-1.0, 0, 0]) @ APEX)
SEPTAL = SEPTAL / np.linalg.norm(SEPTAL)
ANTERIOR = np.cross(SEPTAL, APEX)
SIZE = 100


@dataclass(frozen=True)
class Heart:
    """Geometry of a plane and the truth drawn into it."""

    geometry: SliceGeometry
    labels: np.ndarray
    anterior_rad: float
    inferior_rad: float
    septal_rad: float


def plane(rotation_rad, mirrored, spacing=(1.2, 1.2)):
    """Short-axis plane turned about the heart's axis; mirrored: its columns run the other way (seen from the base)."""
    across = np.cos(rotation_rad) * -SEPTAL + np.sin(rotation_rad) * -ANTERIOR
    down = -np.sin(rotation_rad) * -SEPTAL + np.cos(rotation_rad) * -ANTERIOR
    if mirrored:
        across = -across
    return SliceGeometry((0.0, 0.0, 0.0), tuple(map(float, across)), tuple(map(float, down)), spacing, 8.0)


def angle_in(direction, geometry):
    """Image angle of a patient direction."""
    x = direction @ np.asarray(geometry.row_cosines) / geometry.pixel_spacing_mm[1]
    y = direction @ np.asarray(geometry.column_cosines) / geometry.pixel_spacing_mm[0]
    return float(np.arctan2(y, x))


@pytest.fixture(scope="session")
def draw_heart():
    """Give a function drawing a heart: labels (row, column) with an RV on the septum, and where it inserts."""

    def draw(rotation_rad=0.0, mirrored=False, half_septum_deg=60.0, centre=(50.0, 50.0), spacing=(1.2, 1.2), rv=True):
        geometry = plane(rotation_rad, mirrored, spacing)
        y, x = np.mgrid[:SIZE, :SIZE]
        dy, dx = (y - centre[0]) * spacing[0], (x - centre[1]) * spacing[1]
        radius = np.hypot(dy, dx)
        offset = dx[..., None] * np.asarray(geometry.row_cosines) + dy[..., None] * np.asarray(geometry.column_cosines)
        from_septum = np.abs(np.arctan2(offset @ ANTERIOR, offset @ SEPTAL))
        labels = np.zeros((SIZE, SIZE), np.uint8)
        half = np.deg2rad(half_septum_deg)
        if rv:
            labels[(radius < 36) & (from_septum <= half)] = Label.RIGHT_VENTRICLE
        labels[radius < 24] = Label.MYOCARDIUM
        labels[radius < 15] = Label.CAVITY
        ends = [np.cos(half) * SEPTAL + sign * np.sin(half) * ANTERIOR for sign in (1, -1)]
        return Heart(geometry, labels, *(angle_in(e, geometry) for e in ends), angle_in(SEPTAL, geometry))

    return draw


@pytest.fixture(scope="session")
def directions():
    """Patient directions of the heart: apex, septal, anterior."""
    return {"apex": APEX, "septal": SEPTAL, "anterior": ANTERIOR}
