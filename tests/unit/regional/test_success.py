"""When a slice and a patient count as mapped."""

import numpy as np
import pytest

from cmrmap.core.map_specs import MapKind
from cmrmap.core.regional_values import SliceLevel
from cmrmap.regional.success import minimum_images, patient_success
from cmrmap.settings import SliceSettings


@pytest.mark.parametrize(
    ("kind", "n_times", "n_parameters", "expected"),
    [
        (MapKind.T2, 9, 3, 6),
        (MapKind.T2, 20, 3, 6),
        (MapKind.T2, 8, 3, 6),
        (MapKind.T2, 7, 3, 5),
        (MapKind.T2, 4, 3, 4),
        (MapKind.T2, 4, 2, 3),
        (MapKind.T2, 3, 3, 4),
        (MapKind.NATIVE_T1, 11, 2, 8),
        (MapKind.NATIVE_T1, 10, 2, 7),
        (MapKind.NATIVE_T1, 8, 3, 6),
        (MapKind.POSTCONTRAST_T1, 9, 3, 7),
        (MapKind.POSTCONTRAST_T1, 11, 2, 8),
    ],
)
def test_minimum_images(kind, n_times, n_parameters, expected):
    limits = SliceSettings()
    found = minimum_images(n_times, n_parameters, full_series=limits.full_series[kind], share=limits.min_share)
    assert found == expected


def test_ecv_has_no_images_of_its_own():
    assert MapKind.ECV not in SliceSettings().full_series


B, D, A = SliceLevel.BASAL, SliceLevel.MID, SliceLevel.APICAL


@pytest.mark.parametrize(
    ("levels", "successful", "expected"),
    [
        ((B, B, D, D, A), (1, 1, 1, 1, 1), True),
        ((B, B, D, D, A), (0, 1, 1, 0, 1), True),
        ((B, B, D, D, A), (1, 1, 1, 1, 0), False),
        ((B, B, D, D, A), (0, 0, 1, 1, 1), False),
        ((B, D, None), (1, 1, 1), False),
        ((), (), False),
    ],
)
def test_a_patient_needs_every_level(levels, successful, expected):
    assert patient_success(levels, np.array(successful, bool)) is expected
