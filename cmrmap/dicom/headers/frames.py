"""One flat header per frame, so that classic and enhanced multi-frame images look alike to every rule."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from cmrmap.core.errors import GeometryError
from cmrmap.core.geometry import SliceGeometry
from cmrmap.dicom.headers.values import number, numbers, text, value

_FUNCTIONAL_GROUPS = ("SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence")
#: groups that may have several items, which are read as they are
_WHOLE_GROUPS = ("RealWorldValueMappingSequence",)
_UNIT_TOLERANCE = 0.02  # scanners round the cosines to three digits or more
_MOST_FRAMES = 512  # that are believed of NumberOfFrames alone, without an item for each
_FARTHEST_MM = 10_000.0  # from the isocentre: no table moves that far
_SPACINGS_MM = (0.05, 10.0)
_THICKNESSES_MM = (0.1, 100.0)


def frames_of(header: Dataset) -> tuple[Dataset, ...]:
    """Return one header per frame, with the functional groups of an enhanced image written out flat.

    Parameters
    ----------
    header : a classic or enhanced MR header

    Returns
    -------
    the header itself for a classic image; for an enhanced one a new Dataset per frame that holds the root's
    attributes, then those of the shared and of the frame's own functional groups (DICOM PS3.3 C.7.6.16), the
    later overriding the earlier
    """
    per_frame = _items(value(header, "PerFrameFunctionalGroupsSequence"))
    shared = _items(value(header, "SharedFunctionalGroupsSequence"))[:1]
    if not per_frame and not shared:
        return (header,)
    n_frames = max(len(per_frame), min(int(number(header, "NumberOfFrames") or 1), _MOST_FRAMES), 1)
    root = Dataset()
    for element in _readable(header):
        if element.keyword not in _FUNCTIONAL_GROUPS:
            root.add(element)
    for groups in shared:
        _flatten_into(root, groups)
    frames = []
    for index in range(n_frames):
        frame = Dataset()
        frame.update(root)
        for groups in per_frame[index : index + 1]:
            _flatten_into(frame, groups)
        frames.append(frame)
    return tuple(frames)


def real_world_mappings(frame: Dataset) -> list[Dataset]:
    """Return the items of a frame's real-world value mapping (DICOM PS3.3 C.7.6.16.2.11); none where there is none.

    Parameters
    ----------
    frame : one of :func:`frames_of`
    """
    return _items(value(frame, "RealWorldValueMappingSequence"))


def _flatten_into(target: Dataset, groups: Dataset) -> None:
    for element in _readable(groups):
        if element.VR == "SQ" and not element.tag.is_private and element.keyword not in _WHOLE_GROUPS:
            for item in _items(element.value)[:1]:
                for inner in _readable(item):
                    target.add(inner)
        else:  # a private sequence stays whole too: its creators are its own
            target.add(element)


def _items(found: Any) -> list[Dataset]:
    """Items of a sequence; none where the file holds something else under its tag."""
    return list(found) if isinstance(found, Sequence) else []


def _readable(dataset: Dataset) -> Iterator[DataElement]:
    """Elements whose values can be decoded."""
    for tag in list(dataset.keys()):
        try:
            element = dataset[tag]
        except Exception:  # a malformed element of a foreign file raises whatever its converter raises
            continue
        yield element


def geometry_of(frame: Dataset) -> SliceGeometry:
    """Return where the frame lies (DICOM PS3.3 C.7.6.2).

    Parameters
    ----------
    frame : one of :func:`frames_of`

    Returns
    -------
    SliceGeometry
        mm; the thickness is None where it is not stated or absurd

    Raises
    ------
    GeometryError
        position, orientation or spacing is missing, the orientation is not two perpendicular unit vectors, or the
        position or the spacing is none that a scanner has
    """
    position = numbers(frame, "ImagePositionPatient")
    cosines = numbers(frame, "ImageOrientationPatient")
    spacing = numbers(frame, "PixelSpacing")
    if len(position) != 3 or len(cosines) != 6 or len(spacing) != 2:
        raise GeometryError(
            "an image lacks ImagePositionPatient, ImageOrientationPatient or PixelSpacing; "
            "expected 3, 6 and 2 numbers; export the original images"
        )
    rows, columns = cosines[:3], cosines[3:]
    lengths = math.hypot(*rows), math.hypot(*columns)
    product = sum(a * b for a, b in zip(rows, columns, strict=True))
    if any(abs(length - 1.0) > _UNIT_TOLERANCE for length in lengths) or abs(product) > _UNIT_TOLERANCE:
        raise GeometryError(
            f"ImageOrientationPatient has vectors of length {lengths[0]:.3g} and {lengths[1]:.3g} with product "
            f"{product:.3g}; expected two perpendicular unit vectors"
        )
    if not all(_SPACINGS_MM[0] <= size <= _SPACINGS_MM[1] for size in spacing):
        raise GeometryError(
            f"PixelSpacing is {spacing[0]:g} x {spacing[1]:g} mm; expected {_SPACINGS_MM[0]:g} to {_SPACINGS_MM[1]:g} "
            "mm; export the original images"
        )
    if max(abs(part) for part in position) > _FARTHEST_MM:
        shown = " x ".join(f"{part:g}" for part in position)
        raise GeometryError(
            f"ImagePositionPatient is {shown} mm; expected at most {_FARTHEST_MM / 1000.0:g} m from the isocentre; "
            "export the original images"
        )
    thickness = number(frame, "SliceThickness")
    believed = thickness is not None and _THICKNESSES_MM[0] <= thickness <= _THICKNESSES_MM[1]
    return SliceGeometry(
        position_mm=(position[0], position[1], position[2]),
        row_cosines=(rows[0], rows[1], rows[2]),
        column_cosines=(columns[0], columns[1], columns[2]),
        pixel_spacing_mm=(spacing[0], spacing[1]),
        slice_thickness_mm=thickness if believed else None,
        frame_of_reference_uid=text(frame, "FrameOfReferenceUID"),
    )
