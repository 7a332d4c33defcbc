"""What is found of a whole T1 map is told of the ECV that is made from it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from cmrmap.core.map_specs import MapKind
from cmrmap.pipeline.find import find
from cmrmap.pipeline.map_numbers import ecv_numbers, series_numbers
from cmrmap.pipeline.regions import locate
from cmrmap.results import ImageMisfit, ModelMisfit
from cmrmap.settings import AnalysisSettings

CODES = {"model_misfit", "mirrored", "unusual_plane"}


def _codes(chain, regions, before=()) -> set[str]:
    made = [*before, replace(ecv_numbers(chain.ecv, regions), regions=regions)]
    return {flag.code for flag in find(made, AnalysisSettings()) if flag.map is MapKind.ECV} & CODES


def _t1(chain, kind: MapKind, misfit: ModelMisfit | None):
    numbers = series_numbers(chain[kind], locate(chain[kind]))
    return replace(numbers, result=replace(numbers.result, model_misfit=misfit))


def test_a_phantom_as_it_is_has_none_of_them(chain) -> None:
    made = [_t1(chain, kind, None) for kind in (MapKind.NATIVE_T1, MapKind.POSTCONTRAST_T1)]
    assert _codes(chain, locate(chain[MapKind.NATIVE_T1]), made) == set()


@pytest.mark.parametrize(
    ("of", "told"), [(MapKind.NATIVE_T1, True), (MapKind.POSTCONTRAST_T1, True), (MapKind.T2, False)]
)
def test_a_model_that_one_of_its_maps_deviates_from(chain, of, told) -> None:
    misfit = ModelMisfit(2.5, (ImageMisfit(100.0, 2.5),), -16.0, 100.0)
    made = [_t1(chain, kind, misfit if kind is of else None) for kind in (MapKind.T2, *MapKind.ECV.sources)]
    expected = {"model_misfit"} if told else set()
    assert _codes(chain, locate(chain[MapKind.NATIVE_T1]), made) == expected
    alone = [flag for flag in find(made, AnalysisSettings()) if flag.code == "model_misfit"]
    assert [flag.map for flag in alone] == [of]


def test_a_smaller_misfit_is_not_told(chain) -> None:
    misfit = ModelMisfit(0.9, (ImageMisfit(100.0, 0.9),), -5.0, 100.0)
    made = [_t1(chain, kind, misfit) for kind in MapKind.ECV.sources]
    assert _codes(chain, locate(chain[MapKind.NATIVE_T1]), made) == set()


def test_a_mirror_image(chain) -> None:
    regions = locate(chain[MapKind.NATIVE_T1])
    points = regions.points
    mirrored = replace(points, anterior_rad=np.pi - points.anterior_rad, inferior_rad=np.pi - points.inferior_rad)
    assert _codes(chain, replace(regions, points=mirrored)) == {"mirrored"}
