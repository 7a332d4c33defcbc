"""Signals of every tissue in every image of a series, and what an exact fit of them gives."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from cmrmap.core.arrays import Float64Array
from cmrmap.core.map_specs import MapKind
from cmrmap.core.parameter_map import COUNTED_STATUS
from cmrmap.core.relaxation_models import ModelName
from cmrmap.phantom.appearance import COUNTS, weighted_signals
from cmrmap.phantom.parameters import SeriesParameters, StudyParameters
from cmrmap.phantom.sequences import echo_train_signals, sequence_of
from cmrmap.phantom.tissue import Tissue, TissueSet
from cmrmap.relaxometry import fit_relaxation


def series_signals(parameters: StudyParameters, series: SeriesParameters) -> Float64Array:
    """(slice, time, tissue) signed signals in counts before coil and texture, times ascending."""
    if series.echo_train:
        return COUNTS * echo_train_signals(parameters.tissues, np.array(series.times_ms)[..., None])
    if series.protocol is None:
        return weighted_signals(
            parameters.tissues,
            series.kind,
            np.array(series.times_ms),
            t2_preparation_delay_ms=parameters.acquisition.t2_preparation_delay_ms,
        )
    t1_ms = true_t1_ms(parameters.tissues, series.kind)
    slices = []
    for images in series.images:
        taken = series.protocol.signals(parameters.tissues, t1_ms, images)
        slices.append(taken[series.protocol.order(images)])
    return COUNTS * np.stack(slices)


def unprepared_signals(parameters: StudyParameters, series: SeriesParameters, signals: Float64Array) -> Float64Array:
    """(slice, tissue) signals of the image without preparation: the longest inversion time, a T2-prep of 0 ms.

    Parameters
    ----------
    parameters, series : of the study; a T2 series need not hold that image
    signals : (slice, time, tissue) of the series
    """
    if series.kind is MapKind.T2 and series.times_ms[0][0] > 0.0:
        alone = replace(series, times_ms=((0.0,),) * len(series.times_ms), motion=tuple(m[:1] for m in series.motion))
        return series_signals(parameters, alone)[:, 0]
    return np.asarray(signals[:, sequence_of(series.kind).unprepared], dtype=np.float64)


def true_t1_ms(tissues: TissueSet, kind: MapKind) -> Float64Array:
    """(tissue,) true T1 before or after contrast."""
    return tissues.t1_postcontrast_ms if kind is MapKind.POSTCONTRAST_T1 else tissues.t1_native_ms


def exact_fits(parameters: StudyParameters) -> dict[MapKind, Float64Array]:
    """Fit signals without noise, motion or neighbours exactly, where that does not give the truth itself.

    The model that users fit to a simulated series is not the physics, so its estimate has a known bias (Kellman and
    Hansen, J Cardiovasc Magn Reson 2014;16:2); what is left between an analysis and this is the analysis' own.

    Returns
    -------
    (slice, tissue) of every simulated T1 series and of T2 without the saturated image, in ms, and of the ECV in
    percent where both T1 are; NaN where the fit finds nothing that counts
    """
    found: dict[MapKind, Float64Array] = {}
    for series in parameters.series:
        if series.protocol is not None or series.model is not None:
            magnitudes, model = np.abs(series_signals(parameters, series)), series.fitted_model
            rows = zip(magnitudes, series.times_ms, strict=True)
            found[series.kind] = np.stack([exact_fit_ms(one, times, model) for one, times in rows])
    if {MapKind.NATIVE_T1, MapKind.POSTCONTRAST_T1} <= set(found):
        change = 1.0 / found[MapKind.POSTCONTRAST_T1] - 1.0 / found[MapKind.NATIVE_T1]
        plasma = 1.0 - parameters.tissues.hematocrit
        found[MapKind.ECV] = 100.0 * plasma * change / change[:, Tissue.CAVITY, None]
    return found


def exact_fit_ms(magnitudes: Float64Array, times_ms: npt.ArrayLike, model: ModelName) -> Float64Array:
    """Fit magnitudes without noise, as users' magnitudes are fitted.

    Parameters
    ----------
    magnitudes : (time, tissue)
    times_ms : (time,)
    model : of the series

    Returns
    -------
    (tissue,) T1; NaN where the result does not count (border of the searched range, unphysical, no signal)
    """
    fit = fit_relaxation(magnitudes.T, times_ms, model)
    return np.asarray(np.where(np.isin(fit.status, COUNTED_STATUS), fit.t_ms, np.nan), dtype=np.float64)
