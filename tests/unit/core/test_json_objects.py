"""A site's JSON: a key that occurs twice is named."""

import json

import pytest

from cmrmap.core.json_objects import RepeatedKeyError, parse_json


def test_other_json_is_what_it_is() -> None:
    document = {"a": {"b": [1, {"b": None}]}, "b": "text"}
    assert parse_json(json.dumps(document)) == parse_json(json.dumps(document).encode()) == document


@pytest.mark.parametrize("text", ['{"a": 1, "a": 1}', '[{"b": {"a": 1, "b": 2, "a": {}}}]'])
def test_a_key_that_stands_twice_is_told(text: str) -> None:
    with pytest.raises(RepeatedKeyError, match="the key 'a' occurs twice in it; keep one of them"):
        parse_json(text)


def test_a_long_key_is_shortened() -> None:
    with pytest.raises(RepeatedKeyError) as caught:
        parse_json('{"K": 1, "K": 2}'.replace("K", "k" * 10_000))
    assert len(str(caught.value)) < 120


def test_what_is_no_json_is_told() -> None:
    with pytest.raises(ValueError, match="Expecting"):
        parse_json("{")
