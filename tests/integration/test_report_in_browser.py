"""The HTML report as a reader works with it: what is clicked shows the numbers of the analysis and of results.json."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import cmrmap
from tests.sharing import made_once

pytestmark = [pytest.mark.slow, pytest.mark.browser]

KEYS = ("t2", "native_t1", "postcontrast_t1", "ecv")


@pytest.fixture(scope="module")
def study(one_slice_study: Path, tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """The mid slice of the demo study: its analysis and what was written of it."""
    analysis = cmrmap.analyse_folder(one_slice_study)
    folder = made_once(tmp_path_factory, "in-browser", lambda made: analysis.save(made, into_non_empty=True))
    results = json.loads((folder / "results" / "results.json").read_text(encoding="utf-8"))
    return SimpleNamespace(analysis=analysis, results=results, page=folder / "results" / "report.html")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as started:
        chromium = started.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Any, study: SimpleNamespace, request: pytest.FixtureRequest) -> Iterator[Any]:
    """The report, ready; nothing may be fetched, and no error raised."""
    width, theme = getattr(request, "param", (1280, "light"))
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=theme)
    opened = context.new_page()
    wrong: list[str] = []
    opened.on("pageerror", lambda error: wrong.append(str(error)))
    opened.on("console", lambda said: wrong.append(said.text))
    own = ("data:", "blob:", study.page.as_uri())
    opened.on("request", lambda asked: asked.url.startswith(own) or wrong.append(asked.url))
    opened.goto(study.page.as_uri())
    opened.wait_for_selector("html[data-ready=yes]")
    yield opened
    assert wrong == []
    context.close()


def _click(page: Any, key: str, row: int, column: int) -> Any:
    """Click a pixel of the slice and return the map's section."""
    section = page.locator(f"section[data-map={key}]")
    x, y = _place(page, key, row, column)
    section.locator("canvas").click(position={"x": x, "y": y})
    return section


def _place(page: Any, key: str, row: float, column: float) -> tuple[float, float]:
    document = json.loads(page.locator("#report-data").text_content())
    one = next(one for one in document["maps"] if one["key"] == key)
    middle_row, middle_column, half = one["views"]["0"]
    width = page.locator(f"section[data-map={key}] canvas").evaluate("one => one.clientWidth")
    down, right = one["spacing"][0]
    scale = width / (2 * half)
    return ((column - middle_column) * right + half) * scale, ((row - middle_row) * down + half) * scale


@pytest.mark.parametrize("key", KEYS[:3])
def test_a_clicked_pixel_shows_its_samples_its_fit_and_what_was_left_out(page, study, key) -> None:
    volume = study.analysis.maps[key]
    _, row, column = np.argwhere(volume.aha)[len(np.argwhere(volume.aha)) // 3]
    told = study.analysis.explain(key, 0, int(row), int(column))
    section = _click(page, key, row, column)
    decimals = volume.kind.spec.decimals
    words = section.locator(".why").inner_text()
    assert f"row {row}, column {column}, segment {volume.aha[0, row, column]} mid " in words
    assert f"{told.value:.{decimals}f} ± {told.sd:.{decimals}f} ms" in words
    assert "Included in the means." in words
    assert f"{told.r2:.4f}" in words
    assert f"{told.t_star:.{decimals}f} ms" in words
    lines = [one.split("\t") for one in section.locator(".samples tr").all_inner_texts()[1:]]
    assert len(lines) == len(told.times_ms)
    for (_, sample, fit, *_), wanted, fitted in zip(lines, told.samples, told.fitted, strict=True):
        assert float(sample) == pytest.approx(wanted, rel=6e-4, abs=0.06)
        assert float(fit) == pytest.approx(fitted, rel=6e-4, abs=0.06)
    assert section.locator(".plot circle").count() == np.isfinite(told.samples).sum()


def test_a_pixel_that_does_not_count_says_why_and_one_outside_has_no_fit(page, study) -> None:
    volume = study.analysis.maps["t2"]
    border = np.argwhere(np.isfinite(volume.shown_wall[0]) & (volume.aha[0] == 0))[40]
    reason = study.analysis.explain("t2", 0, *map(int, border)).reason
    assert f"Not included in the means: {reason}." in _click(page, "t2", *border).locator(".why").inner_text()
    cavity = np.argwhere(volume.blood_pool[0]).mean(axis=0).round().astype(int)
    assert "outside the mapped wall" in _click(page, "t2", *cavity).locator(".why").inner_text()


def test_a_pixel_that_the_map_series_leave_out_has_no_value_here_either(page, study) -> None:
    volume = study.analysis.maps["ecv"]
    hidden = np.argwhere(np.isfinite(volume.values[0]) & ~np.isfinite(volume.shown_values[0]))
    assert len(hidden)  # impossible values at the wall's border
    section = _click(page, "ecv", *hidden[0])
    assert "ECV no value" in section.locator(".why").inner_text()
    assert "Not included in the means" in section.locator(".why").inner_text()
    assert "no value" in section.locator(".readout").inner_text()


def test_a_pixel_of_ecv_shows_the_fits_of_both_t1_maps(page, study) -> None:
    volume = study.analysis.maps["ecv"]
    _, row, column = np.argwhere(volume.aha)[50]
    section = _click(page, "ecv", row, column)
    assert f"ECV {volume.values[0, row, column]:.1f} ± {volume.sd[0, row, column]:.1f} %" in section.inner_text()
    assert section.locator(".fit h4").all_inner_texts() == ["Native T1", "Post-contrast T1"]
    native = study.analysis.explain("native_t1", 0, int(row), int(column))
    assert f"{native.r2:.4f}" in section.locator(".fit").first.inner_text()


def test_a_region_has_the_mean_the_sd_and_the_number_of_its_pixels(page, study) -> None:
    volume = study.analysis.maps["native_t1"]
    section = page.locator("section[data-map=native_t1]")
    section.get_by_text("ROI freehand").click()
    rows, columns = np.argwhere(volume.aha).mean(axis=0)[1:].round().astype(int)
    reach = 24.4
    corners = [(-reach, -reach), (-reach, reach), (reach, reach), (reach, -reach), (-reach, -reach)]
    box = section.locator("canvas").bounding_box()
    for number, (down, right) in enumerate(corners):
        x, y = _place(page, "native_t1", rows + down, columns + right)
        page.mouse.move(box["x"] + x, box["y"] + y)
        if not number:
            page.mouse.down()
    page.mouse.up()
    cut = volume.shown_wall[0, rows - 24 : rows + 25, columns - 24 : columns + 25]
    inside = cut[np.isfinite(cut)]
    words = section.locator(".region").inner_text()
    assert f"mean {inside.mean():.1f} ms, SD {inside.std(ddof=1):.1f} ms, {inside.size} pixels" in words
    counted = np.count_nonzero(volume.aha[0, rows - 24 : rows + 25, columns - 24 : columns + 25])
    assert f"include {counted} of them" in words


def test_the_tables_hold_the_numbers_of_results_json(page, study) -> None:
    for key in KEYS:
        expected = study.results["maps"][key]
        section = page.locator(f"section[data-map={key}]")
        decimals = study.analysis.maps[key].kind.spec.decimals
        assert section.locator(".value").inner_text().startswith(f"{expected['patient']['mean']:.{decimals}f}")
        section.locator("summary").click()
        rows = [one.split("\t") for one in section.locator("tr[data-slice]").all_inner_texts()]
        segments = expected["slices"][0]["segments"]
        assert len(rows) == len(segments)
        for (_, aha, _, mean, sd, pixels), segment in zip(rows, segments, strict=True):
            assert (int(aha), int(pixels)) == (segment["aha"], segment["n_pixels"])
            assert float(mean.split(" ")[0]) == pytest.approx(segment["mean"], abs=0.51 * 10.0**-decimals)
            assert float(sd) == pytest.approx(segment["sd"], abs=0.51 * 10.0**-decimals)


def test_a_segment_lights_up_from_the_table_the_bulls_eye_and_the_slice(page, study) -> None:
    section = page.locator("section[data-map=t2]")
    section.locator("summary").click()
    lit = "one => [...one.querySelectorAll('.lit')].map((part) => part.tagName + part.dataset.aha).join()"
    before = section.locator("canvas").evaluate("one => one.toDataURL()")
    section.locator("tr[data-aha='9']").hover()
    assert section.evaluate(lit) == "g9,TR9"
    assert section.locator("canvas").evaluate("one => one.toDataURL()") != before
    section.locator("g[data-aha='11']").focus()
    assert section.evaluate(lit) == "g11,TR11"
    aha = study.analysis.maps["t2"].aha[0]
    row, column = np.argwhere(aha == 8)[5]
    x, y = _place(page, "t2", row, column)
    section.locator("canvas").hover(position={"x": x, "y": y})
    assert section.evaluate(lit) == "g8,TR8"
    assert "segment 8 mid anteroseptal" in section.locator(".readout").inner_text()
    assert f"{study.analysis.maps['t2'].values[0, row, column]:.1f} ±" in section.locator(".readout").inner_text()


def test_the_images_scroll_and_the_heart_stays_where_they_are_motion_corrected(page, study) -> None:
    section = page.locator("section[data-map=t2]")
    canvas = section.locator("canvas")
    canvas.focus()
    page.keyboard.press("i")
    section.locator(".time").evaluate("one => { one.value = 2; one.dispatchEvent(new Event('input')); }")
    stack = study.analysis.series["t2"].stack
    assert f"{stack.times_ms[0, 2]:g} ms" in section.locator("figcaption").inner_text()
    acquired = canvas.evaluate("one => one.toDataURL()")
    rows, columns = np.argwhere(study.analysis.maps["t2"].myocardium[0]).mean(axis=0).round().astype(int)
    x, y = _place(page, "t2", rows, columns)
    canvas.hover(position={"x": x, "y": y})
    assert f"signal {stack.images[0, 2, rows, columns]:.4g}" in section.locator(".readout").inner_text()
    canvas.focus()
    page.keyboard.press("k")
    assert canvas.evaluate("one => one.toDataURL()") != acquired
    page.keyboard.press(".")
    assert f"image 4 of {stack.times_ms.shape[1]}" in section.locator(".number").inner_text()


def test_it_can_be_worked_by_keys_alone(page, study) -> None:
    section = page.locator("section[data-map=native_t1]")
    section.locator("canvas").focus()
    plain = section.locator("canvas").evaluate("one => one.toDataURL()")
    page.keyboard.press("c")
    assert section.locator("canvas").evaluate("one => one.toDataURL()") != plain
    for key in ("ArrowLeft", "Shift+ArrowUp"):
        page.keyboard.press(key)
    assert "row" in section.locator(".readout").inner_text()
    page.keyboard.press("Enter")
    assert section.locator(".why").is_visible()
    page.keyboard.press("o")
    assert "Region on slice" in section.locator(".region").inner_text()
    page.keyboard.press("s")
    assert section.get_attribute("data-layer") == "sd"
    page.keyboard.press("Escape")
    assert section.locator(".region").inner_text() == ""


def test_the_window_changes_the_colours_and_goes_back(page) -> None:
    section = page.locator("section[data-map=native_t1]")
    before = section.locator("canvas").evaluate("one => one.toDataURL()")
    section.locator(".low").fill("1000")
    section.locator(".low").press("Enter")
    assert section.locator("canvas").evaluate("one => one.toDataURL()") != before
    assert section.locator(".scale-value").first.text_content() == "1000"
    section.locator(".usual").click()
    assert section.locator("canvas").evaluate("one => one.toDataURL()") == before


@pytest.mark.parametrize(
    "page", [(1280, "light"), (1280, "dark"), (390, "light"), (390, "dark")], indirect=True, ids=str
)
def test_it_fits_the_width_in_either_theme(page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
    dark = page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
    assert (colour == "rgb(16, 20, 24)") is dark
    page.locator(".theme").click()  # from the system's to dark
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(16, 20, 24)"


def test_it_is_painted_within_a_second_and_before_the_script_works(page) -> None:
    told = "name => performance.getEntriesByName(name)[0].startTime"
    for _ in range(5):  # a busy machine may need another try
        painted = page.evaluate(told, "first-contentful-paint")
        begun = page.evaluate(told, "work begins")
        if painted <= 1000.0:
            break
        page.reload()
        page.wait_for_selector("html[data-ready=yes]")
    assert painted <= 1000.0
    assert painted <= begun


@pytest.mark.program("pdftotext")
def test_on_paper_every_table_is_open(page, study, tmp_path) -> None:
    page.pdf(path=tmp_path / "paper.pdf", format="A4", print_background=True)
    command = ["pdftotext", "-layout", str(tmp_path / "paper.pdf"), "-"]
    words = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert words.count("mid inferolateral") >= len(KEYS)
    assert "ROI ellipse" not in words
    assert page.locator("section[data-map] details[open]").count() == 0
