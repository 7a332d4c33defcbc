"""What the page and its HTML twin say of the maps, in words: made once from the results, laid out by each of them."""

from __future__ import annotations

import math
from dataclasses import dataclass

from cmrmap.core.map_specs import MapKind
from cmrmap.core.regional_values import RegionStatistics
from cmrmap.core.statuses import MapStatus, SliceStatus
from cmrmap.regional.aha import SEGMENT_NAMES
from cmrmap.report import text
from cmrmap.results import MapResult, SliceResult


@dataclass(frozen=True, slots=True)
class RegionContent:
    """Statistics of a region in words: mean with its error, SD, and how many pixels; "-" where there is none."""

    mean: str
    sd: str
    n_pixels: int


@dataclass(frozen=True, slots=True)
class SegmentContent:
    """One AHA segment, ``name`` as in "mid anteroseptal", of the slice ``label``."""

    slice_index: int
    label: str
    aha: int
    name: str
    region: RegionContent


@dataclass(frozen=True, slots=True)
class SliceContent:
    """One slice.

    Attributes
    ----------
    slice_index : in the map's stack
    label : as people count it, "2 mid"
    made : whether it has values
    status, reason : in words; reason "" where it is made
    region : of its analysed pixels
    images : "8 of 9", those that entered the fit
    n_refined : images whose shape was replaced
    drawn_by : who outlined it, "network" or "reader"
    by_network : what the network's outlines alone give, "1154 ± 3", where a reader corrected the slice; "" elsewhere
    """

    slice_index: int
    label: str
    made: bool
    status: str
    reason: str
    region: RegionContent
    images: str
    n_refined: int
    drawn_by: str = "network"
    by_network: str = ""

    @property
    def with_network(self) -> str:
        """Say what the network's contours give, with the unit left out; "" where nobody corrected the slice."""
        if not self.by_network:
            return ""
        by_reader = self.drawn_by == "reader"
        return ("contours by a reader; the network's contours give" if by_reader else "without corrections") + (
            f" {self.by_network}"
        )


@dataclass(frozen=True, slots=True)
class MapContent:
    """One map.

    Attributes
    ----------
    kind, title, unit : which
    status : what became of it
    reason : why it is not, or not wholly, made; "" where it is
    patient : of all slices
    mid_septum, blood : "45.1 ± 0.6 ms"; "" where there is none
    slices_made : "5 of 5 slices"
    model : relaxation model, or that the values are the scanner's; "" where there is none
    timing_source : "" where there is none
    slices, segments : in the order of the stack
    faulty : whether its values are not to be used
    """

    kind: MapKind
    title: str
    unit: str
    status: MapStatus
    reason: str
    patient: RegionContent
    mid_septum: str
    blood: str
    slices_made: str
    model: str
    timing_source: str
    slices: tuple[SliceContent, ...]
    segments: tuple[SegmentContent, ...]
    faulty: bool = False

    @property
    def value(self) -> str:
        """The patient's mean with its error and unit."""
        return f"{self.patient.mean} {self.unit}"

    @property
    def facts(self) -> tuple[str, ...]:
        """What is said of the map beside its mean and spread; what is not known is left out."""
        told = (
            f"mid septum {self.mid_septum}" if self.mid_septum else "",
            f"blood {self.blood}" if self.blood else "",
            self.slices_made,
            self.model,
            f"times from {self.timing_source}" if self.timing_source else "",
        )
        return tuple(fact for fact in told if fact)

    @property
    def beside_mean(self) -> tuple[str, ...]:
        """What stands beside the patient's mean: its spread, then the facts."""
        spread = f"± standard error; SD of pixels {self.patient.sd} {self.unit}"
        return (spread, f"{self.patient.n_pixels} pixels", *self.facts)


def map_content(result: MapResult, *, faulty: bool = False) -> MapContent:
    """Return what is said of a map.

    Parameters
    ----------
    result : the map's numbers; NaN where there is none
    faulty : whether a finding of severity error is about it
    """
    kind, blood = result.kind, result.blood
    return MapContent(
        kind=kind,
        title=kind.spec.title,
        unit=kind.unit,
        status=result.status,
        reason=result.reason or "",
        patient=_region(kind, result.patient),
        mid_septum=_with_unit(kind, result.mid_septum.mean, result.mid_septum.uncertainty),
        blood="" if blood is None else _with_unit(kind, blood.t1_ms, blood.uncertainty),
        slices_made=text.slices_made(result),
        model=text.method(result),
        timing_source=result.timing_source or "",
        slices=tuple(_slice(kind, one) for one in result.slices),
        segments=tuple(
            SegmentContent(
                one.slice_index,
                text.slice_label(one),
                segment.aha,
                SEGMENT_NAMES[segment.aha],
                _region(kind, segment.statistics),
            )
            for one in result.slices
            for segment in one.segments
        ),
        faulty=faulty,
    )


def _slice(kind: MapKind, one: SliceResult) -> SliceContent:
    return SliceContent(
        slice_index=one.slice_index,
        label=text.slice_label(one),
        made=one.status is SliceStatus.OK,
        status=one.status.value,
        reason=one.reason or "",
        region=_region(kind, one.statistics),
        images=f"{one.n_segmented} of {one.n_images}",
        n_refined=one.n_refined,
        drawn_by=one.drawn_by,
        by_network="" if one.by_network is None else _region(kind, one.by_network).mean,
    )


def _region(kind: MapKind, found: RegionStatistics) -> RegionContent:
    mean = text.with_error(kind, found.mean, found.uncertainty)
    return RegionContent(mean, text.number(kind, found.sd), int(found.n_pixels))


def _with_unit(kind: MapKind, value: float, uncertainty: float) -> str:
    return f"{text.with_error(kind, value, uncertainty)} {kind.unit}" if math.isfinite(value) else ""
