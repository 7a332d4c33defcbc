"""By what a scanner's map is recognised: of what, in which unit, and what speaks against reading it."""

from __future__ import annotations

from typing import Any

import pytest
from pydicom.dataset import Dataset
from pydicom.uid import ParametricMapStorage

from cmrmap.core.map_spec import Weighting
from cmrmap.dicom.selection.map_rules import described_as_map, map_statement

T1, T2, T2_STAR = Weighting.T1, Weighting.T2, Weighting.T2_STAR


def frame(**attributes: Any) -> Dataset:
    header = Dataset()
    for keyword, given in {"ImageType": ["ORIGINAL", "PRIMARY", "M"], **attributes}.items():
        setattr(header, keyword, given)
    return header


def unit(code: str) -> list[Dataset]:
    item, mapping = Dataset(), Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = code, "UCUM", code
    mapping.MeasurementUnitsCodeSequence, mapping.RealWorldValueSlope = [item], 1.0
    mapping.RealWorldValueIntercept = 0.0
    return [mapping]


def siemens(name: str, **more: Any) -> Dataset:
    return frame(ImageType=["DERIVED", "PRIMARY", name, "DIS2D", "MOCO"], **more)


@pytest.mark.parametrize(
    ("header", "weighting", "statistic", "unit_told"),
    [
        (siemens("T1 MAP"), T1, "value", ""),
        (siemens("T1_MAP"), T1, "value", ""),
        (siemens("T2 MAP"), T2, "value", ""),
        (siemens("T2 MAP", RescaleType="US"), T2, "value", ""),  # unspecified
        (siemens("T2 STAR MAP"), T2_STAR, "value", ""),
        (siemens("T2_STAR MAP"), T2_STAR, "value", ""),
        (siemens("T1 SD MAP", SeriesDescription="MOLLI_T1_SD"), T1, "sd", ""),
        (siemens("T1 MAP", SeriesDescription="MOLLI_5(3)3_MOCO_T1_SD"), T1, "sd", ""),
        (frame(ImageType=["ORIGINAL", "PRIMARY", "T1 MAP", "T1", "MIXED"], RescaleType="ms"), T1, "value", "ms"),
        (frame(ImageType=["ORIGINAL", "PRIMARY", "T1", "T1"]), T1, "value", ""),
        (frame(ImageType=["ORIGINAL", "PRIMARY", "T2", "T2"], RescaleType="msec"), T2, "value", "ms"),
        (frame(RescaleType="ms", SeriesDescription="GraSE T2 SAX"), T2, "value", "ms"),
        (frame(ImageType=["ORIGINAL", "PRIMARY", "P"], ImageComments="ShMOLLI T1 Map"), T1, "value", ""),
        (
            frame(
                SOPClassUID=ParametricMapStorage,
                ImageType=["DERIVED", "PRIMARY", "QUANTITY", "NONE"],
                SeriesDescription="SAX T1 map",
                RealWorldValueMappingSequence=unit("ms"),
            ),
            T1,
            "value",
            "ms",
        ),
    ],
)
def test_maps_say_what_they_are(header, weighting, statistic, unit_told):
    found = map_statement(header)
    assert found is not None
    assert (found.weighting, found.statistic, found.unit_told, found.fault) == (weighting, statistic, unit_told, "")


@pytest.mark.parametrize(
    "header",
    [
        frame(SeriesDescription="T1map_SAX_STONE"),
        siemens("ECV MAP", SeriesDescription="ECV map"),
        siemens("T1 MAP", SeriesDescription="MOLLI synthetic ECV"),
        siemens("T1 MAP", ManufacturerModelName="CMRmap"),  # the wall alone, by this software
        siemens("T1 MAP", SeriesDescription="T1rho map"),
        siemens("T1 MAP", SeriesDescription="MOLLI_synECV"),
        siemens("MAP", SeriesDescription="ECVmap T1 MOLLI"),
        siemens("MAP", SeriesDescription="T1 extracellular volume"),
        siemens("T1 MAP", RescaleType="%"),
        siemens("T1 MAP", SeriesDescription="PSIR MOLLI"),
        siemens("T1 MAP", SeriesDescription="T1 synthetic IR"),
        siemens("T1 MAP", SeriesDescription="T1 difference map"),
        siemens("MAP", SeriesDescription="T2* fat fraction map"),
        siemens("R2 MAP", SeriesDescription="MOLLI fit R2"),  # of the fit, no rate
        frame(ImageComments="Rsquare*4000 Map", SeriesDescription="ShMOLLI_FITPARAMS T1"),
        frame(SOPClassUID=ParametricMapStorage, SeriesDescription="ADC", RealWorldValueMappingSequence=unit("mm2/s")),
    ],
)
def test_other_images_are_no_maps_of_ours(header):
    assert map_statement(header) is None


@pytest.mark.parametrize(
    ("header", "told"),
    [
        (siemens("T1 MAP", SamplesPerPixel=3, PhotometricInterpretation="RGB"), "coloured picture"),
        (siemens("T1 MAP", PhotometricInterpretation="PALETTE COLOR"), "coloured picture"),
        (frame(SamplesPerPixel=3, SeriesDescription="MOLLI T1 map colour"), "coloured picture"),
        (siemens("T1 MAP", SeriesDescription="T1_MAP screen save"), "screen save"),
        (siemens("T1 MAP", ImageComments="color map"), "picture of a map"),
        (siemens("T1 MAP", BurnedInAnnotation="YES"), "burnt into"),
        (siemens("R1 MAP"), "rates"),
        (siemens("T1 MAP", RescaleType="1/s"), "rates"),
        (siemens("R2 STAR MAP"), "rates"),
        (siemens("MAP", SeriesDescription="R2* map"), "rates"),
        (siemens("T1 STAR MAP"), "apparent T1"),
        (siemens("T1 MAP", SeriesDescription="MOLLI_T1*_MAP"), "apparent T1"),
        (siemens("T1 MAP", RescaleType="usec"), "are in usec"),
        (siemens("T2 MAP", RescaleType="0.1 ms"), "are in 0.1ms"),
        (frame(ImageComments="SAX T1 map", InversionTime="100"), "they are weighted"),
        (siemens("T1 MAP", RescaleType="s"), "in seconds"),
        (siemens("T1 MAP", RealWorldValueMappingSequence=unit("s")), "in seconds"),
        (siemens("T1 MAP", BitsStored=8), "8 bits and no unit"),
    ],
)
def test_what_cannot_be_read_has_its_reason(header, told):
    found = map_statement(header)
    assert found is not None
    assert told in found.fault
    assert "expected" in found.fault


@pytest.mark.parametrize(
    "words",
    [
        "T1_STDEV",
        "T1_StdDevMap",
        "MOLLI_T1SD",
        "MOLLI_SDmap",
        "T1 variance",
        "T1 Standardabweichung",
        "T1 \u00e9cart type",
    ],
)
def test_standard_deviations_are_never_taken_for_values(words):
    found = map_statement(siemens("T1 MAP", SeriesDescription=words))
    assert found is not None
    assert found.statistic == "sd"


def derived(description: str, **more: Any) -> Dataset:
    return frame(ImageType=["DERIVED", "SECONDARY", "OTHER"], SeriesDescription=description, **more)


@pytest.mark.parametrize(
    ("description", "weighting"),
    [("SAX T1 Map", T1), ("T2_map_native", T2), ("T2* Map SAX", T2_STAR), ("Map of T1", T1), ("T1 mapping result", T1)],
)
def test_a_description_alone_tells_it_where_nothing_speaks_against(description, weighting):
    found = described_as_map([derived(description)])
    assert found is not None
    assert found.weighting is weighting


@pytest.mark.parametrize(
    "header",
    [
        frame(SeriesDescription="SAX T1 Map"),  # an original image
        derived("SAX T1"),  # no map by name
        derived("SAX T1 Map", InversionTime="100"),  # weighted
        derived("SAX T1 Map MOCO"),
        derived("T1 map PSIR"),
        derived("T2prep map"),
        derived("T1 Map", ImageComments="TIeff 100 ms"),
        frame(ImageType=["DERIVED", "PRIMARY", "M", "MOCO"], SeriesDescription="T1 map"),
    ],
)
def test_a_weighted_image_is_no_map_whatever_its_series_is_called(header):
    assert described_as_map([header]) is None
