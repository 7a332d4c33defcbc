"""The demo study's HTML report: its size, that it needs nothing else, and its numbers, those of results.json."""

from __future__ import annotations

import json
import re

import pytest


@pytest.fixture(scope="module")
def html(demo_run) -> str:
    return (demo_run.output / "results" / "report.html").read_text(encoding="utf-8")


def test_it_is_one_file_of_at_most_8_mb_that_names_no_address(html) -> None:
    assert len(html.encode("utf-8")) <= 8_000_000
    assert re.findall(r"https?://(?!www\.w3\.org/2000/svg)\S{0,40}", html) == []
    assert all(value.startswith("data:") for value in re.findall(r'(?:href|src)="([^"]*)"', html))


def test_its_numbers_are_those_of_results_json(html, demo_run) -> None:
    document = json.loads(re.search(r'id="report-data">(.*?)</script>', html, re.DOTALL).group(1))
    expected = demo_run.json("results.json")["maps"]
    assert [one["key"] for one in document["maps"]] == ["t2", "native_t1", "postcontrast_t1", "ecv"]
    for one in document["maps"]:
        truth, numbers = expected[one["key"]], one["numbers"]
        assert numbers["patient"] == truth["patient"]
        assert one["values"]["shape"][0] == len(truth["slices"]) == 5
        for found, told in zip(numbers["slices"], truth["slices"], strict=True):
            assert (found["mean"], found["sd"], found["n_pixels"]) == (told["mean"], told["sd"], told["n_pixels"])
            segments = [{name: segment[name] for name in found["segments"][0]} for segment in told["segments"]]
            assert found["segments"] == segments
        assert one["labels"] == {
            str(told["slice_index"]): f"{told['slice_index'] + 1} {told['level']}" for told in truth["slices"]
        }
