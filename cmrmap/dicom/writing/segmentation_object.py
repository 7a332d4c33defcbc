"""The regions as BINARY Segmentations (DICOM PS3.3 A.51): myocardium and blood pool, and the 16 AHA segments.

Two objects in two series, so that no segments of one object overlap.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from highdicom import AlgorithmIdentificationSequence
from highdicom.color import CIELabColor
from highdicom.seg import SegmentAlgorithmTypeValues, Segmentation, SegmentationTypeValues, SegmentDescription
from pydicom.dataset import Dataset

from cmrmap.core.arrays import LabelArray
from cmrmap.core.map_volume import MapVolume
from cmrmap.core.provenance import NAME, SoftwareProvenance
from cmrmap.dicom.writing import codes
from cmrmap.dicom.writing.pixel_digest import seal
from cmrmap.dicom.writing.series_names import SeriesContent, map_series_name
from cmrmap.dicom.writing.source_context import SourceContext
from cmrmap.dicom.writing.uids import derived_uid

_MYOCARDIUM_COLOUR = (220, 60, 50)
_BLOOD_COLOUR = (60, 110, 220)


def build_region_segmentation(
    volume: MapVolume,
    kept: tuple[int, ...],
    map_images: Sequence[Dataset],
    context: SourceContext,
    provenance: SoftwareProvenance,
    digest: str,
) -> Dataset | None:
    """Return myocardium (segment 1) and blood pool (segment 2), or None where there is no myocardium.

    A pixel in both regions counts as myocardium. Without any blood-pool pixel there is no segment 2.

    Parameters
    ----------
    volume : the map with its regions
    kept : slice indices to write
    map_images : the classic map series of the same slices in the same order; gives every frame its place
    context, provenance, digest : as for the map series
    """
    rows = list(kept)
    labels = np.where(volume.myocardium[rows], 1, np.where(volume.blood_pool[rows], 2, 0)).astype(np.uint8)
    if not (labels == 1).any():
        return None
    identification = _algorithm(provenance)
    descriptions = [
        SegmentDescription(
            segment_number=1,
            segment_label="LV myocardium",
            segmented_property_category=codes.ANATOMICAL_STRUCTURE,
            segmented_property_type=codes.LEFT_VENTRICLE_MYOCARDIUM,
            algorithm_type=_algorithm_type(volume, kept),
            algorithm_identification=identification,
            tracking_uid=derived_uid(digest, "segment", "myocardium"),
            tracking_id="LV myocardium",
            display_color=CIELabColor.from_rgb(*_MYOCARDIUM_COLOUR),
        )
    ]
    if (labels == 2).any():
        descriptions.append(
            SegmentDescription(
                segment_number=2,
                segment_label="LV blood pool",
                segmented_property_category=codes.BODY_SUBSTANCE,
                segmented_property_type=codes.BLOOD,
                algorithm_type=_algorithm_type(volume, kept),
                algorithm_identification=identification,
                tracking_uid=derived_uid(digest, "segment", "blood pool"),
                tracking_id="LV blood pool",
                anatomic_regions=[codes.LEFT_VENTRICLE],
                display_color=CIELabColor.from_rgb(*_BLOOD_COLOUR),
            )
        )
    return _build(volume, labels, descriptions, map_images, context, provenance, digest, _REGIONS)


def build_aha_segmentation(
    volume: MapVolume,
    kept: tuple[int, ...],
    map_images: Sequence[Dataset],
    context: SourceContext,
    provenance: SoftwareProvenance,
    digest: str,
) -> Dataset | None:
    """Return the AHA segments that have pixels, or None where none has.

    Segment numbers must run from 1 without gaps (DICOM PS3.3 C.8.20.4.3), so they are not the AHA numbers where a
    level is missing; the AHA number is in SegmentLabel ("AHA 7: mid anterior") and in the code.

    Parameters
    ----------
    volume : the map with its regions
    kept : slice indices to write
    map_images : the classic map series of the same slices in the same order; gives every frame its place
    context, provenance, digest : as for the map series
    """
    aha = np.asarray(volume.aha[list(kept)], dtype=np.uint8)
    present = [number for number in range(1, len(codes.AHA_SEGMENTS) + 1) if (aha == number).any()]
    if not present:
        return None
    identification = _algorithm(provenance)
    renumber = np.zeros(256, dtype=np.uint8)
    descriptions = []
    for segment_number, number in enumerate(present, start=1):
        renumber[number] = segment_number
        code = codes.AHA_SEGMENTS[number - 1]
        name = code.meaning.removeprefix("left ventricle ").removesuffix(" segment")
        descriptions.append(
            SegmentDescription(
                segment_number=segment_number,
                segment_label=f"AHA {number}: {name}",
                segmented_property_category=codes.ANATOMICAL_STRUCTURE,
                segmented_property_type=code,
                algorithm_type=_algorithm_type(volume, kept),
                algorithm_identification=identification,
                tracking_uid=derived_uid(digest, "segment", "aha", str(number)),
                tracking_id=f"AHA {number}",
                display_color=_aha_colour(number),
            )
        )
    return _build(volume, renumber[aha], descriptions, map_images, context, provenance, digest, _AHA)


_REGIONS = ("segmentation", 3, "LV_REGIONS", SeriesContent.REGIONS)
_AHA = ("AHA segments", 4, "AHA_16", SeriesContent.AHA)


def _build(
    volume: MapVolume,
    labels: LabelArray,
    descriptions: list[SegmentDescription],
    map_images: Sequence[Dataset],
    context: SourceContext,
    provenance: SoftwareProvenance,
    digest: str,
    which: tuple[str, int, str, SeriesContent],
) -> Dataset:
    name, offset, label, content = which
    words = volume.kind.spec.dicom.values
    result = Segmentation(
        source_images=list(map_images),
        pixel_array=labels,
        segmentation_type=SegmentationTypeValues.BINARY,
        segment_descriptions=descriptions,
        series_instance_uid=derived_uid(digest, name, "series"),
        series_number=volume.kind.spec.dicom.series_base + offset,
        sop_instance_uid=derived_uid(digest, name),
        instance_number=1,
        manufacturer=NAME,
        manufacturer_model_name=NAME,
        software_versions=provenance.software_version,
        device_serial_number=provenance.device_serial_number,
        content_label=label,
        content_description=f"{name} on the {words.name} map",
        series_description=map_series_name(volume.kind, content, provenance),
        content_date=context.content_date,
        content_time=context.content_time,
        series_date=context.content_date,
        series_time=context.content_time,
    )
    result.BodyPartExamined = "HEART"
    result.ContentCreatorName = None  # type 2; nobody drew it
    return seal(result)


def _algorithm_type(volume: MapVolume, kept: tuple[int, ...]) -> SegmentAlgorithmTypeValues:
    """Return SEMIAUTOMATIC where a reader outlined one of the slices that are written."""
    by_reader = volume.by_reader and any(volume.by_reader[index] for index in kept)
    return SegmentAlgorithmTypeValues.SEMIAUTOMATIC if by_reader else SegmentAlgorithmTypeValues.AUTOMATIC


def _algorithm(provenance: SoftwareProvenance) -> AlgorithmIdentificationSequence:
    return AlgorithmIdentificationSequence(
        name=provenance.algorithm_name,
        family=codes.ARTIFICIAL_INTELLIGENCE,
        version=provenance.software_version,
        source=NAME,
        parameters={"weights_sha256": provenance.weights_sha256, "settings_sha256": provenance.settings_sha256},
    )


def _aha_colour(number: int) -> CIELabColor:
    """Sixteen hues of alternating lightness, so that neighbours differ."""
    angle = 2.0 * np.pi * (number * 5 % 16) / 16.0
    lightness = 70.0 if number % 2 else 50.0
    return CIELabColor(lightness, 60.0 * float(np.cos(angle)), 60.0 * float(np.sin(angle)))
