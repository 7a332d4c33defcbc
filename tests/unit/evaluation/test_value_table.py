"""Reference tables: what is taken, and what is told about the rest."""

from pathlib import Path

import pytest

from cmrmap.core.errors import InputError
from cmrmap.evaluation.value_table import read_csv, read_measured


def _csv(folder: Path, text: str) -> Path:
    path = folder / "reference.csv"
    path.write_text(text)
    return path


def test_scopes_follow_from_what_is_given(tmp_path: Path) -> None:
    path = _csv(
        tmp_path,
        "study, map, unit, slice_index, aha, value\na, t2, ms, , , 50.1\na, t2, ms, 0, , 51\na, t2, ms, 0, 3, 52\n",
    )
    table = read_csv(path)
    assert table["scope"].tolist() == ["patient", "slice", "segment"]
    assert table["slice_index"].tolist() == [-1, 0, 0]
    assert table["value"].tolist() == [50.1, 51.0, 52.0]


def test_only_the_columns_that_are_needed(tmp_path: Path) -> None:
    assert read_csv(_csv(tmp_path, "study,map,value\na,ecv,27.5\nb,ecv,NaN\n"))["value"].isna().tolist() == [
        False,
        True,
    ]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("study,map\na,t2\n", "no column value"),
        ("study,map,value\na,t3,50\n", "the map t3"),
        ("study,map,value\na,t2,fifty\n", "line 2: the value is not a number"),
        ("study,map,value\na,t2,50\na,t2,51\n", "more than once.*study a"),
        ("study,map,value\na,ecv,0.27\nb,ecv,27\n", "1 of 2 ecv values lie outside.*give all of them in %"),
        ("study,map,value\na,t2,0.05\n", "give all of them in ms"),
        ("study,map,unit,value\na,t2,ms,50\nb,t2,s,50\n", "mixes units of t2: ms, s"),
        ("study,map,unit,value\na,t2,s,50\n", "gives t2 in s; expected ms"),
        ("", "cannot be read as CSV"),
    ],
)
def test_bad_references_are_told(tmp_path: Path, text: str, why: str) -> None:
    with pytest.raises(InputError, match=why):
        read_csv(_csv(tmp_path, text))


def test_a_folder_without_results_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no results\.parquet"):
        read_measured(tmp_path)
