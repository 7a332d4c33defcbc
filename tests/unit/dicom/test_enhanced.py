"""Enhanced multi-frame MR: every frame keeps its own place, time and rescale."""

from __future__ import annotations

import numpy as np
import pytest
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.tag import Tag
from pydicom.uid import EnhancedMRImageStorage

from cmrmap.core.map_specs import MapKind
from cmrmap.dicom.headers.frames import frames_of
from cmrmap.dicom.headers.read import read_study
from cmrmap.dicom.loading.pixels import load_stack
from cmrmap.dicom.selection.select import select_series


def _enhanced(toolbox):
    """Three slices of four inversion times, the frames in a shuffled order."""
    order = [(s, t) for t in (2, 0, 3, 1) for s in (1, 2, 0)]
    image = toolbox.make_image(1, 0, 0, SOPClassUID=EnhancedMRImageStorage, SeriesDescription="T1 native MOLLI")
    for keyword in ("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing", "SliceThickness"):
        del image[keyword]
    measures, orientation, shared = Dataset(), Dataset(), Dataset()
    measures.PixelSpacing, measures.SliceThickness = ["1.25", "1.5"], "8"
    orientation.ImageOrientationPatient = ["0.6", "0.8", "0", "0", "0", "-1"]
    shared.PixelMeasuresSequence, shared.PlaneOrientationSequence = [measures], [orientation]
    image.SharedFunctionalGroupsSequence = [shared]
    groups = []
    for s, t in order:
        place, modifier, scale, group = Dataset(), Dataset(), Dataset(), Dataset()
        place.ImagePositionPatient = [f"{v:.4f}" for v in -toolbox.normal * 10.0 * s]
        modifier.InversionTimes = [100.0 * (t + 1)]
        scale.RescaleSlope, scale.RescaleIntercept, scale.RescaleType = "2", str(t), "US"
        group.PlanePositionSequence, group.MRModifierSequence = [place], [modifier]
        group.PixelValueTransformationSequence = [scale]
        groups.append(group)
    image.PerFrameFunctionalGroupsSequence = groups
    image.NumberOfFrames = len(order)
    image.PixelData = np.concatenate([np.full(32 * 32, 10 * s + t, "<u2") for s, t in order]).tobytes()
    return image


def test_frames_are_sorted_timed_and_rescaled(tmp_path, toolbox):
    toolbox.save([_enhanced(toolbox)], tmp_path)
    study = read_study(tmp_path)
    (series,) = select_series(study).selected
    assert (series.kind, series.model) == (MapKind.NATIVE_T1, "molli_3p")
    assert series.timing_source == "InversionTimes (0018,9079)"
    stack, lost = load_stack(study, series)
    assert lost == ()
    np.testing.assert_array_equal(stack.times_ms, [[100.0, 200.0, 300.0, 400.0]] * 3)
    expected = [[2.0 * (10 * s + t) + t for t in range(4)] for s in range(3)]
    np.testing.assert_array_equal(stack.images[:, :, 5, 5], expected)


def test_cut_file_is_lost(tmp_path, toolbox):
    toolbox.save(toolbox.make_series(MapKind.T2, 2), tmp_path)
    (path,) = toolbox.save([_enhanced(toolbox)], tmp_path, start=90)
    path.write_bytes(path.read_bytes()[:-1])
    assert [lost.file_name for lost in read_study(tmp_path).lost] == ["090.dcm"]


@pytest.mark.parametrize("keyword", ["PerFrameFunctionalGroupsSequence", "SharedFunctionalGroupsSequence"])
def test_groups_that_are_no_sequence_lose_the_image_not_the_run(tmp_path, toolbox, keyword):
    image = _enhanced(toolbox)
    tag = Tag(keyword)
    image[tag] = DataElement(tag, "FD", 5.0)
    assert 1 <= len(frames_of(image)) <= 12
    toolbox.save([*toolbox.make_series(MapKind.T2, 2), image], tmp_path)
    assert [series.kind for series in select_series(read_study(tmp_path)).selected] == [MapKind.T2]
