"""The series of a phantom study, each in one place."""

import numpy as np
import pytest

from cmrmap.core.errors import InputError
from cmrmap.core.map_specs import ACQUIRED, MapKind
from cmrmap.phantom.parameters import draw_study_parameters
from cmrmap.phantom.sequences import SEQUENCES, sequence_named, sequence_of
from cmrmap.phantom.tissue import Tissue
from cmrmap.relaxometry import fit_relaxation

TISSUES = draw_study_parameters(seed=2).tissues


def test_every_acquired_map_has_a_series_and_no_two_share_a_number_or_a_folder():
    assert {one.kind for one in SEQUENCES} == set(ACQUIRED)
    assert len({one.number for one in SEQUENCES}) == len({one.folder for one in SEQUENCES}) == len(SEQUENCES)


@pytest.mark.parametrize("sequence", SEQUENCES, ids=lambda one: one.kind.value)
def test_the_standard_model_recovers_the_truth_of_pure_tissues(sequence):
    times = np.array(sequence.draw_times(np.random.default_rng(1), 70.0, 0.02))
    tissues = [Tissue.MYOCARDIUM, Tissue.LESION, Tissue.CAVITY, Tissue.LIVER]
    signals = sequence.signals(TISSUES, times[:, None], 60.0)[:, tissues]
    fit = fit_relaxation(np.abs(signals.T), times, sequence.kind.spec.standard_model)
    np.testing.assert_allclose(fit.t_ms, sequence.truth(TISSUES)[tissues], rtol=1e-6)


@pytest.mark.parametrize("sequence", SEQUENCES, ids=lambda one: one.kind.value)
def test_the_image_that_the_snr_is_of_is_the_brightest_of_the_wall(sequence):
    times = np.array(sequence.draw_times(np.random.default_rng(1), 70.0, 0.02))
    wall = np.abs(sequence.signals(TISSUES, times[:, None], 60.0)[:, Tissue.MYOCARDIUM])
    assert wall[sequence.unprepared] == wall.max()


def test_a_map_that_is_computed_or_unknown_has_no_series():
    with pytest.raises(ValueError, match=r"kind must be an acquired series .* found ecv"):
        sequence_of(MapKind.ECV)
    with pytest.raises(InputError, match="the phantom has no series for a map 't3'; expected one of native_t1"):
        sequence_named("t3")
    assert sequence_named("t2").kind is MapKind.T2
