"""A reader drags a contour on the report that `cmrmap edit` serves, saves, and the files repeat it in a new run."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.request import Request, urlopen

import pytest
from pydicom import Dataset, dcmread

from tests.editor_page import SAVED, drag, opened, results_of, serving, settled, two_slices
from tests.integration.conftest import ROOT, Run

pytestmark = [pytest.mark.slow, pytest.mark.browser]

KEYS = ("t2", "native_t1", "postcontrast_t1", "ecv")


@pytest.fixture(scope="module")
def study(demo_study: Path, run_app: Callable[..., Run], tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """Two slices of the demo study, and a run on them."""
    return two_slices(demo_study, run_app, tmp_path_factory)


@pytest.fixture(scope="module")
def served(study: SimpleNamespace, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimpleNamespace]:
    """`cmrmap edit` on a copy of the run, until the tests of this file are done."""
    out = tmp_path_factory.mktemp("edited") / "out"
    shutil.copytree(study.before.output, out)
    # the last test of the page takes the change back after it was saved
    ended = "cmrmap: editing was ended by SIGINT; 1 changed slice not saved\n"
    with serving(out, study.source, ended) as address:
        yield SimpleNamespace(out=out, address=address)


@pytest.fixture(scope="module")
def page(served: SimpleNamespace) -> Iterator[Any]:
    """The page, ready to be edited; nothing but the program's own address may be asked, and no error raised."""
    with opened(served.address) as ready:
        yield ready


def _shown(page: Any) -> dict[str, Any]:
    """All numbers that the page shows, as its script has them."""
    document = json.loads(page.locator("#report-data").text_content())
    return {one["key"]: one["numbers"] for one in document["maps"]}


def _tables(page: Any) -> dict[str, list[str]]:
    return {key: page.locator(f"section[data-map={key}] tr").all_text_contents() for key in KEYS}


@pytest.fixture(scope="module")
def edited(study: SimpleNamespace, served: SimpleNamespace, page: Any) -> SimpleNamespace:
    """What the page showed before and after a handle of one native T1 slice was dragged; then it was saved."""
    before = _tables(page)
    page.screenshot()
    drag(page, "native_t1", 0, (7.0, 5.0))
    after, words = _tables(page), page.locator(".edit-bar").inner_text()
    page.locator(".save").click()
    settled(page)
    return SimpleNamespace(before=before, after=after, words=words, saved=page.locator(".edit-state").inner_text())


def test_only_the_numbers_of_the_dragged_slice_and_of_the_patient_change(edited: SimpleNamespace) -> None:
    for key in ("t2", "postcontrast_t1"):
        assert edited.after[key] == edited.before[key]
    for key in ("native_t1", "ecv"):
        old, new = edited.before[key], edited.after[key]
        assert [line for line in old if line.startswith("2 ")] == [line for line in new if line.startswith("2 ")]
        assert [line for line in old if line.startswith("1 ")] != [line for line in new if line.startswith("1 ")]
    assert "1 changed slice, not saved" in edited.words
    assert "Native T1\tslice 1 basal" in edited.words
    assert "ECV\tslice 1 basal" in edited.words


def test_what_is_saved_is_a_whole_run_and_holds_what_was_shown(
    study: SimpleNamespace, served: SimpleNamespace, edited: SimpleNamespace, page: Any
) -> None:
    assert edited.saved.startswith(SAVED)
    before, after = results_of(study.before.output), results_of(served.out)
    for key in ("t2", "postcontrast_t1"):
        assert after["maps"][key] == before["maps"][key]
    for key in ("native_t1", "ecv"):
        old, new = before["maps"][key]["slices"], after["maps"][key]["slices"]
        assert new[1] == old[1]
        assert [one["drawn_by"] for one in new] == ["reader", "network"]
        assert new[0]["by_network"] == {name: old[0][name] for name in ("mean", "sd", "n_pixels", "uncertainty")}
        assert new[0]["mean"] != old[0]["mean"]
        shown = next(line for line in edited.after[key] if line.startswith("1 "))
        assert f"{new[0]['mean']:.1f}" in shown or f"{new[0]['mean']:.0f}" in shown
    status = json.loads((served.out / "results" / "status.json").read_text(encoding="utf-8"))
    assert (status["outcome"], status["exit_code"]) == ("ok", 0)
    listed = {one["file"] for one in status["objects"]} | {"results/status.json"}
    assert listed == {str(path.relative_to(served.out)) for path in served.out.rglob("*") if path.is_file()}


def test_objects_of_what_did_not_change_are_the_same_byte_by_byte(
    study: SimpleNamespace, served: SimpleNamespace, edited: SimpleNamespace
) -> None:
    old = {path.name: path for path in study.before.output.glob("*.dcm")}
    kept = {name for name in old if (served.out / name).is_file()}
    words = {name: str(dcmread(path, stop_before_pixels=True).SeriesDescription) for name, path in old.items()}
    for name, said in words.items():
        if said.startswith(("T2 ", "T1 map post", "T1 SD post", "T1 seg post", "T1 AHA post", "T1 float post")):
            assert name in kept, said
            assert (served.out / name).read_bytes() == old[name].read_bytes()
        elif said.startswith("T1 map native"):
            continue  # one image a slice: that of the other slice may stay
        elif said.startswith(("T1 seg native", "Measurements")):
            assert name not in kept, said


def test_the_contours_repeat_the_edit_in_a_new_run(
    study: SimpleNamespace,
    served: SimpleNamespace,
    edited: SimpleNamespace,
    run_app: Callable[..., Run],
    tmp_path: Path,
) -> None:
    names = edited.saved.removeprefix(SAVED).split(", ")
    shutil.copytree(study.source, tmp_path / "in")
    for name in names:
        shutil.copy(served.out / name, tmp_path / "in")
    again = run_app(tmp_path / "in", tmp_path / "out")
    assert again.exit_code == 0, again.stderr
    saved, repeated = results_of(served.out), again.json("results.json")
    assert repeated["maps"] == saved["maps"]
    assert repeated["quality"] == saved["quality"]
    # the input has more files than when the contours were drawn, and results.json counts them
    more = saved["input"] | {"n_files": saved["input"]["n_files"] + len(names)}
    assert repeated["input"] | {"skipped": {}} == more | {"skipped": {}}
    skipped = [sum(one["input"]["skipped"].values()) for one in (saved, repeated)]
    assert skipped[1] == skipped[0] + len(names)
    assert {**repeated, "input": None} == {**saved, "input": None}
    # the UIDs of the measurement report are made of results.json; all else in it, and every other object, is the same
    folders = (served.out, again.output)
    objects = [{path.name for path in folder.glob("*.dcm")} - set(names) for folder in folders]
    for name in objects[0] & objects[1]:
        assert (served.out / name).read_bytes() == (again.output / name).read_bytes()
    (own,), (other,) = objects[0] - objects[1], objects[1] - objects[0]
    reports = [dcmread(folder / name) for folder, name in zip(folders, (own, other), strict=True)]
    assert [one.Modality for one in reports] == ["SR", "SR"]
    lines = zip(*(str(Dataset(one)).splitlines() for one in reports), strict=True)
    assert [pair for pair in lines if pair[0] != pair[1] and not all(" UI: " in one for one in pair)] == []


def test_undo_gives_the_numbers_of_before_and_a_contour_that_cannot_be_says_why(
    edited: SimpleNamespace, page: Any
) -> None:
    page.keyboard.press("Control+z")
    settled(page)
    assert _tables(page) == edited.before
    drag(page, "native_t1", 1, (200.0, 0.0), "endocardium", 0)
    assert "endocardium" in page.locator(".edit-fault").inner_text()
    assert _tables(page) == edited.before


def test_nobody_else_may_write_into_the_folder_meanwhile(study: SimpleNamespace, served: SimpleNamespace) -> None:
    command = [sys.executable, "-m", "cmrmap", "run", "-i", str(study.source), "-o", str(served.out)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=200, check=False)
    assert done.returncode == 2
    assert "another run is writing into the output folder" in done.stderr


def _asked(address: str, page: str, message: dict[str, Any]) -> dict[str, Any]:
    headers = {"Content-Type": "application/json", "Origin": address.rsplit("/", 2)[0]}
    with urlopen(Request(address + page, json.dumps(message).encode(), headers), timeout=300) as answer:
        return json.load(answer)


def _without_errors(told: Any) -> Any:
    """Return results without the standard errors in them."""
    if isinstance(told, dict):
        return {name: _without_errors(one) for name, one in told.items() if name != "uncertainty"}
    return [_without_errors(one) for one in told] if isinstance(told, list) else told


def test_a_second_edit_goes_on_from_what_was_saved(
    study: SimpleNamespace, served: SimpleNamespace, edited: SimpleNamespace, tmp_path: Path
) -> None:
    shutil.copytree(served.out, tmp_path / "out")
    saved = results_of(served.out)["maps"]
    with serving(tmp_path / "out", study.source, "cmrmap: editing was ended by SIGINT\n") as address:
        with urlopen(address, timeout=300) as answer:
            page = answer.read().decode()
        begun = json.loads(page.split('id="edit-data">')[1].split("</script>")[0])
        assert (begun["edits"], begun["rows"], begun["unsaved"]) == ([], [], 0)
        slices = begun["slices"]["native_t1"]
        # the first slice begins with the contour that was saved, and still has the network's to go back to
        assert slices["0"]["network"]["epicardium"] != slices["0"]["start"]["epicardium"]
        assert slices["1"]["network"] is None
        line = [[row + 1.0, column] for row, column in slices["1"]["start"]["epicardium"]]
        change = {"map": "native_t1", "slice_index": 1, "epicardium": line}
        told = _asked(address, "edits", {"edits": [change]})
        assert {one["slice"] for one in told["rows"]} == {"slice 2 mid", "patient"}
        objects = _asked(address, "save", {})["objects"]
    assert len(objects) == 1
    found = dcmread(tmp_path / "out" / objects[0])
    assert found.ContentLabel == "READER_CONTOURS"
    after = results_of(tmp_path / "out")["maps"]
    assert [one["drawn_by"] for one in after["native_t1"]["slices"]] == ["reader", "reader"]
    for key in KEYS:  # what was saved before stays, to the last digit
        before, now = saved[key]["slices"][0], after[key]["slices"][0]
        if key == "ecv":  # but for its standard errors: those of the blood are judged by all slices of the series
            assert now["uncertainty"] == pytest.approx(before["uncertainty"], rel=0.01)
            before, now = _without_errors(before), _without_errors(now)
        assert now == before
    assert after["t2"] == saved["t2"]
    assert after["native_t1"]["slices"][1]["by_network"]["mean"] == saved["native_t1"]["slices"][1]["mean"]
    # the contours of the first edit are in the new object: the old one is gone
    assert not (tmp_path / "out" / edited.saved.rsplit(" ", 1)[1]).exists()
