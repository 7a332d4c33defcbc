"""A finished map on slices in the patient, for the writers and pictures."""

from __future__ import annotations

import numpy as np

from cmrmap.core.arrays import LabelArray
from cmrmap.core.field_map import FieldMap
from cmrmap.core.map_volume import MapVolume
from cmrmap.core.outlines import Label
from cmrmap.core.parameter_map import ParameterMap
from cmrmap.pipeline.extracellular import MappedEcv
from cmrmap.pipeline.mapped_series import MappedSeries


def map_volume(
    fitted: ParameterMap,
    series: MappedSeries,
    aha: LabelArray,
    partner: MappedEcv | None = None,
    by_reader: tuple[bool, ...] = (),
    field: FieldMap | None = None,
) -> MapVolume:
    """Return a map with its regions, its place in the patient and the images that it came from.

    Parameters
    ----------
    fitted : the map
    series : whose pixels it lies on
    aha : (slice, row, column) AHA segment of every pixel of the reference walls; 0 outside
    partner : of an ECV map, what it was made from
    by_reader : per slice whether a reader outlined it; empty: nobody did
    field : the map as it is shown; None: the wall alone
    """
    wall = np.asarray(fitted.labels == Label.MYOCARDIUM, dtype=np.bool_)
    return MapVolume(
        kind=fitted.kind,
        values=np.where(wall, fitted.values, np.nan),
        sd=np.where(wall, fitted.sd, np.nan),
        myocardium=wall,
        blood_pool=np.asarray(fitted.labels == Label.CAVITY, dtype=np.bool_),
        # exactly the pixels that the segment means count, so that anyone can repeat them from the files
        aha=np.where(fitted.analysed, aha, 0).astype(np.uint8),
        geometry=series.stack.geometry,
        source_uids=_sources(series, partner),
        model=fitted.model,
        by_reader=by_reader,
        field=field,
    )


def _sources(series: MappedSeries, partner: MappedEcv | None) -> tuple[tuple[str, ...], ...]:
    """SOP instance UIDs of the images that entered each slice's fit, first the one that the map lies on.

    For ECV those of the native series, then those of the post-contrast series.
    """

    def used(one: MappedSeries, index: int) -> tuple[str, ...]:
        if not one.stack.source_uids:
            return ()
        reference = int(one.map.reference_time[index])
        order = sorted(np.flatnonzero(one.used[index]), key=lambda time: (time != reference, time))
        uids = tuple(uid for time in order if (uid := one.stack.source_uids[index][int(time)]))
        scanner = one.stack.scanner
        deviations = scanner.sd_uids[index : index + 1] if scanner is not None and uids else ()
        return (*uids, *(uid for uid in deviations if uid))

    out = [used(series, index) for index in range(len(series.made))]
    if partner is not None:
        for index, other in enumerate(partner.partner):
            if other >= 0:
                out[index] += used(partner.post, int(other))
    return tuple(out)
