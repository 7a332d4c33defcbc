"""The slices whose contours can be edited: on which image, and from what; and why the others cannot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from cmrmap.core.arrays import LabelArray
from cmrmap.core.map_specs import MapKind
from cmrmap.edit.outline import borders_of
from cmrmap.pipeline.execution import Products
from cmrmap.pipeline.mapped_series import MappedSeries


@dataclass(frozen=True, slots=True)
class EditableSlice:
    """One slice.

    Attributes
    ----------
    kind, slice_index : which
    first_called : the map that its series was taken for before its T1 was measured
    time_index : the image that is drawn on: the one that the network's map lies on
    start, network : (row, column) labels on it at the start, and by the network
    pixel_mm2 : area of a pixel
    """

    kind: MapKind
    slice_index: int
    first_called: MapKind
    time_index: int
    start: LabelArray
    network: LabelArray
    pixel_mm2: float

    @property
    def name(self) -> str:
        """What messages call it."""
        return f"{self.kind.spec.name}, slice {self.slice_index + 1}"


def editable_slices(products: Products) -> Mapping[tuple[MapKind, int], EditableSlice]:
    """Return the slices that have a map, and borders that can be drawn.

    Parameters
    ----------
    products : of a run at least up to the check
    """
    found = {}
    for series in products.several("series", MappedSeries):
        for index in np.flatnonzero(series.made).tolist():
            one = _slice(series, index)
            lines = (borders_of(one.start), borders_of(one.network))
            if all(line is not None for some in lines for line in (some.epicardium, some.endocardium)):
                found[series.kind, index] = one
    return found


def why_not_editable(products: Products) -> Mapping[tuple[MapKind, int], str]:
    """Return why the other slices cannot be edited, each in a few words.

    Parameters
    ----------
    products : as for `editable_slices`
    """
    editable = editable_slices(products)
    reasons = {}
    for series in products.several("series", MappedSeries):
        refused = {one.slice_index: one.reason for one in series.map.refusals}
        for index, made in enumerate(series.made.tolist()):
            if made and (series.kind, index) not in editable:
                reasons[series.kind, index] = "its wall or its cavity is too small to edit here"
            elif not made:
                reason = refused.get(index) or refused.get(None)
                reasons[series.kind, index] = "it has no map to draw on" + (f" ({reason})" if reason else "")
    return reasons


def _slice(series: MappedSeries, index: int) -> EditableSlice:
    alone = series.network or series
    time = int(alone.map.reference_time[index])
    if time < 0:  # by a reader alone: the network has nothing to go back to
        alone, time = series, int(series.map.reference_time[index])
    return EditableSlice(
        kind=series.kind,
        slice_index=index,
        first_called=series.first_called,
        time_index=time,
        start=series.refined.labels[index, time],
        network=alone.refined.labels[index, time],
        pixel_mm2=float(np.prod(series.stack.geometry[index].pixel_spacing_mm)),
    )
