"""Every coded concept that is written, with the context group it comes from (DICOM PS3.16)."""

from __future__ import annotations

from highdicom.coding_schemes import CodingSchemeIdentificationItem
from pydicom.sr.codedict import codes as dictionary
from pydicom.sr.coding import Code

from cmrmap.core.map_specs import MapKind
from cmrmap.core.regional_values import SliceLevel
from cmrmap.core.relaxation_models import MODELS
from cmrmap.core.scanner_map import SCANNER_MAP
from cmrmap.dicom.writing.uids import derived_uid

PRIVATE_SCHEME = "99CMRMAP"

# what is measured, per map (CID 7180 or private): see core/map_specs.py
QUANTITY = {kind: Code(*kind.spec.dicom.quantity) for kind in MapKind}

# UCUM (CID 82)
MILLISECOND = Code("ms", "UCUM", "ms")  # the dictionary's meaning is "millisecond"; viewers show it behind each number
PERCENT: Code = dictionary.UCUM.Percent
UNIT = {kind: PERCENT if kind.unit == "%" else MILLISECOND for kind in MapKind}

# what was done to the quantity (CID 7464)
DERIVATION: Code = dictionary.DCM.Derivation
STANDARD_DEVIATION: Code = dictionary.cid7464.StandardDeviation

# anatomy (CID 4, CID 7150, CID 7166)
HEART: Code = dictionary.SCT.Heart
ANATOMICAL_STRUCTURE: Code = dictionary.cid7150.AnatomicalStructure
BODY_SUBSTANCE: Code = dictionary.cid7150.BodySubstance
# the dictionary has other words for it, "Left Ventricle Myocardium"; those that were always written stay
LEFT_VENTRICLE_MYOCARDIUM = Code("49848007", "SCT", "Myocardium of left ventricle")
LEFT_VENTRICLE: Code = dictionary.cid4.LeftVentricle
RIGHT_VENTRICLE = Code("53085002", "SCT", "Right ventricle")
BLOOD: Code = dictionary.cid7166.Blood

# where a slice lies (CID 2, CID 211)
SLICE_LEVEL: dict[SliceLevel, Code] = {
    SliceLevel.BASAL: dictionary.cid2.Basal,
    SliceLevel.MID: dictionary.cid211.Middle,
    SliceLevel.APICAL: dictionary.cid2.Apical,
}

# the 16 segments of Cerqueira, Circulation 2002;105:539 (CID 3717), in the order of their numbers
AHA_SEGMENTS: tuple[Code, ...] = (
    dictionary.cid3717.LeftVentricleBasalAnteriorSegment,
    dictionary.cid3717.LeftVentricleBasalAnteroseptalSegment,
    dictionary.cid3717.LeftVentricleBasalInferoseptalSegment,
    dictionary.cid3717.LeftVentricleBasalInferiorSegment,
    dictionary.cid3717.LeftVentricleBasalInferolateralSegment,
    dictionary.cid3717.LeftVentricleBasalAnterolateralSegment,
    dictionary.cid3717.LeftVentricleMidAnteriorSegment,
    dictionary.cid3717.LeftVentricleMidAnteroseptalSegment,
    dictionary.cid3717.LeftVentricleMidInferoseptalSegment,
    dictionary.cid3717.LeftVentricleMidInferiorSegment,
    dictionary.cid3717.LeftVentricleMidInferolateralSegment,
    dictionary.cid3717.LeftVentricleMidAnterolateralSegment,
    dictionary.cid3717.LeftVentricleApicalAnteriorSegment,
    dictionary.cid3717.LeftVentricleApicalSeptalSegment,
    dictionary.cid3717.LeftVentricleApicalInferiorSegment,
    dictionary.cid3717.LeftVentricleApicalLateralSegment,
)

# measurements (CID 7464, CID 3757, CID 4110); how a value was made and which map it belongs to have no public codes
MEAN: Code = dictionary.cid7464.Mean
STANDARD_ERROR = Code("STANDARD_ERROR", PRIVATE_SCHEME, "Standard error of the mean")
PIXEL_COUNT = Code("PIXEL_COUNT", PRIVATE_SCHEME, "Number of analysed pixels")
TOTAL: Code = dictionary.cid7464.Total
PIXELS = Code("{pixels}", "UCUM", "pixels")
HEMATOCRIT: Code = dictionary.cid4110.Hematocrit
CARDIAC_MRI: Code = dictionary.cid3757.CardiacMRI
IMAGING_REPORT: Code = dictionary.cid7021.ImagingMeasurementReport
COMMENT: Code = dictionary.DCM.Comment
QUALITATIVE_EVALUATIONS = Code("C0034375", "UMLS", "Qualitative Evaluations")
MAP = Code("MAP", PRIVATE_SCHEME, "Map")
MAP_NAME = {kind: Code(*kind.spec.dicom.map_name) for kind in MapKind}
METHOD = {name: Code(model.code, PRIVATE_SCHEME, model.code_meaning) for name, model in MODELS.items()} | {
    SCANNER_MAP: Code("SCANNER_MAP", PRIVATE_SCHEME, "Values of the scanner's own map"),
    "ecv": Code("ECV_HCT", PRIVATE_SCHEME, "ECV from T1 of myocardium and blood and hematocrit"),
}
MEASUREMENT_METHOD: Code = dictionary.SCT.MeasurementMethod
HEMATOCRIT_METHOD = {
    False: Code("HCT_GIVEN", PRIVATE_SCHEME, "Hematocrit as given"),
    True: Code("HCT_SYNTHETIC", PRIVATE_SCHEME, "Hematocrit estimated from native blood T1"),
}

# the report in words (CID 7000, CID 7001); how grave a finding is, and the slice of a line, have no public codes
DIAGNOSTIC_REPORT: Code = dictionary.cid7000.DiagnosticImagingReport
SUMMARY: Code = dictionary.cid7001.Summary
FINDINGS: Code = dictionary.cid7001.Findings
PROCEDURE_DESCRIPTIONS: Code = dictionary.cid7001.CurrentProcedureDescriptions
ENGLISH = Code("en-US", "RFC5646", "English (United States)")
SLICE = Code("SLICE", PRIVATE_SCHEME, "Slice")
ERROR = Code("FINDING_ERROR", PRIVATE_SCHEME, "Error")
WARNING = Code("FINDING_WARNING", PRIVATE_SCHEME, "Warning")
NOTE = Code("FINDING_NOTE", PRIVATE_SCHEME, "Note")

# provenance (CID 7162, CID 7202, CID 7005)
ARTIFICIAL_INTELLIGENCE: Code = dictionary.cid7162.ArtificialIntelligence
SOURCE_IMAGE: Code = dictionary.cid7202.SourceImageForImageProcessingOperation
ACQUISITION_EQUIPMENT: Code = dictionary.cid7005.AcquisitionEquipment


def method_code(model: str) -> Code:
    """Return the code of how a map was made.

    Parameters
    ----------
    model : of the map, e.g. "stone_2p" or "ecv (stone_2p, stone_2p)"; its first word counts

    Returns
    -------
    Code
        one of ``METHOD``; for a model that is not there a private code made of its name
    """
    name = model.split(" ")[0]
    return METHOD.get(name) or Code((name or "unknown").upper()[:16], PRIVATE_SCHEME, (name or "unknown")[:64])


def private_scheme_item() -> CodingSchemeIdentificationItem:
    """Return the declaration of the private coding scheme (DICOM PS3.3 C.12.1.1.1)."""
    item = CodingSchemeIdentificationItem(
        PRIVATE_SCHEME, name="CMRmap private concepts", version="1", responsible_organization="CMRmap"
    )
    item.CodingSchemeUID = derived_uid(PRIVATE_SCHEME, "coding scheme")  # the class takes one with a registry only
    return item
