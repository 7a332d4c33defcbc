"""Reading a folder: what is used, what is skipped and counted, what is lost, what is refused."""

from __future__ import annotations

import json
import warnings
from pathlib import Path

import pytest
from pydicom.datadict import tag_for_keyword
from pydicom.dataelem import DataElement

from cmrmap.core.errors import InputError, NoMappingSeriesError, RefusedError
from cmrmap.core.map_specs import MapKind
from cmrmap.dicom.headers.read import examine_folder, read_study
from cmrmap.dicom.loading.pixels import load_series
from cmrmap.dicom.selection.select import examine_study


def test_reads_every_image_once(study):
    assert len(study.headers) == len(study.paths) == study.n_files == 45
    assert study.study_instance_uid == "1.2.3.1"
    assert dict(study.skipped) == {}
    assert study.lost == ()
    assert all("PixelData" not in header for header in study.headers.values())


def test_subfolders_are_read(tmp_path, toolbox):
    toolbox.save(toolbox.make_series(MapKind.T2, 1, 1), tmp_path / "a" / "b")
    toolbox.save(toolbox.make_series(MapKind.NATIVE_T1, 2, 1), tmp_path / "c")
    assert len(read_study(tmp_path).headers) == 10


def test_order_of_headers_does_not_depend_on_creation(tmp_path, toolbox):
    images = toolbox.make_series(MapKind.T2, 1, 1)
    toolbox.save(images, tmp_path / "one")
    for index in (4, 2, 0, 3, 1):
        toolbox.save([images[index]], tmp_path / "other", start=index)
    assert list(read_study(tmp_path / "one").headers) == list(read_study(tmp_path / "other").headers)


def test_strays_are_skipped_and_counted(tmp_path, toolbox):
    toolbox.save(toolbox.make_series(MapKind.T2, 1, 1), tmp_path)
    (tmp_path / "note.txt").write_text("hello, this is a stray text file")
    (tmp_path / "empty").touch()
    (tmp_path / "DICOMDIR").write_bytes(b"\0" * 128 + b"DICM" + b"junk")
    (tmp_path / "hematocrit.json").write_text(json.dumps({"hematocrit": 0.4}))
    (tmp_path / "x.tags").write_text("0010,0010")
    other = toolbox.make_image(9, 0, 0, SOPClassUID="1.2.840.10008.5.1.4.1.1.7", Modality="OT")
    toolbox.save([other], tmp_path, start=90)
    study = read_study(tmp_path)
    assert dict(study.skipped) == {"dicomdir": 1, "json": 1, "not_dicom": 3, "not_mr_image": 1}
    assert study.n_files == 11 == len(study.headers) + sum(study.skipped.values())
    assert study.lost == ()


def test_file_without_preamble_is_read(tmp_path, toolbox):
    (path,) = toolbox.save([toolbox.make_image(1, 0, 0)], tmp_path)
    content = path.read_bytes()
    meta_length = int.from_bytes(content[140:144], "little")
    path.write_bytes(content[132:])  # meta information, no preamble
    assert len(read_study(tmp_path).headers) == 1
    assert meta_length > 0


@pytest.mark.parametrize("share", [0.999, 0.7])
def test_cut_pixel_data_loses_one_image(tmp_path, toolbox, share):
    paths = toolbox.save(toolbox.make_series(MapKind.T2, 1, 1), tmp_path)
    content = paths[2].read_bytes()
    paths[2].write_bytes(content[: int(len(content) * share)])
    study = read_study(tmp_path)
    assert len(study.headers) == 4
    (lost,) = study.lost
    assert lost.file_name == "002.dcm"
    assert lost.series_instance_uid == "1.2.3.2.1"
    assert "bytes of pixel data" in lost.reason
    assert dict(study.skipped) == {"truncated": 1}


def test_header_cut_anywhere_loses_one_image_and_never_invents_a_patient(tmp_path, toolbox):
    paths = toolbox.save(toolbox.make_series(MapKind.T2, 1, 1), tmp_path)
    content = paths[2].read_bytes()
    header_length = len(content) - 2 * 32 * 32 - 12
    for length in range(132, header_length, 17):
        paths[2].write_bytes(content[:length])
        study = read_study(tmp_path)
        assert len(study.headers) == 4, length
        assert [lost.file_name for lost in study.lost] == ["002.dcm"], length


def test_missing_uid_loses_the_image(tmp_path, toolbox):
    images = toolbox.make_series(MapKind.T2, 1, 1)
    del images[0].SeriesInstanceUID
    toolbox.save(images, tmp_path)
    study = read_study(tmp_path)
    assert dict(study.skipped) == {"missing_uid": 1}
    assert len(study.headers) == 4


def test_duplicate_with_same_content_counts_once(tmp_path, toolbox):
    images = toolbox.make_series(MapKind.T2, 1, 1)
    toolbox.save([*images, images[0]], tmp_path)
    study = read_study(tmp_path)
    assert len(study.headers) == 5
    assert dict(study.skipped) == {"duplicate": 1}
    assert dict(study.conflicts) == {}


def test_duplicate_with_other_content_marks_the_series(tmp_path, toolbox):
    images = toolbox.make_series(MapKind.T2, 1, 1)
    other = toolbox.make_image(1, 0, 0, SeriesDescription="T2 prep SAX", PixelData=b"\1\0" * 1024)
    toolbox.save([*images, other], tmp_path)
    assert "different content" in read_study(tmp_path).conflicts["1.2.3.2.1"]


def test_missing_path(tmp_path):
    with pytest.raises(InputError, match="does not exist") as caught:
        read_study(tmp_path / "nowhere")
    assert caught.value.exit_code == 2


def test_file_instead_of_folder(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="is a file"):
        read_study(tmp_path / "file")


def test_empty_folder(tmp_path):
    with pytest.raises(NoMappingSeriesError, match="is empty") as caught:
        read_study(tmp_path)
    assert caught.value.exit_code == 3


def test_no_dicom(tmp_path):
    (tmp_path / "note.txt").write_text("nothing to see here")
    with pytest.raises(NoMappingSeriesError, match=r"none of the 1 files .* is DICOM"):
        read_study(tmp_path)


def test_no_mr_image(tmp_path, toolbox):
    toolbox.save([toolbox.make_image(1, 0, 0, SOPClassUID="1.2.840.10008.5.1.4.1.1.2", Modality="CT")], tmp_path)
    with pytest.raises(NoMappingSeriesError, match="readable MR image"):
        read_study(tmp_path)


@pytest.mark.parametrize(
    "changes",
    [
        {"PatientID": "p2"},
        {"PatientBirthDate": "19800101"},
        {"IssuerOfPatientID": "B"},
        {"PatientName": "Other^Person", "StudyInstanceUID": "1.2.3.9"},
    ],
)
def test_two_patients_are_refused_without_naming_them(tmp_path, toolbox, changes):
    issued = {"IssuerOfPatientID": "A", **changes}
    toolbox.save([toolbox.make_image(1, 0, 0, IssuerOfPatientID="A"), toolbox.make_image(2, 0, 0, **issued)], tmp_path)
    with pytest.raises(RefusedError, match="holds 2 patients") as caught:
        read_study(tmp_path)
    assert caught.value.exit_code == 4
    assert not any(secret in str(caught.value) for secret in ("p1", "p2", "Müller", "Other"))


def test_one_patient_spelled_twice_in_one_study_is_accepted(tmp_path, toolbox):
    images = [toolbox.make_image(1, 0, 0), toolbox.make_image(2, 0, 0, PatientName="MUELLER^J", PatientBirthDate="")]
    toolbox.save(images, tmp_path)
    assert len(read_study(tmp_path).headers) == 2


def test_two_studies_are_refused(tmp_path, toolbox):
    toolbox.save([toolbox.make_image(1, 0, 0), toolbox.make_image(2, 0, 0, StudyInstanceUID="1.2.3.9")], tmp_path)
    with pytest.raises(RefusedError, match="holds 2 studies"):
        read_study(tmp_path)


def test_values_that_break_the_standard_give_no_warning(tmp_path, toolbox):
    (path,) = toolbox.save([toolbox.make_image(1, 0, 0)], tmp_path)
    content = path.read_bytes()
    path.write_bytes(content.replace(b"19700101", b"1970-1-1").replace(b"1.2.3.4", b"1.2.3.x"))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(read_study(Path(tmp_path)).headers) == 1


def test_large_private_blocks_are_left_in_the_file_but_can_be_read(tmp_path, toolbox):
    image = toolbox.make_image(1, 0, 0)
    image.private_block(0x0029, "VENDOR", create=True).add_new(0x20, "OB", b"ab" * 50000)
    toolbox.save([image], tmp_path)
    (header,) = read_study(tmp_path).headers.values()
    assert next(element.value for element in header.values() if element.tag == 0x00291020) is None
    assert header[0x0029, 0x1020].value == b"ab" * 50000


#: what the reader, the choice of series and the loader take from headers as numbers
NUMBERS = (
    *("Rows", "Columns", "NumberOfFrames", "BitsStored", "HighBit", "SamplesPerPixel", "PixelRepresentation"),
    *("RescaleSlope", "RescaleIntercept", "PixelSpacing", "ImagePositionPatient", "ImageOrientationPatient"),
    *("SliceThickness", "SliceLocation", "InversionTime", "EchoTime", "TriggerTime", "InstanceNumber"),
    *("SeriesNumber", "AcquisitionNumber", "AcquisitionTime", "MagneticFieldStrength", "PixelPaddingValue"),
    *("ImagesInAcquisition", "TemporalPositionIdentifier", "ContrastBolusStartTime", "LargestImagePixelValue"),
)


@pytest.mark.parametrize("given", ["1e308", "nan", "-inf", "9" * 400, "x" * 9000], ids=lambda given: given[:5])
def test_a_number_that_no_image_has_costs_that_image_at_most(tmp_path, toolbox, given):
    for index, keyword in enumerate(NUMBERS):
        images = toolbox.make_series(MapKind.NATIVE_T1, 1, 1)
        if keyword in images[1]:
            del images[1][keyword]
        images[1].add(DataElement(tag_for_keyword(keyword), "UT", given))
        paths = toolbox.save(images, tmp_path / str(index))
        study = examine_folder(tmp_path / str(index))
        selection = examine_study(study)
        loaded = load_series(study, selection.selected[0])
        assert loaded.stack.present.sum() >= len(paths) - 1, keyword
        told = [one.reason for one in (*study.lost, *loaded.lost)] + [one.message for one in selection.flags]
        assert all(len(one) < 500 for one in told), keyword
