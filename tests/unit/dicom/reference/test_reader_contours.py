"""A reader's contours in the input: which count, and why others are refused, each with one reason."""

import tracemalloc
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import highdicom as hd
import numpy as np
import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.pixels import pack_bits
from pydicom.sr.coding import Code
from pydicom.uid import ExplicitVRLittleEndian, RTStructureSetStorage, generate_uid

from cmrmap.core.corrections import ReaderContour
from cmrmap.core.findings import QualityFlag
from cmrmap.core.map_specs import MapKind
from cmrmap.core.map_volume import MapVolume
from cmrmap.core.outlines import Label
from cmrmap.dicom.headers.admission import LABEL_MAP_STORAGE
from cmrmap.dicom.headers.read import examine_folder
from cmrmap.dicom.loading.loaded_study import load_study
from cmrmap.dicom.reference import planar_contours
from cmrmap.dicom.reference.contour_places import crosses_itself
from cmrmap.dicom.reference.reader_contours import read_reader_contours
from cmrmap.dicom.reference.segmentations import read_segmentation
from cmrmap.dicom.selection.select import select_series
from cmrmap.dicom.writing.outputs import OutputFile, OutputRole
from cmrmap.dicom.writing.pixel_digest import seal

SIZE = 32
ANATOMY = Code("91723000", "SCT", "Anatomical Structure")
MYOCARDIUM, LEFT_VENTRICLE = Code("74281007", "SCT", "Myocardium"), Code("87878005", "SCT", "Left ventricle")
TISSUE = Code("T-D0050", "SRT", "Tissue")
NET = hd.AlgorithmIdentificationSequence("Other", Code("123110", "DCM", "Artificial Intelligence"), "1")


def _read(folder: Path, memory_bytes: int | None = None) -> tuple[tuple[ReaderContour, ...], tuple[QualityFlag, ...]]:
    study = examine_folder(folder).checked()
    selection = select_series(study)
    stacks = load_study(study, selection, {}).stacks
    study = study if memory_bytes is None else replace(study, memory_bytes=memory_bytes)
    return read_reader_contours(folder, study, selection.selected, stacks)


@pytest.fixture
def folder(tmp_path: Path, toolbox: SimpleNamespace) -> Path:
    toolbox.save(toolbox.make_series(MapKind.T2, 1) + toolbox.make_series(MapKind.NATIVE_T1, 2), tmp_path)
    return tmp_path


@pytest.fixture
def with_outputs(study_folder: Path, files: tuple[OutputFile, ...], tmp_path: Path) -> Path:
    """A study and all that the application wrote of it, in one folder."""
    for path in study_folder.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    for file in files:
        (tmp_path / f"out-{file.name}").write_bytes(file.content)
    return tmp_path


def _image(folder: Path, series: int = 1, slice_index: int = 1, time: int = 0) -> Dataset:
    images = [dcmread(path) for path in sorted(folder.glob("*.dcm"))]
    return next(one for one in images if one.SOPInstanceUID == f"1.2.3.3.{series}.{slice_index}.{time}")


def _drawn() -> np.ndarray:
    labels = np.zeros((1, SIZE, SIZE), np.uint8)
    labels[0, 8:24, 8:24], labels[0, 12:20, 12:20] = 1, 2
    return labels


def _segmentation(
    image: Dataset,
    labels: np.ndarray,
    types: Sequence[Code] = (MYOCARDIUM, LEFT_VENTRICLE),
    *,
    kind: str = "MANUAL",
    names: Sequence[str] = (),
) -> Dataset:
    descriptions = [
        hd.seg.SegmentDescription(
            segment_number=number,
            segment_label=names[number - 1] if names else code.meaning,
            segmented_property_category=ANATOMY,
            segmented_property_type=code,
            algorithm_type=kind,
            algorithm_identification=None if kind == "MANUAL" else NET,
        )
        for number, code in enumerate(types, start=1)
    ]
    return hd.seg.Segmentation(
        source_images=[image],
        pixel_array=labels,
        segmentation_type="BINARY",
        segment_descriptions=descriptions,
        series_instance_uid=hd.UID(),
        series_number=99,
        sop_instance_uid=hd.UID(),
        instance_number=1,
        manufacturer="Reader",
        manufacturer_model_name="Pen",
        software_versions="1",
        device_serial_number="1",
        omit_empty_frames=False,
    )


def _told(flag: QualityFlag) -> str:
    """The whole sentence of a finding, where its message is shortened."""
    return flag.detail or flag.message


def _refusal(found: tuple[tuple[ReaderContour, ...], tuple[QualityFlag, ...]]) -> QualityFlag:
    contours, (flag,) = found
    assert contours == ()
    assert (flag.code, flag.severity) == ("reader_contours_refused", "warning")
    return flag


def test_a_segmentation_on_a_weighted_image_is_a_readers_contour_of_that_image(folder: Path) -> None:
    segmentation = _segmentation(_image(folder), _drawn())
    segmentation.save_as(folder / "seg.dcm")
    (contour,), flags = _read(folder)
    assert flags == ()
    assert (contour.kind, contour.slice_index, contour.time_index) == (MapKind.T2, 1, 0)
    assert contour.source == segmentation.SOPInstanceUID
    np.testing.assert_array_equal(contour.labels, _drawn()[0])


def test_segments_are_told_by_their_names_where_a_viewer_replaced_the_codes(folder: Path) -> None:
    names = ("LV myocardium", "LV blood pool")
    _segmentation(_image(folder), _drawn(), (TISSUE, TISSUE), names=names).save_as(folder / "seg.dcm")
    (contour,), flags = _read(folder)
    assert flags == ()
    np.testing.assert_array_equal(contour.labels, _drawn()[0])


@pytest.mark.parametrize("codes", ["none", "no items", "items without a code"])
def test_segments_without_codes_are_told_by_their_names(folder: Path, codes: str) -> None:
    segmentation = _segmentation(_image(folder), _drawn(), names=("LV myocardium", "LV blood pool"))
    for segment in segmentation.SegmentSequence:
        if codes == "none":
            del segment.SegmentedPropertyTypeCodeSequence
        else:
            segment.SegmentedPropertyTypeCodeSequence = [] if codes == "no items" else [Dataset()]
    segmentation.save_as(folder / "seg.dcm")
    (contour,), flags = _read(folder)
    assert flags == ()
    np.testing.assert_array_equal(contour.labels, _drawn()[0])


def test_a_slice_without_a_pixel_is_not_covered(folder: Path) -> None:
    one, none = _segmentation(_image(folder), _drawn()), _segmentation(_image(folder, slice_index=0), 0 * _drawn())
    one.save_as(folder / "one.dcm")
    none.save_as(folder / "none.dcm")
    contours, (flag,) = _read(folder)
    assert [contour.slice_index for contour in contours] == [1]
    assert "it is empty: no pixel of a segment of the heart is set" in _told(flag)


# what the application itself wrote


def _own(folder: Path, files: tuple[OutputFile, ...]) -> tuple[Path, Dataset]:
    file = next(one for one in files if one.role is OutputRole.REGIONS and one.kind is MapKind.NATIVE_T1)
    return folder / f"out-{file.name}", dcmread(folder / f"out-{file.name}")


def test_unedited_outputs_are_left_aside_with_one_note(with_outputs: Path) -> None:
    contours, (flag,) = _read(with_outputs)
    assert contours == ()
    assert (flag.code, flag.severity) == ("contours_left_aside", "info")
    assert "and 8 more left aside: it is this software's own output, and nobody edited it" in _told(flag)


def _set_pixels(segmentation: Dataset, drawn: np.ndarray) -> None:
    packed = pack_bits(drawn.astype(np.uint8).ravel())
    segmentation.PixelData = packed + b"\0" * (len(packed) % 2)


def _in_place(segmentation: Dataset) -> None:
    """An editor that keeps every attribute but the UID."""
    drawn = np.array(segmentation.pixel_array)
    drawn[0] = np.roll(drawn[0], 1, axis=0)
    _set_pixels(segmentation, drawn)
    segmentation.SOPInstanceUID = segmentation.file_meta.MediaStorageSOPInstanceUID = generate_uid()


def _as_slicer(segmentation: Dataset) -> None:
    """3D Slicer keeps labels, codes, and type and name of the algorithm, not the sequence that identifies it."""
    segmentation.SOPInstanceUID = segmentation.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    segmentation.Manufacturer, segmentation.ManufacturerModelName = "QIICR", "dcmqi"
    for item in segmentation.SegmentSequence:
        del item.SegmentationAlgorithmIdentificationSequence
        assert item.SegmentAlgorithmType == "AUTOMATIC"


def _as_ohif(segmentation: Dataset) -> None:
    """OHIF replaces codes and algorithm, keeps labels, and takes the equipment over from the map."""
    segmentation.SOPInstanceUID = segmentation.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    for item in segmentation.SegmentSequence:
        del item.SegmentationAlgorithmIdentificationSequence
        item.SegmentAlgorithmType, item.SegmentAlgorithmName = "MANUAL", "OHIF Brush"
        for keyword in ("SegmentedPropertyCategoryCodeSequence", "SegmentedPropertyTypeCodeSequence"):
            code = item[keyword].value[0]
            code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = "T-D0050", "SRT", "Tissue"
        item.pop("AnatomicRegionSequence", None)


@pytest.mark.parametrize("save_anew", [_in_place, _as_slicer, _as_ohif])
def test_an_own_segmentation_saved_by_a_viewer_is_a_readers_on_the_image_under_the_map(
    with_outputs: Path,
    files: tuple[OutputFile, ...],
    volumes: dict[MapKind, MapVolume],
    save_anew: Callable[[Dataset], None],
) -> None:
    path, segmentation = _own(with_outputs, files)
    save_anew(segmentation)
    segmentation.save_as(path)
    contours, (aside,) = _read(with_outputs)
    assert [(one.kind, one.slice_index, one.time_index) for one in contours] == [
        (MapKind.NATIVE_T1, index, 0) for index in range(3)
    ]
    assert aside.code == "contours_left_aside"
    volume = volumes[MapKind.NATIVE_T1]
    same = [np.array_equal(one.labels == Label.MYOCARDIUM, volume.myocardium[one.slice_index]) for one in contours]
    assert same == ([False, True, True] if save_anew is _in_place else [True] * 3)


def test_an_output_of_an_earlier_version_is_unedited_too(with_outputs: Path, files: tuple[OutputFile, ...]) -> None:
    path, segmentation = _own(with_outputs, files)
    for item in segmentation.SegmentSequence:
        item.SegmentationAlgorithmIdentificationSequence[0].AlgorithmParameters = "weights_sha256=0"
    segmentation.save_as(path)
    contours, (flag,) = _read(with_outputs)
    assert (contours, flag.code) == ((), "contours_left_aside")


def test_without_the_map_an_edited_segmentation_is_refused_where_series_lie_in_one_place(
    with_outputs: Path, files: tuple[OutputFile, ...]
) -> None:
    """Its frames name images of the map, which is not here; native, post-contrast T1 and T2 all lie there."""
    path, segmentation = _own(with_outputs, files)
    for other in with_outputs.glob("out-*"):
        other.unlink()
    _in_place(segmentation)
    segmentation.save_as(path)
    flag = _refusal(_read(with_outputs))
    assert "slices of native T1 and post-contrast T1 and T2 lie there; send what it was drawn on along" in (
        _told(flag).replace("T2 and native T1 and post-contrast T1", "native T1 and post-contrast T1 and T2")
    )


def test_without_the_map_it_holds_for_the_only_series_that_lies_there(
    toolbox: SimpleNamespace, study_folder: Path, files: tuple[OutputFile, ...], tmp_path: Path
) -> None:
    toolbox.save(toolbox.make_series(MapKind.NATIVE_T1, 1), tmp_path)
    file = next(one for one in files if one.role is OutputRole.REGIONS and one.kind is MapKind.NATIVE_T1)
    (tmp_path / "seg.dcm").write_bytes(file.content)
    segmentation = dcmread(tmp_path / "seg.dcm")
    _in_place(segmentation)
    segmentation.save_as(tmp_path / "seg.dcm")
    contours, flags = _read(tmp_path)
    assert flags == ()
    assert [(one.slice_index, one.time_index) for one in contours] == [(0, None), (1, None), (2, None)]


# what cannot be used


def _damage(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-60])


def _cut_in_header(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:900])


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda seg: setattr(seg, "StudyInstanceUID", "1.2.9"), "it is of another study than the images"),
        (lambda seg: setattr(seg, "PatientID", "p2"), "it is of another patient than the images"),
        (lambda seg: setattr(seg, "PatientBirthDate", "19810101"), "it is of another patient than the images"),
        (lambda seg: setattr(seg, "FrameOfReferenceUID", "1.2.77"), "its frame of reference is another"),
        (lambda seg: _set_pixels(seg, 0 * seg.pixel_array), "it is empty"),
    ],
)
def test_an_object_that_is_not_of_these_images_is_refused(
    folder: Path, change: Callable[[Dataset], None], reason: str
) -> None:
    segmentation = _segmentation(_image(folder), _drawn())
    change(segmentation)
    segmentation.save_as(folder / "seg.dcm")
    flag = _refusal(_read(folder))
    assert reason in _told(flag)
    assert segmentation.SOPInstanceUID in _told(flag)
    assert "seg.dcm" not in _told(flag)


@pytest.mark.parametrize(
    ("attribute", "value", "reason"),
    [
        ("PixelSpacing", ["1.3", "1.5"], "its pixels are 1.3 x 1.5 mm; expected 1.25 x 1.5 mm"),
        ("ImageOrientationPatient", ["1", "0", "0", "0", "1", "0"], "its orientation is another than the image's"),
        ("ImagePositionPatient", ["8", "-6", "1.3"], "it lies 1.3 mm from the image"),
    ],
)
def test_a_frame_of_another_geometry_is_refused(folder: Path, attribute: str, value: list[str], reason: str) -> None:
    segmentation = _segmentation(_image(folder), _drawn())
    shared = segmentation.SharedFunctionalGroupsSequence[0]
    groups = [shared, *segmentation.PerFrameFunctionalGroupsSequence]
    sequences = ("PixelMeasuresSequence", "PlaneOrientationSequence", "PlanePositionSequence")
    changed = 0
    for item in (group[name].value[0] for group in groups for name in sequences if name in group):
        if attribute in item:
            setattr(item, attribute, value)
            changed += 1
    assert changed
    segmentation.save_as(folder / "seg.dcm")
    flag = _refusal(_read(folder))
    assert (flag.map, flag.slice_index) == (MapKind.T2, 1)
    assert reason in _told(flag)


def test_another_matrix_is_refused(folder: Path, toolbox: SimpleNamespace) -> None:
    small = toolbox.make_image(1, 0, 1, Rows=16, Columns=16, PixelData=bytes(512))
    labels = np.zeros((1, 16, 16), np.uint8)
    labels[0, 2:12, 2:12], labels[0, 5:9, 5:9] = 1, 2
    small.file_meta = FileMetaDataset()
    _segmentation(small, labels).save_as(folder / "seg.dcm")
    assert "its matrix is 16 x 16; expected the image's 32 x 32" in _told(_refusal(_read(folder)))


def test_overlapping_segments_cost_their_slice(folder: Path) -> None:
    both = np.zeros((1, SIZE, SIZE, 2), np.uint8)
    both[0, 8:24, 8:24, 0], both[0, 12:20, 12:20, 1] = 1, 1
    _segmentation(_image(folder), both).save_as(folder / "seg.dcm")
    _segmentation(_image(folder, slice_index=2), _drawn()).save_as(folder / "good.dcm")
    contours, (flag,) = _read(folder)
    assert [one.slice_index for one in contours] == [2]
    assert (flag.map, flag.slice_index) == (MapKind.T2, 1)
    assert "its segments overlap" in _told(flag)


def test_unknown_codes_are_refused(folder: Path) -> None:
    liver = Code("10200004", "SCT", "Liver")
    _segmentation(_image(folder), (_drawn() > 0).astype(np.uint8), (liver,)).save_as(folder / "seg.dcm")
    assert "no segment of it is coded or named as left-ventricular myocardium" in _told(_refusal(_read(folder)))


def test_a_segmentation_without_wall_is_refused(folder: Path) -> None:
    _segmentation(_image(folder), (_drawn() > 1).astype(np.uint8), (LEFT_VENTRICLE,)).save_as(folder / "seg.dcm")
    assert "it has no segment of the left-ventricular myocardium" in _told(_refusal(_read(folder)))


def test_the_output_of_other_software_is_no_readers(folder: Path) -> None:
    _segmentation(_image(folder), _drawn(), kind="AUTOMATIC").save_as(folder / "seg.dcm")
    assert "all its segments are called AUTOMATIC: it is another software's output" in _told(_refusal(_read(folder)))
    _segmentation(_image(folder), _drawn(), kind="SEMIAUTOMATIC").save_as(folder / "seg.dcm")
    assert len(_read(folder)[0]) == 1


@pytest.mark.parametrize("damage", [_damage, _cut_in_header])
def test_a_damaged_file_is_refused(folder: Path, damage: Callable[[Path], None]) -> None:
    segmentation = _segmentation(_image(folder), _drawn())
    segmentation.save_as(folder / "seg.dcm")
    damage(folder / "seg.dcm")
    flag = _refusal(_read(folder))
    assert f"segmentation {segmentation.SOPInstanceUID} not used" in _told(flag)
    assert "the file is damaged and cannot be read" in _told(flag)


def test_contours_of_series_that_are_not_mapped_are_left_aside(folder: Path, toolbox: SimpleNamespace) -> None:
    """Function is measured on cine images of the same study: their contours are none of ours."""
    cine = toolbox.make_image(7, 0, 1, SeriesDescription="cine SAX")
    toolbox.save([cine], folder, start=900)
    _segmentation(cine, _drawn()).save_as(folder / "seg.dcm")
    contours, (flag,) = _read(folder)
    assert contours == ()
    assert (flag.code, flag.severity) == ("contours_left_aside", "info")
    assert "it was drawn on images of the study that are not mapped" in _told(flag)


@pytest.mark.parametrize("named", ["its own", "none that can be read"])
def test_copies_of_one_object_that_differ_are_told_apart(folder: Path, named: str) -> None:
    """A viewer may save an edited object under the UID that it had: neither copy may stand for the other."""
    one = _segmentation(_image(folder), _drawn())
    other = _segmentation(_image(folder), np.roll(_drawn(), 2, axis=1))
    other.SOPInstanceUID = other.file_meta.MediaStorageSOPInstanceUID = one.SOPInstanceUID
    for name, segmentation in (("one.dcm", one), ("other.dcm", other)):
        segmentation.save_as(folder / name)
        if named != "its own":
            _rename(folder / name, one.SOPInstanceUID)
    contours, flags = _read(folder)
    assert flags == ()
    uid = one.SOPInstanceUID if named == "its own" else "without a readable UID"
    assert [found.source for found in contours] == [uid, f"{uid} (2)"]


def _rename(path: Path, uid: str) -> None:
    path.write_bytes(path.read_bytes().replace(uid.encode(), b"Doe^Jane".ljust(len(uid), b"x")))


def test_text_in_the_place_of_a_uid_is_not_told(folder: Path) -> None:
    segmentation = _segmentation(_image(folder), 0 * _drawn())
    segmentation.save_as(folder / "seg.dcm")
    _rename(folder / "seg.dcm", segmentation.SOPInstanceUID)
    told = _told(_refusal(_read(folder)))
    assert "contours of segmentation without a readable UID not used" in told
    assert "Doe" not in told


def test_an_object_larger_than_the_settings_allow_is_not_called_damaged(folder: Path) -> None:
    _segmentation(_image(folder), _drawn()).save_as(folder / "seg.dcm")
    told = _told(_refusal(_read(folder, memory_bytes=20_000)))
    assert "analysis.decoding.memory_mb" in told
    assert "damaged" not in told


@pytest.mark.parametrize("sealed", [True, False])
def test_pixels_that_would_take_gigabytes_are_not_decoded(folder: Path, sealed: bool) -> None:
    """The digest that tells an unedited output is made of the decoded pixels, too."""
    segmentation = _segmentation(_image(folder), _drawn(), kind="SEMIAUTOMATIC")
    if sealed:
        seal(segmentation)
    segmentation.Rows = segmentation.Columns = 30_000
    segmentation.save_as(folder / "seg.dcm")
    assert "30000 x 30000 pixels takes" in _told(_refusal(_read(folder)))


def test_a_label_map_of_many_segments_takes_memory_for_the_classes_alone() -> None:
    label_map = Dataset()
    label_map.file_meta = FileMetaDataset()
    label_map.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    label_map.SOPClassUID, label_map.SamplesPerPixel = LABEL_MAP_STORAGE, 1
    label_map.NumberOfFrames, label_map.Rows, label_map.Columns = 1, 256, 256
    label_map.PhotometricInterpretation, label_map.PixelRepresentation = "MONOCHROME2", 0
    label_map.BitsAllocated = label_map.BitsStored = 16
    label_map.HighBit = 15
    label_map.PixelData = np.arange(256 * 256, dtype="<u2").tobytes()
    label_map.PerFrameFunctionalGroupsSequence = [Dataset()]
    label_map.SegmentSequence = []
    for number in range(1, 1001):
        segment = Dataset()
        segment.SegmentNumber, segment.SegmentLabel = number, "cavity" if number % 2 else "myocardium"
        label_map.SegmentSequence.append(segment)
    tracemalloc.start()
    try:
        (frame,) = read_segmentation(label_map).frames
        assert tracemalloc.get_traced_memory()[1] < 20e6
    finally:
        tracemalloc.stop()
    assert {label: int(mask.sum()) for label, mask in frame.masks.items()} == {Label.CAVITY: 500, Label.MYOCARDIUM: 500}
    assert len(frame.segments) == 1000


# RT Structure Sets

ENDO = ((12, 12), (12, 20), (20, 20), (20, 12))
EPI = ((8, 8), (8, 24), (24, 24), (24, 8))
BOW_TIE = ((8, 8), (24, 24), (8, 24), (24, 8))


def _structures(
    image: Dataset, regions: dict[str, Sequence[tuple[int, int]]], *, form: str = "CLOSED_PLANAR", named: bool = True
) -> Dataset:
    out = Dataset()
    out.file_meta = FileMetaDataset()
    out.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    out.SOPClassUID, out.SOPInstanceUID = RTStructureSetStorage, generate_uid()
    out.StudyInstanceUID, out.SeriesInstanceUID = image.StudyInstanceUID, generate_uid()
    out.PatientID, out.Modality = image.PatientID, "RTSTRUCT"
    out.StructureSetROISequence, out.ROIContourSequence = [], []
    along_row, along_column = np.array(image.ImageOrientationPatient, float).reshape(2, 3)
    row_mm, column_mm = (float(one) for one in image.PixelSpacing)
    for number, (name, corners) in enumerate(regions.items(), start=1):
        points = [
            np.array(image.ImagePositionPatient, float)
            + (r - 0.5) * row_mm * along_column
            + (c - 0.5) * column_mm * along_row
            for r, c in corners
        ]
        region, drawn, contour, source = Dataset(), Dataset(), Dataset(), Dataset()
        region.ROINumber, region.ROIName, region.ROIGenerationAlgorithm = number, name, "MANUAL"
        region.ReferencedFrameOfReferenceUID = image.FrameOfReferenceUID
        contour.ContourGeometricType, contour.NumberOfContourPoints = form, len(points)
        contour.ContourData = [f"{value:.5f}" for value in np.concatenate(points)]
        source.ReferencedSOPClassUID, source.ReferencedSOPInstanceUID = image.SOPClassUID, image.SOPInstanceUID
        if named:
            contour.ContourImageSequence = [source]
        drawn.ReferencedROINumber, drawn.ContourSequence = number, [contour]
        out.StructureSetROISequence.append(region)
        out.ROIContourSequence.append(drawn)
    return out


def test_contours_of_a_structure_set_are_a_readers(folder: Path) -> None:
    _structures(_image(folder), {"LV endo": ENDO, "LV epi": EPI}).save_as(folder / "set.dcm", enforce_file_format=True)
    (contour,), flags = _read(folder)
    assert flags == ()
    assert (contour.kind, contour.slice_index, contour.time_index) == (MapKind.T2, 1, 0)
    np.testing.assert_array_equal(contour.labels, _drawn()[0])


@pytest.mark.parametrize(
    ("regions", "form", "reason"),
    [
        ({"LV endo": ENDO, "LV epi": EPI}, "OPEN_PLANAR", "a contour of it is open; expected closed contours"),
        ({"LV endo": ENDO, "LV epi": BOW_TIE}, "CLOSED_PLANAR", "a contour of it crosses itself"),
        ({"LV epi": EPI}, "CLOSED_PLANAR", "its contours do not tell wall from blood"),
    ],
)
def test_contours_that_do_not_enclose_a_wall_are_refused(
    folder: Path, regions: dict[str, Sequence[tuple[int, int]]], form: str, reason: str
) -> None:
    _structures(_image(folder), regions, form=form).save_as(folder / "set.dcm", enforce_file_format=True)
    flag = _refusal(_read(folder))
    assert (flag.map, flag.slice_index) == (MapKind.T2, 1)
    assert reason in _told(flag)
    assert "structure set" in _told(flag)


def test_contours_that_name_no_image_where_two_series_lie_are_refused(folder: Path) -> None:
    structures = _structures(_image(folder), {"LV endo": ENDO, "LV epi": EPI}, named=False)
    structures.save_as(folder / "set.dcm", enforce_file_format=True)
    assert "it names no image that is here, and slices of" in _told(_refusal(_read(folder)))


def test_a_keyhole_does_not_cross_itself(folder: Path) -> None:
    """A ring as one contour: in along a line, around the cavity, and out along the same line (PS3.3 C.8.8.6.3)."""
    keyhole = (*EPI, EPI[0], ENDO[0], *reversed(ENDO), EPI[0])
    _structures(_image(folder), {"Myocardium": keyhole}).save_as(folder / "set.dcm", enforce_file_format=True)
    (contour,), flags = _read(folder)
    assert flags == ()
    assert np.count_nonzero(contour.labels == Label.MYOCARDIUM) == pytest.approx(16 * 16 - 8 * 8, abs=10)


def test_a_contour_of_more_points_than_anybody_draws_is_refused_unread(folder: Path) -> None:
    structures = _structures(_image(folder), {"LV endo": ENDO, "LV epi": EPI})
    structures.ROIContourSequence[1].ContourSequence[0].ContourData = ["0"] * 12_003
    structures.save_as(folder / "set.dcm", enforce_file_format=True)
    assert "a contour of it has 4001 points; expected at most 4000" in _told(_refusal(_read(folder)))


@pytest.mark.parametrize(("limit", "most"), [("_MOST_CONTOURS", 1), ("_MOST_POINTS_TOGETHER", 7)])
def test_more_contours_than_anybody_draws_are_refused(
    folder: Path, monkeypatch: pytest.MonkeyPatch, limit: str, most: int
) -> None:
    monkeypatch.setattr(planar_contours, limit, most)
    structures = _structures(_image(folder), {"LV endo": ENDO, "LV epi": EPI})
    structures.save_as(folder / "set.dcm", enforce_file_format=True)
    told = _told(_refusal(_read(folder)))
    assert f"more than {planar_contours._MOST_CONTOURS} contours or" in told


@pytest.mark.parametrize("number", [b"nan", b"inf", b"a few", b""])
def test_coordinates_that_are_no_numbers_are_none(folder: Path, number: bytes) -> None:
    structures = _structures(_image(folder), {"LV endo": ENDO, "LV epi": EPI})
    structures.save_as(folder / "set.dcm", enforce_file_format=True)
    first = str(structures.ROIContourSequence[0].ContourSequence[0].ContourData[0]).encode()
    head, tail = (folder / "set.dcm").read_bytes().split(b"\x06\x30\x50\x00DS", 1)
    tail = tail.replace(first, number.ljust(len(first)), 1)
    (folder / "set.dcm").write_bytes(head + b"\x06\x30\x50\x00DS" + tail)
    assert "its contours do not tell wall from blood" in _told(_refusal(_read(folder)))


def test_long_contours_are_compared_in_little_memory() -> None:
    angle = np.linspace(0.0, 2 * np.pi, 4000, endpoint=False)
    points = np.stack([40 * np.cos(angle), 40 * np.sin(angle), 0 * angle], axis=1)
    tracemalloc.start()
    try:
        assert not crosses_itself(points)
        points[[1000, 3900]] = points[[3900, 1000]]
        assert crosses_itself(points)
        assert tracemalloc.get_traced_memory()[1] < 40e6
    finally:
        tracemalloc.stop()
