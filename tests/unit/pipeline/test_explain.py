"""Every pixel of a map can be asked why."""

from dataclasses import replace

import numpy as np
import pytest

from cmrmap.core.errors import InputError
from cmrmap.core.findings import Refusal
from cmrmap.core.map_specs import MapKind
from cmrmap.core.parameter_map import FitStatus
from cmrmap.pipeline import explain_pixel
from cmrmap.relaxometry import get_model, signal


@pytest.mark.parametrize("kind", [MapKind.T2, MapKind.NATIVE_T1])
def test_a_counted_pixel_shows_the_fit_that_made_it(chain, kind) -> None:
    series = chain[kind]
    row, column = np.argwhere(series.map.analysed[2])[10]
    told = explain_pixel(series, 2, int(row), int(column))
    assert told.counted
    assert told.reason == ""
    assert told.status == FitStatus.OK
    assert told.value == series.map.values[2, row, column]
    assert 0.25 <= told.share <= 1.0
    expected = signal(get_model(series.stack.model), told.times_ms, told.t_star, told.amplitude, told.offset)
    np.testing.assert_allclose(told.fitted, expected)
    assert np.nanstd(told.residuals) < 3 * told.noise_sd
    assert told.r2 > 0.9
    # the cell that weighs most is close to the pixel that it is blended into
    assert told.t_star == pytest.approx(told.value, rel=0.2)


def test_a_border_pixel_says_why_it_does_not_count(chain) -> None:
    series = chain[MapKind.NATIVE_T1]
    border = np.isfinite(series.map.values[1]) & ~series.map.analysed[1]
    row, column = np.argwhere(border)[0]
    told = explain_pixel(series, 1, int(row), int(column))
    assert not told.counted
    assert "border" in told.reason


def test_a_pixel_in_the_edge_of_the_blood_says_so(chain) -> None:
    series = chain[MapKind.T2]
    row, column = np.argwhere(series.map.analysed[0])[5]
    blood, analysed = np.array(series.blood_pixels), np.array(series.map.analysed)
    blood[0, row, column], analysed[0, row, column] = True, False
    changed = replace(series, blood_pixels=blood, map=replace(series.map, analysed=analysed))
    assert explain_pixel(changed, 0, int(row), int(column)).reason.startswith("it lies in the edge of the blood")


def test_an_image_that_was_left_out_is_named(chain) -> None:
    series = chain[MapKind.NATIVE_T1]
    row, column = np.argwhere(series.map.analysed[0])[5]
    samples = np.array(series.cells.samples)
    samples[0, 3] = np.nan
    told = explain_pixel(replace(series, cells=replace(series.cells, samples=samples)), 0, int(row), int(column))
    assert told.left_out_ms == (series.stack.times_ms[0, 3],)


def test_pixels_without_a_fit_are_refused_with_the_reason(chain) -> None:
    series = chain[MapKind.NATIVE_T1]
    with pytest.raises(InputError, match="outside the myocardium"):
        explain_pixel(series, 0, 0, 0)
    with pytest.raises(InputError, match=r"found \(9, 0, 0\)"):
        explain_pixel(series, 9, 0, 0)
    reference = np.array(series.map.reference_time)
    reference[0] = -1
    refusals = (Refusal(MapKind.NATIVE_T1, "refused", "3 of 11 images were segmented, 8 are needed", 0),)
    refused = replace(series, map=replace(series.map, reference_time=reference, refusals=refusals))
    with pytest.raises(InputError, match="slice 0 has no map: 3 of 11 images"):
        explain_pixel(refused, 0, 100, 100)
