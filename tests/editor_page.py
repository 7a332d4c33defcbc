"""`cmrmap edit` in a browser as a reader uses it: what is served, dragged, and waited for."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.integration.conftest import ROOT, Run
from tests.sharing import made_once

SAVED = "saved; what you corrected is in the output folder as "


def two_slices(demo_study: Path, run_app: Callable[..., Run], factory: pytest.TempPathFactory) -> SimpleNamespace:
    """Two slices of the demo study, and a run on them, made once."""

    def make(folder: Path) -> None:
        shutil.copytree(demo_study / "dicom", folder / "in", ignore=lambda *_: [])
        for series in (path for path in (folder / "in").iterdir() if path.is_dir()):
            files = sorted(series.glob("*.dcm"))
            n_images = len(files) // 5
            for path in (*files[: 2 * n_images], *files[4 * n_images :]):
                path.unlink()
        run = run_app(folder / "in", folder / "out")
        assert run.exit_code == 0, run.stderr

    folder = made_once(factory, "two-slices", make)
    return SimpleNamespace(source=folder / "in", before=Run(0, "", "", folder / "out"))


@contextmanager
def serving(out: Path, source: Path, told_at_the_end: str) -> Iterator[str]:
    """`cmrmap edit` on an output folder, with its address, until it is ended as by Ctrl-C."""
    command = [sys.executable, "-m", "cmrmap", "edit", str(out), "-i", str(source)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    told = process.stdout.readline()
    if not told:
        pytest.fail(process.communicate()[1])
    try:
        yield told.split()[1]
    finally:
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
    assert (process.returncode, said) == (130, told_at_the_end)


@contextmanager
def opened(address: str) -> Iterator[Any]:
    """A browser with the page, ready to be edited; see `in_browser`."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as started:
        chromium = started.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        with in_browser(chromium, address) as page:
            yield page
        chromium.close()


@contextmanager
def in_browser(browser: Any, address: str, **screen: Any) -> Iterator[Any]:
    """The page, ready to be edited; nothing but the program's own address may be asked, and no error raised."""
    page = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **screen}).new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda said: wrong.append(said.text))
    own = ("data:", "blob:", address)
    page.on("request", lambda asked: asked.url.startswith(own) or wrong.append(asked.url))
    page.set_default_timeout(180_000)
    page.goto(address)
    page.wait_for_selector("html[data-editing=yes]")
    yield page
    # a browser notes that a contour was refused
    assert [one for one in wrong if "422 (Unprocessable Entity)" not in one] == []
    page.context.close()


def settled(page: Any) -> None:
    """Wait until numbers and pictures are those of the last change."""
    page.wait_for_timeout(100)
    page.wait_for_selector(".edit-bar[data-busy=no]")


def drag(page: Any, key: str, index: int, by: tuple[float, float], border: str = "epicardium", handle: int = 2) -> None:
    """Drag a handle by so many pixels of the screen, and wait for the numbers."""
    section = page.locator(f"section[data-map={key}]")
    section.locator("input.edit").check()
    canvas = section.locator("canvas").nth(index)
    canvas.scroll_into_view_if_needed()
    place = page.evaluate(
        """([key, border, k]) => {
            const one = editor.handles.find((handles) => handles.key === key);
            const [, , [row, column]] = one.places().find(([name, at]) => name === border && at === k);
            const ratio = one.view.canvas.width / one.view.canvas.clientWidth;
            return [one.view.x(column) / ratio, one.view.y(row) / ratio];
        }""",
        [f"{key}/{index}", border, handle],
    )
    box = canvas.bounding_box()
    x, y = box["x"] + place[0], box["y"] + place[1]
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + by[0] / 2, y + by[1] / 2)
    page.mouse.move(x + by[0], y + by[1])
    page.mouse.up()
    settled(page)


def results_of(folder: Path) -> dict[str, Any]:
    """results.json of an output folder."""
    return json.loads((folder / "results" / "results.json").read_text(encoding="utf-8"))
