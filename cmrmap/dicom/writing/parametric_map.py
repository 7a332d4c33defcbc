"""The map as a Parametric Map: float32 values with their unit (DICOM PS3.3 A.75).

Pixel values must be finite, so pixels without a value to be trusted hold 0, which no stored value is; the padding
attribute says so. Which pixels were analysed is also in the segmentations.
"""

from __future__ import annotations

from collections.abc import Sequence

import highdicom as hd
import numpy as np
from highdicom.pm import DerivedPixelContrastValues, ImageFlavorValues, ParametricMap
from highdicom.sr import CodedConcept
from pydicom.dataset import Dataset

from cmrmap.core.geometry import SliceGeometry
from cmrmap.core.map_volume import MapVolume
from cmrmap.core.provenance import NAME, SoftwareProvenance
from cmrmap.dicom.writing.codes import HEART
from cmrmap.dicom.writing.real_world_values import coding_schemes, real_world_mapping
from cmrmap.dicom.writing.series_names import SeriesContent, map_series_name
from cmrmap.dicom.writing.source_context import SourceContext
from cmrmap.dicom.writing.stored_values import NO_VALUE, float_values
from cmrmap.dicom.writing.uids import derived_uid


def build_parametric_map(
    volume: MapVolume,
    kept: tuple[int, ...],
    map_images: Sequence[Dataset],
    context: SourceContext,
    provenance: SoftwareProvenance,
    digest: str,
) -> Dataset:
    """Return the Parametric Map of the slices ``kept``.

    Parameters
    ----------
    volume : the map
    kept : slice indices to write
    map_images : the classic map series of the same slices in the same order; gives every frame its place
    context, provenance, digest : as for the map series

    Returns
    -------
    Dataset
        frames in ascending order along the normal; 0 where a pixel has no value
    """
    words = volume.kind.spec.dicom.values
    pixels = float_values(volume.shown_values[list(kept)])
    mapping = real_world_mapping(volume.kind, words, (float(pixels.min()), float(pixels.max())), 1.0)
    result = ParametricMap(
        source_images=list(map_images),
        pixel_array=pixels,
        series_instance_uid=derived_uid(digest, "parametric map series"),
        series_number=volume.kind.spec.dicom.series_base + 2,
        sop_instance_uid=derived_uid(digest, "parametric map"),
        instance_number=1,
        manufacturer=NAME,
        manufacturer_model_name=NAME,
        software_versions=provenance.software_version,
        device_serial_number=provenance.device_serial_number,
        contains_recognizable_visual_features=False,
        coding_schemes=coding_schemes(volume.kind),
        real_world_value_mappings=[mapping],
        voi_lut_transformations=[hd.VOILUTTransformation(window_center=words.window[0], window_width=words.window[1])],
        content_label=words.label,
        content_description=f"{words.name} in {volume.kind.unit}{provenance.in_brackets}",
        image_flavor=ImageFlavorValues.VOLUME,
        derived_pixel_contrast=DerivedPixelContrastValues.QUANTITY,
        series_description=map_series_name(volume.kind, SeriesContent.FLOATS, provenance),
        content_date=context.content_date,
        content_time=context.content_time,
        series_date=context.content_date,
        series_time=context.content_time,
    )
    result.FloatPixelPaddingValue = result.FloatPixelPaddingRangeLimit = float(NO_VALUE)
    result.BodyPartExamined = "HEART"
    result.ContentCreatorName = None  # type 2; nobody drew it
    _add_anatomy(result)
    _sort_frames(result, volume.geometry[kept[0]])
    return result


def _sort_frames(dataset: Dataset, plane: SliceGeometry) -> None:
    """Put the frames in ascending order along the normal.

    The standard leaves the order free; dcmqi's reader keeps the order of the pixels but places them in that sense.
    """
    groups = list(dataset.PerFrameFunctionalGroupsSequence)
    along = [plane.normal @ np.asarray(group.PlanePositionSequence[0].ImagePositionPatient, float) for group in groups]
    order = [int(index) for index in np.argsort(along)]
    pixels = np.frombuffer(dataset.FloatPixelData, "<f4").reshape(len(groups), -1)
    dataset.FloatPixelData = pixels[order].tobytes()
    dataset.PerFrameFunctionalGroupsSequence = [groups[index] for index in order]
    for number, group in enumerate(dataset.PerFrameFunctionalGroupsSequence, start=1):
        group.FrameContentSequence[0].DimensionIndexValues = number  # the position is the only dimension


def _add_anatomy(dataset: Dataset) -> None:
    """Frame Anatomy (DICOM PS3.3 C.7.6.16.2.8): without it validators miss the laterality and some readers fail."""
    anatomy = Dataset()
    anatomy.FrameLaterality = "U"
    anatomy.AnatomicRegionSequence = [CodedConcept.from_code(HEART)]
    dataset.SharedFunctionalGroupsSequence[0].FrameAnatomySequence = [anatomy]
