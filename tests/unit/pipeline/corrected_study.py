"""Three slices of a phantom study, and how a reader's corrections of one of them are taken through the chain."""

from dataclasses import dataclass, replace

import numpy as np

from cmrmap.core.corrections import Corrections, ReaderContour
from cmrmap.core.map_specs import MapKind
from cmrmap.core.outlines import Label, RefinedSegmentation, SegmentationStack
from cmrmap.core.stack import WeightedStack
from cmrmap.ecv.hematocrit import Hematocrit
from cmrmap.phantom.generate import generate_study
from cmrmap.phantom.parameters import draw_study_parameters
from cmrmap.pipeline import MappedSeries, StudyMaps, align, fit, refine, report
from cmrmap.pipeline.beside_network import check_beside, ecv_beside
from cmrmap.results import MapResult
from cmrmap.settings import AnalysisSettings

NATIVE, T2, POST, ECV = MapKind.NATIVE_T1, MapKind.T2, MapKind.POSTCONTRAST_T1, MapKind.ECV
SLICE, OTHERS = 1, (0, 2)
SETTINGS = AnalysisSettings()
RING = np.zeros((64, 64), np.uint8)
RING[20:44, 20:44], RING[26:38, 26:38] = Label.MYOCARDIUM, Label.CAVITY


@dataclass(frozen=True)
class Study:
    """Three slices of a phantom study, cut to the heart, with its true masks in the network's place."""

    stacks: tuple[WeightedStack, ...]
    outlines: tuple[SegmentationStack, ...]

    def of(self, kind: MapKind) -> SegmentationStack:
        return next(one for one in self.outlines if one.kind is kind)


def cut_study() -> Study:
    """Return three slices of a phantom study."""
    whole = generate_study(draw_study_parameters(seed=3, snr=30.0))
    rows, columns = (axis for axis in np.nonzero((whole.series[0].labels > 0).any(axis=(0, 1))))
    box = (
        slice(0, 3),
        slice(None),
        slice(rows.min() - 20, rows.max() + 20),
        slice(columns.min() - 20, columns.max() + 20),
    )
    stacks, outlines = [], []
    for one in whole.series:
        stack = one.stack
        cut = replace(
            stack,
            images=stack.images[box],
            times_ms=stack.times_ms[:3],
            geometry=stack.geometry[:3],
            signed=None if stack.signed is None else stack.signed[box],
            source_uids=stack.source_uids[:3],
        )
        stacks.append(cut)
        outlines.append(SegmentationStack(one.kind, one.labels[box], np.ones(cut.times_ms.shape)))
    return Study(tuple(stacks), tuple(outlines))


def fitted_series(study: Study, refined: tuple[RefinedSegmentation, ...]) -> tuple[MappedSeries, ...]:
    """Fit what was outlined, and check it."""
    return check_beside(fit(study.stacks, refined, align(study.stacks, refined, SETTINGS), SETTINGS), SETTINGS)


def reported(series: tuple[MappedSeries, ...], corrections: Corrections) -> StudyMaps:
    """Summarise what was fitted."""
    ecv = ecv_beside(series, Hematocrit(0.42, "test"), SETTINGS)
    return report(series, ecv, (), SETTINGS, corrections=corrections)


def refined_outlines(study: Study, corrections: Corrections) -> tuple[RefinedSegmentation, ...]:
    """Return the outlines as a reader corrected them."""
    return refine(study.stacks, study.outlines, SETTINGS, corrections)


def native_outlines(study: Study, corrections: Corrections) -> RefinedSegmentation:
    """Return those of native T1."""
    return next(one for one in refined_outlines(study, corrections) if one.kind is NATIVE)


def analysed(study: Study, corrections: Corrections) -> StudyMaps:
    """Take a corrected study through the chain."""
    return reported(fitted_series(study, refined_outlines(study, corrections)), corrections)


def drawn_contour(labels: np.ndarray, *, time: int | None, source: str = "1.2") -> ReaderContour:
    """Return a contour of the corrected slice of native T1."""
    return ReaderContour(NATIVE, SLICE, time, labels, source)


def same(one: object, other: object) -> bool:
    """Bit for bit: NaN is as good as NaN, and a float's words are its value."""
    return repr(one) == repr(other)


def map_of(maps: StudyMaps, kind: MapKind) -> MapResult:
    """Return the results of one map."""
    return next(one for one in maps.maps if one.kind is kind)
