from __future__ import annotations

import copy
import warnings
from dataclasses import replace
from io import BytesIO

import pydicom
import pytest

from cmrmap.core.errors import GeometryError, InputError, RefusedError
from cmrmap.core.map_specs import MapKind
from cmrmap.core.map_volume import MapVolume
from cmrmap.dicom.headers.read import read_study
from cmrmap.dicom.writing.outputs import write_outputs
from cmrmap.dicom.writing.source_context import source_context

_PATIENT = ("PatientName", "PatientID", "PatientBirthDate", "PatientSex")
_STUDY = ("StudyID", "AccessionNumber", "StudyDate", "StudyTime")
_OTHERS = (
    "Manufacturer",
    "ReferringPhysicianName",
    "PositionReferenceIndicator",
    "SliceThickness",
    "ScanningSequence",
    "SequenceVariant",
    "ScanOptions",
    "EchoTime",
    "RepetitionTime",
    "EchoTrainLength",
    "MRAcquisitionType",
    "AcquisitionDate",
    "AcquisitionTime",
)


@pytest.fixture
def context_of(tmp_path, toolbox):
    def run(**changes):
        toolbox.save(toolbox.make_series(MapKind.T2, 1, **changes), tmp_path)
        study = read_study(tmp_path)
        return source_context(toolbox.make_volume(MapKind.T2, study), study)

    return run


def test_type_two_attributes_are_added_empty(context_of):
    names = [*_PATIENT, *_STUDY]
    found = context_of(**dict.fromkeys(names)).patient_study
    assert all(str(found[name].value) == "" for name in names)
    assert found.SpecificCharacterSet == "ISO_IR 192"


def test_dates_come_from_the_source(context_of):
    found = context_of()
    assert (found.content_date, found.content_time) == ("20240102", "100102")


def test_without_any_date_there_is_still_one(context_of):
    found = context_of(StudyDate="", StudyTime="", AcquisitionDate=None, AcquisitionTime=None)
    assert (found.content_date, found.content_time) == ("19000101", "000000")


def test_names_keep_their_letters(context_of):
    assert str(context_of().patient_study.PatientName) == "Müller^Jörg"


def test_a_source_without_frame_of_reference_stops_before_the_analysis(context_of):
    with pytest.raises(RefusedError, match="no FrameOfReferenceUID"):
        context_of(FrameOfReferenceUID=None)


def test_missing_type_one_uid_stops_with_its_name(study, volumes):
    headers = {uid: copy.deepcopy(header) for uid, header in study.headers.items()}
    for header in headers.values():
        del header.FrameOfReferenceUID
    with pytest.raises(GeometryError, match="no valid FrameOfReferenceUID"):
        source_context(volumes[MapKind.T2], replace(study, headers=headers))


def test_unknown_source_uid_stops(study, volumes):
    volume = volumes[MapKind.T2]
    values = {name: getattr(volume, name) for name in MapVolume.__dataclass_fields__}
    with pytest.raises(InputError, match="3 of 3 source images are not in the study"):
        source_context(MapVolume(**{**values, "source_uids": (("9.1",), ("9.2",), ("9.3",))}), study)


def test_a_bare_source_can_be_written(tmp_path, toolbox, provenance):
    bare = [*_PATIENT, *_STUDY, *_OTHERS]
    toolbox.save(toolbox.make_series(MapKind.T2, 1, **dict.fromkeys(bare)), tmp_path)
    study = read_study(tmp_path)
    assert len(write_outputs([toolbox.make_volume(MapKind.T2, study)], study, provenance)) == 9


@pytest.mark.parametrize(
    ("charset", "name"),
    [
        ("ISO_IR 126", "Παπαδόπουλος^Γιώργος"),
        ("ISO_IR 192", "Yamada^Tarou=山田^太郎=やまだ^たろう"),
        ("ISO_IR 127", "قباني^لنزار"),
    ],
)
def test_names_in_other_letters_survive(tmp_path, toolbox, provenance, charset, name):
    toolbox.save(toolbox.make_series(MapKind.T2, 1, SpecificCharacterSet=charset, PatientName=name), tmp_path)
    study = read_study(tmp_path)
    for file in write_outputs([toolbox.make_volume(MapKind.T2, study)], study, provenance):
        assert str(pydicom.dcmread(BytesIO(file.content)).PatientName) == name


def test_malformed_values_are_cleaned_not_copied(tmp_path, toolbox, provenance):
    paths = toolbox.save(toolbox.make_series(MapKind.T2, 1), tmp_path)
    for path in paths:
        content = path.read_bytes()
        path.write_bytes(content.replace(b"19700101", b"1970-1-1").replace(b"20240102", b"2024.1.2"))
    study = read_study(tmp_path)
    for file in write_outputs([toolbox.make_volume(MapKind.T2, study)], study, provenance):
        found = pydicom.dcmread(BytesIO(file.content))
        assert (found.PatientBirthDate, found.StudyDate, found.ContentDate) == ("", "", "19000101")


@pytest.mark.parametrize(
    ("keyword", "given", "written"),
    [
        ("ScanOptions", "CG", "CG"),
        ("ScanOptions", "cg", "CG"),
        ("ScanOptions", ["CG", "Kanäle", "FS"], ["CG", "FS"]),
        ("ScanOptions", "U\xa7\xf7\x81", ""),
        ("ScanOptions", "A" * 17, ""),
        ("ScanningSequence", "Gré", "RM"),
        ("SequenceVariant", "a-b", "NONE"),
        ("MRAcquisitionType", "²D", "2D"),
        ("PatientPosition", "HF\xdf", ""),
        ("EchoTrainLength", 7, 7),
        ("EchoTrainLength", -1, None),
    ],
)
def test_a_code_string_that_is_none_is_not_written(context_of, keyword, given, written):
    """It would be no code string in our objects either: an attribute of another kind, or of a damaged file."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        context = context_of(**{keyword: given})
    found = context.acquisition[keyword].value
    assert (list(found) if isinstance(written, list) else found) == written
    assert context.encoded


def test_a_train_longer_than_a_number_of_dicom_is_not_written(context_of, monkeypatch):
    monkeypatch.setattr("cmrmap.dicom.writing.source_context.number", lambda *_: 1e300)
    assert context_of().acquisition.EchoTrainLength is None
