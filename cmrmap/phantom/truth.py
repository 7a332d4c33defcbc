"""The phantom's answers: maps, masks and means in the reference state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from cmrmap.core.arrays import BoolArray, Float64Array, LabelArray, readonly
from cmrmap.core.geometry import SliceGeometry
from cmrmap.core.map_specs import MapKind
from cmrmap.core.outlines import Label
from cmrmap.core.regional_values import SliceLevel
from cmrmap.phantom.anatomy import AnatomyParameters, aha_borders_rad
from cmrmap.phantom.parameters import StudyParameters
from cmrmap.phantom.sequences import SEQUENCES
from cmrmap.phantom.tissue import Tissue
from cmrmap.regional.levels import level_of

#: AHA numbers from the middle of the septum towards the anterior wall: basal sectors (mid ones are 6 higher), and
#: apical quarters of which the first is centred on the septum
_SIX_SECTORS = (2, 1, 6, 5, 4, 3)
_FOUR_SECTORS = (14, 13, 16, 15)


@dataclass(frozen=True, slots=True)
class StudyTruth:
    """What a perfect analysis would find.

    Attributes
    ----------
    maps : per `MapKind` (slice, row, column) float64 in the kind's unit, value of the tissue that fills most of the
        pixel; NaN in air, and for ECV outside myocardium, papillary muscle and blood
    labels : (slice, row, column) uint8 of `Label` in the reference state
    aha : (slice, row, column) uint8, AHA segment 1-16 of every myocardium pixel, 0 elsewhere
    levels : long-axis level of each slice
    hematocrit : fraction
    exact_fit : as `maps`, for the maps whose usual model is not the physics of their series: the value that its exact
        fit of signals without noise gives the tissue
    """

    maps: dict[MapKind, Float64Array]
    labels: LabelArray
    aha: LabelArray
    levels: tuple[SliceLevel, ...]
    hematocrit: float
    geometry: tuple[SliceGeometry, ...]
    exact_fit: dict[MapKind, Float64Array] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("maps", "exact_fit"):
            given: dict[MapKind, Float64Array] = getattr(self, name)
            object.__setattr__(self, name, {kind: readonly(values) for kind, values in given.items()})
        object.__setattr__(self, "labels", readonly(self.labels, np.uint8))
        object.__setattr__(self, "aha", readonly(self.aha, np.uint8))

    def slice_mean(self, kind: MapKind, slice_index: int) -> float:
        """Mean over the myocardium of one slice, in the kind's unit."""
        return _mean(self.maps[kind][slice_index], self.labels[slice_index] == Label.MYOCARDIUM)

    def segment_mean(self, kind: MapKind, slice_index: int, segment: int) -> float:
        """Mean over one AHA segment of one slice, in the kind's unit; NaN where the slice does not have it."""
        return _mean(self.maps[kind][slice_index], self.aha[slice_index] == segment)

    def patient_mean(self, kind: MapKind) -> float:
        """Mean over the myocardium of all slices, in the kind's unit."""
        return _mean(self.maps[kind], self.labels == Label.MYOCARDIUM)

    def of_exact_fit(self) -> StudyTruth:
        """Return what a perfect analysis with the usual models would find: `exact_fit` in place of the truth."""
        return replace(self, maps=self.maps | self.exact_fit)


def _mean(values: Float64Array, inside: BoolArray) -> float:
    return float(values[inside].mean()) if inside.any() else float("nan")


def study_truth(
    parameters: StudyParameters,
    tissue: LabelArray,
    labels: LabelArray,
    geometry: tuple[SliceGeometry, ...],
    exact_fits: Mapping[MapKind, Float64Array] | None = None,
) -> StudyTruth:
    """Turn the dominant tissue of each pixel into maps.

    Parameters
    ----------
    tissue : (slice, row, column) uint8 of `Tissue` in the reference state
    labels : (slice, row, column) uint8 of `Label` in the reference state; inside the myocardium a pixel takes the
        value of healthy or diseased wall, whichever is the larger part, even where another tissue holds a third
    exact_fits : (slice, tissue) see `cmrmap.phantom.series_signals.exact_fits`
    """
    tissue = tissue.copy()
    strange = (labels == Label.MYOCARDIUM) & (tissue != Tissue.MYOCARDIUM) & (tissue != Tissue.LESION)
    tissue[strange] = Tissue.MYOCARDIUM
    tissues = parameters.tissues
    ecv = np.full(len(Tissue), np.nan)
    measured = [item for item in Tissue if item >= Tissue.VESSEL]
    ecv[measured] = 100.0 * tissues.ecv_fraction[measured]
    truths = {MapKind.ECV: ecv}
    imaged = {series.kind for series in parameters.series}
    for sequence in SEQUENCES:
        if sequence.usual or sequence.kind in imaged:
            values = np.array(sequence.truth(tissues))
            values[Tissue.AIR] = np.nan
            truths[sequence.kind] = values
    exact = {kind: np.where(np.isnan(truths[kind]), np.nan, found) for kind, found in (exact_fits or {}).items()}
    n_slices = len(parameters.anatomy.heart)
    levels = tuple(level_of(index, n_slices) for index in range(n_slices))
    return StudyTruth(
        maps={kind: truths[kind][tissue] for kind in MapKind if kind in truths},
        labels=labels,
        aha=_aha_map(parameters.anatomy, labels, levels),
        levels=levels,
        hematocrit=tissues.hematocrit,
        geometry=geometry,
        exact_fit={
            kind: np.stack([row[plane] for row, plane in zip(found, tissue, strict=True)])
            for kind, found in exact.items()
        },
    )


def _aha_map(anatomy: AnatomyParameters, labels: LabelArray, levels: tuple[SliceLevel, ...]) -> LabelArray:
    """Sectors about the LV axis: septum halved and free wall quartered (basal, mid), or four quarters (apical).

    Source: Cerqueira et al., Circulation 2002;105:539-542.
    """
    rows, columns = labels.shape[1:]
    segments = np.zeros(labels.shape, dtype=np.uint8)
    for index, (heart, level) in enumerate(zip(anatomy.heart, levels, strict=True)):
        y = (np.arange(rows) - (rows - 1) / 2)[:, None] * anatomy.pixel_mm - heart.centre_mm[1]
        x = (np.arange(columns) - (columns - 1) / 2)[None, :] * anatomy.pixel_mm - heart.centre_mm[0]
        turn = (np.arctan2(y, x) - heart.septal_angle_rad) % (2 * np.pi)
        if level is SliceLevel.APICAL:
            numbers = np.array(_FOUR_SECTORS)[np.floor(turn / (np.pi / 2) + 0.5).astype(np.intp) % 4]
        else:
            borders = aha_borders_rad(heart.septal_half_width_rad)
            numbers = np.array(_SIX_SECTORS)[np.searchsorted(borders[1:-1], turn, side="right")]
            numbers = numbers + (6 if level is SliceLevel.MID else 0)
        wall = labels[index] == Label.MYOCARDIUM
        segments[index][wall] = numbers[wall]
    return segments
