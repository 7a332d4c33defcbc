"""The script of the edited page where it computes: lines moved by handles, and steps back and forth."""

from __future__ import annotations

import json
import subprocess
from importlib.resources import files
from typing import Any

import numpy as np
import pytest

pytestmark = pytest.mark.program("node")

TURN = np.linspace(0, 2 * np.pi, 90, endpoint=False)
LINE = np.stack([40 + 20 * np.sin(TURN), 50 + 15 * np.cos(TURN)], axis=1)


def _told(name: str, expression: str, given: object) -> Any:
    script = (files("cmrmap.edit") / "viewer" / f"{name}.js").read_text(encoding="utf-8")
    asked = f"{script}\nconst given = {json.dumps(given)};\nconsole.log(JSON.stringify({expression}));"
    done = subprocess.run(["node", "-"], input=asked, capture_output=True, text=True, timeout=60, check=True)
    return json.loads(done.stdout)


def _outline(expression: str) -> Any:
    return _told("outline", f"((one) => {expression})(new Outline(given))", LINE.tolist())


def test_a_line_whose_handles_lie_still_is_the_line_it_was() -> None:
    np.testing.assert_allclose(_outline("one.line(one.still)"), LINE, atol=1e-12)


def test_handles_lie_on_the_line_evenly() -> None:
    handles = np.array(_outline("one.corners.map((_, k) => one.handle(k, one.still))"))
    assert len(handles) == 10
    assert np.array(_outline("one.corners")).tolist() == sorted(set(_outline("one.corners")))
    steps = np.linalg.norm(np.diff(np.vstack([handles, handles[:1]]), axis=0), axis=1)
    assert steps.max() < 1.5 * steps.min()


@pytest.mark.parametrize("handle", [0, 4, 9])
def test_a_moved_handle_moves_the_line_between_its_neighbours_and_no_more(handle: int) -> None:
    asked = f"[one.line(one.still.map((s, k) => k === {handle} ? [3, -2] : s)), one.corners]"
    line, corners = _outline(asked)
    moved = np.array(line) - LINE
    np.testing.assert_allclose(moved[corners[handle]], [3, -2], atol=1e-9)
    share = moved[:, 0] / 3
    np.testing.assert_allclose(moved[:, 1], -2 * share, atol=1e-9)
    assert (share > -1e-12).all()
    assert (share < 1 + 1e-12).all()
    before, after = corners[(handle + 9) % 10], corners[(handle + 1) % 10]
    places = np.arange(len(LINE))
    within = (places > before) & (places < after) if before < after else (places > before) | (places < after)
    np.testing.assert_allclose(share[~within], 0, atol=1e-12)


def test_all_handles_together_move_the_line_whole() -> None:
    np.testing.assert_allclose(
        np.array(_outline("one.line(one.still.map(() => [1.5, 2.5]))")) - LINE, [[1.5, 2.5]] * 90
    )


def test_the_shifts_of_a_line_that_was_sent_are_found_again() -> None:
    shifts = [[k / 4, 1 - k / 5] for k in range(10)]
    asked = f"one.shiftsOf(one.line({json.dumps(shifts)}).map((p) => p.map((v) => Number(v.toFixed(2)))))"
    np.testing.assert_allclose(_outline(asked), shifts, atol=0.006)


def test_steps_go_back_and_forth_and_forget_what_was_taken_back() -> None:
    found = _told(
        "history",
        """(() => {
            const steps = new Steps("a"), seen = [];
            const note = () => seen.push(steps.state);
            steps.add("b"); steps.add("c"); note();
            steps.back(); note(); steps.back(); steps.back(); note();
            steps.forth(); note(); steps.add("d"); steps.forth(); note();
            return [seen, steps.states];
        })()""",
        None,
    )
    assert found == [["c", "b", "a", "b", "d"], ["a", "b", "d"]]


def test_a_step_that_cannot_be_is_taken_out_and_its_numbers_never_shown() -> None:
    found = _told(
        "history",
        """(() => {
            const steps = new Steps("a");
            steps.add("b"); steps.accept(1);
            steps.add("wrong"); steps.refuse();
            const after = [steps.state, steps.states.length];
            steps.back(); steps.accept(0); steps.forth(); steps.refuse();
            return [...after, steps.state];
        })()""",
        None,
    )
    assert found[:2] == ["b", 2]
    assert found[2] == "a"


@pytest.mark.parametrize("angle", [-2.4, 0.3, 3.0])
def test_an_insertion_point_lies_outside_the_line_in_its_direction_and_is_found_again(angle: float) -> None:
    place, back, middle = _told(
        "points", f"(p => [p, angleAt(given, p), middle(given)])(placeAt(given, {angle}, 3))", LINE.tolist()
    )
    np.testing.assert_allclose(middle, [40, 50], atol=0.05)
    assert back == pytest.approx(angle, abs=1e-9)
    on_line = np.hypot(20 * np.sin(TURN), 15 * np.cos(TURN))
    assert on_line.min() + 2.9 < np.hypot(place[0] - middle[0], place[1] - middle[1]) < on_line.max() + 3.1
