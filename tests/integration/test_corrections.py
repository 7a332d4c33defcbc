"""A reader edits what the application wrote, sends everything back, and the study is analysed again."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydicom import dcmread

from tests.edited_segmentation import send_back
from tests.integration.conftest import Run
from tests.sharing import made_once

pytestmark = pytest.mark.slow  # a run of the application of its own


@pytest.fixture(scope="module")
def corrected_run(
    one_slice_study: Path,
    one_slice_run: Run,
    run_app: Callable[..., Run],
    tmp_path_factory: pytest.TempPathFactory,
) -> Run:
    """The study with all that was written of it, the native T1 segmentation edited, one T2 segment left out."""

    def make(folder: Path) -> None:
        send_back(one_slice_study, one_slice_run.output, folder / "in")
        entries = [{"map": "t2", "slice_index": 0, "exclude_segments": [8]}, {"map": "t2", "slice_index": 7}]
        (folder / "in" / "corrections.json").write_text(json.dumps({"corrections": entries}), encoding="utf-8")
        run = run_app(folder / "in", folder / "out")
        assert run.exit_code == 0, run.stderr
        shutil.rmtree(folder / "in")

    return Run(0, "", "", made_once(tmp_path_factory, "corrected", make) / "out")


def _slice(run: Run, kind: str) -> dict[str, Any]:
    return run.json("results.json")["maps"][kind]["slices"][0]


NUMBERS = ("mean", "sd", "n_pixels", "uncertainty")


def test_the_edited_slice_is_a_readers_and_both_numbers_are_told(one_slice_run: Run, corrected_run: Run) -> None:
    for kind in ("native_t1", "ecv"):
        old, new = _slice(one_slice_run, kind), _slice(corrected_run, kind)
        assert (old["drawn_by"], new["drawn_by"]) == ("network", "reader")
        assert new["by_network"] == {name: old[name] for name in NUMBERS}
        assert new["mean"] != old["mean"]
        assert old["by_network"] is None


def test_what_was_not_edited_stays_to_the_last_digit(one_slice_run: Run, corrected_run: Run) -> None:
    before, after = (run.json("results.json")["maps"] for run in (one_slice_run, corrected_run))
    assert after["postcontrast_t1"] == before["postcontrast_t1"]
    old, new = _slice(one_slice_run, "t2"), _slice(corrected_run, "t2")
    assert new["segments"] == [one for one in old["segments"] if one["aha"] != 8]
    assert new["by_network"] == {name: old[name] for name in NUMBERS}


def test_findings_say_what_was_used_and_what_was_not(corrected_run: Run) -> None:
    found = [(one["code"], one["severity"], one["map"]) for one in corrected_run.json("results.json")["quality"]]
    assert ("reader_contours", "info", "native_t1") in found
    assert ("contours_left_aside", "info", None) in found  # the segmentations that nobody edited
    assert ("corrections_refused", "warning", None) in found  # there is no slice 7
    assert ("reader_excluded", "info", "t2") in found
    assert "reader_contours_refused" not in [code for code, _, _ in found]


def test_page_and_objects_say_who_outlined_the_slice(corrected_run: Run) -> None:
    page = (corrected_run.output / "results" / "report.html").read_text(encoding="utf-8")
    assert page.count("<td>reader</td>") == 2  # native T1 and ECV
    assert page.count("by the network&#39;s contours") == 2
    assert page.count("without corrections") == 1  # T2, of which a segment is left out
    objects = [dcmread(path) for path in corrected_run.output.glob("*.dcm")]
    types = {
        one.SeriesDescription: {item.SegmentAlgorithmType for item in one.SegmentSequence}
        for one in objects
        if one.Modality == "SEG"
    }
    assert types["T1 seg native, CMRmap"] == {"SEMIAUTOMATIC"}
    assert types["ECV AHA, CMRmap"] == {"SEMIAUTOMATIC"}
    assert types["T2 seg, CMRmap"] == {"AUTOMATIC"}
    (report,) = [one for one in objects if one.SeriesDescription == "Measurements, CMRmap"]
    said = [str(element.value) for element in report.iterall() if element.keyword == "TextValue"]
    assert "native_t1: contours by a reader in slice 1" in said
    assert "postcontrast_t1: contours by the network" in said
    assert [line for line in said if line.startswith("native_t1, slice 1: the network's contours give mean ")]
