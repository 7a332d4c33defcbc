"""Insertion points dragged, slices and segments left out on the page of `cmrmap edit`; a new run repeats them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.request import urlopen

import pytest

from tests.editor_page import SAVED, drag, in_browser, opened, results_of, serving, settled, two_slices
from tests.integration.conftest import Run

pytestmark = [pytest.mark.slow, pytest.mark.browser]

POINTS = "insertion points"
NATIVE, T2 = "native_t1", "t2"


@pytest.fixture(scope="module")
def study(demo_study: Path, run_app: Callable[..., Run], tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """Two slices of the demo study, and a run on them."""
    return two_slices(demo_study, run_app, tmp_path_factory)


@pytest.fixture(scope="module")
def served(study: SimpleNamespace, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimpleNamespace]:
    out = tmp_path_factory.mktemp("marked") / "out"
    shutil.copytree(study.before.output, out)
    with serving(out, study.source, "cmrmap: editing was ended by SIGINT\n") as address:
        yield SimpleNamespace(out=out, address=address)


@pytest.fixture(scope="module")
def page(served: SimpleNamespace) -> Iterator[Any]:
    with opened(served.address) as ready:
        yield ready


def _segments(page: Any, key: str) -> dict[tuple[int, int], str]:
    """(slice, AHA segment) -> mean and number of pixels, as the table of all segments has them."""
    rows = page.locator(f"section[data-map={key}] tr[data-aha]")
    told = "`${row.cells[3].textContent}, ${row.cells[5].textContent} pixels`"
    read = f"rows => rows.map(row => [Number(row.dataset.slice), Number(row.dataset.aha), {told}])"
    return {(index, segment): mean for index, segment, mean in rows.evaluate_all(read)}


def _rows(page: Any, key: str) -> list[str]:
    return page.locator(f"section[data-map={key}] .row tr").all_text_contents()


def _tick(page: Any, key: str, index: int, what: object, reason: str = "") -> None:
    panel = page.locator(f"section[data-map={key}] .edit-left-out")
    if panel.get_attribute("open") is None:
        panel.locator("summary").click()
    if reason:
        page.locator(f'[data-control="{key}/{index}:reason"]').fill(reason)
    page.locator(f'[data-control="{key}/{index}:{what}"]').click()
    settled(page)


@pytest.fixture(scope="module")
def marked(page: Any) -> SimpleNamespace:
    """What the page showed before and after each step: a point, a segment, a slice, a contour with a point."""
    steps = SimpleNamespace(before={key: _segments(page, key) for key in (NATIVE, T2)})
    drag(page, NATIVE, 0, (14.0, -14.0), POINTS, 0)
    steps.turned, steps.words = _segments(page, NATIVE), page.locator(".edit-bar").inner_text()
    _tick(page, NATIVE, 0, 4, "ghosting of the liver")
    steps.without, steps.told = _segments(page, NATIVE), page.locator("section.findings").text_content()
    _tick(page, T2, 1, "out", "breath not held")
    steps.refused = _rows(page, T2)
    page.keyboard.press("Control+z")
    settled(page)
    steps.taken_back = _segments(page, T2)
    page.keyboard.press("Control+y")
    settled(page)
    steps.again = _rows(page, T2)
    drag(page, NATIVE, 1, (5.0, 4.0))
    drag(page, NATIVE, 1, (10.0, -8.0), POINTS, 0)
    steps.unsaved = page.locator(".edit-state").inner_text()
    page.locator(".save").click()
    settled(page)
    steps.saved = page.locator(".edit-state").inner_text()
    return steps


def test_a_dragged_insertion_point_turns_the_segments_of_its_slice_alone(marked: SimpleNamespace) -> None:
    before, turned = marked.before[NATIVE], marked.turned
    assert {place for place in before if before[place] != turned[place]} >= {(0, 1), (0, 2), (0, 3)}
    assert [place for place in before if place[0] == 1 and before[place] != turned[place]] == []
    assert "1 changed slice, not saved" in marked.words
    assert "before" not in marked.words  # no mean of a slice or of the patient changes


def test_a_segment_that_is_left_out_has_no_mean_and_the_reason_is_told(marked: SimpleNamespace) -> None:
    assert marked.turned.keys() - marked.without.keys() == {(0, 4)}
    assert 'AHA segment 4 ("ghosting of the liver")' in marked.told


def test_a_slice_that_is_left_out_says_why_and_comes_back(marked: SimpleNamespace) -> None:
    assert any("breath not held" in row for row in marked.refused)
    assert marked.taken_back == marked.before[T2]
    assert marked.again == marked.refused
    assert marked.unsaved.startswith("3 changed slices")


def test_what_is_saved_repeats_in_a_new_run(
    study: SimpleNamespace,
    served: SimpleNamespace,
    marked: SimpleNamespace,
    run_app: Callable[..., Run],
    tmp_path: Path,
) -> None:
    names = marked.saved.removeprefix(SAVED).split(", ")
    assert "results/corrections.json" in names
    assert len(names) == 2  # and the contour
    shutil.copytree(study.source, tmp_path / "in")
    for name in names:
        shutil.copy(served.out / name, tmp_path / "in")
    again = run_app(tmp_path / "in", tmp_path / "out")
    assert again.exit_code == 0, again.stderr
    saved, repeated = results_of(served.out), again.json("results.json")
    assert repeated["maps"] == saved["maps"]
    assert repeated["quality"] == saved["quality"]
    assert (again.output / "results" / "segments.csv").read_bytes() == (
        served.out / "results" / "segments.csv"
    ).read_bytes()
    assert saved["maps"][T2]["slices"][1]["status"] == "refused"
    status = (served.out / "results" / "status.json").read_text(encoding="utf-8")
    assert "results/corrections.json" in status
    assert "breath" not in status
    of_t2, first, second = json.loads((served.out / "results/corrections.json").read_text("utf-8"))["corrections"]
    assert (first["exclude_segments"], first["reason"]) == ([4], "ghosting of the liver")
    assert first["insertion_points"].keys() == second["insertion_points"].keys() == {"anterior", "inferior"}
    assert of_t2 == {"map": T2, "slice_index": 1, "exclude_slice": True, "reason": "breath not held"}


def test_a_point_that_cannot_be_says_why_and_stays(marked: SimpleNamespace, page: Any) -> None:
    before = _segments(page, NATIVE)
    apart = page.evaluate(
        """() => {
            const one = editor.handles.find((handles) => handles.key === "native_t1/0");
            const [from, to] = one.points().map(([row, column]) => [one.view.x(column), one.view.y(row)]);
            const ratio = one.view.canvas.width / one.view.canvas.clientWidth;
            return [(to[0] - from[0]) / ratio + 4, (to[1] - from[1]) / ratio];
        }"""
    )
    drag(page, NATIVE, 0, tuple(apart), POINTS, 0)
    assert "degrees apart" in page.locator(".edit-fault").inner_text()
    assert _segments(page, NATIVE) == before
    assert page.locator(".edit-state").inner_text() == marked.saved


def test_everything_is_reached_by_keys(marked: SimpleNamespace, page: Any) -> None:
    page.locator(f"section[data-map={NATIVE}] canvas").first.focus()
    for key in ("e", "e", "e"):
        page.keyboard.press(key)
    assert page.evaluate("editor.selected") == {"key": f"{NATIVE}/0", "border": POINTS, "handle": 0}
    page.keyboard.press("]")
    before = page.evaluate("editor.marksOf('native_t1/0').insertion_angles")
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    page.wait_for_timeout(500)
    settled(page)
    after = page.evaluate("editor.marksOf('native_t1/0').insertion_angles")
    assert after[0] == before[0]
    assert after[1] != before[1]
    page.locator(f'[data-control="{NATIVE}/1:out"]').focus()
    page.keyboard.press("Space")
    settled(page)
    assert page.evaluate("document.activeElement.dataset.control") == f"{NATIVE}/1:out"
    assert page.locator(f'[data-control="{NATIVE}/1:out"]').is_checked()
    while not page.locator(".undo").is_disabled() and page.locator(".edit-state").inner_text() != marked.saved:
        page.locator(".undo").click()
        settled(page)
    assert page.locator(".edit-state").inner_text() == marked.saved


def _swipe(page: Any, x: float, y: float, down: float) -> None:
    """Touch, move a finger down by so many pixels of the screen, and let go."""
    finger = page.context.new_cdp_session(page)
    at = [{"x": x, "y": y + down * step / 8} for step in range(9)]
    finger.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": at[:1]})
    for point in at[1:]:
        finger.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [point]})
        page.wait_for_timeout(20)
    finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    page.wait_for_timeout(600)  # in which a page goes on to scroll
    settled(page)


def test_on_a_phone_a_finger_drags_a_handle_and_scrolls_beside_it(
    served: SimpleNamespace, marked: SimpleNamespace, page: Any
) -> None:
    phone = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
    with in_browser(page.context.browser, served.address, **phone) as other:
        section = other.locator(f"section[data-map={NATIVE}]")
        section.locator("input.edit").check()
        canvas = section.locator("canvas").first
        assert canvas.bounding_box()["width"] > 250
        canvas.evaluate("one => one.scrollIntoView({block: 'center'})")
        box = canvas.bounding_box()
        before = other.evaluate("scrollY")
        _swipe(other, box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, -100.0)
        assert other.evaluate("scrollY") > before + 50
        assert other.locator(".edit-state").inner_text() == "nothing is changed"
        canvas.evaluate("one => one.scrollIntoView({block: 'center'})")
        other.wait_for_timeout(300)
        place = other.evaluate(
            """() => {
                const one = editor.handles.find((handles) => handles.key === "native_t1/0");
                const [, , [row, column]] = one.places().find(([name, at]) => name === "epicardium" && at === 0);
                const ratio = one.view.canvas.width / one.view.canvas.clientWidth;
                const box = one.view.canvas.getBoundingClientRect();
                return [box.x + one.view.x(column) / ratio, box.y + one.view.y(row) / ratio];
            }"""
        )
        before = other.evaluate("scrollY")
        _swipe(other, *place, 12.0)
        assert other.evaluate("scrollY") == before
        assert other.locator(".edit-state").inner_text() == "1 changed slice, not saved"
        touched = ".edit-bar button, .tools button, .tools .choice label, .edit-left-out label"
        heights = "all => all.map((one) => one.getBoundingClientRect().height).filter((height) => height > 0)"
        sizes = other.locator(touched).evaluate_all(heights)
        assert min(sizes) >= 40
        other.locator(".undo").click()
        settled(other)
        assert other.locator(".edit-state").inner_text() == "nothing is changed"


def test_a_second_edit_begins_with_the_marks_and_takes_a_slice_back(
    study: SimpleNamespace, served: SimpleNamespace, marked: SimpleNamespace, page: Any, tmp_path: Path
) -> None:
    shutil.copytree(served.out, tmp_path / "out")
    with serving(tmp_path / "out", study.source, "cmrmap: editing was ended by SIGINT\n") as address:
        with urlopen(address, timeout=300) as answer:
            text = answer.read().decode()
        begun = json.loads(text.split('id="edit-data">')[1].split("</script>")[0])
        assert (begun["edits"], begun["rows"], begun["unsaved"]) == ([], [], 0)
        assert begun["marks"][NATIVE]["0"]["start"]["exclude_segments"] == [4]
        with in_browser(page.context.browser, address) as other:
            _tick(other, T2, 1, "out")
            assert _segments(other, T2) == marked.before[T2]
            other.locator(".save").click()
            settled(other)
            assert other.locator(".edit-state").inner_text().startswith(SAVED)
    before, after = results_of(study.before.output)["maps"], results_of(tmp_path / "out")["maps"]
    assert after[T2] == before[T2]
    assert after[NATIVE] == results_of(served.out)["maps"][NATIVE]
