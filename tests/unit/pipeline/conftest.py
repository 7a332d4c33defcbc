"""Phantom studies with their true masks in the network's place: the chain alone, without segmentation errors."""

from dataclasses import dataclass

import numpy as np
import pytest

from cmrmap.core.corrections import NO_CORRECTIONS
from cmrmap.core.map_specs import MapKind
from cmrmap.core.outlines import SegmentationStack
from cmrmap.core.stack import WeightedStack
from cmrmap.ecv.hematocrit import Hematocrit
from cmrmap.phantom.generate import PhantomStudy, generate_study
from cmrmap.phantom.parameters import draw_study_parameters
from cmrmap.pipeline import MappedEcv, MappedSeries, StudyMaps, align, extracellular_volume, fit, refine
from cmrmap.settings import AnalysisSettings
from tests.unit.pipeline.corrected_study import (
    NATIVE,
    SLICE,
    Study,
    cut_study,
    fitted_series,
    refined_outlines,
    reported,
)


@dataclass(frozen=True)
class Chain:
    """A phantom study and what the chain made of it."""

    study: PhantomStudy
    stacks: tuple[WeightedStack, ...]
    segmentations: tuple[SegmentationStack, ...]
    series: tuple[MappedSeries, ...]
    hematocrit: Hematocrit
    ecv: MappedEcv

    def __getitem__(self, kind: MapKind) -> MappedSeries:
        return next(one for one in self.series if one.kind is kind)


@pytest.fixture(scope="session")
def chain() -> Chain:
    settings = AnalysisSettings()
    study = generate_study(draw_study_parameters(seed=3, snr=30.0))
    stacks = tuple(one.stack for one in study.series)
    segmentations = tuple(
        SegmentationStack(one.kind, one.labels, np.ones(one.stack.times_ms.shape)) for one in study.series
    )
    refined = refine(stacks, segmentations, settings)
    series = fit(stacks, refined, align(stacks, refined, settings), settings)
    hematocrit = Hematocrit(study.truth.hematocrit, "truth")
    ecv = extracellular_volume(series, hematocrit, settings)
    assert isinstance(ecv, MappedEcv)
    return Chain(study, stacks, segmentations, series, hematocrit, ecv)


@pytest.fixture(scope="session")
def cut() -> Study:
    return cut_study()


@pytest.fixture(scope="session")
def untouched(cut: Study) -> dict[MapKind, MappedSeries]:
    """As nobody corrected it."""
    return {one.kind: one for one in fitted_series(cut, refined_outlines(cut, NO_CORRECTIONS))}


@pytest.fixture(scope="session")
def before(untouched: dict[MapKind, MappedSeries]) -> StudyMaps:
    return reported(tuple(untouched.values()), NO_CORRECTIONS)


@pytest.fixture(scope="session")
def on_map(untouched: dict[MapKind, MappedSeries]) -> tuple[int, np.ndarray]:
    """The image that the native T1 map of the slice lies on, and its outline."""
    time = int(untouched[NATIVE].map.reference_time[SLICE])
    return time, np.array(untouched[NATIVE].refined.labels[SLICE, time])
