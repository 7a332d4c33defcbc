"""Scale and unit of a scanner's map: both from one place of the header, or none."""

from __future__ import annotations

import pytest
from pydicom.dataset import Dataset

from cmrmap.core.map_specs import MapKind
from cmrmap.dicom.headers.frames import frames_of
from cmrmap.dicom.selection.map_rules import map_statement
from cmrmap.dicom.selection.map_scale import MapScale, map_scale


def mapping(unit="ms", slope=0.5, **changes):
    code, item = Dataset(), Dataset()
    code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = unit, "UCUM", unit
    item.MeasurementUnitsCodeSequence = [code]
    if slope is not None:
        item.RealWorldValueSlope, item.RealWorldValueIntercept = slope, 10.0
    for keyword, value in changes.items():
        setattr(item, keyword, value)
    return item


@pytest.fixture
def image(toolbox):
    def make(*mappings, **changes):
        return toolbox.make_image(
            4,
            0,
            0,
            ImageType=["DERIVED", "PRIMARY", "T1 MAP", "MOCO"],
            SeriesDescription="native_T1_MAP",
            RealWorldValueMappingSequence=list(mappings),
            **changes,
        )

    return make


RESCALE = {"RescaleSlope": "3", "RescaleIntercept": "-7"}


@pytest.mark.parametrize(
    ("mappings", "changes", "expected"),
    [
        ((), RESCALE, MapScale(3.0, -7.0)),
        ((), {**RESCALE, "RescaleType": "ms"}, MapScale(3.0, -7.0, "ms")),
        ((mapping(),), {**RESCALE, "RescaleType": "ms"}, MapScale(0.5, 10.0, "ms")),
        ((mapping("1"),), RESCALE, MapScale(0.5, 10.0)),
        ((mapping("1"),), {**RESCALE, "RescaleType": "ms"}, MapScale(3.0, -7.0, "ms")),
        ((mapping("s", 0.001), mapping()), RESCALE, MapScale(0.5, 10.0, "ms")),
        ((mapping(slope=None, RealWorldValueLUTData=[1.0]), mapping(slope=2.0)), {}, MapScale(2.0, 10.0, "ms")),
        (
            (mapping(slope=None, RealWorldValueLUTData=[1.0]),),
            {**RESCALE, "RescaleType": "ms"},
            MapScale(3.0, -7.0, "ms"),
        ),
        (
            (mapping(RealWorldValueFirstValueMapped=5, RealWorldValueLastValueMapped=900),),
            {},
            MapScale(0.5, 10.0, "ms", (5.0, 900.0)),
        ),
        (
            (mapping(DoubleFloatRealWorldValueFirstValueMapped=0.5, DoubleFloatRealWorldValueLastValueMapped=9.5),),
            {},
            MapScale(0.5, 10.0, "ms", (0.5, 9.5)),
        ),
        ((mapping(RealWorldValueFirstValueMapped=0, RealWorldValueLastValueMapped=0),), {}, MapScale(0.5, 10.0, "ms")),
    ],
)
def test_scale_and_unit_are_of_one_place(image, mappings, changes, expected):
    frame = image(*mappings, **changes)
    assert map_scale(frame) == expected
    assert map_statement(frame).unit_told == expected.unit_told
    assert map_statement(frame).fault == ""


@pytest.mark.parametrize(
    ("more", "told"),
    [({"RealWorldValueLUTData": [1.0, 2.0]}, "by a look-up table"), ({}, "without a slope")],
)
def test_ms_without_a_slope_are_refused(image, more, told):
    statement = map_statement(image(mapping(slope=None, **more), **RESCALE))
    assert f"its real-world values are in ms, but {told}; expected RealWorldValueSlope" in statement.fault


def test_rates_beside_ms_are_no_fault(image):
    statement = map_statement(image(mapping("1/s"), mapping()))
    assert (statement.unit_told, statement.fault) == ("ms", "")


@pytest.mark.parametrize("where", ["SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence"])
def test_all_mappings_of_an_enhanced_frame_are_seen(toolbox, where):
    header = toolbox.make_series(MapKind.NATIVE_T1, 4)[0]
    groups = Dataset()
    groups.RealWorldValueMappingSequence = [mapping("s", 0.001), mapping()]
    setattr(header, where, [groups])
    (frame,) = frames_of(header)
    assert map_scale(frame) == MapScale(0.5, 10.0, "ms")
