"""Segments that are far more uncertain than the rest of their slice: which, and what becomes of the means."""

from __future__ import annotations

import math

import numpy as np
import pytest

from cmrmap.core.corrections import NO_CORRECTIONS
from cmrmap.core.regional_values import RegionStatistics
from cmrmap.ecv.hematocrit import Hematocrit
from cmrmap.pipeline import report, uncertain_segments
from cmrmap.pipeline.beside_network import ecv_beside
from cmrmap.pipeline.uncertain_segments import too_uncertain
from cmrmap.settings import AnalysisSettings
from tests.unit.pipeline.corrected_study import ECV, NATIVE, SLICE, map_of, reported, same

HEMATOCRIT = Hematocrit(0.42, "test")
WIDEST = 4.0  # ms; half of a 95 % interval


def segments(*half_widths):
    return {
        7 + index: RegionStatistics(50.0 + 30 * index, 3.0, 40, half / 1.96) for index, half in enumerate(half_widths)
    }


@pytest.mark.parametrize(
    ("half_widths", "expected"),
    [
        ((2, 2, 2, 2, 2, 2), ()),
        ((2, 2, 2, 2, 2, 7.9), ()),  # not twice as wide as a mean may be
        ((2, 2, 2, 2, 2, 8.1), (12,)),
        ((3, 3, 3, 20, 18, 3), (10, 11)),
        ((6, 6, 6, 6, 6, 11.9), ()),  # the whole slice is uncertain: not twice as wide as the others
        ((6, 6, 6, 6, 6, 12.1), (12,)),
        ((2, 2, 2, 30, 30, 30), ()),  # half of them: then the slice is uncertain, and is flagged as a whole
        ((30, 30, 30, 30, 30, 30), ()),
        ((2, 2, 2, 30), (10,)),  # an apical slice
        ((2, 2, 2, math.nan, 30, 2), (11,)),  # what is not known stays
        ((math.nan,) * 6, ()),
        ((), ()),
        ((40,), ()),
    ],
)
def test_which_are_left_out(half_widths, expected) -> None:
    assert too_uncertain(segments(*half_widths), WIDEST) == expected


def test_the_value_plays_no_part() -> None:
    lesion = {1: RegionStatistics(50.0, 3.0, 40, 1.0), 2: RegionStatistics(95.0, 20.0, 40, 1.0)}
    assert too_uncertain(lesion, WIDEST) == ()


@pytest.fixture
def one_is_uncertain(monkeypatch):
    """AHA 8 of the slice is far more uncertain than the others, in every map."""
    monkeypatch.setattr(uncertain_segments, "too_uncertain", lambda parts, _: tuple(one for one in parts if one == 8))


@pytest.mark.usefixtures("one_is_uncertain")
def test_such_a_segment_counts_nowhere_and_is_told(untouched, before) -> None:
    maps = reported(tuple(untouched.values()), NO_CORRECTIONS)
    for kind in (NATIVE, ECV):
        new, old = map_of(maps, kind).slices[SLICE], map_of(before, kind).slices[SLICE]
        kept = [part for part in old.segments if part.aha != 8]
        assert len(kept) == len(old.segments) - 1
        assert same(new.segments, tuple(kept))
        assert new.statistics.n_pixels == sum(part.statistics.n_pixels for part in kept)
        assert new.by_network is None  # nobody corrected anything
        told = [flag for flag in maps.flags if flag.code == "segments_excluded" and flag.map is kind]
        assert [(str(flag.severity), flag.slice_index) for flag in told] == [("info", SLICE)]
        assert told[0].message.startswith("AHA 8 excluded from all means")
        volume = next(one for one in maps.volumes if one.kind is kind)
        assert not np.isin(volume.aha[SLICE], 8).any()


@pytest.mark.usefixtures("one_is_uncertain")
def test_the_setting_keeps_it(untouched, before) -> None:
    keep = AnalysisSettings.from_mapping({"quality": {"exclude_uncertain_segments": False, "require_heart": False}})
    series = tuple(untouched.values())
    maps = report(series, ecv_beside(series, HEMATOCRIT, keep), (), keep)
    assert same(map_of(maps, NATIVE), map_of(before, NATIVE))
    assert not any(flag.code == "segments_excluded" for flag in maps.flags)
