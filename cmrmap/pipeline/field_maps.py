"""The maps as they are shown: the wall as it was mapped, what lies around it from the pixels' own fits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np

from cmrmap.core.arrays import Float64Array
from cmrmap.core.field_map import FieldMap
from cmrmap.core.map_specs import MapKind
from cmrmap.core.outlines import Label
from cmrmap.core.parameter_map import ParameterMap
from cmrmap.pipeline.extracellular import MappedEcv
from cmrmap.pipeline.field_ecv import ecv_of_field
from cmrmap.pipeline.field_fit import fit_field
from cmrmap.pipeline.field_trust import possible, trusted
from cmrmap.pipeline.mapped_series import MappedSeries
from cmrmap.settings import AnalysisSettings


def field_maps(
    series: Sequence[MappedSeries], ecv: MappedEcv | None, settings: AnalysisSettings
) -> Mapping[MapKind, FieldMap]:
    """Return every map as it is shown: over the field of view, or the wall alone where the settings say so.

    Parameters
    ----------
    series : as mapped and checked
    ecv : the ECV map, None where there is none
    settings : ``maps``, ``fit`` and ``pruning`` are used
    """
    shown: dict[MapKind, FieldMap] = {}
    amplitudes: dict[MapKind, Float64Array] = {}
    whole = settings.maps.field == "whole"
    for one in series:
        around = None
        if whole and one.made.any():
            fitted = fit_field(one, settings)
            around = fitted.values, fitted.sd
            amplitudes[one.kind] = fitted.amplitude
        shown[one.kind] = shown_map(one.map, around, settings)
    if ecv is not None:
        around = None
        native, post = ecv.native.kind, ecv.post.kind
        if whole and native in amplitudes and post in amplitudes:
            around = ecv_of_field(ecv, shown[native], shown[post], (amplitudes[native], amplitudes[post]))
        shown[ecv.map.kind] = shown_map(ecv.map, around, settings)
    return MappingProxyType(shown)


def shown_map(
    fitted: ParameterMap, around: tuple[Float64Array, Float64Array] | None, settings: AnalysisSettings
) -> FieldMap:
    """Join a map's wall and what lies around it; what is not to be trusted has no value, but what counts always has.

    Parameters
    ----------
    fitted : the map, whose wall is taken over bit by bit
    around : (slice, row, column) values and SD of the pixels' own fits; None: nothing is shown around the wall
    settings : ``pruning`` is used
    """
    wall = fitted.labels == Label.MYOCARDIUM
    outside = (np.full(fitted.values.shape, np.nan),) * 2 if around is None else around
    values, sd = np.where(wall, fitted.values, outside[0]), np.where(wall, fitted.sd, outside[1])
    good = possible(values, sd, fitted.kind, settings.pruning)
    if around is not None:
        good &= wall | trusted(outside[0], outside[1], fitted.kind, settings.pruning)
    good = (fitted.reference_time >= 0)[:, None, None] & (fitted.analysed | good)
    return FieldMap(np.where(good, values, np.nan), np.where(good, sd, np.nan))


def of_made(shown: FieldMap, fitted: ParameterMap) -> FieldMap:
    """Return a map as it is shown without the slices that were refused since.

    Parameters
    ----------
    shown : the map
    fitted : the same map with the slices that are left
    """
    made = (fitted.reference_time >= 0)[:, None, None]
    return FieldMap(np.where(made, shown.values, np.nan), np.where(made, shown.sd, np.nan))
