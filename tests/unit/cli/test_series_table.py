"""The table of series on a terminal."""

from __future__ import annotations

import math

import pytest

from cmrmap.cli.series_table import clock, printable, series_lines, times_text
from cmrmap.core.map_specs import MapKind
from cmrmap.core.series_row import SeriesRow

TAKEN = SeriesRow(
    "1.2.3",
    401,
    "MOLLI native",
    "taken",
    MapKind.NATIVE_T1,
    'the description says "native"',
    3,
    33,
    n_used=33,
    times_ms=(100.0, 180.0, 1100.0),
    timing_source="InversionTime (0018,0082)",
    model="molli_3p",
    matrix=(256, 218),
    spacing_mm=(1.25, 1.5),
    position_mm=(-20.0, 4.25),
    frame_of_reference="A",
    start_s=845.4,
)
LOST = SeriesRow("1.2.4", None, "", "lost", None, "none of its files can be read", 0, 0, n_lost=3)


def test_a_row_has_everything_in_its_column() -> None:
    head, _, first, times, why = series_lines([TAKEN], 100)
    for name, shown in {
        "no.": "401",
        "description": "MOLLI native",
        "taken for": "native T1",
        "slices": "3",
        "images": "33",
        "matrix": "256x218",
        "pixel mm": "1.25x1.5",
        "position mm": "-20..4",
        "FoR": "A",
        "start": "+14:05",
    }.items():
        ends = head.index(name), head.index(name) + len(name)
        assert shown in first
        found = first.index(shown)
        assert found == ends[0] or found + len(shown) == ends[1], name
    assert times.strip() == "times  100 180 1100 ms from InversionTime (0018,0082); model molli_3p"
    assert why.strip() == 'why    the description says "native"'


@pytest.mark.parametrize("width", [1, 100, 140])
def test_no_line_is_wider_than_the_terminal_or_a_hundred_characters(width: int) -> None:
    long = SeriesRow("1.2.5", 1, "a long description of a series " * 3, "refused", MapKind.T2, "a reason " * 40, 1, 9)
    lines = series_lines([TAKEN, long, LOST], width)
    assert max(map(len, lines)) <= max(width, 100)
    assert " ".join(" ".join(lines).split()).count("a reason") == 40


def test_a_description_that_is_cut_stands_below_in_full() -> None:
    row = SeriesRow("1.2.5", 1, "MOLLI short axis post contrast", "no_mapping", None, "why", 1, 1)
    assert any(line.strip() == "name   MOLLI short axis post contrast" for line in series_lines([row], 100))


@pytest.mark.parametrize(
    ("verdict", "words", "why"),
    [
        ("refused", "(refused)", "why    looks like T2: too few"),
        ("not_chosen", "(not chosen)", "why    could be used for T2: too few"),
        ("signs", "(signs)", "why    too few"),
        ("no_mapping", " - ", "why    too few"),
    ],
)
def test_what_is_not_taken_says_so(verdict: str, words: str, why: str) -> None:
    lines = series_lines([SeriesRow("1.2", 1, "a", verdict, MapKind.T2, "too few", 1, 1)], 100)
    assert words in lines[2]
    assert lines[-1].strip() == why


def test_what_is_not_known_is_a_dash() -> None:
    assert series_lines([LOST], 100)[2].split() == ["-", "-", "(lost)", "0", "0", *["-"] * 5]


def test_times_are_read_out_or_counted() -> None:
    assert times_text((0.0, 55.5, math.inf)) == "0 55.5 inf ms"
    assert times_text(tuple(map(float, range(20)))) == "0 1 2 3 4 5 ... 17 18 19 ms (20 times)"


@pytest.mark.parametrize(("seconds", "words"), [(0, "+0:00"), (59.6, "+1:00"), (3753, "+1:02:33"), (90000, "+1 d")])
def test_clock(seconds: float, words: str) -> None:
    assert clock(seconds) == words


def test_a_description_cannot_steer_the_terminal() -> None:
    assert printable("T1\x1b[31m\nmap") == "T1 [31m map"
    row = SeriesRow("1.2", 1, "T1\x1b[2J", "no_mapping", None, "why\x07", 1, 1)
    assert "\x1b" not in "".join(series_lines([row], 100))
    assert "\x07" not in "".join(series_lines([row], 100))
