"""Contours that a reader drew here, as a MANUAL Segmentation: put among the images, it repeats them pixel for pixel."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass

import numpy as np
from highdicom.seg import SegmentAlgorithmTypeValues, Segmentation, SegmentationTypeValues, SegmentDescription
from pydicom.dataset import Dataset
from pydicom.sr.coding import Code

from cmrmap.core.arrays import LabelArray
from cmrmap.core.geometry import SliceGeometry
from cmrmap.core.map_specs import MapKind
from cmrmap.core.outlines import Label
from cmrmap.core.provenance import NAME, SoftwareProvenance
from cmrmap.dicom.writing import codes
from cmrmap.dicom.writing.finish import finish
from cmrmap.dicom.writing.image_references import ImageReference
from cmrmap.dicom.writing.series_names import SeriesContent, map_series_name
from cmrmap.dicom.writing.source_context import SourceContext
from cmrmap.dicom.writing.uids import derived_uid

#: ContentLabel (0070,0080) of these objects
CONTENT_LABEL = "READER_CONTOURS"
_OFFSET = 5  # among the ten series numbers of a map
_SEGMENTS = (
    (Label.MYOCARDIUM, "LV myocardium", codes.ANATOMICAL_STRUCTURE, codes.LEFT_VENTRICLE_MYOCARDIUM),
    (Label.CAVITY, "LV blood pool", codes.BODY_SUBSTANCE, codes.BLOOD),
    (Label.RIGHT_VENTRICLE, "Right ventricle", codes.ANATOMICAL_STRUCTURE, codes.RIGHT_VENTRICLE),
)


@dataclass(frozen=True, slots=True)
class DrawnImage:
    """What a reader drew on one image.

    Attributes
    ----------
    sop_instance_uid, frame : of the image; frame from 0
    labels : (row, column) uint8 of ``Label``
    geometry : of the image
    """

    sop_instance_uid: str
    frame: int
    labels: LabelArray
    geometry: SliceGeometry


def build_reader_segmentation(
    kind: MapKind,
    drawn: Sequence[DrawnImage],
    context: SourceContext,
    provenance: SoftwareProvenance,
    multiframe: bool = False,
) -> Dataset:
    """Return myocardium, blood pool and, where it is drawn, the right ventricle of some images of one series.

    Parameters
    ----------
    kind : map that the images are for
    drawn : images of one matrix, at least one
    context : of the map
    provenance : version, weights and settings
    multiframe : whether the images are frames of multi-frame objects, which references then number
    """
    labels = np.stack([one.labels for one in drawn])
    present = [one for one in _SEGMENTS if (labels == one[0]).any()]
    numbered = np.zeros(labels.shape, dtype=np.uint8)
    for number, (label, *_) in enumerate(present, start=1):
        numbered[labels == label] = number
    digest = _digest(kind, drawn, context)
    descriptions = [_description(number, one, digest) for number, one in enumerate(present, start=1)]
    made = Segmentation(
        source_images=[_image(one, place, context) for place, one in enumerate(drawn)],
        pixel_array=numbered,
        segmentation_type=SegmentationTypeValues.BINARY,
        segment_descriptions=descriptions,
        series_instance_uid=derived_uid(digest, "reader contours", "series"),
        series_number=kind.spec.dicom.series_base + _OFFSET,
        sop_instance_uid=derived_uid(digest, "reader contours"),
        instance_number=1,
        manufacturer=NAME,
        manufacturer_model_name=NAME,
        software_versions=provenance.software_version,
        device_serial_number=provenance.device_serial_number,
        content_label=CONTENT_LABEL,
        content_description="contours drawn by a reader",
        series_description=map_series_name(kind, SeriesContent.READER, provenance),
        content_date=context.content_date,
        content_time=context.content_time,
        series_date=context.content_date,
        series_time=context.content_time,
    )
    made.BodyPartExamined = "HEART"
    made.ContentCreatorName = None  # type 2; who drew it did not give a name
    _refer(made, drawn, context.references, multiframe)
    return finish(made, context, provenance)


def _digest(kind: MapKind, drawn: Sequence[DrawnImage], context: SourceContext) -> str:
    digest = hashlib.sha256(context.encoded + kind.value.encode())
    for one in drawn:
        digest.update(repr((one.sop_instance_uid, one.frame, one.labels.shape)).encode())
        digest.update(np.ascontiguousarray(one.labels).tobytes())
    return digest.hexdigest()


def _description(number: int, segment: tuple[Label, str, Code, Code], digest: str) -> SegmentDescription:
    label, name, category, kind = segment
    return SegmentDescription(
        segment_number=number,
        segment_label=name,
        segmented_property_category=category,
        segmented_property_type=kind,
        algorithm_type=SegmentAlgorithmTypeValues.MANUAL,
        tracking_uid=derived_uid(digest, "reader segment", name),
        tracking_id=name,
        anatomic_regions=[codes.LEFT_VENTRICLE] if label is Label.CAVITY else None,
    )


def _image(one: DrawnImage, place: int, context: SourceContext) -> Dataset:
    """Return what the segmentation takes over from an image: whose it is, and its plane. Its UID is a stand-in."""
    plane, image = one.geometry, deepcopy(context.patient_study)
    image.SOPClassUID = context.references[one.sop_instance_uid].sop_class_uid
    image.SOPInstanceUID = f"{derived_uid(one.sop_instance_uid)}"[:58] + f".{place}"
    image.SeriesInstanceUID = context.references[one.sop_instance_uid].series_instance_uid
    image.Modality, image.InstanceNumber = "MR", place + 1
    image.Rows, image.Columns = one.labels.shape
    image.FrameOfReferenceUID = plane.frame_of_reference_uid
    image.ImagePositionPatient = [float(f"{step:.10g}") for step in plane.position_mm]
    image.ImageOrientationPatient = [float(f"{step:.10g}") for step in (*plane.row_cosines, *plane.column_cosines)]
    image.PixelSpacing = [float(f"{step:.10g}") for step in plane.pixel_spacing_mm]
    image.SliceThickness = plane.slice_thickness_mm
    return image


def _refer(
    made: Dataset, drawn: Sequence[DrawnImage], references: Mapping[str, ImageReference], multiframe: bool
) -> None:
    """Name the images themselves: stand-ins served to lay out the frames, where several are of one object."""
    items = {id(item): item for item in _sources(made)}  # frames of several segments may share one
    for item in items.values():
        one = drawn[int(item.ReferencedSOPInstanceUID.rsplit(".", 1)[1])]
        item.ReferencedSOPClassUID = references[one.sop_instance_uid].sop_class_uid
        item.ReferencedSOPInstanceUID = one.sop_instance_uid
        if multiframe:
            item.ReferencedFrameNumber = one.frame + 1
    series = Dataset()
    series.SeriesInstanceUID = references[drawn[0].sop_instance_uid].series_instance_uid
    series.ReferencedInstanceSequence = []
    for uid in dict.fromkeys(one.sop_instance_uid for one in drawn):
        instance = Dataset()
        instance.ReferencedSOPClassUID, instance.ReferencedSOPInstanceUID = references[uid].sop_class_uid, uid
        series.ReferencedInstanceSequence.append(instance)
    made.ReferencedSeriesSequence = [series]


def _sources(made: Dataset) -> list[Dataset]:
    return [
        source
        for frame in made.PerFrameFunctionalGroupsSequence
        for derivation in frame.DerivationImageSequence
        for source in derivation.SourceImageSequence
    ]
