from __future__ import annotations

import pytest
from pydicom.dataset import Dataset

from cmrmap.core.map_spec import Weighting
from cmrmap.dicom.headers.frames import frames_of
from cmrmap.dicom.selection.contrast import contrast_by_agent, contrast_by_words
from cmrmap.dicom.selection.image_rules import DROP_RULES, drop_rule, inverted_polarity
from cmrmap.dicom.selection.series_rules import (
    is_motion_corrected,
    long_axis_words,
    names_a_look_locker_only,
    other_organ_words,
    other_quantity_words,
    stress_words,
    weighting_by_words,
)


def _described(description: str, **attributes: object) -> Dataset:
    frame = Dataset()
    frame.SeriesDescription = description
    for keyword, given in attributes.items():
        setattr(frame, keyword, given)
    return frame


def _drop_reason(frame: Dataset) -> str | None:
    rule = drop_rule(frame)
    return rule.reason if rule is not None else None


@pytest.mark.parametrize(
    ("image_type", "expected"),
    [
        (["ORIGINAL", "PRIMARY", "M", "NONE"], None),
        (["DERIVED", "PRIMARY", "M", "MOCO"], None),
        (["DERIVED", "PRIMARY", "T1 MAP", "MOCO"], "vendor_map"),
        (["ORIGINAL", "PRIMARY", "T1 MAP", "T1", "MIXED"], "vendor_map"),
        (["DERIVED", "PRIMARY", "T2_STAR MAP"], "vendor_map"),
        (["DERIVED", "PRIMARY", "T1MAP"], "vendor_map"),
        (["DERIVED", "PRIMARY", "R2_MAP", "NONE"], "vendor_map"),
        (["ORIGINAL", "PRIMARY", "T1", "T1"], "vendor_map"),
        (["ORIGINAL", "PRIMARY", "T1", "M"], None),
        (["ORIGINAL", "PRIMARY", "T2", "NONE"], None),
        (["DERIVED", "PRIMARY", "M", "QUANTITY"], "vendor_map"),
        (["DERIVED", "PRIMARY", "PHASE MAP"], "phase_image"),
        (["ORIGINAL", "PRIMARY", "P", "ND"], "phase_image"),
        (["ORIGINAL", "PRIMARY", "R_FFE"], "real_image"),
        (["ORIGINAL", "PRIMARY", "LOCALIZER"], "localizer"),
    ],
)
def test_drop_by_image_type(image_type, expected):
    assert _drop_reason(_described("STONE native T1 map", ImageType=image_type)) == expected


@pytest.mark.parametrize(
    "description", ["localizer", "TI_scout", "TI scout", "TIscout", "TI-SCOUT_SAX", "survey_SAX", "3-plane loc"]
)
def test_drop_localizers_by_words(description):
    assert _drop_reason(_described(description)) == "localizer"


def test_drop_colour():
    assert _drop_reason(_described("T1 map", SamplesPerPixel=3)) == "colour_image"


@pytest.mark.parametrize(
    ("description", "expected"),
    [
        ("STONE native T1 map SAX", Weighting.T1),
        ("MOLLI_5(3)3_sax", Weighting.T1),
        ("ShMOLLI 192i", Weighting.T1),
        ("SASHA", Weighting.T1),
        ("T1map_long", Weighting.T1),
        ("T2 prep SAX", Weighting.T2),
        ("T2map_FLASH", Weighting.T2),
        ("cine_sax", None),
        ("T2* multi echo", Weighting.T2_STAR),
        ("T1 and T2 multimapping", None),
        ("MT1 test", None),
        ("T2S_map", Weighting.T2_STAR),
        ("T2s SAX", Weighting.T2_STAR),
        ("T2_s", Weighting.T2_STAR),
        ("qT2s", Weighting.T2_STAR),
        ("R2* heart", Weighting.T2_STAR),
        ("T2 SAX", Weighting.T2),
        ("T2_SA", Weighting.T2),
        ("T2 STIR", Weighting.T2),
        ("qT1_SAX", Weighting.T1),
        ("qT2 SAX", Weighting.T2),
        ("T1rho SAX", None),
        ("T1_rho", None),
    ],
)
def test_weighting_by_words(description, expected):
    assert weighting_by_words(_described(description)) == expected


@pytest.mark.parametrize("description", ["T2*_map", "T2 star", "t2star gre"])
def test_t2_star(description):
    assert weighting_by_words(_described(description)) is Weighting.T2_STAR


@pytest.mark.parametrize(
    ("description", "expected"),
    [
        ("STONE native T1", "native"),
        ("T1_MOLLI_PRE", "native"),
        ("T1map pre-contrast", "native"),
        ("T1 non-contrast", "native"),
        ("T1map without Gd", "native"),
        ("MOLLI post", "post"),
        ("T1_post15min", "post"),
        ("T1 postcontrast", "post"),
        ("MOLLI nach KM", "post"),
        ("T1map prep", None),
        ("MOLLI posterior wall", None),
        ("MOLLI pre and post", None),
    ],
)
def test_contrast_by_words(description, expected):
    found = contrast_by_words(_described(description))
    assert found.answer == expected
    assert found.reason


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ({"ContrastBolusAgent": "Gadobutrol"}, "post"),
        ({"ContrastBolusAgent": "NONE"}, "native"),
        ({"ContrastBolusVolume": "15"}, "post"),
        ({"ContrastBolusVolume": "0"}, None),
        ({}, None),
    ],
)
def test_contrast_by_agent(attributes, expected):
    assert contrast_by_agent(_described("T1", **attributes)).answer == expected


def test_motion_corrected():
    assert is_motion_corrected(_described("MOLLI_MOCO"))
    assert is_motion_corrected(_described("MOLLI", ImageType=["DERIVED", "PRIMARY", "M", "MOCO"]))
    assert not is_motion_corrected(_described("MOLLI", ImageType=["ORIGINAL", "PRIMARY", "M"]))


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ({"PhotometricInterpretation": "PALETTE COLOR"}, "colour_image"),
        ({"ComplexImageComponent": "PHASE"}, "phase_image"),
        ({"ComplexImageComponent": "REAL"}, "real_image"),
        ({"ComplexImageComponent": "MAGNITUDE"}, None),
        ({"RescaleType": "msec"}, "vendor_map"),
        ({"RescaleType": "ms"}, "vendor_map"),
        ({"RescaleType": "1/s"}, "vendor_map"),
        ({"RescaleType": "T1"}, "vendor_map"),
        ({"RescaleType": "US"}, None),
        ({"RescaleType": "normalized"}, None),
        ({"FrameType": ["ORIGINAL", "PRIMARY", "T1", "T1"]}, "vendor_map"),
        ({"FrameType": ["DERIVED", "PRIMARY", "T1 MAP", "T1"]}, "vendor_map"),
        ({"FrameType": ["ORIGINAL", "PRIMARY", "T1", "M"]}, None),
        ({"ImageComments": "ShMOLLI T1 map"}, "vendor_map"),
        ({"ImageComments": "T1 goodness of fit"}, "vendor_map"),
        ({"ImageComments": "TIeff 100 ms"}, None),
        ({"ImageComments": "map of T2"}, "vendor_map"),
        ({"FrameComments": "T1 map"}, "vendor_map"),
    ],
)
def test_drop_by_other_attributes(attributes, expected):
    assert _drop_reason(_described("ShMOLLI", **attributes)) == expected


@pytest.mark.parametrize(
    ("code", "expected"),
    [("ms", "vendor_map"), ("s", "vendor_map"), ("s-1", "vendor_map"), ("/s", "vendor_map"), ("1", None), ("%", None)],
)
@pytest.mark.parametrize("enhanced", [False, True])
def test_drop_by_the_unit_of_real_world_values(code, expected, enhanced):
    unit, mapping = Dataset(), Dataset()
    unit.CodeValue, unit.CodingSchemeDesignator, unit.CodeMeaning = code, "UCUM", "unit"
    mapping.MeasurementUnitsCodeSequence, mapping.RealWorldValueSlope = [unit], 1.0
    if enhanced:
        header, group = Dataset(), Dataset()
        group.RealWorldValueMappingSequence = [mapping]
        header.PerFrameFunctionalGroupsSequence = [group]
        (frame,) = frames_of(header)
    else:
        frame = _described("Cor T1 map", RealWorldValueMappingSequence=[mapping])
    assert _drop_reason(frame) == expected


@pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2", ""])
def test_polarity_that_cannot_be_told(photometric):
    told = inverted_polarity(_described("T1 map", PhotometricInterpretation=photometric))
    assert bool(told) == (photometric == "MONOCHROME1")
    assert not told or "expected MONOCHROME2; export the originals" in told


@pytest.mark.parametrize(("part", "expected"), list(enumerate((None, "phase_image", "real_image", "imaginary_image"))))
def test_drop_by_the_part_that_ge_states(part, expected):
    frame = _described("T1 map")
    frame.add_new((0x0043, 0x10), "LO", "GEMS_PARM_01")
    frame.add_new((0x0043, 0x102F), "SS", part)
    assert _drop_reason(frame) == expected


def test_every_drop_rule_says_why():
    assert all(rule.why and rule.reason for rule in DROP_RULES)
    assert len({rule.reason for rule in DROP_RULES}) == len(DROP_RULES)


@pytest.mark.parametrize(
    ("description", "expected"),
    [
        ("T1 native 4CH", "4ch"),
        ("MOLLI_2-chamber", "2 chamber"),
        ("T1map LAX", "lax"),
        ("T1 3 Kammerblick", "3 kammerblick"),
        ("T1_4CHV", "4chv"),
        ("T1 two chamber", "two chamber"),
        ("MOLLI 4 cavites", "4 cavites"),
        ("T1 eje largo", "eje largo"),
        ("MOLLI HLA", "hla"),
        ("T1 SAX", ""),
        ("T1 SAX and 4CH", ""),
        ("MOLLI 4(1)3(1)2", ""),
    ],
)
def test_long_axis_views(description, expected):
    assert long_axis_words(_described(description)) == expected


@pytest.mark.parametrize(
    ("series", "protocol", "expected"),
    [
        ("T1 MOLLI stress", "", "stress"),
        ("MOLLI_adenosine", "", "adenosine"),
        ("T1 Belastung", "", "belastung"),
        ("T1 MOLLI rest", "", ""),
        ("T1 stress rest", "", ""),
        ("MOLLI SAX", "Stress perfusion", ""),
        ("", "Stress T1", "stress"),
        ("distress", "", ""),
    ],
)
def test_stress_by_the_series_own_words(series, protocol, expected):
    assert stress_words(_described(series, ProtocolName=protocol)) == expected


@pytest.mark.parametrize(
    ("description", "expected"),
    [
        ("Look-Locker", True),
        ("LookLocker SAX", True),
        ("T1 LL", True),
        ("MOLLI (modified Look-Locker)", False),
        ("T1 map Look Locker", False),
        ("MOLLI", False),
    ],
)
def test_look_locker_alone(description, expected):
    assert names_a_look_locker_only(_described(description)) is expected


@pytest.mark.parametrize(
    ("description", "expected"),
    [("T1 map knee", "knee"), ("T1 Leber", "leber"), ("T2 map cardiac", ""), ("heart rate T1", ""), ("T1 map SAX", "")],
)
def test_other_organs(description, expected):
    assert other_organ_words(_described(description)) == expected


@pytest.mark.parametrize(("description", "found"), [("T1rho SAX", "t1rho"), ("T1 rho", "t1 rho"), ("T1 map", "")])
def test_other_quantities(description, found):
    assert other_quantity_words(_described(description)) == found
