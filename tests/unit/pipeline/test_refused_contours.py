"""A reader's contours that cannot be used: refused with the reason, and the network's count."""

import numpy as np
import pytest

from cmrmap.core.corrections import Corrections
from cmrmap.core.outlines import Label
from tests.unit.pipeline.corrected_study import NATIVE, SLICE, drawn_contour, native_outlines


def _torn(labels: np.ndarray) -> np.ndarray:
    out = np.array(labels)
    rows, columns = np.nonzero(out == Label.CAVITY)
    out[int(rows.mean()), : int(columns.mean())] = 0
    return out


def _twice(labels: np.ndarray) -> np.ndarray:
    out = np.array(labels)
    out[2:10, 2:10] = Label.MYOCARDIUM
    return out


def _blood_outside(labels: np.ndarray) -> np.ndarray:
    out = np.array(labels)
    out[2:10, 2:10] = Label.CAVITY
    return out


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (_torn, "not a closed ring"),
        (_twice, "several parts"),
        (_blood_outside, "blood pool lies outside the wall"),
    ],
)
def test_a_contour_that_is_no_ring_is_refused_and_the_networks_counts(cut, untouched, on_map, change, reason) -> None:
    time, labels = on_map
    labels = change(np.roll(labels, (1, 1), axis=(0, 1)))
    one = native_outlines(cut, Corrections((drawn_contour(labels, time=time),)))
    np.testing.assert_array_equal(one.labels, untouched[NATIVE].refined.labels)
    (flag,) = one.reading.findings
    assert (flag.code, flag.severity, flag.map, flag.slice_index) == (
        "reader_contours_refused",
        "warning",
        NATIVE,
        SLICE,
    )
    assert reason in (flag.detail or flag.message)


def test_two_objects_on_one_slice_are_refused_unless_they_agree(cut, untouched, on_map) -> None:
    time, labels = on_map
    first, second = (np.roll(labels, by, axis=0) for by in (1, 2))
    for other, code in ((second, "reader_contours_refused"), (first, "reader_contours"), (labels, "reader_contours")):
        both = Corrections((drawn_contour(first, time=time), drawn_contour(other, time=time, source="1.3")))
        one = native_outlines(cut, both)
        assert [flag.code for flag in one.reading.findings] == [code]
        if other is second:
            np.testing.assert_array_equal(one.labels, untouched[NATIVE].refined.labels)
            told = one.reading.findings[0].detail or one.reading.findings[0].message
            assert "two objects have different contours for the slice; remove the wrong one" in told
            assert "(1.3)" in told
