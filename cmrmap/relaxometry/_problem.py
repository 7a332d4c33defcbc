"""What is fitted, where the results go and what a kernel is: the border between the fit and the code that does it.

Named tuples and not dataclasses: numba compiles functions that take them.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from cmrmap.core.arrays import Float64Array
from cmrmap.relaxometry.basis import ReducedBasis
from cmrmap.relaxometry.models import RelaxationModel

#: rows of ``Results.values``, by their names in `RelaxationFit`
VALUES = ("t_ms", "sd_ms", "amplitude", "offset", "amplitude_sd", "offset_sd", "ssr", "r2", "t_star_ms")


class Problem(NamedTuple):
    """What is the same for every pixel of a fit: the tables of one model at one set of times.

    Attributes
    ----------
    times_ms, log_t, step, dictionary, dictionary_single, polynomials, gain : as in `ReducedBasis`; arrays read-only
    has_offset, recovering, look_locker, column_constant, column_slope : as in `RelaxationModel`
    magnitude : the samples are magnitudes, and the best of all polarities is found
    ratio_low, ratio_high : B / A outside (low, high] is called unphysical
    """

    times_ms: Float64Array
    log_t: Float64Array
    step: float
    dictionary: Float64Array
    dictionary_single: npt.NDArray[np.float32]
    polynomials: Float64Array
    gain: float
    has_offset: bool
    recovering: bool
    look_locker: bool
    magnitude: bool
    column_constant: float
    column_slope: float
    ratio_low: float
    ratio_high: float

    @property
    def n_parameters(self) -> int:
        """Number of free parameters, T included."""
        return 3 if self.has_offset else 2

    @classmethod
    def of(
        cls,
        model: RelaxationModel,
        basis: ReducedBasis,
        magnitude: bool,
        ratio_limits: tuple[float, float] | None = None,
    ) -> Problem:
        """Join a model and its tables.

        Parameters
        ----------
        model : what is particular to the model
        basis : its tables at the times of the samples
        magnitude : as above
        ratio_limits : of B / A; None: the model's own
        """
        low, high = model.ratio_limits if ratio_limits is None else ratio_limits
        return cls(
            times_ms=basis.times_ms,
            log_t=basis.log_t,
            step=basis.step,
            dictionary=basis.dictionary,
            dictionary_single=basis.dictionary_single,
            polynomials=basis.polynomials,
            gain=basis.gain,
            has_offset=model.has_offset,
            recovering=model.recovering,
            look_locker=model.look_locker,
            magnitude=magnitude,
            column_constant=model.column_constant,
            column_slope=model.column_slope,
            ratio_low=low,
            ratio_high=high,
        )


class Results(NamedTuple):
    """Where a kernel writes; a pixel without an answer only gets its status.

    Attributes
    ----------
    values : (values, pixels) rows as in ``VALUES``; NaN before
    status : (pixels,) of ``FitStatus``
    n_negative : (pixels,) samples before the null; 0 before
    sensitivity : (pixels, times) d T / d signal, NaN before; (pixels, 0) where it is not wanted
    """

    values: Float64Array
    status: npt.NDArray[np.uint8]
    n_negative: npt.NDArray[np.int16]
    sensitivity: Float64Array

    @classmethod
    def empty(cls, n_pixels: int, n_sensitivities: int = 0) -> Results:
        """Return room for the results of ``n_pixels`` pixels."""
        return cls(
            np.full((len(VALUES), n_pixels), np.nan),
            np.zeros(n_pixels, np.uint8),
            np.zeros(n_pixels, np.int16),
            np.full((n_pixels, n_sensitivities), np.nan),
        )

    def part(self, pixels: slice) -> Results:
        """Return the same memory of some of the pixels."""
        return Results(self.values[:, pixels], self.status[pixels], self.n_negative[pixels], self.sensitivity[pixels])


class Kernel(Protocol):
    """What fits pixels; the compiled one and numpy's are alike."""

    def __call__(
        self,
        signals: Float64Array,
        problem: Problem,
        values: Float64Array,
        status: npt.NDArray[np.uint8],
        n_negative: npt.NDArray[np.int16],
        sensitivity: Float64Array,
        /,
    ) -> None:
        """Fit C-contiguous (pixels, times) samples in the order of their times into the arrays of a `Results`."""
