"""Slices of a series on another grid than the others are told; other views and copies are none that is missing."""

from __future__ import annotations

import numpy as np
import pytest

from cmrmap.core.map_specs import MapKind
from cmrmap.dicom.headers.read import read_study
from cmrmap.dicom.selection.select import select_series


@pytest.fixture
def found(toolbox, tmp_path):
    """What is said of a series of three slices whose last is changed."""

    def run(change):
        images = toolbox.make_series(MapKind.NATIVE_T1, 1)
        for image in images[10:]:
            change(image)
        toolbox.save(images, tmp_path)
        selection = select_series(read_study(tmp_path))
        return [flag.sentence for flag in selection.flags if flag.code == "series_incomplete"]

    return run


def _turn(image, degrees):
    angle = np.arccos(0.6) + np.deg2rad(degrees)
    image.ImageOrientationPatient = [f"{c:.6f}" for c in (np.cos(angle), np.sin(angle), 0, 0, 0, -1)]


def _space(image):
    image.PixelSpacing = [f"{float(p) * 1.01:.4f}" for p in image.PixelSpacing]


@pytest.mark.parametrize("change", [lambda image: _turn(image, 0.1), _space])
def test_a_slice_of_another_grid_is_missing_from_the_map(found, change):
    (message,) = found(change)
    assert message.startswith("1 slice of series 1 is not mapped: orientation, matrix, pixel spacing")
    assert message.endswith("differ from the 2 that are; check the series")


def test_a_view_along_the_heart_is_no_slice_that_is_missing(found):
    assert found(lambda image: _turn(image, 80.0)) == []


def test_a_copy_of_a_slice_is_none_that_is_missing(found, toolbox):
    def copy(image):
        _space(image)
        image.ImagePositionPatient = [
            f"{p:.6f}" for p in toolbox.make_series(MapKind.NATIVE_T1, 1)[0].ImagePositionPatient
        ]

    assert found(copy) == []


def test_slices_alike_are_all_mapped(found):
    assert found(lambda image: None) == []
