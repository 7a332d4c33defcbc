"""T2* through the chain: normal and iron-loaded walls, with the noise floor taken out or the decay truncated."""

from dataclasses import replace

import numpy as np
import pytest

from cmrmap.core.map_specs import MapKind
from cmrmap.core.outlines import SegmentationStack
from cmrmap.phantom import multi_echo
from cmrmap.phantom.generate import generate_study
from cmrmap.phantom.parameters import draw_study_parameters
from cmrmap.pipeline import align, fit, refine
from cmrmap.pipeline.map_numbers import series_numbers
from cmrmap.pipeline.regions import locate
from cmrmap.settings import AnalysisSettings

PARAMETERS = draw_study_parameters(seed=3, snr=30.0, also=(MapKind.T2_STAR,))
ONLY = replace(PARAMETERS, series=tuple(one for one in PARAMETERS.series if one.kind is MapKind.T2_STAR))


def numbers(settings, snr=30.0):
    study = generate_study(replace(ONLY, snr=snr))
    series = study[MapKind.T2_STAR]
    drawn = (SegmentationStack(series.kind, series.labels, np.ones(series.stack.times_ms.shape)),)
    refined = refine((series.stack,), drawn, settings)
    (mapped,) = fit((series.stack,), refined, align((series.stack,), refined, settings), settings)
    return study.truth, series_numbers(mapped, locate(mapped)).result


def errors_percent(truth, result):
    assert [one.status for one in result.slices] == ["ok"] * 5
    return np.array(
        [
            100.0 * (one.statistics.mean / truth.slice_mean(MapKind.T2_STAR, one.slice_index) - 1.0)
            for one in result.slices
        ]
    )


@pytest.fixture
def iron(monkeypatch):
    """A wall with a T2* of about 7 ms: the last echoes are noise."""
    monkeypatch.setattr(multi_echo, "_USUAL_DEPHASING_PER_S", 120.0)


def test_a_normal_wall_and_its_mid_septum():
    truth, result = numbers(AnalysisSettings())
    assert np.abs(errors_percent(truth, result)).max() < 3.0
    assert result.model == "t2_star_2p"
    assert result.blood is None
    assert result.mid_septum.n_pixels > 20
    assert result.mid_septum.mean == pytest.approx(truth.patient_mean(MapKind.T2_STAR), rel=0.04)


def test_iron_with_the_noise_floor_taken_out(iron):
    truth, result = numbers(AnalysisSettings())
    assert truth.patient_mean(MapKind.T2_STAR) < 7.5
    assert np.abs(errors_percent(truth, result)).max() < 5.0


def test_iron_with_the_decay_truncated(iron):
    settings = AnalysisSettings.from_mapping({"fit": {"truncate_decays": True}})
    truth, result = numbers(settings)
    assert np.abs(errors_percent(truth, result)).max() < 5.0


def test_without_either_iron_reads_too_long(iron):
    settings = AnalysisSettings.from_mapping({"fit": {"noise_floor": False}})
    plain = errors_percent(*numbers(settings, snr=10.0)).mean()
    corrected = errors_percent(*numbers(AnalysisSettings(), snr=10.0)).mean()
    assert plain > 5.0
    assert abs(corrected) < 0.5 * plain
