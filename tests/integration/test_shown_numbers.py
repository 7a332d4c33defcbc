"""PDF, HTML report and both structured reports show results.json: each number as often as they should, no other."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.edited_segmentation import send_back
from tests.forms.expected import Name, Numbers, differences, numbers
from tests.forms.html_values import data_values, page_values
from tests.forms.pdf_values import pdf_values, read_pdf
from tests.forms.readers import FORMS, measurement_report, page_of, text_report, times
from tests.forms.sr_values import sr_values
from tests.forms.text_values import text_images, text_values
from tests.integration.conftest import Run
from tests.sharing import made_once

pytestmark = pytest.mark.program("pdftotext")
EACH_FORM = pytest.mark.parametrize("form", list(FORMS))


def _found(run: Run) -> dict[str, dict[Name, list[str]]]:
    return {name: dict(form.read(run.output)) for name, form in FORMS.items()}


@pytest.fixture(scope="module")
def demo(demo_run: Run) -> tuple[Numbers, dict[str, dict[Name, list[str]]]]:
    return numbers(demo_run.json("results.json")), _found(demo_run)


@EACH_FORM
def test_every_number_is_shown_as_it_is(form, demo) -> None:
    truth, shown = demo
    assert differences(truth, shown[form], times(truth, form), printed=FORMS[form].printed) == []


def test_nothing_is_passed_over(demo, demo_run) -> None:
    """How many numbers there are is counted in results.json, not in what was found."""
    maps = demo_run.json("results.json")["maps"].values()
    n_maps = sum(one["status"] == "ok" for one in maps)
    n_slices = sum(part["status"] == "ok" for one in maps for part in one["slices"])
    n_segments = sum(len(part["segments"]) for one in maps for part in one["slices"])
    assert (n_maps, n_slices) == (4, 20)
    assert n_segments >= 16 * n_maps
    n_blood, n_wedges, hematocrit = 2, 16 * n_maps, 1
    counted = {form: sum(len(texts) for texts in found.values()) for form, found in demo[1].items()}
    assert counted == {
        "report": 4 * (n_maps + n_slices + n_segments) + 2 * n_blood + hematocrit,
        "data": 4 * (2 * n_maps + n_slices + n_segments),
        "page": 4 * (n_maps + n_slices + n_segments) + 2 * (n_maps + n_blood) + n_wedges + hematocrit,
        "pdf": 2 * (4 * n_maps + 2 * n_maps + 2 * n_blood + 3 * n_slices)
        + n_slices
        + 2 * n_segments
        + n_wedges
        + hematocrit,
        "text": 4 * (n_maps + n_slices) + 2 * (n_maps + n_blood) + hematocrit,
    }


def test_the_text_report_tells_how_many_images_entered_each_slice(demo_run) -> None:
    truth = {
        (key, part["slice_index"] + 1): (part["n_segmented"], part["n_images"])
        for key, one in demo_run.json("results.json")["maps"].items()
        for part in one["slices"]
    }
    assert text_images(text_report(demo_run.output)) == truth


def _some(names: dict[Name, int]) -> list[Name]:
    """Return all names but those of segments, and of these a fifth: there are hundreds."""
    segments = [name for name in sorted(names) if "AHA" in name[1]]
    return [name for name in names if "AHA" not in name[1]] + segments[::5]


@EACH_FORM
def test_a_number_that_is_another_is_found(form, demo) -> None:
    """Each number of results.json in turn is changed by a little more than the last digit that is shown of it."""
    truth, found = demo
    wanted, printed = times(truth, form), FORMS[form].printed
    for name in _some(wanted):
        text = found[form][name][0]
        step = 1.1 * 10.0 ** -len(text.partition(".")[2]) if printed else 1e-6 * truth[name]
        wrong = differences({**truth, name: truth[name] + step}, found[form], wanted, printed=printed)
        assert {line.split(": ")[0] for line in wrong} == {str(name)}, name


@EACH_FORM
def test_a_number_that_is_missing_or_too_many_is_found(form, demo) -> None:
    truth, found = demo
    wanted, printed = times(truth, form), FORMS[form].printed
    for name in _some(wanted):
        fewer = {**found[form], name: found[form][name][1:]}
        more = {**found[form], name: [*found[form][name], found[form][name][0]]}
        for other in (fewer, more):
            assert len(differences(truth, other, wanted, printed=printed)) == 1, name
    stranger = {**found[form], ("t2", "slice 9", "mean"): ["50.0"]}
    assert differences(truth, stranger, wanted, printed=printed) == [
        "('t2', 'slice 9', 'mean'): shown, and not in results.json"
    ]


def test_a_changed_file_is_read_as_it_is(demo, demo_run) -> None:
    """One digit of each file is changed: what is read of it has that digit."""
    _, found = demo
    name = ("native_t1", "slice 1", "mean")
    html, pdf = page_of(demo_run.output), read_pdf(demo_run.output / "results" / "report.pdf")
    printed, exact = found["page"][name][0], found["data"][name][0]
    cell = f"<strong>{printed} ± "
    assert page_values(html.replace(cell, cell.replace(printed, "999"), 1))[name] == ["999"]
    told = f'"mean":{exact}'
    assert data_values(html.replace(told, '"mean":999.5', 1))[name] == ["999.5"]
    pages = [page.replace(f"{printed} ± ", "999 ± ", 1) for page in pdf.pages]
    assert "999" in pdf_values(replace(pdf, pages=tuple(pages)))[name]
    report = measurement_report(demo_run.output)
    for element in report.iterall():
        if element.keyword == "NumericValue" and str(element.value) == exact:
            element.value = "999.5"
    assert sr_values(report)[name] == ["999.5"]
    words = text_report(demo_run.output)
    for element in words.iterall():
        if element.keyword == "TextValue":
            element.value = element.value.replace(f": {printed} ± ", ": 999 ± ")
    assert text_values(words)[name] == ["999"]


def test_a_number_in_the_text_report_that_nothing_is_compared_with_is_found(demo_run) -> None:
    words = text_report(demo_run.output)
    for element in words.iterall():
        if element.keyword == "TextValue":
            element.value = element.value.replace("; SD of pixels", "; median 50.1 ms; SD of pixels")
    with pytest.raises(AssertionError, match=r"median 50\.1 ms"):
        text_values(words)


def _ranges(results: dict) -> dict:
    """A site's ranges for every map, level and segment, none of them where a value is."""
    maps = {}
    for number, (key, one) in enumerate(results["maps"].items()):
        if one["model"] is None:
            continue
        mean = one["patient"]["mean"]
        maps[key] = {
            "model": one["model"],
            "patient": {"mean": 0.97 * mean, "sd": 0.021 * mean, "n": 20 + number},
            "levels": {"mid": {"mean": 1.04 * mean, "sd": 0.019 * mean, "n": 30}},
            "segments": {str(aha): {"mean": (0.9 + 0.01 * aha) * mean, "sd": 0.02 * mean, "n": 40} for aha in (7, 8)},
        }
    return {"schema_version": "1.0", "site": "Site A", "maps": maps}


@pytest.fixture(scope="module")
def read_run(
    one_slice_study: Path,
    one_slice_run: Run,
    run_app: Callable[..., Run],
    tmp_path_factory: pytest.TempPathFactory,
) -> Run:
    """A slice whose native T1 a reader drew again, at a site that has ranges of its own."""

    def make(folder: Path) -> None:
        send_back(one_slice_study, one_slice_run.output, folder / "in")
        corrections = {"corrections": [{"map": "t2", "slice_index": 0, "exclude_segments": [8]}]}
        (folder / "in" / "corrections.json").write_text(json.dumps(corrections), encoding="utf-8")
        (folder / "ranges.json").write_text(json.dumps(_ranges(one_slice_run.json("results.json"))), encoding="utf-8")
        settings = f"analysis: {{reference_ranges: {{file: '{folder / 'ranges.json'}'}}}}\n"
        (folder / "app.yaml").write_text(settings, encoding="utf-8")
        run = run_app(folder / "in", folder / "out", "-c", str(folder / "app.yaml"))
        assert run.exit_code == 0, run.stderr
        shutil.rmtree(folder / "in")

    return Run(0, "", "", made_once(tmp_path_factory, "read", make) / "out")


@pytest.mark.slow  # a run of the application of its own
def test_a_readers_numbers_and_a_sites_ranges_are_shown_as_they_are(read_run) -> None:
    truth = numbers(read_run.json("results.json"))
    kinds = Counter((place.partition(" by ")[2] or place.split(" ")[0], quantity) for _, place, quantity in truth)
    assert kinds["network", "mean"] == 3  # native T1, ECV by it, and T2 without a segment
    assert kinds["patient", "z"] == kinds["patient", "range_mean"] == 4
    assert kinds["slice", "z"] == 4 + 2 * 4 - 1  # slices, and segments 7 and 8 but for the one left out
    for form, shown in _found(read_run).items():
        wrong = differences(truth, shown, times(truth, form), printed=FORMS[form].printed)
        assert wrong == [], form
