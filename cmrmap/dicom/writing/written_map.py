"""The objects of one map once they are built: what other objects of the study refer to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pydicom.dataset import Dataset

from cmrmap.core.map_specs import MapKind
from cmrmap.dicom.writing.source_context import SourceContext

Place = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class WrittenMap:
    """One map's datasets.

    Attributes
    ----------
    kind : which map
    slices : slice indices that are written, in the order of ``images``
    images : the map series
    parametric_map, regions, aha : None where not made; an ECV map has the regions of the native T1 map, whose pixels
        it lies on
    context : what was taken over from the source images
    digest : hash of all content
    """

    kind: MapKind
    slices: tuple[int, ...]
    images: tuple[Dataset, ...]
    parametric_map: Dataset | None
    regions: Dataset | None
    aha: Dataset | None
    context: SourceContext
    digest: str

    def image_of(self, slice_index: int) -> Dataset | None:
        """Return the map image of a slice, or None where it was not written.

        Parameters
        ----------
        slice_index : of the map's volume
        """
        return self.images[self.slices.index(slice_index)] if slice_index in self.slices else None


def place_of(dataset: Dataset) -> Place:
    """Return ImagePositionPatient in whole micrometres, so that equal places compare equal.

    Parameters
    ----------
    dataset : an image, or an item of Plane Position Sequence

    Returns
    -------
    tuple of float
        x, y, z in mm, three decimals
    """
    first, second, third = (round(float(component), 3) for component in dataset.ImagePositionPatient)
    return first, second, third


def frames_by_place(multi_frame: Dataset) -> dict[tuple[int, Place], int]:
    """Return (segment number, place) -> frame number from 1; the segment number is 0 where the object has none.

    Parameters
    ----------
    multi_frame : a segmentation or a parametric map
    """
    found = {}
    for number, frame in enumerate(multi_frame.PerFrameFunctionalGroupsSequence, start=1):
        segments: Sequence[Dataset] = frame.get("SegmentIdentificationSequence", ())
        segment = int(segments[0].ReferencedSegmentNumber) if segments else 0
        found[segment, place_of(frame.PlanePositionSequence[0])] = number
    return found


def segment_numbers(segmentation: Dataset) -> dict[str, int]:
    """Return TrackingID -> segment number, e.g. "AHA 7" or "LV myocardium".

    Parameters
    ----------
    segmentation : as written here, with a TrackingID a segment
    """
    return {str(item.TrackingID): int(item.SegmentNumber) for item in segmentation.SegmentSequence}
