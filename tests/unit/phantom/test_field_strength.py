"""The phantom at 3 T: tissues, blood, bands and the chemical shift of fat."""

from __future__ import annotations

import numpy as np
import pytest

from cmrmap.core.errors import InputError
from cmrmap.core.map_specs import MapKind
from cmrmap.ecv.hematocrit import SYNTHETIC_REGRESSIONS, synthetic_hematocrit
from cmrmap.phantom.cohort_options import CohortOptions
from cmrmap.phantom.field_strength import FIELD_STRENGTHS, USUAL_FIELD, field_strength
from cmrmap.phantom.multi_echo import t2_star_ms
from cmrmap.phantom.parameters import StudyParameters
from cmrmap.phantom.t1_protocols import t1_protocols
from cmrmap.phantom.tissue import Tissue
from cmrmap.quality.blood_limits import blood_limits
from cmrmap.quality.plausible_ranges import ranges_at

Pairs = list[tuple[StudyParameters, StudyParameters]]


@pytest.fixture(scope="module")
def pairs() -> Pairs:
    """Return the same wide patients at 1.5 and at 3 T."""
    usual, strong = (CohortOptions(4, conditions="wide", field_strength_t=field) for field in (1.5, 3.0))
    return [(usual.draw(number), strong.draw(number)) for number in range(1, 41)]


def test_heart_muscle_has_a_longer_t1_and_a_shorter_t2(pairs: Pairs) -> None:
    for usual, strong in pairs:
        for tissue in (Tissue.MYOCARDIUM, Tissue.LESION, Tissue.RV_WALL, Tissue.PAPILLARY):
            low, high = usual.tissues.properties[tissue], strong.tissues.properties[tissue]
            assert high.t1_native_ms == pytest.approx(1.19 * low.t1_native_ms)
            assert high.t2_ms == pytest.approx(0.90 * low.t2_ms)
            assert high.ecv_fraction == low.ecv_fraction


def test_the_patient_is_the_same_but_for_tissues_and_bands(pairs: Pairs) -> None:
    for usual, strong in pairs:
        assert usual.anatomy == strong.anatomy
        assert usual.series == strong.series
        assert usual.tissues.hematocrit == strong.tissues.hematocrit
        assert usual.condition is strong.condition


def test_blood_follows_the_regression_of_its_own_magnet(pairs: Pairs) -> None:
    """The application's synthetic hematocrit is right with the regression of the same field and wrong with another."""
    off: dict[float, list[float]] = {1.5: [], 3.0: []}
    swapped = []
    for pair in pairs:
        for one in pair:
            blood, magnet = one.tissues.t1_native_ms[[Tissue.CAVITY]], one.tissues.field_strength_t
            found = synthetic_hematocrit(blood, np.array([10.0]), magnet)
            off[magnet].append(found.value_fraction - one.tissues.hematocrit)
        swapped.append(synthetic_hematocrit(blood, np.array([10.0]), 1.5).value_fraction - one.tissues.hematocrit)
    for magnet, errors in off.items():
        assert abs(np.mean(errors)) < 0.006, magnet
        assert np.std(errors) < 0.03, magnet
    assert np.mean(swapped) < -0.05


def test_the_regressions_are_those_of_the_application() -> None:
    assert {tesla for tesla, _ in SYNTHETIC_REGRESSIONS} == set(FIELD_STRENGTHS)
    for tesla, regression in SYNTHETIC_REGRESSIONS:
        blood = field_strength(tesla).blood_t1_ms(0.42)
        assert regression.slope_ms / blood + regression.offset == pytest.approx(0.42, abs=1e-9)


def test_the_agent_adds_the_same_rate_and_ecv_still_closes(pairs: Pairs) -> None:
    for usual, strong in pairs:
        both = (usual.tissues, strong.tissues)
        added = [1 / one.blood_t1_post_ms - 1 / one.t1_native_ms[Tissue.CAVITY] for one in both]
        assert added[0] == pytest.approx(added[1])
        change = 1 / strong.tissues.t1_postcontrast_ms - 1 / strong.tissues.t1_native_ms
        ecv = (1 - strong.tissues.hematocrit) * change[Tissue.MYOCARDIUM] / change[Tissue.CAVITY]
        assert ecv == pytest.approx(strong.tissues.ecv_fraction[Tissue.MYOCARDIUM])


def test_walls_and_blood_are_such_as_the_application_takes_for_a_heart(pairs: Pairs) -> None:
    for pair in pairs:
        for one in pair:
            ranges, limits = ranges_at(one.tissues.field_strength_t), blood_limits(one.tissues.field_strength_t)
            assert ranges is not None
            wall, blood = (one.tissues.t1_native_ms[tissue] for tissue in (Tissue.MYOCARDIUM, Tissue.CAVITY))
            assert ranges.native.hold(wall, blood), (one.condition, wall, blood)
            assert limits.can_be_heart(blood, wall), (one.condition, wall, blood)


def test_bands_are_more_frequent_and_wider(pairs: Pairs) -> None:
    usual, strong = ([pair[index].acquisition for pair in pairs] for index in (0, 1))
    drawn = [field_strength(3.0).acquisition(usual[0], np.random.default_rng(number)) for number in range(400)]
    assert sum(one.band_depth > 0 for one in drawn) / 400 == pytest.approx(0.4, abs=0.07)
    assert {one.band_width_mm for one in usual} == {9.0}
    assert np.mean([one.band_width_mm for one in strong]) > 11.0
    assert [one.ghost_amplitude for one in usual] == [one.ghost_amplitude for one in strong]


def test_fat_is_twice_as_far_off_resonance() -> None:
    """Two tissue sets that differ in the field alone give fat, and only fat, another MOLLI signal."""
    one = CohortOptions(4, "molli").draw(1)
    events, protocol = one.series[0].images[0], t1_protocols("molli")[MapKind.NATIVE_T1]
    strong = USUAL_FIELD.tissues(one.tissues)
    object.__setattr__(strong, "field_strength_t", 3.0)
    signals = [protocol.signals(tissues, one.tissues.t1_native_ms, events) for tissues in (one.tissues, strong)]
    differ = ~np.isclose(signals[0], signals[1], rtol=1e-6).all(axis=0)
    assert set(np.flatnonzero(differ)) == {Tissue.FAT, Tissue.MARROW}


def test_t2_star_is_shorter_than_by_t2_alone(pairs: Pairs) -> None:
    usual, strong = pairs[0]
    dephasing = [1 / t2_star_ms(one.tissues) - 1 / one.tissues.t2_ms for one in (usual, strong)]
    assert dephasing[1] == pytest.approx(2.0 * dephasing[0])


def test_other_magnets_are_refused() -> None:
    with pytest.raises(InputError, match=r"must be 1\.5 or 3 T; found 7"):
        CohortOptions(1, field_strength_t=7.0)
    strong = field_strength(3.0)
    with pytest.raises(ValueError, match=r"must be those of 1\.5 T; found 3 T"):
        strong.tissues(strong.tissues(CohortOptions(1).draw(1).tissues))
