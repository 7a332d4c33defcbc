"""Measurement groups of one map (DICOM PS3.16 TID 1411, TID 1501): patient, blood pool, slices and AHA segments.

A group refers to the segment that its mean was taken over, and its mean to the frames of the parametric map. Where no
segmentation is written the groups are those without a region (TID 1501) and refer to the map's images.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

from highdicom.sr import (
    AlgorithmIdentification,
    FindingSite,
    Measurement,
    MeasurementsAndQualitativeEvaluations,
    QualitativeEvaluation,
    ReferencedSegment,
    RelationshipTypeValues,
    SourceImageForMeasurement,
    SourceImageForMeasurementGroup,
    SourceSeriesForSegmentation,
    TrackingIdentifier,
    VolumetricROIMeasurementsAndQualitativeEvaluations,
)
from pydicom.dataset import Dataset
from pydicom.sr.coding import Code

from cmrmap.core.regional_values import RegionStatistics
from cmrmap.dicom.writing import codes
from cmrmap.dicom.writing.uids import derived_uid
from cmrmap.dicom.writing.written_map import WrittenMap, frames_by_place, place_of, segment_numbers
from cmrmap.results import MapResult, SliceResult, rounded

Group: TypeAlias = VolumetricROIMeasurementsAndQualitativeEvaluations | MeasurementsAndQualitativeEvaluations


@dataclass(frozen=True, slots=True)
class _Region:
    """What a group is about: its name, anatomy, and the segment of a segmentation on some slices (None: all)."""

    name: str
    finding: Code
    site: FindingSite
    segmentation: Dataset | None
    segment: str
    slices: tuple[int, ...]


def map_groups(written: WrittenMap, result: MapResult, algorithm: AlgorithmIdentification) -> Iterator[Group]:
    """Yield the groups of a map in reading order; regions without a mean are left out.

    Parameters
    ----------
    written : the map's objects, which the groups refer to
    result : the map's numbers; NaN where a mean is not known
    algorithm : for the groups of the whole map

    Yields
    ------
    Group
        with a reference to its segment where a segmentation is written, else to the map's images
    """
    maker = _GroupMaker(written, result, algorithm)
    ventricle = FindingSite(codes.LEFT_VENTRICLE)
    wall = codes.LEFT_VENTRICLE_MYOCARDIUM
    if math.isfinite(result.patient.mean):
        region = _Region("patient", wall, ventricle, written.regions, "LV myocardium", written.slices)
        yield maker.group(region, result.patient)
    if result.blood is not None and math.isfinite(result.blood.t1_ms):
        region = _Region("blood pool", codes.BLOOD, ventricle, written.regions, "LV blood pool", written.slices)
        yield maker.blood_group(region, result.blood.t1_ms, result.blood.uncertainty)
    for one in result.slices:
        if one.slice_index not in written.slices:
            continue
        where = (one.slice_index,)
        if math.isfinite(one.statistics.mean):
            region = _Region(_slice_name(one), wall, _slice_site(one), written.regions, "LV myocardium", where)
            yield maker.group(region, one.statistics)
        for segment in one.segments:
            region = _Region(
                f"{_slice_name(one)}, AHA {segment.aha}",
                wall,
                FindingSite(codes.AHA_SEGMENTS[segment.aha - 1]),
                written.aha,
                f"AHA {segment.aha}",
                where,
            )
            yield maker.group(region, segment.statistics)


def _slice_name(one: SliceResult) -> str:
    """Return the slice as people count it, and as InstanceNumber of a complete map series does."""
    return f"slice {one.slice_index + 1}" + (f" ({one.level.value})" if one.level else "")


def _slice_site(one: SliceResult) -> FindingSite:
    return FindingSite(codes.LEFT_VENTRICLE, topographical_modifier=codes.SLICE_LEVEL[one.level] if one.level else None)


def _with_method_as_modifier(group: Group) -> Group:
    """Set in place that the method modifies the group (TID 1419, TID 1501); highdicom 0.28 writes CONTAINS."""
    for item in group[0].ContentSequence:
        if item.name == codes.MEASUREMENT_METHOD:
            item.RelationshipType = RelationshipTypeValues.HAS_CONCEPT_MOD.value
    return group


class _GroupMaker:
    """Makes the groups of one map; knows where its frames and segments are."""

    def __init__(self, written: WrittenMap, result: MapResult, algorithm: AlgorithmIdentification) -> None:
        self._written = written
        self._algorithm = algorithm
        self._quantity = codes.QUANTITY[written.kind]
        self._unit = codes.UNIT[written.kind]
        self._method = codes.method_code(result.model or "")
        self._map_frames = {} if written.parametric_map is None else frames_by_place(written.parametric_map)
        self._segment_frames = {
            str(one.SOPInstanceUID): frames_by_place(one) for one in (written.regions, written.aha) if one is not None
        }

    def group(self, region: _Region, statistics: RegionStatistics) -> Group:
        """Return mean, SD, standard error and pixel count of a region."""
        measurements = self._values(
            region,
            (codes.MEAN, statistics.mean),
            (codes.STANDARD_DEVIATION, statistics.sd),
            (codes.STANDARD_ERROR, statistics.uncertainty),
        )
        count = Measurement(codes.PIXEL_COUNT, float(statistics.n_pixels), codes.PIXELS, derivation=codes.TOTAL)
        return self._assemble(region, [*measurements, count])

    def blood_group(self, region: _Region, t1_ms: float, uncertainty_ms: float) -> Group:
        """Return the blood's T1 and its standard error."""
        return self._assemble(region, self._values(region, (codes.MEAN, t1_ms), (codes.STANDARD_ERROR, uncertainty_ms)))

    def _values(self, region: _Region, *named: tuple[Code, float]) -> list[Measurement]:
        """Return the values that are known; the first refers to the map that it was taken from."""
        return [
            Measurement(
                self._quantity,
                known,
                self._unit,
                derivation=derivation,
                referenced_images=self._sources(region.slices) if derivation is codes.MEAN else None,
            )
            for derivation, value in named
            if (known := rounded(value)) is not None
        ]

    def _images(self, slices: tuple[int, ...]) -> list[Dataset]:
        return [image for index in slices if (image := self._written.image_of(index)) is not None]

    def _sources(self, slices: tuple[int, ...]) -> list[SourceImageForMeasurement]:
        """Frames of the parametric map, or the map's images where there is none."""
        images = self._images(slices)
        chart = self._written.parametric_map
        if chart is None:
            return [SourceImageForMeasurement(image.SOPClassUID, image.SOPInstanceUID) for image in images]
        frames = None  # all of them
        if len(images) < len(self._written.images):
            frames = [self._map_frames[0, place_of(image)] for image in images]
        return [SourceImageForMeasurement(chart.SOPClassUID, chart.SOPInstanceUID, frames)]

    def _assemble(self, region: _Region, measurements: list[Measurement]) -> Group:
        kind = self._written.kind
        common: dict[str, Any] = {
            "tracking_identifier": TrackingIdentifier(
                identifier=f"{kind.spec.name}, {region.name}",
                uid=derived_uid(self._written.digest, "tracking", region.name),
            ),
            "finding_type": region.finding,
            "finding_sites": [region.site],
            "method": self._method,
            "algorithm_id": self._algorithm if region.slices == self._written.slices else None,
            "measurements": measurements,
            "qualitative_evaluations": [QualitativeEvaluation(codes.MAP, codes.MAP_NAME[kind])],
        }
        segment = self._segment(region)
        if segment is not None:
            return _with_method_as_modifier(
                VolumetricROIMeasurementsAndQualitativeEvaluations(referenced_segment=segment, **common)
            )
        sources = [
            SourceImageForMeasurementGroup(image.SOPClassUID, image.SOPInstanceUID)
            for image in self._images(region.slices)
        ]
        return _with_method_as_modifier(MeasurementsAndQualitativeEvaluations(source_images=sources, **common))

    def _segment(self, region: _Region) -> ReferencedSegment | None:
        """Return the region's segment, on the frames of its slices; None where it is not written."""
        if region.segmentation is None:
            return None
        number = segment_numbers(region.segmentation).get(region.segment)
        if number is None:
            return None
        uid = str(region.segmentation.SOPInstanceUID)
        frames = None
        if len(region.slices) < len(self._written.slices):
            places = [place_of(image) for image in self._images(region.slices)]
            if uid not in self._segment_frames:
                self._segment_frames[uid] = frames_by_place(region.segmentation)
            known = self._segment_frames[uid]
            frames = [known[number, place] for place in places if (number, place) in known]
            if not frames:
                return None
        series = str(region.segmentation.ReferencedSeriesSequence[0].SeriesInstanceUID)
        segment = ReferencedSegment(
            sop_class_uid=region.segmentation.SOPClassUID,
            sop_instance_uid=uid,
            segment_number=number,
            frame_numbers=frames,
            source_series=SourceSeriesForSegmentation(series),
        )
        if frames is not None:  # a frame is one segment's; with it the number may not be there (PS3.3 C.18.4)
            del segment[0].ReferencedSOPSequence[0].ReferencedSegmentNumber
        return segment
