"""A scanner's map holds arrays that fit together, or none at all."""

from __future__ import annotations

import numpy as np
import pytest

from cmrmap.core.geometry import SliceGeometry
from cmrmap.core.map_specs import MapKind
from cmrmap.core.scanner_map import SCANNER_MAP, ScannerMap
from cmrmap.core.stack import WeightedStack

SHAPE = (3, 1, 4, 5)


def test_what_fits_is_kept():
    found = ScannerMap(np.ones(SHAPE), np.ones(SHAPE), "ms", ("1", "", "3"))
    assert found.sd is not None
    assert found.sd_uids == ("1", "", "3")
    assert ScannerMap(np.ones(SHAPE)).sd_uids == ()


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"values": np.ones(SHAPE[1:])}, r"values must have axes \(slice, 1, row, column\)"),
        ({"sd": np.ones((3, 1, 5, 4))}, r"ScannerMap: sd has shape \(3, 1, 5, 4\); expected \(3, 1, 4, 5\)"),
        ({"sd": np.ones(SHAPE), "sd_uids": ("1", "2")}, r"one entry per slice \(3\), or none; found 2"),
    ],
)
def test_what_does_not_fit_is_refused(changes, told):
    with pytest.raises(ValueError, match=told):
        ScannerMap(**{"values": np.ones(SHAPE), **changes})


def test_it_has_the_shape_of_its_stack():
    plane = SliceGeometry((0.0,) * 3, (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (1.0, 1.0))
    given = {"kind": MapKind.T2, "times_ms": np.zeros((3, 1)), "geometry": (plane,) * 3, "model": SCANNER_MAP}
    with pytest.raises(ValueError, match=r"WeightedStack: scanner has shape \(3, 1, 4, 5\); expected \(3, 1, 4, 6\)"):
        WeightedStack(images=np.ones((3, 1, 4, 6)), timing_source="", scanner=ScannerMap(np.ones(SHAPE)), **given)
