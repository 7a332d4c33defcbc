"""The record of how a map came about says what explaining a pixel says."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from cmrmap.core.findings import Refusal
from cmrmap.core.map_record import ImageUse, MapRecord
from cmrmap.core.map_specs import MapKind
from cmrmap.pipeline import explain_pixel
from cmrmap.pipeline.map_records import map_records


@pytest.fixture(scope="module")
def records(chain) -> dict[MapKind, MapRecord]:
    return {one.kind: one for one in map_records(chain.series, chain.ecv)}


@pytest.mark.parametrize("kind", [MapKind.T2, MapKind.NATIVE_T1, MapKind.POSTCONTRAST_T1])
def test_every_pixel_has_the_fit_and_the_reason_that_explaining_it_gives(chain, records, kind) -> None:
    record, series = records[kind], chain[kind]
    for s in range(len(record.walls)):
        wall = record.walls[s]
        assert set(wall.flat) == set(np.flatnonzero(np.isfinite(series.map.values[s]) | (series.map.labels[s] == 1)))
        for pixel in range(0, len(wall.flat), 97):
            row, column = divmod(int(wall.flat[pixel]), series.map.values.shape[2])
            told = explain_pixel(series, s, row, column)
            cell = wall.cell[pixel]
            assert record.words[wall.reason[pixel]] == told.reason
            assert divmod(int(cell), series.polar.depths.size) == told.cell
            assert record.fits.time_constant_ms[s, cell] == pytest.approx(told.t_star, nan_ok=True)
            assert record.fits.amplitude[s, cell] == pytest.approx(told.amplitude, nan_ok=True)
            assert record.fits.r2[s, cell] == pytest.approx(told.r2, nan_ok=True)
            used = np.isin(record.uses[s], (ImageUse.FITTED, ImageUse.FITTED_REPLACED, ImageUse.CONTRADICTED))
            np.testing.assert_array_equal(record.fits.samples[s, used, cell], told.samples)


def test_the_tissue_of_a_pixel_lies_at_the_pixel_in_the_maps_own_image(records) -> None:
    record = records[MapKind.NATIVE_T1]
    columns = record.images.shape[-1]
    for s, wall in enumerate(record.walls):
        own = record.reference_time[s]
        inner = wall.reason == 0  # at the border the nearest cell stands for the pixel
        np.testing.assert_allclose(wall.rows[own][inner], (wall.flat // columns)[inner], atol=0.25)
        np.testing.assert_allclose(wall.columns[own][inner], (wall.flat % columns)[inner], atol=0.25)


def test_ecv_leads_to_both_t1_maps(chain, records) -> None:
    record = records[MapKind.ECV]
    assert record.fits is None
    assert record.partners == (
        (MapKind.NATIVE_T1, tuple(range(len(record.walls)))),
        (MapKind.POSTCONTRAST_T1, tuple(int(one) for one in chain.ecv.partner)),
    )
    counted = np.zeros(chain.ecv.map.analysed.shape[1:], dtype=bool).ravel()
    counted[record.walls[1].flat[record.walls[1].reason == 0]] = True
    np.testing.assert_array_equal(counted.reshape(chain.ecv.map.analysed.shape[1:]), chain.ecv.map.analysed[1])
    assert [one.kind for one in map_records(chain.series, Refusal(MapKind.ECV, "absent", "none"))] == [
        one.kind for one in chain.series
    ]


def test_what_became_of_every_image_is_told(chain) -> None:
    series = chain[MapKind.T2]
    outcome = np.array(series.refined.outcome)
    outcome[0, :5] = (0, 2, 3, 1, 4)
    gone = (np.array([3]), *(np.array([], dtype=int) for _ in series.left_out[1:]))
    reference = np.array(series.map.reference_time)
    reference[-1] = -1
    changed = replace(
        series,
        refined=replace(series.refined, outcome=outcome),
        left_out=gone,
        map=replace(series.map, reference_time=reference),
    )
    (record,) = map_records((changed,), Refusal(MapKind.ECV, "absent", "none"))
    assert record.uses[0, :5].tolist() == [
        ImageUse.MISSING,
        ImageUse.FITTED_REPLACED,
        ImageUse.NO_OUTLINE,
        ImageUse.CONTRADICTED,
        ImageUse.LEFT_OUT,
    ]
    assert (record.uses[-1] == ImageUse.SLICE_REFUSED).all()
    assert record.walls[-1].flat.size == 0
    assert np.isnan(record.walls[0].rows[2]).all()


def test_a_record_that_does_not_fit_together_is_refused(records) -> None:
    record = records[MapKind.T2]
    with pytest.raises(ValueError, match="walls must have one entry per slice"):
        replace(record, walls=record.walls[1:])
    with pytest.raises(ValueError, match="first of the words"):
        replace(record, words=("why",))
    with pytest.raises(ValueError, match="uses has shape"):
        replace(record, uses=record.uses[:, 1:])
    with pytest.raises(ValueError, match="cell has shape"):
        replace(record.walls[0], cell=record.walls[0].cell[1:])
    with pytest.raises(ValueError, match="amplitude has shape"):
        replace(record.fits, amplitude=record.fits.amplitude[1:])
