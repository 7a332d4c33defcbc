"""Borders that a reader moved: what lies between the old and the new place changes, and nothing else."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmrmap.core.errors import InputError
from cmrmap.core.outlines import Label
from cmrmap.edit.outline import Borders, borders_of, redrawn
from cmrmap.pipeline.corrected import closed_ring

SIDE = 96
_ROW, _COLUMN = np.mgrid[:SIDE, :SIDE]


def _ring(centre=(48.0, 46.0), inner=12.0, outer=20.0):
    away = np.hypot(_ROW - centre[0], _COLUMN - centre[1])
    labels = np.zeros((SIDE, SIDE), dtype=np.uint8)
    labels[:, 70:78] = Label.RIGHT_VENTRICLE
    labels[away <= outer] = Label.MYOCARDIUM
    labels[away <= inner] = Label.CAVITY
    return labels


def _circle(radius, centre=(48.0, 46.0), count=60):
    turn = np.linspace(0, 2 * np.pi, count, endpoint=False)
    return np.stack([centre[0] + radius * np.sin(turn), centre[1] + radius * np.cos(turn)], axis=1)


def _pushed(line, angle, by, width=0.5):
    """The line with a bump of so many pixels outwards in one direction."""
    away = line - line.mean(axis=0)
    turn = np.arctan2(away[:, 0], away[:, 1]) - angle
    turn = np.abs((turn + np.pi) % (2 * np.pi) - np.pi)
    share = np.clip(1 - (turn / width) ** 2, 0, None)[:, None]
    return line + by * share * away / np.linalg.norm(away, axis=1, keepdims=True)


def test_nothing_moved_is_nothing_changed() -> None:
    labels = _ring()
    lines = borders_of(labels)
    assert np.array_equal(redrawn(labels, Borders(), 1.0), labels)
    assert np.array_equal(redrawn(labels, lines, 1.0), labels)


@given(st.floats(-np.pi, np.pi), st.floats(-3.0, 5.0))
def test_a_bump_changes_pixels_beside_it_and_nowhere_else(angle: float, by: float) -> None:
    labels = _ring()
    line = borders_of(labels).epicardium
    out = redrawn(labels, Borders(epicardium=_pushed(line, angle, by)), 1.0)
    changed = np.argwhere(out != labels) - np.array([48.0, 46.0])
    turn = np.arctan2(changed[:, 0], changed[:, 1]) - angle
    assert (np.abs((turn + np.pi) % (2 * np.pi) - np.pi) <= 0.62).all()
    assert np.array_equal(out == Label.CAVITY, labels == Label.CAVITY)
    grown = np.count_nonzero(out == Label.MYOCARDIUM) - np.count_nonzero(labels == Label.MYOCARDIUM)
    assert grown >= 0 if by > 0 else grown <= 0
    assert not isinstance(closed_ring(out), str)


def test_the_right_ventricle_gives_way_and_stays_elsewhere() -> None:
    labels = _ring()
    line = borders_of(labels).epicardium
    out = redrawn(labels, Borders(epicardium=_pushed(line, 0.0, 8.0)), 1.0)
    gone = (labels == Label.RIGHT_VENTRICLE) & (out != Label.RIGHT_VENTRICLE)
    assert gone.any()
    assert (out[gone] == Label.MYOCARDIUM).all()
    assert not ((out == Label.RIGHT_VENTRICLE) & (labels != Label.RIGHT_VENTRICLE)).any()


_EIGHT = np.stack([48 + 9 * np.sin(2 * np.linspace(0, 6.2, 40)), 46 + 15 * np.sin(np.linspace(0, 6.2, 40))], axis=1)


@pytest.mark.parametrize(
    ("drawn", "words"),
    [
        (Borders(endocardium=_circle(12.0, (60.0, 58.0))), "outside the epicardium"),
        (Borders(endocardium=_circle(1.5)), "encloses less than 20 mm2"),
        (Borders(epicardium=_circle(60.0)), "leaves the image; draw it within 96 x 96 pixels"),
        (Borders(epicardium=_EIGHT), "the epicardium crosses itself"),
        (Borders(endocardium=np.full((30, 2), 40.0)), "the endocardium encloses nothing"),
        (Borders(endocardium=_circle(12.0) * np.nan), "points that are not numbers"),
        (Borders(endocardium=_circle(12.0, count=5)), "needs 8 to 600 points"),
        (Borders(endocardium=_circle(12.0, count=700)), "needs 8 to 600 points"),
        (Borders(endocardium=_circle(20.0)), "not a closed ring"),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)
def test_what_is_no_wall_is_refused_in_one_line(drawn: Borders, words: str) -> None:
    with pytest.raises(InputError, match=words) as told:
        redrawn(_ring(), drawn, 1.0)
    assert "\n" not in str(told.value)


def test_a_wall_without_a_cavity_has_no_inner_border_to_draw() -> None:
    labels = np.where(_ring() == Label.CAVITY, Label.MYOCARDIUM, _ring()).astype(np.uint8)
    assert borders_of(labels).endocardium is None
    with pytest.raises(InputError, match="too small to edit here"):
        redrawn(labels, Borders(endocardium=_circle(5.0)), 1.0)
