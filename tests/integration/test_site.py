"""The site: its notebooks run, it builds without a warning, and every page can be read without a network."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from cmrmap.core.version import VERSION
from sitebuild.check_links import faults
from tests.sharing import made_once

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((ROOT / "docs" / "notebooks").glob("*.py"))
_BUILDER = ROOT / ".venv-docs" / "bin" / "python"
_LEFT = "net::ERR_ABORTED"  # the page was left before this had come
_BROKEN_PICTURES = "[...document.images].filter((one) => !one.naturalWidth).map((one) => one.src)"
#: what lies to the right of the screen and in no box that can be scrolled to it
_BEYOND_THE_EDGE = """() => {
  const scrolls = (one) =>
    one && (["auto", "scroll"].includes(getComputedStyle(one).overflowX) || scrolls(one.parentElement));
  const beyond = (one) => one.getBoundingClientRect().right > document.documentElement.clientWidth + 1;
  const all = [...document.querySelectorAll(".md-content *")];
  return all.filter((one) => beyond(one) && !scrolls(one)).map((one) => one.outerHTML);
}"""


def _environment(notebooks: Path) -> dict[str, str]:
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "packaging"))),
        "CMRMAP_NOTEBOOKS": str(notebooks),
        "NO_MKDOCS_2_WARNING": "1",
    }


@pytest.fixture(scope="session")
def notebooks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pages of all notebooks, run one after the other."""

    def make(folder: Path) -> None:
        done = subprocess.run(
            [sys.executable, "-m", "sitebuild.notebooks", *map(str, NOTEBOOKS), "--output", str(folder)],
            env=_environment(folder),
            capture_output=True,
            text=True,
            timeout=800,
            check=False,
        )
        assert done.returncode == 0, done.stderr

    return made_once(tmp_path_factory, "notebooks", make)


def _build(root: Path, notebooks: Path, site: Path) -> subprocess.CompletedProcess[str]:
    if not _BUILDER.exists():
        if sys.version_info < (3, 11):
            pytest.skip("the site's generator needs Python 3.11")
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)("no .venv-docs; make env-docs")
    environment = {**_environment(notebooks), "PYTHONPATH": os.pathsep.join((str(root), str(root / "packaging")))}
    return subprocess.run(
        [str(_BUILDER), "-m", "mkdocs", "build", "--config-file", str(root / "mkdocs.yml"), "--site-dir", str(site)],
        env=environment,
        cwd=root,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.fixture(scope="session")
def site(notebooks: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site") / "site"
    done = _build(ROOT, notebooks, folder)
    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stderr
    return folder


def _printed(notebooks: Path, name: str) -> str:
    text = (notebooks / f"{name}.md").read_text(encoding="utf-8")
    return "\n".join(re.findall(r"^```text\n(.*?)^```", text, re.MULTILINE | re.DOTALL))


def test_a_study_is_mapped_near_its_truth(notebooks: Path) -> None:
    printed = _printed(notebooks, "map_a_study")
    found = dict(re.findall(r"^(\w+): truth ([\d.]+, found [\d.]+)", printed, re.MULTILINE))
    assert set(found) == {"t2", "native_t1", "postcontrast_t1", "ecv"}
    for key, words in found.items():
        true, mean = map(float, words.split(", found "))
        assert mean == pytest.approx(true, rel=0.05), key
    assert "report.html" in printed


def test_a_pixel_is_explained(notebooks: Path) -> None:
    printed = _printed(notebooks, "explain_a_pixel")
    assert "included in the means" in printed
    assert re.search(r"counted: False; \w+", printed)
    propagated, naive = map(float, re.search(r"standard error: ([\d.]+) ms; .* be ([\d.]+) ms", printed).groups())  # type: ignore[union-attr]
    assert propagated > naive  # which the text says of it


def test_own_outlines_take_the_network_s_place(notebooks: Path) -> None:
    printed = _printed(notebooks, "own_outlines")
    rows = re.findall(r"^\w+: truth ([\d.]+), my outlines ([\d.]+), the network's ([\d.]+)", printed, re.MULTILINE)
    assert len(rows) == 4
    for true, mine, network in rows:
        assert float(mine) == pytest.approx(float(true), rel=0.03)
        assert mine != network


def test_a_new_model_recovers_what_it_was_made_from(notebooks: Path) -> None:
    printed = _printed(notebooks, "add_a_signal_model")
    assert float(re.search(r"largest error of T1: ([\d.e+-]+) ms", printed)[1]) < 1e-3  # type: ignore[index]
    assert 1.0 < float(re.search(r"stated error: ([\d.]+)$", printed, re.MULTILINE)[1]) < 1.35  # type: ignore[index]
    biased, free = map(int, re.search(r"bias (-?\d+) ms \(stone_2p\), (-?\d+) ms", printed).groups())  # type: ignore[union-attr]
    assert biased < -50
    assert abs(free) < 10


def test_every_link_of_the_site_leads_somewhere_and_nothing_is_fetched(site: Path) -> None:
    assert faults(site) == []


def test_every_document_is_a_page_and_can_be_searched(site: Path) -> None:
    for path in (ROOT / "docs").rglob("*.md"):
        assert (site / path.relative_to(ROOT / "docs")).with_suffix(".html").is_file(), path
    index = json.loads((site / "search" / "search_index.json").read_text(encoding="utf-8"))
    titles = " ".join(entry["title"] for entry in index["docs"])
    for wanted in ("Command line", "Settings", "Exit codes", "fit_relaxation", "Add a vendor's timing tag"):
        assert wanted in titles
    assert [entry["location"] for entry in index["docs"] if entry["location"].startswith("source/")] == []
    assert (site / "search" / "search_index.js").is_file()  # for pages that are opened as files
    assert f"CMRmap {VERSION}." in (site / "index.html").read_text(encoding="utf-8")


def test_notebooks_are_pages_with_pictures_and_can_be_taken_along(site: Path) -> None:
    for path in NOTEBOOKS:
        page = (site / "notebooks" / f"{path.stem}.html").read_text(encoding="utf-8")
        assert f'src="{path.stem}-1.png"' in page
        assert json.loads((site / "notebooks" / f"{path.stem}.ipynb").read_text(encoding="utf-8"))["cells"]


def test_a_link_that_leads_nowhere_fails_the_build(site: Path, notebooks: Path, tmp_path: Path) -> None:
    root = tmp_path / "copy"
    ignored = shutil.ignore_patterns(".git", ".venv*", "out", "build", ".*_cache", "__pycache__", "*.egg-info")
    shutil.copytree(ROOT, root, ignore=ignored)
    with (root / "docs" / "flags.md").open("a", encoding="utf-8") as file:
        file.write("\n[one](gone.md) [two](risk.md#no-such-heading)\n")
    done = _build(root, notebooks, tmp_path / "site")
    assert done.returncode != 0
    assert "'gone.md'" in done.stderr
    assert "#no-such-heading" in done.stderr


@pytest.mark.browser
@pytest.mark.parametrize(("width", "theme"), [(1280, "light"), (390, "dark")])
def test_pages_opened_as_files_can_be_read_and_searched_without_a_network(site: Path, width: int, theme: str) -> None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as started:
        chromium = started.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        page = chromium.new_context(viewport={"width": width, "height": 900}, color_scheme=theme).new_page()
        wrong: list[str] = []
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("request", lambda asked: asked.url.startswith(("file:", "data:", "blob:")) or wrong.append(asked.url))
        page.on(
            "requestfailed", lambda asked: asked.failure == _LEFT or wrong.append(f"{page.url}: {asked.url} failed")
        )
        for path in sorted(site.rglob("*.html")):
            # the page for what is not found knows the addresses of a server only
            if path.relative_to(site).parts[0] in ("source", "404.html"):
                continue
            page.goto(path.as_uri())
            wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert wide == 0, f"{path.name} is wider than the screen"
            assert page.evaluate(_BROKEN_PICTURES) == [], path.name
            assert page.evaluate(_BEYOND_THE_EDGE) == [], path.name
        page.goto((site / "index.html").as_uri())
        if width < 1000:
            page.locator("label[for=__search].md-header__button").click()
        page.locator(".md-search__input").click()
        page.locator(".md-search__input").press_sequentially("timing tag", delay=30)
        page.locator(".md-search-result__link", has_text="Add a vendor's timing tag").first.click()
        page.wait_for_url("**/how-to/add-a-timing-tag.html*")
        assert page.locator("h1").first.inner_text().startswith("Add a vendor")
        assert wrong == []
        chromium.close()
