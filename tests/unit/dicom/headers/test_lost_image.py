"""Lost images: UIDs and a number, and nothing else that their headers hold."""

from __future__ import annotations

import warnings

import pydicom.config
import pytest
from pydicom.dataset import Dataset
from pydicom.uid import MRImageStorage

from cmrmap.core.errors import NoMappingSeriesError
from cmrmap.core.map_specs import MapKind
from cmrmap.dicom.headers.lost_image import LostImage, lost_image
from cmrmap.dicom.headers.read import examine_folder, read_study
from cmrmap.dicom.selection.survey import survey_folder


def _header(**values: object) -> Dataset:
    header = Dataset()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for keyword, value in values.items():
            setattr(header, keyword, value)
    return header


def test_uids_and_number_are_taken() -> None:
    header = _header(SeriesInstanceUID="1.2.3", SOPInstanceUID="1.2.3.4", InstanceNumber="12")
    assert lost_image("name", "cut", header) == LostImage("name", "cut", "1.2.3", "1.2.3.4", "12")


def test_a_header_without_any_leaves_them_empty() -> None:
    assert lost_image("", "cut", Dataset()) == LostImage("", "cut")


@pytest.mark.parametrize("uid", ["Doe^Jane", "1.2.3 Doe", "1.2.3\\1.2.4", "1..2", ".1", "1" * 65, "\uff11.2", "1.2\n"])
def test_what_is_no_uid_is_not_taken(uid) -> None:
    header = _header(SeriesInstanceUID=uid, SOPInstanceUID=uid)
    found = lost_image("", "cut", header)
    assert (found.series_instance_uid, found.sop_instance_uid) in {("", ""), ("1.2", "1.2")}


@pytest.mark.parametrize("number", ["²", "Doe", "1e400", "-3", "1.5", "99999999999", "1\\2"])
def test_what_is_no_number_is_not_taken(number, monkeypatch) -> None:
    monkeypatch.setattr(pydicom.config.settings, "reading_validation_mode", pydicom.config.IGNORE)
    header = Dataset()
    header.add_new("InstanceNumber", "LO", number)
    assert lost_image("", "cut", header).instance_number == ""


@pytest.mark.parametrize("keyword", ["SOPInstanceUID", "SeriesInstanceUID"])
def test_an_image_whose_uid_is_a_name_is_lost_and_not_named_by_it(toolbox, tmp_path, keyword) -> None:
    images = toolbox.make_series(MapKind.T2, 1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        setattr(images[0], keyword, "Doe^Jane")
        toolbox.save(images, tmp_path)
    study = read_study(tmp_path)
    assert len(study.headers) == len(images) - 1
    (lost,) = study.lost
    assert "Doe" not in lost.series_instance_uid + lost.sop_instance_uid + lost.reason
    assert "or not valid" in lost.reason


def test_an_element_that_swallows_what_follows_it_is_not_quoted(toolbox, tmp_path) -> None:
    """A length that is damaged makes a UID of all that follows: the patient's name, and the pixels."""
    images = toolbox.make_series(MapKind.T2, 1, PatientName="Doe^Jane")
    toolbox.save(images, tmp_path)
    path = sorted(tmp_path.rglob("*.dcm"))[0]
    content = bytearray(path.read_bytes())
    place = content.index(b"\x08\x00\x18\x00UI")
    assert content.count(MRImageStorage.encode()) >= 1
    content[place + 4 : place + 6] = b"UT"
    content[place + 6 : place + 12] = b"\0\0" + (len(content) - place - 12).to_bytes(4, "little")
    path.write_bytes(bytes(content))
    (lost,) = read_study(tmp_path).lost
    assert lost.sop_instance_uid == ""
    assert "Doe" not in lost.reason


def test_a_study_uid_that_is_a_name_names_no_study(toolbox, tmp_path) -> None:
    images = [*toolbox.make_series(MapKind.T2, 1)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for image in images:
            image.StudyInstanceUID = "Doe^Jane"
        toolbox.save(images, tmp_path)
    source = examine_folder(tmp_path)
    assert (source.study_instance_uid, len(source.headers)) == ("", len(images))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        images[0].StudyInstanceUID = "Roe^John"
        toolbox.save(images, tmp_path)
    assert {study.study_instance_uid for study in survey_folder(tmp_path).studies} == {""}


def test_a_study_that_is_lost_whole_is_told_with_the_reason(toolbox, tmp_path) -> None:
    """Some programs that take names away write letters into UIDs: the one line on stderr must say what is wrong."""
    images = [*toolbox.make_series(MapKind.T2, 1)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for image in images:
            image.SOPInstanceUID += ".ANON"
        toolbox.save(images, tmp_path)
    with pytest.raises(NoMappingSeriesError, match="lost: study, series or SOP instance UID is missing or not valid"):
        read_study(tmp_path)
