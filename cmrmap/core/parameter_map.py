"""A map, fitted or read, on the polar grid and on the pixels of one reference image per slice."""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import IntEnum

import numpy as np

from cmrmap.core.arrays import BoolArray, Float64Array, IntArray, LabelArray, check_shapes, frozen
from cmrmap.core.findings import Refusal
from cmrmap.core.map_specs import MapKind
from cmrmap.core.memo import Unchanging


class FitStatus(IntEnum):
    """Per-pixel outcome of a relaxation fit, or of reading a scanner's map.

    Attributes
    ----------
    OK : the value can be trusted
    EDGE_OF_RANGE : the optimum lies on the border of the searched range of T
    DEGENERATE : constant, zero or non-finite signal: no answer, values are NaN
    NULL_AMBIGUOUS : magnitude data with a sample at the signal null: two polarities explain it almost equally
    TOO_FEW_SAMPLES : fewer finite samples than parameters: no answer, values are NaN
    UNPHYSICAL : e.g. Look-Locker with a B/A that no tissue has: the value is kept, not to be trusted
    NO_VALID_VALUE : a scanner's map has no valid value there
    NOT_FITTED : outside the analysed region
    """

    OK = 0
    EDGE_OF_RANGE = 1
    DEGENERATE = 2
    NULL_AMBIGUOUS = 3
    TOO_FEW_SAMPLES = 4
    UNPHYSICAL = 5
    NO_VALID_VALUE = 6
    NOT_FITTED = 255


#: A null-ambiguous fit counts: its bias is a few ms, and leaving out only those pixels would itself bias the mean.
COUNTED_STATUS = (FitStatus.OK, FitStatus.NULL_AMBIGUOUS)


@dataclass(frozen=True, slots=True)
class BloodValue:
    """Blood T1 of one slice.

    Attributes
    ----------
    t1_ms, uncertainty_ms : T1 of the blood and its standard error, ms
    n_pixels : how many pixels the mean of each image held
    """

    t1_ms: float
    uncertainty_ms: float
    n_pixels: int


@dataclass(frozen=True, slots=True)
class ParameterMap(Unchanging):
    """One fitted map, on the polar grid and on the pixels of one reference image per slice.

    Attributes
    ----------
    kind, model : which map, and the relaxation model; "scanner_map" where nothing was fitted
    polar_values, polar_sd : (slice, angle, depth) in ``kind.unit``; NaN where there is no answer to be trusted
    polar_status : (slice, angle, depth) uint8 of ``FitStatus``
    values, sd : (slice, row, column) the same brought back to the reference image; NaN outside the myocardium
    status : (slice, row, column) uint8 of ``FitStatus`` (``NOT_FITTED`` outside)
    labels : (slice, row, column) uint8 of ``Label``: the reference image's segmentation before pruning
    analysed : (slice, row, column) True for the pixels that the statistics count (after pruning and range)
    reference_time : (slice,) time index of the reference image; -1 where the slice was refused
    blood : per slice, None where it could not be fitted (always None for T2)
    refusals : reasons for the slices that were not made

    Raises
    ------
    ValueError
        shapes that do not match
    """

    kind: MapKind
    model: str
    polar_values: Float64Array
    polar_sd: Float64Array
    polar_status: LabelArray
    values: Float64Array
    sd: Float64Array
    status: LabelArray
    labels: LabelArray
    analysed: BoolArray
    reference_time: IntArray
    blood: tuple[BloodValue | None, ...]
    refusals: tuple[Refusal, ...] = ()

    def __post_init__(self) -> None:
        kinds = {"polar_status": np.uint8, "status": np.uint8, "labels": np.uint8, "analysed": np.bool_}
        for item in fields(self):
            if item.name not in ("kind", "model", "blood", "refusals"):
                kind = np.intp if item.name == "reference_time" else kinds.get(item.name, np.float64)
                object.__setattr__(self, item.name, frozen(getattr(self, item.name), kind))
        if self.polar_values.ndim != 3 or self.values.ndim != 3:
            raise ValueError(
                "polar_values must have axes (slice, angle, depth) and values (slice, row, column); found "
                f"{self.polar_values.ndim} and {self.values.ndim} axes"
            )
        check_shapes(
            f"{self.kind.value} map",
            polar_sd=(self.polar_sd, self.polar_values.shape),
            polar_status=(self.polar_status, self.polar_values.shape),
            values=(self.values, (len(self.polar_values), *self.values.shape[1:])),
            sd=(self.sd, self.values.shape),
            status=(self.status, self.values.shape),
            labels=(self.labels, self.values.shape),
            analysed=(self.analysed, self.values.shape),
            reference_time=(self.reference_time, self.values.shape[:1]),
        )
        if len(self.blood) != len(self.values):
            raise ValueError(f"blood must have one entry per slice ({len(self.values)}); found {len(self.blood)}")
