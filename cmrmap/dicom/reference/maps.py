"""Read somebody's finished map and segmentation: Parametric Map or classic images, and a Segmentation object."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np
from pydicom.dataset import Dataset
from pydicom.errors import InvalidDicomError
from pydicom.uid import SegmentationStorage

from cmrmap.core.arrays import BoolArray, Float64Array
from cmrmap.core.errors import InputError
from cmrmap.core.geometry import SliceGeometry
from cmrmap.core.heart_axis import base_to_apex
from cmrmap.core.memory import image_memory_bytes
from cmrmap.dicom.headers.bounded import TooLargeError, open_bounded, read_bounded
from cmrmap.dicom.loading.stored_pixels import LostPixelsError, decoded
from cmrmap.dicom.writing.codes import AHA_SEGMENTS, LEFT_VENTRICLE_MYOCARDIUM

_PARAMETRIC_MAP = "1.2.840.10008.5.1.4.1.1.30"
_SAME_PLACE_MM = 1.0
_AHA_LABEL = re.compile(r"\bAHA\D{0,3}(\d{1,2})\b", re.IGNORECASE)
_AHA_CODES = {(code.value, code.scheme_designator): number for number, code in enumerate(AHA_SEGMENTS, start=1)}


@dataclass(frozen=True, slots=True)
class ReferenceMap:
    """One finished map.

    Attributes
    ----------
    values : (slice, row, column) float64 in the unit that the objects state, base first; NaN where nothing was analysed
    unit : UCUM code; None where the objects do not state one
    myocardium : (slice, row, column) pixels that count
    segments : AHA number -> (slice, row, column); empty where the segmentation has none
    """

    values: Float64Array
    unit: str | None
    myocardium: BoolArray
    segments: Mapping[int, BoolArray]

    def __post_init__(self) -> None:
        object.__setattr__(self, "segments", MappingProxyType(dict(self.segments)))


@dataclass(frozen=True, slots=True)
class _Plane:
    position: Float64Array
    values: Float64Array
    unit: str | None
    geometry: SliceGeometry


def read_reference_map(folder: Path) -> ReferenceMap:
    """Read the one map and the segmentations of a folder.

    A pixel with the value 0 or the padding value was not analysed. Where the segmentation has AHA segments (by code, or
    a label such as "AHA 7"), their union is the myocardium; else the segment that is coded or labelled as myocardium.

    Parameters
    ----------
    folder : with the map's images and the segmentations, in any subfolders; other files are passed over

    Raises
    ------
    InputError
        no map, no segmentation, neither myocardium nor AHA segments in it, or places that do not match
    """
    planes: list[_Plane] = []
    segmentations: list[Dataset] = []
    for path in sorted(item for item in folder.rglob("*") if item.is_file()):
        try:
            with open_bounded(path) as stream:
                dataset = read_bounded(stream, force=False)
        except (InvalidDicomError, TooLargeError, OSError):
            continue
        if dataset.get("SOPClassUID") == SegmentationStorage:
            segmentations.append(dataset)
        elif dataset.get("SOPClassUID") == _PARAMETRIC_MAP:
            planes += _parametric_planes(dataset)
        elif "PixelData" in dataset and "ImagePositionPatient" in dataset:
            planes.append(_classic_plane(dataset))
    if not planes or not segmentations:
        lacking = "map (a Parametric Map, or one image a slice)" if not planes else "Segmentation object"
        raise InputError(f"the folder holds no {lacking}; a reference needs a map and a segmentation of it")
    if len({plane.values.shape for plane in planes}) > 1:
        raise InputError("the folder holds map images of different sizes; give one map a folder")
    axis = base_to_apex(planes[0].geometry)[0]
    planes.sort(key=lambda plane: float(plane.position @ axis))
    units = {plane.unit for plane in planes}
    if len(units) > 1:
        raise InputError(
            f"the folder mixes units: {', '.join(sorted(str(unit) for unit in units))}; give one map a folder"
        )
    walls, segments = _masks(segmentations, planes, folder)
    values = np.stack([plane.values for plane in planes])
    return ReferenceMap(values, units.pop(), walls, segments)


def _parametric_planes(dataset: Dataset) -> list[_Plane]:
    name = next(one for one in ("FloatPixelData", "DoubleFloatPixelData", "PixelData") if one in dataset)
    kind = {"FloatPixelData": "<f4", "DoubleFloatPixelData": "<f8", "PixelData": "<u2"}[name]
    shape = (int(dataset.NumberOfFrames), int(dataset.Rows), int(dataset.Columns))
    pixels = np.frombuffer(dataset[name].value, kind).reshape(shape).astype(np.float64)
    padding = next((float(dataset[tag].value) for tag in ("FloatPixelPaddingValue",) if tag in dataset), 0.0)
    planes = []
    for frame, values in zip(dataset.PerFrameFunctionalGroupsSequence, pixels, strict=True):
        groups = (frame, dataset.SharedFunctionalGroupsSequence[0])
        mapping = _group(groups, "RealWorldValueMappingSequence")
        analysed = (values != padding) & (values != 0.0)
        planes.append(_plane(groups, np.where(analysed, values, np.nan), mapping))
    return planes


def _pixels(dataset: Dataset) -> np.ndarray:
    try:
        return decoded(dataset, image_memory_bytes())
    except LostPixelsError as error:
        raise InputError(f"a file of the reference is not used: {error}") from error


def _classic_plane(dataset: Dataset) -> _Plane:
    stored = _pixels(dataset).astype(np.float64)
    padding = float(dataset.get("PixelPaddingValue", 0))
    values = np.where((stored == 0) | (stored == padding), np.nan, stored)
    mapping = dataset.RealWorldValueMappingSequence[0] if "RealWorldValueMappingSequence" in dataset else None
    if mapping is None:
        values = values * float(dataset.get("RescaleSlope", 1)) + float(dataset.get("RescaleIntercept", 0))
    geometry = _geometry(dataset.ImagePositionPatient, dataset.ImageOrientationPatient, dataset.PixelSpacing)
    return _mapped(geometry, values, mapping)


def _plane(groups: tuple[Dataset, Dataset], values: Float64Array, mapping: Dataset | None) -> _Plane:
    place, turn = _group(groups, "PlanePositionSequence"), _group(groups, "PlaneOrientationSequence")
    measures = _group(groups, "PixelMeasuresSequence")
    if place is None or turn is None or measures is None:
        raise InputError("a reference map does not say where its slices lie; write their position and orientation")
    geometry = _geometry(place.ImagePositionPatient, turn.ImageOrientationPatient, measures.PixelSpacing)
    return _mapped(geometry, values, mapping)


def _mapped(geometry: SliceGeometry, values: Float64Array, mapping: Dataset | None) -> _Plane:
    unit = None
    if mapping is not None:
        if "RealWorldValueSlope" in mapping:
            values = values * float(mapping.RealWorldValueSlope) + float(mapping.RealWorldValueIntercept)
        unit = str(mapping.MeasurementUnitsCodeSequence[0].CodeValue)
    return _Plane(np.asarray(geometry.position_mm), values, unit, geometry)


def _geometry(position: object, orientation: object, spacing: object) -> SliceGeometry:
    x, y, z = np.asarray(position, dtype=np.float64).tolist()
    a, b, c, d, e, f = np.asarray(orientation, dtype=np.float64).tolist()
    rows, columns = np.asarray(spacing, dtype=np.float64).tolist()
    return SliceGeometry((x, y, z), (a, b, c), (d, e, f), (rows, columns))


def _group(groups: tuple[Dataset, Dataset], name: str) -> Dataset | None:
    for group in groups:
        if name in group:
            item: Dataset = group[name].value[0]
            return item
    return None


def _masks(segmentations: list[Dataset], planes: list[_Plane], folder: Path) -> tuple[BoolArray, dict[int, BoolArray]]:
    shape = (len(planes), *planes[0].values.shape)
    places = np.stack([plane.position for plane in planes])
    wall = np.zeros(shape, dtype=np.bool_)
    segments: dict[int, BoolArray] = {}
    for dataset in segmentations:
        meaning = {int(item.SegmentNumber): _meaning(item) for item in dataset.SegmentSequence}
        pixels = _pixels(dataset).reshape(-1, int(dataset.Rows), int(dataset.Columns)) != 0
        if pixels.shape[1:] != shape[1:]:
            raise InputError(f"the segmentation has {pixels.shape[1:]} pixels, the map {shape[1:]}")
        for frame, mask in zip(dataset.PerFrameFunctionalGroupsSequence, pixels, strict=True):
            groups = (frame, dataset.SharedFunctionalGroupsSequence[0])
            which = _group(groups, "SegmentIdentificationSequence")
            place = _group(groups, "PlanePositionSequence")
            if which is None or place is None:
                continue
            distance = np.linalg.norm(places - np.asarray(place.ImagePositionPatient, dtype=np.float64), axis=1)
            index = int(distance.argmin())
            if distance[index] > _SAME_PLACE_MM:
                raise InputError(f"the segmentation has a slice {distance[index]:.1f} mm from any of the map")
            what = meaning[int(which.ReferencedSegmentNumber)]
            if what == 0:
                wall[index] |= mask
            elif what is not None:
                segments.setdefault(what, np.zeros(shape, dtype=np.bool_))[index] |= mask
    if segments:
        wall = np.asarray(np.any(list(segments.values()), axis=0), dtype=np.bool_)
    if not wall.any():
        raise InputError("the segmentation has neither a myocardium nor AHA segments; code or label them so")
    return wall, segments


def _meaning(item: Dataset) -> int | None:
    """Return an AHA number, 0 for the myocardium, None for anything else."""
    code = item.SegmentedPropertyTypeCodeSequence[0]
    key = (str(code.get("CodeValue", "")), str(code.get("CodingSchemeDesignator", "")))
    label = str(item.get("SegmentLabel", ""))
    named = _AHA_LABEL.search(label)
    number = _AHA_CODES.get(key) or (int(named.group(1)) if named else None)
    if number is not None and 1 <= number <= len(AHA_SEGMENTS):
        return number
    myocardium = key == (LEFT_VENTRICLE_MYOCARDIUM.value, LEFT_VENTRICLE_MYOCARDIUM.scheme_designator)
    return 0 if myocardium or "myocard" in label.lower() else None
