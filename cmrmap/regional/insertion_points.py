"""Where the right ventricle joins the left: an angle for each end of the septum, and where it is known from."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np

from cmrmap.core.arrays import Float64Array, frozen
from cmrmap.core.errors import InputError


class PointSource(str, Enum):
    """Where a slice's insertion points come from.

    Attributes
    ----------
    MANUAL : marked by hand
    MEASURED : found in the slice's own images
    NEIGHBOUR : angles of other slices
    NONE : not known
    """

    MANUAL = "manual"
    MEASURED = "measured"
    NEIGHBOUR = "neighbour"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class InsertionPoints:
    """Where the right ventricle joins the left, per slice, about the left ventricle's centre of mass.

    Attributes
    ----------
    anterior_rad, inferior_rad : (slice,) image angle from +column axis towards +row; NaN where unknown
    source : per slice
    reason : per slice why it had to be taken from other slices or is not known; "" where it was measured or marked

    Raises
    ------
    InputError
        numbers of slices that differ, or a source that does not fit the angles
    """

    anterior_rad: Float64Array
    inferior_rad: Float64Array
    source: tuple[PointSource, ...]
    reason: tuple[str, ...]

    def __post_init__(self) -> None:
        for name in ("anterior_rad", "inferior_rad"):
            object.__setattr__(self, name, frozen(getattr(self, name), np.float64))
        object.__setattr__(self, "source", tuple(PointSource(one) for one in self.source))
        object.__setattr__(self, "reason", tuple(self.reason))
        n_slices = len(self.source)
        shapes = self.anterior_rad.shape, self.inferior_rad.shape, (len(self.reason),)
        if shapes != ((n_slices,),) * 3:
            raise InputError(f"insertion points of {n_slices} slices have one angle each and a reason; found {shapes}")
        known = np.isfinite(self.anterior_rad) & np.isfinite(self.inferior_rad)
        for index, (source, reason) in enumerate(zip(self.source, self.reason, strict=True)):
            if bool(known[index]) != (source is not PointSource.NONE):
                raise InputError(
                    f"insertion points of slice {index}: source {source.value!r} does not fit their angles"
                )
            if bool(reason) != (source in (PointSource.NEIGHBOUR, PointSource.NONE)):
                raise InputError(f"insertion points of slice {index}: {source.value!r} with reason {reason!r}")
