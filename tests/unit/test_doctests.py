"""The examples in the docstrings of the public API, run as they stand."""

from __future__ import annotations

import doctest
import importlib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
#: only what has an example is imported
MODULES = [
    ".".join(path.relative_to(ROOT).with_suffix("").parts)
    for path in sorted((ROOT / "cmrmap").rglob("*.py"))
    if " >>> " in path.read_text(encoding="utf-8")
]
_FINDER = doctest.DocTestFinder(exclude_empty=True)


def _examples(module: str) -> list[doctest.DocTest]:
    return [one for one in _FINDER.find(importlib.import_module(module), module) if one.examples]


EXAMPLES = [one for module in MODULES for one in _examples(module)]


def test_the_functions_that_most_people_call_have_an_example() -> None:
    named = {one.name.removeprefix("cmrmap.") for one in EXAMPLES}
    assert {
        "relaxometry.fit.fit_relaxation",
        "relaxometry.blood_fit.fit_blood",
        "relaxometry.models.signal",
        "ecv.grid.ecv_grid",
        "ecv.hematocrit.parse_hematocrit",
        "alignment.polar.to_polar",
        "regional.aha.segments_of_angles",
        "settings.tunables.AnalysisSettings.from_mapping",
        "pipeline.stage.StageList.replace",
        "pipeline.execution.Products.one",
        "segmentation.model_folder.load_network",
        "core.geometry.SliceGeometry.in_patient",
        "results.map_result.mean_blood",
    } <= named


@pytest.mark.parametrize("example", EXAMPLES, ids=[one.name for one in EXAMPLES])
def test_an_example_gives_what_it_says(example: doctest.DocTest) -> None:
    said: list[str] = []
    runner = doctest.DocTestRunner(verbose=False, optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS)
    runner.run(example, out=said.append)
    assert "".join(said) == ""
