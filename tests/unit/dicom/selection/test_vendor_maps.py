"""Maps of the scanner in the series of its weighted images: never in a stack, whoever gives the times."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.uid import ParametricMapStorage

from cmrmap.core.map_spec import Weighting
from cmrmap.core.map_specs import MapKind
from cmrmap.dicom.headers.read import read_study
from cmrmap.dicom.loading.pixels import load_series
from cmrmap.dicom.selection.given_times import GivenTimes, SeriesTimes
from cmrmap.dicom.selection.preferences import SelectionPreferences
from cmrmap.dicom.selection.select import select_series

_REAL = Path(__file__).parents[5] / "shared" / "data" / "real_vendor" / "philips_enhanced_molli_kidney" / "dicom"
_TIMES = (100.0, 300.0, 900.0, 2000.0, 30000.0)


def _in_ms() -> Dataset:
    unit, mapping = Dataset(), Dataset()
    unit.CodeValue, unit.CodingSchemeDesignator, unit.CodeMeaning = "ms", "UCUM", "ms"
    mapping.MeasurementUnitsCodeSequence, mapping.RealWorldValueSlope = [unit], 1.0
    mapping.RealWorldValueIntercept = 0.0
    return mapping


@pytest.mark.parametrize(
    "words",
    [
        {"ImageType": ["ORIGINAL", "PRIMARY", "T1 MAP", "T1", "UNSPECIFIED"]},
        {"ImageType": ["DERIVED", "PRIMARY", "T1 MAP", "ND"]},
        {"RescaleType": "ms"},
        {"ImageComments": "T1 map"},
        {"RealWorldValueMappingSequence": [_in_ms()]},
    ],
)
@pytest.mark.parametrize("by_image", [False, True])
def test_no_given_times_bring_a_map_into_the_fit(tmp_path, toolbox, words, by_image):
    images = toolbox.make_series(MapKind.NATIVE_T1, 1, 1)
    images.append(toolbox.make_image(1, 9, 0, SeriesDescription="STONE native T1", InversionTime="700", **words))
    toolbox.save(images, tmp_path)
    named = {image.SOPInstanceUID: time for image, time in zip(images, (*_TIMES, 700.0), strict=True)}
    times = SeriesTimes("1", "", Weighting.T1, () if by_image else _TIMES, named if by_image else {})
    selection = select_series(read_study(tmp_path), SelectionPreferences(times=GivenTimes((times,))))
    (series,) = selection.selected
    assert [frame.time_ms for frame in series.frames] == list(_TIMES)
    assert selection.skipped["vendor_map"] == 1


def test_parametric_maps_are_no_weighted_images(tmp_path, toolbox):
    images = toolbox.make_series(MapKind.NATIVE_T1, 1, 1)
    images.append(toolbox.make_image(1, 9, 0, SOPClassUID=ParametricMapStorage, InversionTime="700"))
    toolbox.save(images, tmp_path)
    study = read_study(tmp_path)
    selection = select_series(study)
    assert selection.skipped == {"vendor_map": 1}
    assert len(selection.selected[0].frames) == 5


def test_other_parametric_maps_are_no_input(tmp_path, toolbox):
    images = toolbox.make_series(MapKind.NATIVE_T1, 1, 1)
    images.append(toolbox.make_image(1, 9, 0, SOPClassUID=ParametricMapStorage, ManufacturerModelName="CMRmap"))
    images.append(toolbox.make_image(1, 10, 0, SOPClassUID=ParametricMapStorage, Modality="CT"))
    toolbox.save(images, tmp_path)
    assert read_study(tmp_path).skipped == {"not_mr_image": 2}


@pytest.mark.skipif(not _REAL.is_dir(), reason="the real studies are not at hand")
def test_two_map_frames_of_a_real_enhanced_object_are_left_out():
    study = read_study(_REAL)
    selection = select_series(study)
    assert selection.skipped["vendor_map"] == 2
    loaded = load_series(study, selection.selected[0])
    np.testing.assert_allclose(loaded.stack.times_ms, np.load(_REAL.parent / "reference.npz")["times_ms"], atol=0.5)
    assert loaded.flags == ()
