"""The first echo of a train: left out where it is low, and only there."""

from dataclasses import replace

import numpy as np
import pytest

from cmrmap.core.map_specs import MapKind
from cmrmap.core.outlines import SegmentationStack
from cmrmap.phantom import parameters, sequences
from cmrmap.phantom.generate import generate_study
from cmrmap.phantom.parameters import draw_study_parameters
from cmrmap.phantom.spin_echo_train import spin_echo_train
from cmrmap.pipeline import align, fit, refine
from cmrmap.pipeline.echo_train import first_echo, low_first_echo
from cmrmap.pipeline.find import find
from cmrmap.pipeline.map_numbers import series_numbers
from cmrmap.pipeline.regions import locate
from cmrmap.settings import AnalysisSettings

ECHO_TIMES_MS = 10.0 * np.arange(1, 10)


def wall(decay, noise=0.0, seed=1, shape=(48, 6)):
    """(time, angle, depth) the same decay everywhere, noise on it."""
    rng = np.random.default_rng(seed)
    return decay[:, None, None] * np.ones(shape) + noise * rng.standard_normal((len(decay), *shape))


def low(decay, times_ms=ECHO_TIMES_MS, noise=0.01, n_slices=3):
    walls = [wall(decay, noise, seed) for seed in range(n_slices)]
    return low_first_echo(walls, [times_ms] * n_slices, "t2_2p")


@pytest.mark.parametrize(("refocusing_deg", "expected"), [(150.0, 0.07), (120.0, 0.22)])
def test_a_low_first_echo_is_found(refocusing_deg, expected) -> None:
    found = low(spin_echo_train(1150.0, 50.0, 10.0, 9, refocusing_deg))
    assert found == pytest.approx(expected, abs=0.02)


@pytest.mark.parametrize("refocusing_deg", [180.0, 175.0])
def test_an_echo_that_is_as_high_as_it_should_be_stays(refocusing_deg) -> None:
    assert np.isnan(low(spin_echo_train(1150.0, 50.0, 10.0, 9, refocusing_deg)))


def test_a_constant_part_is_no_low_first_echo() -> None:
    assert np.isnan(low(np.exp(-ECHO_TIMES_MS / 50.0) + 0.1))


def test_noise_alone_leaves_nothing_out() -> None:
    found = [
        low_first_echo([wall(np.exp(-ECHO_TIMES_MS / 50.0), 0.5, seed)], [ECHO_TIMES_MS], "t2_2p") for seed in range(40)
    ]
    assert np.isfinite(found).sum() <= 1


def test_four_echoes_are_too_few_to_lose_one() -> None:
    decay = spin_echo_train(1150.0, 50.0, 10.0, 9, 120.0)
    assert np.isfinite(low(decay[:5], ECHO_TIMES_MS[:5]))
    assert np.isnan(low(decay[:4], ECHO_TIMES_MS[:4]))


def test_a_slice_that_lost_its_first_echo_does_not_decide_nor_lose_another() -> None:
    decay = spin_echo_train(1150.0, 50.0, 10.0, 9, 150.0)
    walls, times = [wall(decay), wall(decay[1:])], [ECHO_TIMES_MS, ECHO_TIMES_MS[1:]]
    assert low_first_echo(walls, times, "t2_2p") == pytest.approx(0.07, abs=0.02)
    series = np.array([ECHO_TIMES_MS, [np.nan, *ECHO_TIMES_MS[1:]]])
    assert [first_echo(row, series).tolist() for row in series] == [[0], []]


def test_nothing_at_all() -> None:
    assert np.isnan(low_first_echo([], [], "t2_2p"))
    assert np.isnan(low_first_echo([np.zeros((0, 12, 3))], [np.zeros(0)], "t2_2p"))


@pytest.fixture
def spin_echoes(monkeypatch):
    """A phantom whose T2 series is a spin-echo train with refocusing pulses of 150 degrees."""

    def signals(tissues, times_ms, _):
        flat = np.unique(times_ms)
        echoes = spin_echo_train(tissues.t1_native_ms, tissues.t2_ms, 10.0, len(flat), 150.0)
        return tissues.proton_density * echoes[np.searchsorted(flat, times_ms[..., 0])]

    known = tuple(
        replace(one, signals=signals, draw_times=lambda *_: tuple(ECHO_TIMES_MS), in_one_beat=True)
        if one.kind is MapKind.T2
        else one
        for one in sequences.SEQUENCES
    )
    monkeypatch.setattr(sequences, "SEQUENCES", known)
    monkeypatch.setattr(parameters, "SEQUENCES", known)


def test_a_spin_echo_study_reads_its_truth_without_the_first_echo(spin_echoes) -> None:
    drawn = draw_study_parameters(seed=3, snr=40.0)
    study = generate_study(replace(drawn, series=tuple(one for one in drawn.series if one.kind is MapKind.T2)))
    series = study[MapKind.T2]
    settings = AnalysisSettings()

    def analysed(echo_train):
        stack = replace(series.stack, model="t2_2p", echo_train=echo_train)
        masks = (SegmentationStack(series.kind, series.labels, np.ones(stack.times_ms.shape)),)
        refined = refine((stack,), masks, settings)
        (one,) = fit((stack,), refined, align((stack,), refined, settings), settings)
        numbers = series_numbers(one, locate(one))
        truth = [study.truth.slice_mean(MapKind.T2, s.slice_index) for s in numbers.result.slices]
        off = [100 * (s.statistics.mean / t - 1) for s, t in zip(numbers.result.slices, truth, strict=True)]
        return one, numbers, np.array(off)

    one, numbers, off = analysed(True)
    assert np.abs(off).max() < 2.5
    assert [gone.tolist() for gone in one.left_out] == [[0]] * 5
    assert [s.n_segmented for s in numbers.result.slices] == [8] * 5
    codes = {flag.code: flag for flag in find([numbers], settings)}
    assert "the first echo is 6" in codes["first_echo_left_out"].message
    assert "images_contradicted" not in codes
    assert "offset_unknown" not in codes
    _, numbers, with_it = analysed(False)
    assert with_it.mean() > off.mean() + 3.0
    assert "first_echo_left_out" not in {flag.code for flag in find([numbers], settings)}


def test_a_slice_with_too_few_echoes_left_without_the_first_is_refused(spin_echoes) -> None:
    drawn = draw_study_parameters(seed=3, snr=40.0)
    series = generate_study(replace(drawn, series=tuple(one for one in drawn.series if one.kind is MapKind.T2)))[
        MapKind.T2
    ]
    settings = AnalysisSettings.from_mapping({"slices": {"min_images_t2": 3}})
    stack = replace(series.stack, model="t2_2p", echo_train=True)
    (refined,) = refine((stack,), (SegmentationStack(series.kind, series.labels, np.ones((5, 9))),), settings)
    outcome, labels = np.array(refined.outcome), np.array(refined.labels)
    outcome[2, 3:], labels[2, 3:] = 3, 0  # the first echo and two others
    outcome[3, 4:], labels[3, 4:] = 3, 0
    given = (replace(refined, outcome=outcome, labels=labels),)
    (made,) = fit((stack,), given, align((stack,), given, settings), settings)
    (refusal,) = made.map.refusals
    assert refusal.slice_index == 2
    assert refusal.reason == "2 images are left without the first echo, which is low; 3 are needed"
    assert made.made.tolist() == [True, True, False, True, True]
    assert np.isnan(made.map.values[2]).all()
