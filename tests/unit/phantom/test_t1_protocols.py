"""The T1 sequences that a study can have in STONE's place."""

import numpy as np
import pytest

from cmrmap.core.errors import InputError
from cmrmap.core.map_specs import MapKind
from cmrmap.core.relaxation_models import MODELS
from cmrmap.phantom.parameters import draw_study_parameters
from cmrmap.phantom.series_header import series_header
from cmrmap.phantom.series_signals import exact_fits, series_signals, true_t1_ms
from cmrmap.phantom.t1_protocols import STONE, T1_PROTOCOLS, t1_protocols
from cmrmap.phantom.tissue import Tissue

T1_KINDS = (MapKind.NATIVE_T1, MapKind.POSTCONTRAST_T1)


def drawn(name: str, bpm: float = 70.0, **options):
    return draw_study_parameters(seed=2, motion=False, protocols=t1_protocols(name, **options), heart_rate_bpm=bpm)


@pytest.mark.parametrize("name", T1_PROTOCOLS)
@pytest.mark.parametrize("bpm", [45.0, 110.0])
def test_every_protocol_gives_signals_at_every_heart_rate(name, bpm):
    parameters = drawn(name, bpm)
    for series in parameters.series[:2]:
        signals = series_signals(parameters, series)
        assert signals.shape == (5, len(series.times_ms[0]), len(Tissue))
        assert all(list(times) == sorted(times) for times in series.times_ms)
        assert series.protocol.model in MODELS
        wall = signals[:, :, Tissue.MYOCARDIUM]
        assert (wall[:, -1] > 0.97 * wall.max(axis=1)).all()  # the image that the SNR is of has recovered
        assert (np.abs(wall) < 3000.0).all()


def test_fat_is_opposed_to_water_where_both_have_recovered():
    parameters = drawn("molli")
    last = series_signals(parameters, parameters.series[0])[0, -1]
    assert last[Tissue.MYOCARDIUM] > 0 > last[Tissue.FAT]


def test_inverted_magnetisation_is_negative_at_first():
    parameters = drawn("molli")
    first = series_signals(parameters, parameters.series[0])[0, 0]
    assert first[Tissue.MYOCARDIUM] < 0 < first[Tissue.FAT]


def test_the_exact_fit_of_molli_is_below_the_truth_and_that_of_sasha_close_to_it():
    for name, low, high in (("molli", 0.84, 0.97), ("sasha", 0.995, 1.03)):
        parameters = drawn(name)
        fits = exact_fits(parameters)
        for kind in T1_KINDS:
            ratio = fits[kind][:, Tissue.MYOCARDIUM] / true_t1_ms(parameters.tissues, kind)[Tissue.MYOCARDIUM]
            assert ((low < ratio) & (ratio < high)).all()


def test_the_exact_fit_of_the_ecv_is_that_of_its_t1_values():
    parameters = drawn("molli")
    fits, tissues = exact_fits(parameters), parameters.tissues
    change = 1.0 / fits[T1_KINDS[1]] - 1.0 / fits[T1_KINDS[0]]
    wall, blood = change[:, Tissue.MYOCARDIUM], change[:, Tissue.CAVITY]
    np.testing.assert_allclose(
        fits[MapKind.ECV][:, Tissue.MYOCARDIUM], 100.0 * (1.0 - tissues.hematocrit) * wall / blood
    )
    np.testing.assert_allclose(fits[MapKind.ECV][:, Tissue.CAVITY], 100.0 * (1.0 - tissues.hematocrit))


def test_stone_needs_no_exact_fit():
    parameters = drawn(STONE)
    assert exact_fits(parameters) == {}
    assert all(series.protocol is None for series in parameters.series)


def test_a_worse_inversion_lowers_the_estimate_and_off_resonance_too():
    usual, worse, off = (
        exact_fits(drawn("molli", **options))[MapKind.NATIVE_T1][:, Tissue.MYOCARDIUM]
        for options in ({}, {"efficiency": 0.90}, {"off_resonance_hz": 80.0})
    )
    assert (worse < 0.96 * usual).all()
    assert (off < usual).all()


def test_another_t1_sequence_leaves_the_patient_as_he_is():
    plain, other = draw_study_parameters(seed=2), draw_study_parameters(seed=2, protocols=t1_protocols("molli"))
    assert (plain.tissues, plain.anatomy, plain.heart_rate_bpm) == (other.tissues, other.anatomy, other.heart_rate_bpm)
    assert plain.series[2] == other.series[2]


def test_headers_tell_the_sequence():
    native, post = (series_header(kind, T1_PROTOCOLS["molli"][k]) for k, kind in enumerate(T1_KINDS))
    assert (native.description, native.folder) == ("MOLLI 5(3)3 native T1 SAX", "molli_5_3_3_native_t1")
    assert post.description == "MOLLI 4(1)3(1)2 post-contrast T1 SAX"
    assert (native.flip_angle_deg, native.number, post.after_contrast) == (35.0, 401, True)
    assert series_header(T1_KINDS[0], T1_PROTOCOLS["sasha"][0]).scanning_sequence == ["GR"]
    assert series_header(MapKind.T2).flip_angle_deg == 70.0


@pytest.mark.parametrize(
    ("name", "options", "words"),
    [
        ("look-locker", {}, "the T1 sequence must be one of stone, molli, .*; found 'look-locker'"),
        (STONE, {"efficiency": 0.9}, "simulated for molli, .* only; found stone"),
        (STONE, {"off_resonance_hz": 50.0}, "simulated for molli"),
        ("molli", {"efficiency": 0.0}, r"efficiency must be within \(0, 1\]; found 0"),
        ("molli", {"efficiency": 1.2}, "found 1.2"),
        ("sasha", {"efficiency": float("nan")}, "found nan"),
        ("molli", {"off_resonance_hz": float("inf")}, "off-resonance must be a finite frequency"),
    ],
)
def test_what_cannot_be_simulated_is_refused(name, options, words):
    with pytest.raises(InputError, match=words):
        t1_protocols(name, **options)


@pytest.mark.parametrize("bpm", [39.0, 121.0, float("nan")])
def test_heart_rates_out_of_range_are_refused(bpm):
    with pytest.raises(InputError, match="the heart rate must be 40 to 120 beats a minute"):
        draw_study_parameters(heart_rate_bpm=bpm)
