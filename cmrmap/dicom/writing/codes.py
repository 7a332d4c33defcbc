"""Every coded concept that is written, with the context group it comes from (DICOM PS3.16)."""

from __future__ import annotations

from pydicom.dataset import Dataset
from pydicom.sr.coding import Code

from cmrmap.core.map_specs import MapKind
from cmrmap.core.regional_values import SliceLevel
from cmrmap.core.relaxation_models import MODELS
from cmrmap.dicom.writing.uids import derived_uid

PRIVATE_SCHEME = "99CMRMAP"

# what is measured, per map (CID 7180 or private): see core/map_specs.py
QUANTITY = {kind: Code(*kind.spec.dicom.quantity) for kind in MapKind}

# UCUM (CID 82)
MILLISECOND = Code("ms", "UCUM", "ms")
PERCENT = Code("%", "UCUM", "Percent")
UNIT = {kind: PERCENT if kind.unit == "%" else MILLISECOND for kind in MapKind}

# what was done to the quantity (CID 7464)
DERIVATION = Code("121401", "DCM", "Derivation")
STANDARD_DEVIATION = Code("386136009", "SCT", "Standard Deviation")

# anatomy (CID 4, CID 7150, CID 7166)
HEART = Code("80891009", "SCT", "Heart")
ANATOMICAL_STRUCTURE = Code("91723000", "SCT", "Anatomical Structure")
BODY_SUBSTANCE = Code("91720002", "SCT", "Body Substance")
LEFT_VENTRICLE_MYOCARDIUM = Code("49848007", "SCT", "Myocardium of left ventricle")
LEFT_VENTRICLE = Code("87878005", "SCT", "Left ventricle")
BLOOD = Code("87612001", "SCT", "Blood")

# where a slice lies (CID 2, CID 211)
SLICE_LEVEL = {
    SliceLevel.BASAL: Code("57195005", "SCT", "Basal"),
    SliceLevel.MID: Code("C25569", "NCIt", "Middle"),
    SliceLevel.APICAL: Code("43674008", "SCT", "Apical"),
}

# the 16 segments of Cerqueira, Circulation 2002;105:539 (CID 3717), in the order of their numbers
AHA_SEGMENTS: tuple[Code, ...] = (
    Code("264850008", "SCT", "left ventricle basal anterior segment"),
    Code("396482007", "SCT", "left ventricle basal anteroseptal segment"),
    Code("396646008", "SCT", "left ventricle basal inferoseptal segment"),
    Code("264846001", "SCT", "left ventricle basal inferior segment"),
    Code("396652009", "SCT", "left ventricle basal inferolateral segment"),
    Code("396654005", "SCT", "left ventricle basal anterolateral segment"),
    Code("264848000", "SCT", "left ventricle mid anterior segment"),
    Code("396647004", "SCT", "left ventricle mid anteroseptal segment"),
    Code("396649001", "SCT", "left ventricle mid inferoseptal segment"),
    Code("264847005", "SCT", "left ventricle mid inferior segment"),
    Code("396655006", "SCT", "left ventricle mid inferolateral segment"),
    Code("396656007", "SCT", "left ventricle mid anterolateral segment"),
    Code("264844003", "SCT", "left ventricle apical anterior segment"),
    Code("264845002", "SCT", "left ventricle apical septal segment"),
    Code("264849008", "SCT", "left ventricle apical inferior segment"),
    Code("264853005", "SCT", "left ventricle apical lateral segment"),
)

# measurements (CID 7464, CID 3757, CID 4110); how a value was made and which map it belongs to have no public codes
MEAN = Code("373098007", "SCT", "Mean")
STANDARD_ERROR = Code("STANDARD_ERROR", PRIVATE_SCHEME, "Standard error of the mean")
PIXEL_COUNT = Code("PIXEL_COUNT", PRIVATE_SCHEME, "Number of analysed pixels")
TOTAL = Code("255619001", "SCT", "Total")
PIXELS = Code("{pixels}", "UCUM", "pixels")
HEMATOCRIT = Code("20570-8", "LN", "Hematocrit")
CARDIAC_MRI = Code("241620005", "SCT", "Cardiac MRI")
IMAGING_REPORT = Code("126000", "DCM", "Imaging Measurement Report")
COMMENT = Code("121106", "DCM", "Comment")
QUALITATIVE_EVALUATIONS = Code("C0034375", "UMLS", "Qualitative Evaluations")
MAP = Code("MAP", PRIVATE_SCHEME, "Map")
MAP_NAME = {kind: Code(*kind.spec.dicom.map_name) for kind in MapKind}
METHOD = {name: Code(model.code, PRIVATE_SCHEME, model.code_meaning) for name, model in MODELS.items()} | {
    "ecv": Code("ECV_HCT", PRIVATE_SCHEME, "ECV from T1 of myocardium and blood and hematocrit"),
}
HEMATOCRIT_METHOD = {
    False: Code("HCT_GIVEN", PRIVATE_SCHEME, "Hematocrit as given"),
    True: Code("HCT_SYNTHETIC", PRIVATE_SCHEME, "Hematocrit estimated from native blood T1"),
}

# provenance (CID 7162, CID 7202, CID 7005)
ARTIFICIAL_INTELLIGENCE = Code("123110", "DCM", "Artificial Intelligence")
SOURCE_IMAGE = Code("121322", "DCM", "Source image for image processing operation")
ACQUISITION_EQUIPMENT = Code("109101", "DCM", "Acquisition Equipment")


def method_code(model: str) -> Code:
    """Return the code of how a map was made, from its model, e.g. "stone_2p" or "ecv (stone_2p, stone_2p)"."""
    name = model.split(" ")[0]
    return METHOD.get(name) or Code((name or "unknown").upper()[:16], PRIVATE_SCHEME, (name or "unknown")[:64])


def code_item(code: Code) -> Dataset:
    """Return the code as an item of a code sequence (DICOM PS3.3 8.8)."""
    item = Dataset()
    item.CodeValue = code.value
    item.CodingSchemeDesignator = code.scheme_designator
    item.CodeMeaning = code.meaning
    return item


def private_scheme_item() -> Dataset:
    """Return the declaration of the private coding scheme (DICOM PS3.3 C.12.1.1.1)."""
    item = Dataset()
    item.CodingSchemeDesignator = PRIVATE_SCHEME
    item.CodingSchemeUID = derived_uid(PRIVATE_SCHEME, "coding scheme")
    item.CodingSchemeName = "CMRmap private concepts"
    item.CodingSchemeVersion = "1"
    item.CodingSchemeResponsibleOrganization = "CMRmap"
    return item
