"""truth.json as it was written, and damaged."""

import json

import pytest

from cmrmap.core.errors import InputError
from cmrmap.phantom.truth_reading import TRUTH_NAME, read_truth_summary

WHOLE = {
    "maps": {
        "t2": {
            "unit": "ms",
            "patient": {"mean": 50.0},
            "slices": [
                {"slice_index": 0, "position_mm": [0, 0.5, 8], "mean": 50.0, "segments": [{"aha": 1, "mean": 50.0}]}
            ],
        }
    }
}


def changed(*path, to):
    """The whole document with one thing in it changed."""
    document = json.loads(json.dumps(WHOLE))
    place = document
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = to
    return document


def test_a_whole_one(tmp_path) -> None:
    (tmp_path / TRUTH_NAME).write_text(json.dumps(WHOLE))
    assert read_truth_summary(tmp_path) == WHOLE


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"[" * 100_000])
def test_what_is_not_json(tmp_path, content) -> None:
    (tmp_path / TRUTH_NAME).write_bytes(content)
    with pytest.raises(InputError, match=r"truth\.json is not JSON \(damaged or cut off\); write the study again"):
        read_truth_summary(tmp_path)


@pytest.mark.parametrize(
    "document",
    [
        [],
        3,
        {},
        changed("maps", to={}),
        changed("maps", to=[1]),
        changed("maps", "t2", to=None),
        changed("maps", "t2", "patient", to=50.0),
        changed("maps", "t2", "slices", to=[]),
        changed("maps", "t2", "slices", 0, to={"mean": 1.0}),
        changed("maps", "t2", "slices", 0, "segments", to=[{"aha": 1}]),
    ],
)
def test_what_is_no_truth(tmp_path, document) -> None:
    (tmp_path / TRUTH_NAME).write_text(json.dumps(document))
    with pytest.raises(InputError, match="has no maps with patient and slices"):
        read_truth_summary(tmp_path)


@pytest.mark.parametrize("place", [None, [0.0, 1.0], ["a", 1.0, 2.0]])
def test_slices_without_a_position(tmp_path, place) -> None:
    (tmp_path / TRUTH_NAME).write_text(json.dumps(changed("maps", "t2", "slices", 0, "position_mm", to=place)))
    assert read_truth_summary(tmp_path)["maps"]["t2"]["patient"]["mean"] == 50.0
    with pytest.raises(InputError, match="has slices without a position"):
        read_truth_summary(tmp_path, positions=True)


def test_one_that_is_not_there(tmp_path) -> None:
    with pytest.raises(InputError, match=r"truth\.json cannot be read"):
        read_truth_summary(tmp_path)
