"""What is found of a whole T1 map is told of the ECV that is made from it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from cmrmap.core.map_specs import MapKind
from cmrmap.pipeline import find
from cmrmap.pipeline.map_numbers import ecv_numbers
from cmrmap.pipeline.regions import locate
from cmrmap.quality.catalogue.mean_quality import MODEL_MISFIT
from cmrmap.settings import AnalysisSettings

CODES = {"model_misfit", "mirrored", "unusual_plane"}


def _codes(chain, regions) -> set[str]:
    numbers = replace(ecv_numbers(chain.ecv, regions), regions=regions)
    return {flag.code for flag in find.find([numbers], AnalysisSettings()) if flag.map is MapKind.ECV} & CODES


def test_a_phantom_as_it_is_has_none_of_them(chain) -> None:
    assert _codes(chain, locate(chain[MapKind.NATIVE_T1])) == set()


@pytest.mark.parametrize("of", [MapKind.NATIVE_T1, MapKind.POSTCONTRAST_T1])
def test_a_model_that_one_of_its_maps_deviates_from(chain, monkeypatch, of) -> None:
    told = MODEL_MISFIT.flag_inherited(of)
    monkeypatch.setattr(find, "_of_misfit", lambda series, _: (told,) if series.kind is of else ())
    assert _codes(chain, locate(chain[MapKind.NATIVE_T1])) == {"model_misfit"}


def test_a_mirror_image(chain) -> None:
    regions = locate(chain[MapKind.NATIVE_T1])
    points = regions.points
    mirrored = replace(points, anterior_rad=np.pi - points.anterior_rad, inferior_rad=np.pi - points.inferior_rad)
    assert _codes(chain, replace(regions, points=mirrored)) == {"mirrored"}
