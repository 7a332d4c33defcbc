"""Arrays as text in a page: the bytes a browser undoes, checked by undoing them here."""

from __future__ import annotations

import base64
import json
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from cmrmap.report.packed import Packed, packed, packed_images, packed_list


def _undone(found: Packed) -> np.ndarray:
    """What templates/viewer/arrays.js does."""
    content = zlib.decompress(base64.b64decode(found.text))
    kind = np.dtype(found.form["type"]).newbyteorder("<")
    plain = np.frombuffer(content, np.uint8).reshape(kind.itemsize, -1).T.copy().view(kind)
    plain = plain.reshape(found.form["shape"])
    if not found.form.get("folded"):
        return plain
    folded = plain.astype(np.int64)
    codes = np.cumsum(np.where(folded % 2, -(folded + 1) // 2, folded // 2), axis=-1) % 65536
    return np.where(codes == 65535, np.nan, found.form["low"] + found.form["step"] * codes)


@pytest.mark.parametrize(("kind", "values"), [("f4", [1.5, np.nan, -2e-3]), ("u4", [0, 70000]), ("i2", [-32768, 5])])
def test_an_array_comes_back_as_it_was(kind, values):
    array = np.array(values).reshape(1, -1)
    np.testing.assert_array_equal(_undone(packed(array, kind)), array.astype(kind))


@given(hnp.arrays(np.float32, (2, 3, 5), elements=st.integers(-30000, 30000).map(float)))
def test_whole_numbers_of_an_image_come_back_exactly(images):
    np.testing.assert_array_equal(_undone(packed_images(images)), images)


@given(hnp.arrays(np.float64, (2, 7), elements=st.floats(-1e6, 1e6)))
def test_other_numbers_come_back_within_half_a_step(images):
    found = packed_images(images)
    span = float(images.max() - images.min())
    np.testing.assert_allclose(_undone(found), images, atol=max(span / 65534.0, 1e-12) * 0.51 + 1e-9)


def test_an_image_of_one_value_comes_back():
    np.testing.assert_array_equal(_undone(packed_images(np.full((2, 3), 1.5))), 1.5)


def test_a_lost_image_is_no_value_and_its_neighbours_stay():
    images = np.array([[1.0, np.nan, 3.0], [np.nan] * 3, [65535.0, 4.0, 0.0]])
    np.testing.assert_allclose(_undone(packed_images(images)), images, atol=0.51)
    whole = np.array([[1.0, np.nan, 3.0], [np.nan] * 3, [65534.0, 4.0, 0.0]])
    np.testing.assert_array_equal(_undone(packed_images(whole)), whole)
    assert np.isnan(_undone(packed_images(np.full((2, 2), np.nan)))).all()


def test_a_list_is_json():
    found = packed_list({"a": [1, "ß"]})
    assert json.loads(zlib.decompress(base64.b64decode(found.text))) == {"a": [1, "ß"]}
