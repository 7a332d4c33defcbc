"""Take the pictures of the reader's tour: the PDF's first page, and the HTML report as it is worked with.

Usage: ``python docs/figures/tour_report.py OUT READER``, as ``make figures`` does: OUT is the demo's output, READER the
output of the study in which a reader corrected contours. Needs poppler's pdftoppm, Chromium and Playwright.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
from playwright.sync_api import sync_playwright
from png_size import few_colours

_HERE = Path(__file__).parent
_MAP = "native_t1"
_SLICE = 2


def main(results: Path, reader: Path) -> None:
    """Write the pictures beside this file."""
    page_of_pdf = _HERE / "tour_page"
    pdf = results / "results" / "report.pdf"
    subprocess.run(
        ["pdftoppm", "-r", "110", "-png", "-f", "1", "-l", "1", "-singlefile", str(pdf), str(page_of_pdf)], check=True
    )
    few_colours(page_of_pdf.with_suffix(".png"))
    with sync_playwright() as started:
        chromium = started.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        _demo(chromium, results)
        _corrected(chromium, reader)
        chromium.close()


def _demo(chromium: Any, results: Path) -> None:
    page = _opened(chromium, results)
    section = page.locator(f"section[data-map={_MAP}]")
    _picture(section, "tour_report.png")
    canvas = section.locator(f"figure[data-slice='{_SLICE}'] canvas")
    x, y = _on_canvas(page, canvas, *_wall_pixel(results))
    canvas.click(position={"x": x, "y": y})
    _picture(section.locator(".why"), "tour_pixel.png")
    page.keyboard.press("Escape")
    section.get_by_text("ROI ellipse").click()
    section.locator(".strip").scroll_into_view_if_needed()
    box = canvas.bounding_box()
    page.mouse.move(box["x"] + x - 9, box["y"] + y - 9)
    page.mouse.down()
    page.mouse.move(box["x"] + x + 9, box["y"] + y + 9, steps=5)
    page.mouse.up()
    page.mouse.move(5, 5)
    strip, told = section.locator(".strip").bounding_box(), section.locator(".region").bounding_box()
    height = told["y"] + told["height"] - strip["y"] + 4
    clip = {"x": strip["x"], "y": strip["y"], "width": strip["width"], "height": height}
    page.screenshot(path=_HERE / "tour_region.png", clip=clip)
    few_colours(_HERE / "tour_region.png")


def _corrected(chromium: Any, reader: Path) -> None:
    page = _opened(chromium, reader)
    _picture(page.locator(f"section[data-map={_MAP}]"), "tour_corrected.png")


def _opened(chromium: Any, results: Path) -> Any:
    context = chromium.new_context(viewport={"width": 1200, "height": 900}, color_scheme="light")
    page = context.new_page()
    page.goto((results / "results" / "report.html").resolve().as_uri())
    page.wait_for_selector("html[data-ready=yes]")
    return page


def _wall_pixel(results: Path) -> tuple[int, int]:
    """Row and column of a pixel that counts, in the middle of segment 8 of the slice."""
    objects = (pydicom.dcmread(path) for path in results.glob("*.dcm"))
    segmentation = next(one for one in objects if one.SeriesDescription == "T1 AHA native, CMRmap")
    frames = segmentation.PerFrameFunctionalGroupsSequence
    labels = {int(one.SegmentNumber): str(one.SegmentLabel) for one in segmentation.SegmentSequence}
    found = [
        mask
        for frame, mask in zip(frames, segmentation.pixel_array > 0, strict=True)
        if labels[int(frame.SegmentIdentificationSequence[0].ReferencedSegmentNumber)].startswith("AHA 8:")
    ]
    pixels = np.argwhere(found[0])
    row, column = pixels[np.argmin(((pixels - pixels.mean(axis=0)) ** 2).sum(axis=1))]
    return int(row), int(column)


def _on_canvas(page: Any, canvas: Any, row: int, column: int) -> tuple[float, float]:
    """Where on a slice's canvas a pixel of the map lies."""
    one = next(one for one in json.loads(page.locator("#report-data").text_content())["maps"] if one["key"] == _MAP)
    middle_row, middle_column, half = one["views"][str(_SLICE)]
    down, right = one["spacing"][_SLICE]
    scale = canvas.evaluate("one => one.clientWidth") / (2 * half)
    return ((column - middle_column) * right + half) * scale, ((row - middle_row) * down + half) * scale


def _picture(part: Any, name: str) -> None:
    part.screenshot(path=_HERE / name)
    few_colours(_HERE / name)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:3]))
