"""Mean, spread and standard error per segment, slice and patient."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from cmrmap.core.arrays import BoolArray, Float64Array, LabelArray
from cmrmap.core.errors import InputError
from cmrmap.core.regional_values import RegionStatistics

#: Takes the pixels of a region, (slice, row, column) bool, and gives the standard error of its mean.
Uncertainty = Callable[[BoolArray], float]

N_SEGMENTS = 16
#: mid anteroseptal and inferoseptal: where a single region for T1, T2 and T2* is recommended (Messroghli et al., J
#: Cardiovasc Magn Reson 2017;19:75; Anderson et al., Eur Heart J 2001;22:2171)
MID_SEPTUM = (8, 9)


@dataclass(frozen=True, slots=True)
class SegmentTable:
    """The numbers of one map.

    Attributes
    ----------
    patient : over the pixels of all slices that count (Zhu 2020: "all successfully analyzed slices")
    slices : one per slice; no pixels where a slice does not count
    segments : per slice, AHA number -> statistics, for the segments the slice has pixels of
    pooled : AHA number -> statistics over all slices
    mid_septum : over the pixels of the segments ``MID_SEPTUM`` in all mid-level slices that count

    Raises
    ------
    InputError
        numbers of slices that differ, segments that there are none of, or more pixels in parts than in the whole
    """

    patient: RegionStatistics
    slices: tuple[RegionStatistics, ...]
    segments: tuple[Mapping[int, RegionStatistics], ...]
    pooled: Mapping[int, RegionStatistics]
    mid_septum: RegionStatistics

    def __post_init__(self) -> None:
        object.__setattr__(self, "slices", tuple(self.slices))
        object.__setattr__(self, "segments", tuple(MappingProxyType(dict(one)) for one in self.segments))
        object.__setattr__(self, "pooled", MappingProxyType(dict(self.pooled)))
        if len(self.segments) != len(self.slices):
            raise InputError(
                f"a table of {len(self.slices)} slices needs as many tables of segments; found {len(self.segments)}"
            )
        wrong = {aha for part in (self.pooled, *self.segments) for aha in part} - set(range(1, N_SEGMENTS + 1))
        if wrong:
            raise InputError(f"AHA segments are numbered 1 to {N_SEGMENTS}; found {sorted(wrong)}")
        for index, (whole, parts) in enumerate(zip(self.slices, self.segments, strict=True)):
            if (n_parts := sum(one.n_pixels for one in parts.values())) > whole.n_pixels:
                raise InputError(f"slice {index} has {whole.n_pixels} pixels, its segments {n_parts}")
        if self.patient.n_pixels != (n_pixels := sum(one.n_pixels for one in self.slices)):
            raise InputError(f"the patient's mean counts {self.patient.n_pixels} pixels, its slices {n_pixels}")


def region_statistics(values: Float64Array, region: BoolArray, uncertainty: Uncertainty | None) -> RegionStatistics:
    """Summarise a map over a region.

    Parameters
    ----------
    values : (slice, row, column) in the map's unit
    region : the same shape; pixels without a finite value do not count
    uncertainty : standard error of the mean of the pixels it is given; None: not known

    Returns
    -------
    RegionStatistics
        NaN, and 0 pixels, for an empty region; the SD (divisor n - 1) is NaN for a single pixel.

    Examples
    --------
    >>> import numpy as np
    >>> values = np.array([[[1100.0, 1120.0, np.nan]]])
    >>> found = region_statistics(values, np.array([[[True, True, True]]]), None)
    >>> found.mean, found.n_pixels
    (1110.0, 2)
    """
    counted = np.asarray(region & np.isfinite(values), dtype=np.bool_)
    inside = values[counted]
    if inside.size == 0:
        return RegionStatistics(float("nan"), float("nan"), 0, float("nan"))
    sd = float(inside.std(ddof=1)) if inside.size > 1 else float("nan")
    error = float("nan") if uncertainty is None else float(uncertainty(counted))
    return RegionStatistics(float(inside.mean()), sd, int(inside.size), error)


def segment_table(
    values: Float64Array,
    analysed: BoolArray,
    aha: LabelArray,
    slice_success: BoolArray,
    uncertainty: Uncertainty | None = None,
) -> SegmentTable:
    """Summarise a map per segment, slice and patient.

    Parameters
    ----------
    values : (slice, row, column) in the map's unit
    analysed : (slice, row, column) pixels that count, after pruning and range
    aha : (slice, row, column) 1-16, 0 = none
    slice_success : (slice,) slices that were mapped successfully; the others count nowhere
    uncertainty : see ``region_statistics``

    Returns
    -------
    SegmentTable
        NaN and 0 pixels for a region without any

    Raises
    ------
    InputError
        shapes that do not match
    """
    if analysed.shape != values.shape or aha.shape != values.shape or np.shape(slice_success) != values.shape[:1]:
        raise InputError(
            f"analysed, aha and slice_success must fit the map {values.shape}; found {analysed.shape}, {aha.shape}, "
            f"{np.shape(slice_success)}"
        )
    counted = np.asarray(analysed & slice_success[:, None, None], dtype=np.bool_)
    n_slices = values.shape[0]

    def one_slice(s: int, region: BoolArray) -> BoolArray:
        only = np.zeros(values.shape, dtype=np.bool_)
        only[s] = region
        return only

    slices = [region_statistics(values, one_slice(s, counted[s]), uncertainty) for s in range(n_slices)]
    segments: list[Mapping[int, RegionStatistics]] = []
    for s in range(n_slices):
        here = {
            number: region_statistics(values, one_slice(s, counted[s] & (aha[s] == number)), uncertainty)
            for number in range(1, N_SEGMENTS + 1)
            if (counted[s] & (aha[s] == number)).any()
        }
        segments.append({k: v for k, v in here.items() if v.n_pixels})
    pooled = {
        number: statistics
        for number in range(1, N_SEGMENTS + 1)
        if (statistics := region_statistics(values, counted & (aha == number), uncertainty)).n_pixels
    }
    patient = region_statistics(values, counted, uncertainty)
    mid_septum = region_statistics(values, np.asarray(counted & np.isin(aha, MID_SEPTUM)), uncertainty)
    return SegmentTable(patient, tuple(slices), tuple(segments), pooled, mid_septum)
