"""Doubt about contours by AHA segment: in the segment where it lies, whatever the shape of pixels."""

import numpy as np
import pytest

from cmrmap.core.geometry import SliceGeometry
from cmrmap.core.regional_values import SliceLevel
from cmrmap.regional import doubt_by_segment, segments_of_angles

N = 96
ANGLES = np.arange(N) * 2 * np.pi / N


def _plane(row_mm: float = 1.0, column_mm: float = 1.0) -> SliceGeometry:
    return SliceGeometry((0, 0, 0), (1, 0, 0), (0, 1, 0), (row_mm, column_mm))


@pytest.mark.parametrize("level", list(SliceLevel))
@pytest.mark.parametrize("ends", [(2.2, -2.0), (-2.2, 2.0)])
def test_the_doubtful_segment_is_found(level: SliceLevel, ends: tuple[float, float]) -> None:
    segments = segments_of_angles(ANGLES, *ends, level)
    for wanted in np.unique(segments):
        doubt = np.full((2, N), 0.05, dtype=np.float32)
        doubt[1, segments == wanted] = 0.7
        found = doubt_by_segment(doubt, *ends, level, _plane())
        assert set(found) == set(np.unique(segments))
        assert found[wanted] == pytest.approx(0.7)
        assert all(one == pytest.approx(0.05) for aha, one in found.items() if aha != wanted)


def test_angles_are_of_the_patient_not_of_the_pixels() -> None:
    doubt = np.full((2, N), 0.05, dtype=np.float32)
    doubt[0, np.abs(ANGLES - np.pi / 4) < 0.2] = 0.9  # 45 degrees in mm
    square = doubt_by_segment(doubt, 2.2, -2.0, SliceLevel.MID, _plane())
    # the same insertion points in the patient, seen in pixels twice as tall as wide
    tall = [float(np.arctan2(np.sin(one) / 2, np.cos(one))) for one in (2.2, -2.0)]
    assert doubt_by_segment(doubt, tall[0], tall[1], SliceLevel.MID, _plane(2.0, 1.0)) == pytest.approx(square)


def test_nothing_is_told_where_nothing_is_known() -> None:
    doubt = np.full((2, N), 0.5, dtype=np.float32)
    assert doubt_by_segment(doubt, np.nan, 0.3, SliceLevel.MID, _plane()) == {}
    assert doubt_by_segment(doubt, 2.2, -2.0, None, _plane()) == {}
    assert doubt_by_segment(np.full((2, N), np.nan, dtype=np.float32), 2.2, -2.0, SliceLevel.MID, _plane()) == {}
