"""The fit of samples as they are: pixels that miss the same ones together, each group by one problem."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cmrmap.core.arrays import Float64Array
from cmrmap.core.parameter_map import FitStatus
from cmrmap.relaxometry._backends import fit_block
from cmrmap.relaxometry._inputs import groups, in_order
from cmrmap.relaxometry._problem import Problem, Results
from cmrmap.relaxometry.basis import reduced_basis
from cmrmap.relaxometry.models import RelaxationModel

#: exp(-13) is 2e-6
_DECAYED = 13.0


@dataclass(frozen=True, slots=True)
class HowToFit:
    """What is the same for every pixel of a fit.

    Attributes
    ----------
    model : what is fitted
    t_range_ms : searched range of T (MOLLI: of T*)
    magnitude : the samples are magnitudes
    ratio_limits : of B/A; None: the model's own
    backend : from `choose_backend`
    threads : at most this many; None: one a core that this process may use
    """

    model: RelaxationModel
    t_range_ms: tuple[float, float]
    magnitude: bool
    ratio_limits: tuple[float, float] | None
    backend: str
    threads: int | None


def _told_range(how: HowToFit, times: Float64Array) -> tuple[float, float]:
    """Return the range of T that samples at ascending times can tell.

    With an offset, T shows in no more than one sample once the second has decayed to 2e-6: a search down there only
    climbs a plateau, at a hundred times the cost, as that of ShMOLLI's first inversion (100, 1100 ms ...) did.
    """
    low, high = how.t_range_ms
    if not how.model.has_offset:
        return low, high
    return min(max(low, float(np.unique(times)[1]) / _DECAYED), 0.5 * (low + high)), high


def fit_samples(
    data: npt.NDArray[np.generic], times: Float64Array, how: HowToFit, with_sensitivity: bool = False
) -> tuple[Results, npt.NDArray[np.int16]]:
    """Fit (pixels, times) samples, NaN where there is none; return the results and how many samples each pixel has."""
    n_pixels = data.shape[0]
    order = np.argsort(times, kind="stable")
    fitted = Results.empty(n_pixels, times.size if with_sensitivity else 0)
    fitted.status[:] = FitStatus.TOO_FEW_SAMPLES
    n_samples = np.zeros(n_pixels, np.int16)
    for pixels, present in groups(data):
        columns = order[present[order]]
        n_samples[pixels] = columns.size
        kept = times[columns]
        if np.unique(kept).size < how.model.n_parameters:
            continue
        basis = reduced_basis(how.model, tuple(kept.tolist()), _told_range(how, kept))
        if not basis.identifiable:
            fitted.status[pixels] = FitStatus.DEGENERATE
            continue
        samples, shuffled = in_order(data, pixels, columns, kept, how.magnitude)
        n = samples.shape[0]
        rows = np.full((n, columns.size if with_sensitivity else 0), np.nan)
        # a slice is all of them
        part = (fitted if isinstance(pixels, slice) else Results.empty(n))._replace(sensitivity=rows)
        problem = Problem.of(how.model, basis, how.magnitude, how.ratio_limits)
        fit_block(how.backend, samples, problem, part, how.threads)
        if not isinstance(pixels, slice):
            fitted.values[:, pixels], fitted.status[pixels] = part.values, part.status
            fitted.n_negative[pixels] = part.n_negative
        if with_sensitivity:
            if shuffled is not None:
                rows = np.empty_like(rows)
                np.put_along_axis(rows, shuffled, part.sensitivity, axis=1)
            spread = np.where(np.isnan(rows[:, :1]), np.nan, np.zeros((n, times.size)))
            spread[:, columns] = rows
            fitted.sensitivity[pixels] = spread
    return fitted, n_samples
