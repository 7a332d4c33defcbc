"""A map that the scanner made, as it is read: its values on the pixels of its images."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from cmrmap.core.arrays import FloatArray, check_shapes, frozen

#: stands where the name of a relaxation model does: nothing was fitted here, the values are the scanner's
SCANNER_MAP: Literal["scanner_map"] = "scanner_map"
#: what the values of a map were taken from
ValueSource: TypeAlias = Literal["weighted_images", "scanner_map"]


@dataclass(frozen=True, slots=True)
class ScannerMap:
    """The values of a scanner's map.

    Attributes
    ----------
    values : (slice, 1, row, column) float32 in ms; NaN where the scanner has no valid value
    sd : the same shape, the scanner's own standard deviation of each value in ms; None where it sent none, NaN where it
        has none for a pixel
    unit_told : the unit as the headers state it; "" where none does
    sd_uids : per slice, SOP instance UID of the image with the standard deviations; "" where there is none.
        Empty without standard deviations

    Raises
    ------
    ValueError
        shapes that do not match
    """

    values: FloatArray
    sd: FloatArray | None = None
    unit_told: str = ""
    sd_uids: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        values = frozen(self.values, np.float32)
        if values.ndim != 4 or values.shape[1] != 1:
            raise ValueError(f"values must have axes (slice, 1, row, column); found {values.shape}")
        object.__setattr__(self, "values", values)
        if self.sd is not None:
            sd = frozen(self.sd, np.float32)
            check_shapes("ScannerMap", sd=(sd, values.shape))
            object.__setattr__(self, "sd", sd)
        if self.sd_uids and len(self.sd_uids) != len(values):
            raise ValueError(
                f"sd_uids must have one entry per slice ({len(values)}), or none; found {len(self.sd_uids)}"
            )
