"""Page and pictures as DICOM: the bytes come back, and what names the patient says so."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset

from cmrmap.core.map_specs import MapKind
from cmrmap.dicom.headers.read import read_study
from cmrmap.dicom.headers.study_identity import readable_name, study_identity
from cmrmap.dicom.writing.outputs import OutputRole, write_outputs
from cmrmap.dicom.writing.pictures import Document


def _of(files, role):
    return [pydicom.dcmread(BytesIO(file.content)) for file in files if file.role is role]


def test_the_page_is_the_document(files, document):
    (page,) = _of(files, OutputRole.PAGE)
    assert page.EncapsulatedDocument[: page.EncapsulatedDocumentLength] == document.pdf
    assert len(page.EncapsulatedDocument) % 2 == 0
    assert page.MIMETypeOfEncapsulatedDocument == "application/pdf"
    assert page.BurnedInAnnotation == "YES"
    images = {file.sop_instance_uid for file in files if file.role is OutputRole.MAP_SERIES}
    assert {item.ReferencedSOPInstanceUID for item in page.SourceInstanceSequence} == images


def test_a_page_that_names_nobody_says_so(volumes, study, provenance):
    files = write_outputs([volumes[MapKind.T2]], study, provenance, document=Document(b"%PDF-1.4 odd", False))
    (page,) = _of(files, OutputRole.PAGE)
    assert page.BurnedInAnnotation == "NO"


def test_pictures_come_back_beside_the_map_image_that_they_show(files, pictures):
    found = _of(files, OutputRole.CAPTURE)
    assert len(found) == len(pictures) == 3 * len(MapKind)
    maps = {file.sop_instance_uid: file for file in files if file.role is OutputRole.MAP_SERIES}
    for image, picture in zip(found, pictures, strict=True):
        np.testing.assert_array_equal(image.pixel_array, picture.pixels)
        source = maps[image.SourceImageSequence[0].ReferencedSOPInstanceUID]
        assert source.kind is picture.kind
        assert image.InstanceNumber == pydicom.dcmread(BytesIO(source.content)).InstanceNumber
        assert image.BurnedInAnnotation == "NO"
        assert "FrameOfReferenceUID" not in image
    assert len({image.SeriesInstanceUID for image in found}) == len(MapKind)


def test_a_picture_of_a_slice_that_is_not_written_is_left_out(volumes, study, provenance, pictures):
    volume = volumes[MapKind.T2]
    values = np.array(volume.values)
    values[0] = np.nan
    files = write_outputs([replace(volume, values=values)], study, provenance, pictures=pictures)
    assert sum(file.role is OutputRole.CAPTURE for file in files) == 2


def test_another_picture_has_another_uid(files, volumes, study, provenance, pictures):
    other = [type(one)(one.kind, one.slice_index, 255 - one.pixels) for one in pictures]
    again = write_outputs(volumes.values(), study, provenance, pictures=other)
    mine, theirs = ({f.sop_instance_uid for f in group if f.role is OutputRole.CAPTURE} for group in (files, again))
    assert not mine & theirs


def test_identity_is_what_the_source_says(study):
    identity = study_identity(study)
    assert (identity.patient_name, identity.patient_id) == ("Müller, Jörg", "p1")
    assert (identity.birth_date, identity.study_date, identity.sex) == ("19700101", "20240102", "O")
    assert (identity.scanner, identity.field_strength_t) == ("Maker", 1.5)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("Doe^Jane^Q^Dr^", "Doe, Jane Q"),
        ("Yamada^Tarou=山田^太郎=やまだ^たろう", "Yamada, Tarou"),
        ("Plain", "Plain"),
        ("^Jane", "Jane"),
        ("", ""),
    ],
)
def test_names_are_written_as_people_write_them(given, expected):
    assert readable_name(given) == expected


def test_a_source_that_says_nothing_has_no_identity(toolbox, tmp_path):
    bare = dict.fromkeys(("PatientName", "PatientID", "PatientBirthDate", "PatientSex", "Manufacturer", "StudyDate"))
    images: list[Dataset] = [toolbox.make_image(1, index, 0, **bare) for index in range(2)]
    toolbox.save(images, tmp_path)
    identity = study_identity(read_study(tmp_path))
    assert (identity.patient_name, identity.patient_id, identity.scanner) == ("", "", "")
