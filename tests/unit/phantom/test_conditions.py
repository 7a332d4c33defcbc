"""A wide cohort: shares, limits and shapes of its conditions."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest

from cmrmap.phantom.cohort_options import CohortOptions
from cmrmap.phantom.conditions import Condition, draw_condition
from cmrmap.phantom.heart_contours import heart_contours
from cmrmap.phantom.heart_motion import MotionState
from cmrmap.phantom.parameters import StudyParameters
from cmrmap.phantom.tissue import Disease, Tissue

#: native T1 in ms, T2 in ms and ECV in percent that the wall may have, and the mean wall at the base in mm
WALLS = {
    Condition.HEALTHY: ((1100, 1200), (44, 56), (22, 29), (6, 14)),
    Condition.SCAR: ((1100, 1200), (44, 56), (22, 29), (6, 14)),
    Condition.OEDEMA: ((1100, 1420), (44, 75), (22, 38), (6, 14)),
    Condition.AMYLOID: ((1210, 1500), (46, 66), (40, 55), (12, 17)),
    Condition.IRON: ((750, 950), (25, 47), (22, 29), (6, 14)),
    Condition.ATHLETE: ((1060, 1195), (44, 56), (20, 25), (9, 12)),
    Condition.DILATED: ((1130, 1320), (44, 60), (28, 36), (5, 6.5)),
}
#: narrowest and widest mean diameter of the cavity at the base, mm
CAVITIES = {Condition.ATHLETE: (54, 64), Condition.AMYLOID: (40, 48), Condition.DILATED: (64, 76)}


@pytest.fixture(scope="module")
def patients() -> list[StudyParameters]:
    options = CohortOptions(3, conditions="wide")
    return [options.draw(number) for number in range(1, 71)]


@pytest.mark.parametrize("seed", [3, 61, 62])
@pytest.mark.parametrize("number", [14, 50, 300])
def test_every_condition_has_its_share_in_cohorts_of_any_size(seed: int, number: int) -> None:
    found = Counter(draw_condition(seed, one) for one in range(1, number + 1))
    assert set(found) == set(Condition)
    for condition, share in zip(Condition, (0.16, 0.18, 0.16, 0.14, 0.12, 0.12, 0.12), strict=True):
        assert found[condition] / number == pytest.approx(share, abs=max(0.02, 1.5 / number)), condition


def test_walls_lie_within_what_the_condition_is(patients: list[StudyParameters]) -> None:
    for one in patients:
        assert one.condition is not None
        wall = one.tissues.properties[Tissue.MYOCARDIUM]
        measured = (wall.t1_native_ms, wall.t2_ms, 100.0 * wall.ecv_fraction, one.anatomy.heart[0].wall_mm)
        for value, (low, high) in zip(measured, WALLS[one.condition], strict=True):
            assert low <= value <= high, (one.condition, measured)


def test_cavities_of_athletes_amyloid_and_dilated_hearts(patients: list[StudyParameters]) -> None:
    for one in patients:
        base = one.anatomy.heart[0]
        low, high = CAVITIES.get(one.condition or Condition.HEALTHY, (0.0, math.inf))
        assert low <= 2.0 * (base.epicardial_radius_mm - base.wall_mm) <= high


def test_every_slice_keeps_a_cavity_in_the_hardest_beat(patients: list[StudyParameters]) -> None:
    contracted = MotionState(contraction=0.22)
    for one in patients:
        for heart in one.anatomy.heart:
            assert heart_contours(heart, contracted).endocardium.min() > 2.0, one.condition


def test_scars_reach_from_the_endocardium_outwards(patients: list[StudyParameters]) -> None:
    depths = []
    for one in patients:
        if one.condition is not Condition.SCAR:
            continue
        lesion = one.anatomy.lesion
        assert lesion is not None
        assert one.disease is Disease.FOCAL
        wall, scar = (one.tissues.properties[tissue] for tissue in (Tissue.MYOCARDIUM, Tissue.LESION))
        assert 1.1 < scar.t1_native_ms / wall.t1_native_ms < 1.33
        assert scar.ecv_fraction >= 0.40
        assert lesion.inner_depth == 0.0
        depths.append(lesion.outer_depth)
        assert list(lesion.slices) == list(range(lesion.slices[0], lesion.slices[-1] + 1))
        assert lesion.slices[-1] < len(one.anatomy.heart)
    assert min(depths) < 0.45
    assert max(depths) > 0.85


def test_oedema_is_diffuse_or_focal(patients: list[StudyParameters]) -> None:
    ill = [one for one in patients if one.condition is Condition.OEDEMA]
    kinds = Counter(one.disease for one in ill)
    assert kinds[Disease.DIFFUSE] >= 3
    assert kinds[Disease.FOCAL] >= 3
    for one in ill:
        worst = max(one.tissues.properties[tissue].t2_ms for tissue in (Tissue.MYOCARDIUM, Tissue.LESION))
        assert worst > 50.0
        assert (one.anatomy.lesion is None) == (one.disease is Disease.DIFFUSE)


def test_a_wide_patient_depends_on_cohort_and_number_only() -> None:
    options = CohortOptions(61, conditions="wide")
    assert options.draw(5) == options.draw(5)
    assert options.draw(5) != options.draw(6)
    assert options.draw(5) != CohortOptions(62, conditions="wide").draw(5)


def test_a_condition_leaves_scan_and_rhythm_as_they_were() -> None:
    usual, wide = CohortOptions(61).draw(3), CohortOptions(61, conditions="wide").draw(3)
    assert (usual.acquisition, usual.heart_rate_bpm, usual.snr) == (wide.acquisition, wide.heart_rate_bpm, wide.snr)
    assert usual.tissues.hematocrit == wide.tissues.hematocrit
    assert np.array_equal(usual.series[0].times_ms, wide.series[0].times_ms)
    assert usual.condition is None
