"""Which slices can be edited, and why the others cannot."""

from __future__ import annotations

from types import SimpleNamespace
from unittest.mock import Mock

import numpy as np
import pytest

from cmrmap.core.arrays import LabelArray
from cmrmap.core.findings import Refusal
from cmrmap.core.map_specs import MapKind
from cmrmap.core.outlines import Label
from cmrmap.edit.editable import editable_slices, why_not_editable
from cmrmap.pipeline.execution import Products
from cmrmap.pipeline.mapped_series import MappedSeries

ROWS, COLUMNS = np.mgrid[:40, :40]
DISTANCE = np.hypot(ROWS - 20, COLUMNS - 20)


def _wall(inner: float, outer: float) -> LabelArray:
    return np.where(inner > DISTANCE, Label.CAVITY, np.where(outer > DISTANCE, Label.MYOCARDIUM, 0)).astype(np.uint8)


@pytest.fixture
def products() -> Products:
    """T2 of four slices: mapped, refused, without a cavity, and without a map for a reason of the whole series."""
    series = Mock(spec=MappedSeries)
    series.kind = series.first_called = MapKind.T2
    series.network = None
    series.made = np.array([True, False, True, False])
    series.refined = SimpleNamespace(labels=np.stack([_wall(8, 14), _wall(8, 14), _wall(0, 14), _wall(8, 14)])[:, None])
    refusals = (Refusal(MapKind.T2, "refused", "ghosting", 1),)
    series.map = SimpleNamespace(reference_time=np.array([0, -1, 0, -1]), refusals=refusals)
    series.stack = SimpleNamespace(geometry=[SimpleNamespace(pixel_spacing_mm=(1.5, 1.5))] * 4)
    return Products({"series": (series,)})


def test_a_slice_with_a_map_and_both_borders_can_be_edited(products: Products) -> None:
    found = editable_slices(products)
    assert list(found) == [(MapKind.T2, 0)]
    assert found[MapKind.T2, 0].pixel_mm2 == 2.25


def test_every_other_slice_says_why_it_cannot(products: Products) -> None:
    assert why_not_editable(products) == {
        (MapKind.T2, 1): "it has no map to draw on (ghosting)",
        (MapKind.T2, 2): "its wall or its cavity is too small to edit here",
        (MapKind.T2, 3): "it has no map to draw on",
    }
