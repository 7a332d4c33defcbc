"""Simulated MOLLI and SASHA through the chain: beside the truth stands what an exact fit of their signals gives."""

from dataclasses import replace

import numpy as np
import pytest

from cmrmap.core.map_specs import MapKind
from cmrmap.core.outlines import SegmentationStack
from cmrmap.ecv.hematocrit import Hematocrit
from cmrmap.phantom.generate import generate_study
from cmrmap.phantom.parameters import draw_study_parameters
from cmrmap.phantom.t1_protocols import t1_protocols
from cmrmap.pipeline import MappedEcv, align, extracellular_volume, fit, refine
from cmrmap.pipeline.map_numbers import ecv_numbers, series_numbers
from cmrmap.pipeline.regions import locate
from cmrmap.settings import AnalysisSettings

KINDS = (MapKind.NATIVE_T1, MapKind.POSTCONTRAST_T1)


def mapped(name, bpm):
    drawn = draw_study_parameters(seed=3, snr=30.0, protocols=t1_protocols(name), heart_rate_bpm=bpm)
    three = slice(1, 4)
    anatomy = replace(drawn.anatomy, heart=drawn.anatomy.heart[three], torso=drawn.anatomy.torso[three])
    only = tuple(one.only(three) for one in drawn.series if one.kind in KINDS)
    study = generate_study(replace(drawn, anatomy=anatomy, series=only))
    settings = AnalysisSettings()
    stacks = tuple(one.stack for one in study.series)
    outlines = tuple(SegmentationStack(one.kind, one.labels, np.ones(one.stack.times_ms.shape)) for one in study.series)
    refined = refine(stacks, outlines, settings)
    series = fit(stacks, refined, align(stacks, refined, settings), settings)
    return study.truth, series, extracellular_volume(series, Hematocrit(study.truth.hematocrit, "truth"), settings)


@pytest.mark.parametrize(
    ("name", "bpm"),
    [
        ("molli", 60.0),
        ("sasha", 70.0),
        pytest.param("molli", 95.0, marks=pytest.mark.slow),
        pytest.param("molli-seconds", 80.0, marks=pytest.mark.slow),
        pytest.param("shmolli", 60.0, marks=pytest.mark.slow),
    ],
)
def test_the_estimate_is_the_exact_fit_and_the_models_own_bias_is_known(name, bpm):
    truth, series, ecv = mapped(name, bpm)
    exact = truth.of_exact_fit()
    for one in series:
        result = series_numbers(one, locate(one)).result
        assert [found.status for found in result.slices] == ["ok"] * 3
        for found in result.slices:
            assert found.statistics.mean == pytest.approx(exact.slice_mean(one.kind, found.slice_index), rel=0.035)
        known = exact.patient_mean(one.kind) / truth.patient_mean(one.kind)
        assert result.patient.mean / truth.patient_mean(one.kind) == pytest.approx(known, abs=0.02)
        assert (known < 0.96) == (name != "sasha")
    assert isinstance(ecv, MappedEcv)
    found = ecv_numbers(ecv, locate(ecv.native)).result.patient.mean
    assert found == pytest.approx(exact.patient_mean(MapKind.ECV), abs=1.0)
