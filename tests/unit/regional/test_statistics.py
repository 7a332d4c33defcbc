"""Means per segment, slice and patient."""

from dataclasses import replace

import numpy as np
import pytest

from cmrmap.core.errors import InputError
from cmrmap.regional import region_statistics, segment_table


def count_of(region):
    """Stand-in for a standard error that shows which pixels it was asked about."""
    return float(np.count_nonzero(region))


@pytest.fixture
def study():
    rng = np.random.default_rng(0)
    values = rng.normal(50, 5, (3, 12, 12))
    values[0, 0, 0] = np.nan
    analysed = rng.random(values.shape) < 0.7
    analysed[0, 0, :2] = True
    aha = np.zeros(values.shape, np.uint8)
    aha[0, :6], aha[0, 6:] = 1, 2
    aha[1, :6] = 2
    aha[2] = 14
    return values, analysed, aha


def test_every_number_is_that_of_its_pixels(study):
    values, analysed, aha = study
    table = segment_table(values, analysed, aha, np.array([True, True, True]), count_of)
    inside = values[analysed & np.isfinite(values)]
    assert table.patient.mean == pytest.approx(inside.mean())
    assert table.patient.sd == pytest.approx(inside.std(ddof=1))
    assert table.patient.n_pixels == inside.size == table.patient.uncertainty
    for s in range(3):
        assert table.slices[s].mean == pytest.approx(np.nanmean(values[s][analysed[s]]))
        assert table.slices[s].uncertainty == table.slices[s].n_pixels
    assert [sorted(numbers) for numbers in table.segments] == [[1, 2], [2], [14]]
    assert table.segments[1][2].mean == pytest.approx(values[1][analysed[1] & (aha[1] == 2)].mean())
    assert table.pooled[2].n_pixels == table.segments[0][2].n_pixels + table.segments[1][2].n_pixels
    assert sorted(table.pooled) == [1, 2, 14]


def test_the_mid_septum_is_segments_8_and_9_of_all_slices_that_count(study):
    values, analysed, aha = study
    nothing = segment_table(values, analysed, aha, np.array([True, True, True]), count_of).mid_septum
    assert nothing.n_pixels == 0
    assert np.isnan([nothing.mean, nothing.sd, nothing.uncertainty]).all()
    aha[0], aha[1, :5], aha[1, 5:], aha[2, :3] = 9, 8, 7, 8
    found = segment_table(values, analysed, aha, np.array([True, True, False]), count_of).mid_septum
    region = analysed & np.isin(aha, (8, 9)) & np.isfinite(values)
    region[2] = False
    assert found.mean == pytest.approx(values[region].mean())
    assert found.sd == pytest.approx(values[region].std(ddof=1))
    assert found.n_pixels == np.count_nonzero(region) == found.uncertainty


def test_a_slice_that_failed_counts_nowhere(study):
    values, analysed, aha = study
    table = segment_table(values, analysed, aha, np.array([True, False, True]), count_of)
    assert table.slices[1].n_pixels == 0
    assert np.isnan(table.slices[1].mean)
    assert not table.segments[1]
    assert table.patient.n_pixels == table.slices[0].n_pixels + table.slices[2].n_pixels
    assert table.pooled[2].n_pixels == table.segments[0][2].n_pixels


def test_empty_and_single_pixel_regions():
    values = np.full((1, 2, 2), 42.0)
    nothing = region_statistics(values, np.zeros(values.shape, bool), count_of)
    assert nothing.n_pixels == 0
    assert np.isnan([nothing.mean, nothing.sd, nothing.uncertainty]).all()
    one = np.zeros(values.shape, bool)
    one[0, 0, 0] = True
    single = region_statistics(values, one, None)
    assert (single.mean, single.n_pixels) == (42.0, 1)
    assert np.isnan([single.sd, single.uncertainty]).all()


def test_shapes_must_fit(study):
    values, analysed, aha = study
    with pytest.raises(InputError, match=r"must fit the map \(3, 12, 12\)"):
        segment_table(values, analysed, aha[:2], np.ones(3, bool))


def test_a_table_is_its_own_and_cannot_be_changed(study):
    values, analysed, aha = study
    table = segment_table(values, analysed, aha, np.ones(3, bool))
    pooled = dict(table.pooled)
    own = replace(table, pooled=pooled)
    pooled.clear()
    assert sorted(own.pooled) == [1, 2, 14]
    with pytest.raises(TypeError):
        own.segments[0][1] = own.patient


def test_a_table_that_contradicts_itself(study):
    values, analysed, aha = study
    table = segment_table(values, analysed, aha, np.ones(3, bool))
    with pytest.raises(InputError, match="3 slices needs as many tables of segments; found 2"):
        replace(table, segments=table.segments[:2])
    with pytest.raises(InputError, match=r"numbered 1 to 16; found \[17\]"):
        replace(table, pooled={17: table.patient})
    with pytest.raises(InputError, match=r"slice 0 has \d+ pixels, its segments"):
        replace(table, segments=({1: table.patient}, *table.segments[1:]))
    with pytest.raises(InputError, match="the patient's mean counts"):
        replace(table, patient=table.slices[0])
