"""Values beyond the range that counts are told where they bias a mean, and not in the edge of the blood."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from cmrmap.core.map_specs import MapKind
from cmrmap.core.outlines import Label
from cmrmap.core.parameter_map import FitStatus
from cmrmap.pipeline.find import find
from cmrmap.pipeline.map_numbers import series_numbers
from cmrmap.pipeline.regions import locate
from cmrmap.regional.pruning import prune_boundary
from cmrmap.settings import AnalysisSettings

SETTINGS = AnalysisSettings()


def _told(series) -> list[tuple[int | None, str]]:
    found = find([series_numbers(series, locate(series))], SETTINGS)
    return [(flag.slice_index, flag.message) for flag in found if flag.code == "values_out_of_range"]


@pytest.fixture
def bright(chain):
    """The T2 map of a healthy study, and a third of its first slice's wall in which T2 is that of blood."""
    series = chain[MapKind.T2]
    wall = prune_boundary(np.asarray(series.map.labels == Label.MYOCARDIUM), SETTINGS.pruning.boundary_px)
    pixels = np.zeros_like(wall)
    rows, columns = np.nonzero(wall[0])
    pixels[0, rows[::3], columns[::3]] = True
    values, status, analysed = (np.array(one) for one in (series.map.values, series.map.status, series.map.analysed))
    values[pixels], status[pixels], analysed[pixels] = 140.0, FitStatus.OK, False
    return replace(series, map=replace(series.map, values=values, status=status, analysed=analysed)), pixels


def test_a_healthy_study_has_none(chain) -> None:
    assert _told(chain[MapKind.T2]) == []


def test_pixels_that_would_count_are_told(bright) -> None:
    series, pixels = bright
    ((index, message),) = _told(replace(series, blood_pixels=series.blood_pixels & ~pixels))
    assert index == 0
    assert "above 100 ms" in message


def test_the_edge_of_the_blood_is_left_out_on_purpose(bright) -> None:
    series, pixels = bright
    assert _told(replace(series, blood_pixels=series.blood_pixels | pixels)) == []


def test_the_share_is_of_what_would_count_but_for_its_value(bright) -> None:
    """Half of the wall in the edge of the blood does not halve the share of the rest."""
    series, pixels = bright
    wall = prune_boundary(np.asarray(series.map.labels == Label.MYOCARDIUM), SETTINGS.pruning.boundary_px)
    free = wall[0] & ~pixels[0]
    edge = np.zeros_like(wall)
    edge[0] = free & (np.cumsum(free.ravel()).reshape(free.shape) % 2 == 0)
    ((_, message),) = _told(replace(series, blood_pixels=edge))
    assert message.startswith("50%")
