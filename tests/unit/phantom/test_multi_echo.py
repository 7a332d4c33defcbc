"""The multi-echo series: T2* shorter than T2, a pure decay, all echoes of a slice in one state of the heart."""

import numpy as np

from cmrmap.core.map_specs import MapKind
from cmrmap.phantom.multi_echo import ECHO_TIMES_MS, multi_echo_signals, t2_star_ms
from cmrmap.phantom.parameters import draw_study_parameters
from cmrmap.phantom.tissue import Tissue
from cmrmap.relaxometry import fit_relaxation

PARAMETERS = draw_study_parameters(seed=3, also=(MapKind.T2_STAR,))
TISSUES = PARAMETERS.tissues


def test_t2_star_is_shorter_than_t2_in_every_tissue():
    assert (t2_star_ms(TISSUES) < TISSUES.t2_ms).all()
    assert 33.0 < t2_star_ms(TISSUES)[Tissue.MYOCARDIUM] < 39.0


def test_a_fit_of_a_pure_tissue_gives_its_t2_star():
    times = np.array(ECHO_TIMES_MS)
    signals = multi_echo_signals(TISSUES, times[:, None], 0.0)
    water = [tissue for tissue in Tissue if tissue not in (Tissue.AIR, Tissue.FAT, Tissue.MARROW)]
    fit = fit_relaxation(signals[:, water].T, times, "t2_star_2p")
    np.testing.assert_allclose(fit.t_ms, t2_star_ms(TISSUES)[water], rtol=1e-6)


def test_fat_turns_against_water_between_echoes():
    early = multi_echo_signals(TISSUES, np.array([[0.0], [1.0 / 0.44]]), 0.0)[:, Tissue.FAT]
    assert early[0] > 0 > early[1]


def test_blood_is_brighter_than_the_wall():
    first = multi_echo_signals(TISSUES, np.array([[ECHO_TIMES_MS[0]]]), 0.0)[0]
    assert first[Tissue.CAVITY] > 1.5 * first[Tissue.MYOCARDIUM]


def test_all_echoes_of_a_slice_show_one_state_of_the_heart():
    series = next(one for one in PARAMETERS.series if one.kind is MapKind.T2_STAR)
    assert all(len(set(states)) == 1 for states in series.motion)
    assert len({states[0] for states in series.motion}) > 1


def test_a_further_series_changes_nothing_about_the_others():
    usual = draw_study_parameters(seed=3)
    assert PARAMETERS.series[: len(usual.series)] == usual.series
    assert PARAMETERS.tissues == usual.tissues


def test_a_series_has_it_only_when_asked_for():
    assert MapKind.T2_STAR not in [one.kind for one in draw_study_parameters(seed=3).series]
