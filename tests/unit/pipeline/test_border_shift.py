"""What a shift of the borders, shared by all images and slices, does to a mean, and to its interval."""

from dataclasses import replace

import numpy as np
import pytest

from cmrmap.core.map_specs import MapKind
from cmrmap.pipeline.border_shift import SHIFT_SD_MM, SLICE_SHIFT_SD_MM, border_shift_variance, wall_thickness_mm
from cmrmap.pipeline.map_numbers import ecv_numbers, series_numbers
from cmrmap.pipeline.regions import locate

DEPTHS = (np.arange(12) + 0.5) / 12


@pytest.fixture(scope="module")
def native(chain):
    return chain[MapKind.NATIVE_T1]


def with_values(native, profile):
    values = np.broadcast_to(profile, native.map.polar_values.shape)
    return replace(native.map, polar_values=np.array(values))


def even_cells(native, slices=(0,)):
    cells = np.zeros(native.map.polar_values.shape)
    cells[list(slices)] = 1.0
    return cells / cells.sum()


def test_an_even_wall_owes_nothing_to_its_borders(native) -> None:
    even = with_values(native, np.full(12, 1150.0))
    assert border_shift_variance(even, even_cells(native), wall_thickness_mm(native)) == pytest.approx(0.0, abs=1e-12)


def test_a_slope_across_the_wall_is_what_a_shift_moves_the_mean_by(native) -> None:
    """10 ms over a wall of 8 mm: each border moves the mean by half of the slope, 0.625 ms a mm."""
    sloping = with_values(native, 1150.0 + 10.0 * DEPTHS)
    thickness = np.full(native.map.polar_values.shape[:2], 8.0)
    found = border_shift_variance(sloping, even_cells(native), thickness)
    both = np.hypot(SHIFT_SD_MM, SLICE_SHIFT_SD_MM)
    assert np.sqrt(found) == pytest.approx(both * np.hypot(0.625, 0.625))
    thin = border_shift_variance(sloping, even_cells(native), thickness / 2)
    assert thin == pytest.approx(4.0 * found)  # a shift is more of a thin wall


def test_slices_share_a_part_of_the_shift_and_have_one_of_their_own(native) -> None:
    sloping = with_values(native, 1150.0 + 10.0 * DEPTHS)
    thickness = np.full(native.map.polar_values.shape[:2], 8.0)
    one = border_shift_variance(sloping, even_cells(native), thickness)
    all_slices = border_shift_variance(sloping, even_cells(native, range(5)), thickness)
    shared, own = SHIFT_SD_MM**2, SLICE_SHIFT_SD_MM**2
    assert all_slices / one == pytest.approx((shared + own / 5) / (shared + own))  # only the slices' own averages out


def test_what_cannot_count_tells_no_slope(native) -> None:
    profile = np.full(12, 1150.0)
    profile[[0, 11]] = 4000.0, 100.0  # blood beyond the range and a failed fit
    profile[[1, 2]] = np.nan, np.inf
    with np.errstate(all="raise"):
        found = border_shift_variance(with_values(native, profile), even_cells(native), wall_thickness_mm(native))
    assert found == pytest.approx(0.0, abs=1e-12)
    nowhere = with_values(native, np.full(12, np.nan))
    assert border_shift_variance(nowhere, even_cells(native), wall_thickness_mm(native)) == 0.0


def test_intervals_of_patient_and_ecv_hold_it(chain, native) -> None:
    for source, numbers in ((native, series_numbers), (chain.ecv, ecv_numbers)):
        table = numbers(source, locate(native)).table
        weights = native.region_cells(native.map.analysed) if source is native else None
        if weights is not None:
            alone = native.variance(weights)
            shared = border_shift_variance(native.map, weights, wall_thickness_mm(native))
            assert table.patient.uncertainty == pytest.approx(np.sqrt(alone + shared))
            assert shared > 0
        slices = np.array([one.uncertainty for one in table.slices])
        independent = np.sqrt((slices**2).sum()) / len(slices)
        assert table.patient.uncertainty > independent


def test_the_wall_s_thickness_is_that_of_the_heart(chain, native) -> None:
    thickness = wall_thickness_mm(native)
    made = native.made
    assert np.isfinite(thickness[made]).all()
    assert ((thickness[made] > 3.0) & (thickness[made] < 20.0)).all()
