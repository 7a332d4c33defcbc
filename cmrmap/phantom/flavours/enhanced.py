"""Enhanced MR images (PS3.3 A.36): several frames in one object, what differs in functional groups."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from pydicom.dataset import Dataset
from pydicom.uid import EnhancedMRImageStorage

from cmrmap.phantom.flavours.classic import SeriesImages, clear_times, derived_uid, has_echo, set_pixels
from cmrmap.phantom.flavours.enhanced_modules import complete_frame, complete_root, shared_groups

#: of a classic image; in an enhanced one they stand in functional groups or not at all
_PER_FRAME = (
    "ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing", "SliceThickness", "SpacingBetweenSlices",
    "SliceLocation", "TriggerTime", "InversionTime", "EchoTime", "ImageComments", "AcquisitionTime", "AcquisitionDate",
    "AcquisitionNumber", "RescaleSlope", "RescaleIntercept", "RescaleType", "WindowCenter", "WindowWidth",
    "ScanningSequence", "SequenceVariant", "ScanOptions", "RepetitionTime", "FlipAngle", "EchoTrainLength",
    "HeartRate",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class FrameGroups:
    """What a dialect adds to one frame's functional groups.

    Attributes
    ----------
    content : attributes of the Frame Content group
    modifier : of the MR Modifier group
    echo : of the MR Echo group
    more : elements that stand beside the groups, such as private sequences
    frame_type : FrameType; None takes ImageType
    """

    content: Dataset = field(default_factory=Dataset)
    modifier: Dataset = field(default_factory=Dataset)
    echo: Dataset = field(default_factory=Dataset)
    more: Dataset = field(default_factory=Dataset)
    frame_type: Sequence[str] | None = None


def enhanced_image(
    members: Sequence[tuple[Dataset, float]],
    groups: Callable[[Dataset, float], FrameGroups],
    *,
    purpose: str = "enhanced",
    number: int = 1,
) -> Dataset:
    """Join classic images into one enhanced image, in the order given.

    Parameters
    ----------
    members : (image, time)
    groups : what one frame's groups say about its time
    purpose : goes into the UID
    number : InstanceNumber
    """
    first = members[0][0]
    image = copy.deepcopy(first)
    for keyword in _PER_FRAME:
        if keyword in image:
            delattr(image, keyword)
    image.SOPClassUID = image.file_meta.MediaStorageSOPClassUID = EnhancedMRImageStorage
    image.SOPInstanceUID = derived_uid(first.SOPInstanceUID, purpose)
    image.file_meta.MediaStorageSOPInstanceUID = image.SOPInstanceUID
    image.InstanceNumber = number
    image.AcquisitionDateTime = f"{first.AcquisitionDate}{first.AcquisitionTime}"
    image.ImageType = [*first.ImageType, "NONE", "NONE"][:4]
    complete_root(image)
    image.NumberOfFrames = len(members)
    image.SharedFunctionalGroupsSequence = [shared_groups(first)]
    positions = sorted({tuple(map(float, one.ImagePositionPatient)) for one, _ in members})
    image.PerFrameFunctionalGroupsSequence = [
        _frame_groups(one, groups(one, time), 1 + positions.index(tuple(map(float, one.ImagePositionPatient))), index)
        for index, (one, time) in enumerate(members, start=1)
    ]
    image.PixelData = b"".join(one.PixelData for one, _ in members)
    return image


def _frame_groups(image: Dataset, told: FrameGroups, position_index: int, index: int) -> Dataset:
    content, position, measures, values, frame_type = (Dataset() for _ in range(5))
    content.update(told.content)
    content.FrameAcquisitionDateTime = f"{image.AcquisitionDate}{image.AcquisitionTime}"
    content.StackID, content.InStackPositionNumber, content.TemporalPositionIndex = "1", position_index, index
    content.DimensionIndexValues = [position_index, index]
    position.ImagePositionPatient = image.ImagePositionPatient
    measures.PixelSpacing, measures.SliceThickness = image.PixelSpacing, image.SliceThickness
    values.RescaleSlope, values.RescaleIntercept = image.get("RescaleSlope", "1"), image.get("RescaleIntercept", "0")
    values.RescaleType = "US"
    frame_type.FrameType = list(told.frame_type or [*image.ImageType, "NONE", "NONE"][:4])
    frame = Dataset()
    frame.update(told.more)
    frame.FrameContentSequence = [content]
    frame.PlanePositionSequence = [position]
    frame.PixelMeasuresSequence = [measures]
    frame.PixelValueTransformationSequence = [values]
    frame.MRImageFrameTypeSequence = [frame_type]
    if len(told.modifier):
        frame.MRModifierSequence = [told.modifier]
    if len(told.echo):
        frame.MREchoSequence = [told.echo]
    complete_frame(frame, image)
    return frame


#: a frame of this time or more was not inverted; the standard flags it and gives no time
_NOT_INVERTED_MS = 10000.0


def standard(series: SeriesImages) -> list[Dataset]:
    """One file a series by the standard alone: InversionTimes and flags, or EffectiveEchoTime; rescale by frame."""
    kept = series.only(has_echo) if series.is_t2 else series

    def groups(_: Dataset, time_ms: float) -> FrameGroups:
        modifier, echo = Dataset(), Dataset()
        if series.is_t2:
            echo.EffectiveEchoTime = time_ms
        else:
            inverted = time_ms < _NOT_INVERTED_MS
            modifier.InversionRecovery = "YES" if inverted else "NO"
            if inverted:
                modifier.InversionTimes = [time_ms]
        return FrameGroups(modifier=modifier, echo=echo)

    def change(image: Dataset, _: float) -> None:
        clear_times(image)
        image.Manufacturer = "Phantom"
        if image.InstanceNumber % 2:  # stored as halves: the same but for rounding once its own rescale is applied
            image.RescaleSlope, image.RescaleIntercept = "2", "1"
            stored = np.frombuffer(image.PixelData, "<u2").astype(np.float64)
            set_pixels(image, (stored - 1.0) / 2.0)

    dialect = kept.changed(change)
    members = list(zip(dialect.images, dialect.times_ms, strict=True))
    return [enhanced_image(members[::-1], groups)]
