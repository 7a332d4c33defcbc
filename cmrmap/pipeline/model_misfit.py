"""Misfit common to all slices of a map, as the results give it, and its possible effect on the value."""

from __future__ import annotations

import numpy as np

from cmrmap.core.arrays import Float64Array, finite_median
from cmrmap.pipeline.common_misfit import CommonMisfit
from cmrmap.pipeline.mapped_series import MappedSeries
from cmrmap.relaxometry import fit_relaxation, get_model
from cmrmap.relaxometry.models import signal
from cmrmap.results import ImageMisfit, ModelMisfit

_PERCENT = 100.0


def model_misfit(series: MappedSeries) -> ModelMisfit | None:
    """Return the misfit of a map's model; None where nothing was fitted, or fewer than three slices can be compared.

    Parameters
    ----------
    series : as mapped; where a reader corrected slices, the network's are used, so that no other slice changes
    """
    series = series if series.network is None else series.network
    found = series.fit
    if found is None or not np.isfinite(found.errors.misfit.share).any():
        return None
    misfit, cells = found.errors.misfit, found.cells
    told = np.flatnonzero(np.isfinite(misfit.share))
    mid_wall = cells.trusted & series.polar.mid_wall & (cells.amplitude > 0)
    t_ms = finite_median(cells.t_star[mid_wall])
    ratio = finite_median(cells.offset[mid_wall] / cells.amplitude[mid_wall])
    time_ms, change = largest_change(misfit, cells.model, t_ms, ratio)
    return ModelMisfit(
        rms_percent=_PERCENT * misfit.size,
        images=tuple(ImageMisfit(float(misfit.times_ms[t]), float(_PERCENT * misfit.believed[t])) for t in told),
        largest_change=change,
        without_ms=time_ms,
    )


_DECIMALS = 3  # of a change of T in ms: under that it is rounding


def largest_change(misfit: CommonMisfit, model: str, t_ms: float, offset: float) -> tuple[float, float]:
    """Return the time of the image without which the misfit would change T most, and by how much it would, in ms.

    Parameters
    ----------
    misfit : of a series that was fitted with ``model``
    t_ms : T (MOLLI: T*) that is typical of the wall
    offset : B over A that is typical of it; not read in models without

    Returns
    -------
    NaN, NaN where no fit without one image has an answer
    """
    known = np.isfinite(misfit.share)
    times = misfit.times_ms[known]
    counted_as = get_model(get_model(model).counted_as or model)
    if not (np.isfinite(t_ms) and len(times) > counted_as.n_parameters):
        return float("nan"), float("nan")
    sets = _without_each(signal(counted_as, times, t_ms, 1.0, offset) + misfit.believed[known])
    found = fit_relaxation(sets, times, counted_as.name, magnitude=False).t_ms
    change = np.round(found[1:] - found[0], _DECIMALS) + 0.0  # what is nothing is 0, not -0, on every processor
    if not np.isfinite(change).any():
        return float("nan"), float("nan")
    most = int(np.nanargmax(np.abs(change)))
    return float(times[most]), float(change[most])


def _without_each(samples: Float64Array) -> Float64Array:
    """(1 + time, time) the samples, and the samples without each in turn."""
    sets = np.repeat(samples[None], len(samples) + 1, axis=0)
    sets[np.arange(len(samples)) + 1, np.arange(len(samples))] = np.nan
    return sets
