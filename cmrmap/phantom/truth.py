"""The phantom's answers: maps, masks and means in the reference state."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cmrmap.core.arrays import Float64Array, LabelArray, readonly
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
    """

    maps: dict[MapKind, Float64Array]
    labels: LabelArray
    aha: LabelArray
    levels: tuple[SliceLevel, ...]
    hematocrit: float
    geometry: tuple[SliceGeometry, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "maps", {kind: readonly(values) for kind, values in self.maps.items()})
        object.__setattr__(self, "labels", readonly(self.labels, np.uint8))
        object.__setattr__(self, "aha", readonly(self.aha, np.uint8))

    def slice_mean(self, kind: MapKind, slice_index: int) -> float:
        """Mean over the myocardium of one slice, in the kind's unit."""
        return float(self.maps[kind][slice_index][self.labels[slice_index] == Label.MYOCARDIUM].mean())

    def segment_mean(self, kind: MapKind, slice_index: int, segment: int) -> float:
        """Mean over one AHA segment of one slice, in the kind's unit; NaN where the slice does not have it."""
        inside = self.aha[slice_index] == segment
        return float(self.maps[kind][slice_index][inside].mean()) if inside.any() else float("nan")

    def patient_mean(self, kind: MapKind) -> float:
        """Mean over the myocardium of all slices, in the kind's unit."""
        return float(self.maps[kind][self.labels == Label.MYOCARDIUM].mean())


def study_truth(
    parameters: StudyParameters, tissue: LabelArray, labels: LabelArray, geometry: tuple[SliceGeometry, ...]
) -> StudyTruth:
    """Turn the dominant tissue of each pixel into maps.

    Parameters
    ----------
    tissue : (slice, row, column) uint8 of `Tissue` in the reference state
    labels : (slice, row, column) uint8 of `Label` in the reference state; inside the myocardium a pixel takes the
        value of healthy or diseased wall, whichever is the larger part, even where another tissue holds a third
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
    n_slices = len(parameters.anatomy.heart)
    levels = tuple(level_of(index, n_slices) for index in range(n_slices))
    return StudyTruth(
        maps={kind: truths[kind][tissue] for kind in MapKind if kind in truths},
        labels=labels,
        aha=_aha_map(parameters.anatomy, labels, levels),
        levels=levels,
        hematocrit=tissues.hematocrit,
        geometry=geometry,
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
