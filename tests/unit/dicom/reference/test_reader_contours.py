"""Segmentations that a reader drew: which contours they are read as."""

from pathlib import Path

import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.sr.coding import Code

from cmrmap.core.map_specs import MapKind
from tests.unit.dicom.reference.drawn_objects import (
    drawn_segmentation,
    image_of,
    read_contours,
    sentence_of,
    wall_and_blood,
)

TISSUE = Code("T-D0050", "SRT", "Tissue")


def test_a_segmentation_on_a_weighted_image_is_a_readers_contour_of_that_image(folder: Path) -> None:
    segmentation = drawn_segmentation([image_of(folder)], wall_and_blood())
    segmentation.save_as(folder / "seg.dcm")
    (contour,), flags = read_contours(folder)
    assert flags == ()
    assert (contour.kind, contour.slice_index, contour.time_index) == (MapKind.T2, 1, 0)
    assert contour.source == segmentation.SOPInstanceUID
    np.testing.assert_array_equal(contour.labels, wall_and_blood()[0])


def test_segments_are_told_by_their_names_where_a_viewer_replaced_the_codes(folder: Path) -> None:
    names = ("LV myocardium", "LV blood pool")
    drawn_segmentation([image_of(folder)], wall_and_blood(), (TISSUE, TISSUE), names=names).save_as(folder / "seg.dcm")
    (contour,), flags = read_contours(folder)
    assert flags == ()
    np.testing.assert_array_equal(contour.labels, wall_and_blood()[0])


@pytest.mark.parametrize("codes", ["none", "no items", "items without a code"])
def test_segments_without_codes_are_told_by_their_names(folder: Path, codes: str) -> None:
    segmentation = drawn_segmentation([image_of(folder)], wall_and_blood(), names=("LV myocardium", "LV blood pool"))
    for segment in segmentation.SegmentSequence:
        if codes == "none":
            del segment.SegmentedPropertyTypeCodeSequence
        else:
            segment.SegmentedPropertyTypeCodeSequence = [] if codes == "no items" else [Dataset()]
    segmentation.save_as(folder / "seg.dcm")
    (contour,), flags = read_contours(folder)
    assert flags == ()
    np.testing.assert_array_equal(contour.labels, wall_and_blood()[0])


def test_a_slice_without_a_pixel_is_not_covered(folder: Path) -> None:
    one, none = (
        drawn_segmentation([image_of(folder)], wall_and_blood()),
        drawn_segmentation([image_of(folder, slice_index=0)], 0 * wall_and_blood()),
    )
    one.save_as(folder / "one.dcm")
    none.save_as(folder / "none.dcm")
    contours, (flag,) = read_contours(folder)
    assert [contour.slice_index for contour in contours] == [1]
    assert "it is empty: no pixel of a segment of the heart is set" in sentence_of(flag)
