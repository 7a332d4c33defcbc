"""Contact sheets: everything is there, where it should be, and compact."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from cmrmap.core.map_specs import MapKind
from cmrmap.core.series_picture import SeriesPicture
from cmrmap.core.series_row import SeriesRow
from cmrmap.report.contact_sheet import contact_sheet

ROW = SeriesRow(
    "1.2", 401, "MOLLI\x07 native", "taken", MapKind.NATIVE_T1, "a reason that is long " * 30, 2, 6, n_used=5
)


def _picture(level: float, place: str = "0.0 mm", shape: tuple[int, ...] = (40, 40), **named: object) -> SeriesPicture:
    return SeriesPicture(np.full(shape, level), place, **{"label": "100 ms", "used": True, **named})


def _drawn(*pictures: SeriesPicture, row: SeriesRow = ROW) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(contact_sheet(row, pictures))).convert("RGB"))


def _middles(sheet: np.ndarray, rows: int, columns: int) -> np.ndarray:
    """Grey in the middle of every image of a regular sheet."""
    size = int(np.clip(1500 // columns, 88, 208))
    tops, lefts = 66 + np.arange(rows) * (size + 3), 90 + np.arange(columns) * (size + 3)
    return sheet[(tops + size // 2)[:, None], lefts + size // 2, 0]


def test_a_line_a_slice_in_one_window() -> None:
    sheet = _drawn(*(_picture(10.0 * slice_ + time, f"{slice_} mm") for slice_ in range(2) for time in range(3)))
    found = _middles(sheet, 2, 3).astype(int)
    assert (np.diff(found.ravel()) > 0).all()  # 0 1 2 10 11 12: the same grey means the same signal
    assert (found[0, 0], found[1, 2]) == (0, 255)


def test_each_kind_has_its_own_window_and_line() -> None:
    sheet = _drawn(_picture(0.0), _picture(10.0), _picture(4000.0, part="phase"), _picture(5000.0, part="phase"))
    assert _middles(sheet, 2, 2).tolist() == [[0, 255], [0, 255]]


def test_images_that_are_not_used_do_not_darken_those_that_are() -> None:
    sheet = _drawn(_picture(0.0), _picture(10.0), _picture(4000.0, used=False))
    assert _middles(sheet, 1, 3).tolist()[0][:2] == [0, 255]


def test_one_image_a_place_runs_on_in_lines() -> None:
    sheet = _drawn(*(_picture(1.0, f"{place} mm") for place in range(40)))
    assert sheet.shape[0] < 600
    assert sheet.shape[1] < 1700


def test_colour_stays_colour_and_what_cannot_be_read_is_said() -> None:
    red = np.zeros((40, 40, 3))
    red[..., 0] = 200.0
    sheet = _drawn(SeriesPicture(red, "0 mm", "no. 1"), SeriesPicture(None, "0 mm", "no. 2"))
    assert (sheet == (200, 0, 0)).all(axis=2).sum() > 20_000
    assert (sheet == (38, 43, 50)).all(axis=2).sum() > 20_000


@pytest.mark.parametrize("level", [0.0, np.nan, np.inf, 1e30])
def test_pixels_that_are_constant_or_no_numbers_are_drawn(level: float) -> None:
    assert _drawn(_picture(level)).size


@pytest.mark.parametrize("shape", [(1, 1), (200, 10), (10, 200)])
def test_odd_shapes_are_drawn(shape: tuple[int, int]) -> None:
    assert _drawn(_picture(1.0, shape=shape)).shape[0] < 600


def test_the_same_input_gives_the_same_bytes_and_rows_without_number_have_a_sheet() -> None:
    row = SeriesRow("1.2", None, "", "lost", None, "why", 0, 1)
    assert contact_sheet(row, [_picture(1.0)]) == contact_sheet(row, [_picture(1.0)])


def test_a_picture_is_grey_or_has_three_colours() -> None:
    with pytest.raises(ValueError, match="axes"):
        SeriesPicture(np.zeros((4, 4, 4)), "0 mm", "no. 1")
