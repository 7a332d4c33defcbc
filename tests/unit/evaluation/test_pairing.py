"""Every value is paired or its exclusion is told."""

import numpy as np
import pandas as pd
import pytest

from cmrmap.core.errors import InputError
from cmrmap.core.map_specs import MapKind
from cmrmap.evaluation.pairing import check_overlap, pair


def _measured(**values: float) -> pd.DataFrame:
    rows = [
        {
            "study": study,
            "map": "t2",
            "scope": "patient",
            "slice_index": -1,
            "aha": -1,
            "value": value,
            "uncertainty": 0.5,
            "warnings": 0,
            "level": None,
            "success": study != "failed",
        }
        for study, value in values.items()
    ]
    return pd.DataFrame(rows)


def _reference(**values: float) -> pd.DataFrame:
    rows = [
        {"study": study, "map": "t2", "scope": "patient", "slice_index": -1, "aha": -1, "value": value}
        for study, value in values.items()
    ]
    return pd.DataFrame(rows)


def test_nothing_is_dropped_in_silence() -> None:
    measured = _measured(good=51.0, failed=52.0, refused=np.nan, alone=50.0, strange=50.0)
    reference = _reference(good=50.0, failed=50.0, refused=50.0, unmeasured=50.0, strange=np.nan)
    found = pair(measured, reference, MapKind.T2, "patient")
    assert found.table[["study", "automatic", "reference"]].to_numpy().tolist() == [["good", 51.0, 50.0]]
    assert {one.reason.split(" (")[0]: (one.n, one.examples) for one in found.exclusions} == {
        "study without automatic results": (1, ("unmeasured",)),
        "study without reference": (1, ("alone",)),
        "map did not succeed": (1, ("failed",)),
        "no automatic value": (1, ("refused",)),
        "reference is not a number": (1, ("strange",)),
    }


def test_a_slice_that_one_side_lacks_is_told_as_such() -> None:
    measured = pd.concat([_measured(a=51.0), _measured(a=52.0).assign(scope="slice", slice_index=1)])
    reference = pd.concat([_reference(a=51.0), _reference(a=52.0).assign(scope="slice", slice_index=0)])
    found = pair(measured, reference, MapKind.T2, "slice")
    assert len(found.table) == 0
    assert {one.reason for one in found.exclusions} == {"not found by the automatic analysis", "not in the reference"}


def test_no_study_in_common_is_an_error() -> None:
    check_overlap(_measured(a=1.0), _reference(a=1.0, b=1.0), "reader")
    with pytest.raises(InputError, match="no study of reader is among the results: they have a, the reference has b"):
        check_overlap(_measured(a=1.0), _reference(b=1.0), "reader")
