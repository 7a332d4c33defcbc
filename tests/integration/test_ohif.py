"""What the demo run wrote, in OHIF on Orthanc: what a reader sees of every kind of object."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.uid import SecondaryCaptureImageStorage

from cmrmap.dicom.transfer.destinations import parse_destination
from cmrmap.dicom.transfer.sending import find_files, send
from tests.archive import Archive
from tests.ohif import distribution, served_viewer
from tests.ohif_page import BROWSER_OPTIONS, PATIENCE_S, Deliveries, OpenStudy, eventually
from tests.ohif_pixels import labels_of_images, see_colours, see_grey, see_overlay, seen_if

# an optional part of `make test-slow`: browser and viewer are large, and CI may run without them
pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.program("Orthanc")]


@pytest.fixture(scope="module")
def written(demo_run) -> list[Dataset]:
    """Every object of the run."""
    assert demo_run.exit_code == 0, demo_run.stderr
    return [pydicom.dcmread(path) for path in sorted(demo_run.output.glob("*.dcm"))]


@pytest.fixture(scope="module")
def archive(tmp_path_factory) -> Iterator[Archive]:
    distribution()
    running = Archive(tmp_path_factory.mktemp("orthanc"))
    yield running
    running.close()


@pytest.fixture(scope="module")
def address(archive, tmp_path_factory) -> Iterator[str]:
    with served_viewer(archive, tmp_path_factory.mktemp("viewer")) as served:
        yield served


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as started:
        chromium = started.chromium.launch(executable_path="/usr/bin/chromium", args=list(BROWSER_OPTIONS))
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def stored(archive, written, demo_run) -> str:
    """Everything is in the archive; the study's UID."""
    send(find_files(demo_run.output), parse_destination(archive.node), timeout_s=300.0).check()
    return str(written[0].StudyInstanceUID)


@pytest.fixture(scope="module")
def errors() -> list[str]:
    """What went wrong in the viewer: in its own code, and with what it asked for."""
    return []


@pytest.fixture(scope="module")
def new_page(browser, errors) -> Callable[[], Any]:
    """Open a page; all of them end with the browser."""

    def make() -> Any:
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        context.set_default_timeout(PATIENCE_S * 1000)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("response", lambda answer: errors.append(answer.url) if answer.status >= 400 else None)
        return page

    return make


@pytest.fixture(autouse=True)
def _no_errors(errors) -> Iterator[None]:
    yield
    told = list(errors)
    errors.clear()
    assert told == []


@pytest.fixture(scope="module")
def study(stored, new_page, address, written) -> OpenStudy:
    """The study, open for all tests that look at it: the viewer gets segmentations after what they lie on."""
    return _opened(new_page(), address, stored, written, first="MR", then="SEG")


def _opened(page: Any, address: str, study_uid: str, written: list[Dataset], first: str, then: str) -> OpenStudy:
    """Open the study; the viewer gets all series of the first modality before any of the other."""
    early, late = ({str(one.SeriesInstanceUID) for one in written if one.Modality == name} for name in (first, then))
    deliveries = Deliveries(page, early, late)
    study = OpenStudy(page, address, study_uid)
    deliveries.wait()
    places = [[deliveries.order.index(uid) for uid in part] for part in (early, late)]
    assert max(places[0]) < min(places[1])
    return study


def _series(written: list[Dataset], modality: str) -> dict[str, list[Dataset]]:
    found: dict[str, list[Dataset]] = {}
    for one in written:
        if modality == one.Modality:
            found.setdefault(str(one.SeriesDescription), []).append(one)
    return {name: sorted(images, key=lambda one: int(one.InstanceNumber)) for name, images in found.items()}


@pytest.mark.usefixtures("stored")
def test_the_study_list_shows_the_study(new_page, address, written) -> None:
    page = new_page()
    page.goto(address)
    patient = str(written[0].PatientName).replace("^", ", ")
    page.get_by_text(patient).first.wait_for()
    page.context.close()


def test_every_series_is_listed(study, written) -> None:
    wanted = {str(one.SeriesDescription) for one in written}
    eventually(lambda: seen_if(set(study.series()) == wanted, f"{wanted ^ set(study.series())}"))


def test_every_map_opens_with_its_pixels_under_its_window(study, written, tmp_path) -> None:
    series = _series(written, "MR")
    assert len(series) == 8  # four maps and their standard deviations
    for name, images in series.items():
        study.open_series(name)
        eventually(lambda image=images[0], name=name: see_grey(study, image, name))
        study.page.screenshot(path=tmp_path / f"{name.split(',')[0]}.png")


def test_every_segmentation_lies_on_its_map(study, written, tmp_path) -> None:
    _see_every_segmentation(study, written, tmp_path, n_slices=5)


def _see_every_segmentation(study: OpenStudy, written: list[Dataset], folder: Path, *, n_slices: int) -> None:
    maps = {str(one.SOPInstanceUID): one for images in _series(written, "MR").values() for one in images}
    segmentations = _series(written, "SEG")
    assert len(segmentations) == 7
    for name, (segmentation,) in segmentations.items():
        study.open_series(name)
        labels = labels_of_images(segmentation, maps)
        assert len(labels) == 5
        for uid, label in list(labels.items())[:n_slices]:
            study.go_to_image(maps[uid])
            eventually(lambda uid=uid, label=label, name=name: see_overlay(study, maps[uid], label, name))
        study.page.screenshot(path=folder / f"{name.split(',')[0]}.png")


def test_every_picture_opens_in_its_colours(study, written, tmp_path) -> None:
    pictures = [one for one in written if one.SOPClassUID == SecondaryCaptureImageStorage]
    series = _series(pictures, "OT")
    assert len(series) == 4
    for name, images in series.items():
        study.open_series(name)
        eventually(lambda image=images[0], name=name: see_colours(study, image, name))
        study.page.screenshot(path=tmp_path / f"{name.split(',')[0]}.png")


def test_the_text_report_is_read_line_by_line(study, written, tmp_path) -> None:
    (report,) = (one for one in written if one.SOPClassUID.name == "Basic Text SR Storage")
    study.open_series(str(report.SeriesDescription))
    study.page.get_by_text("Diagnostic Imaging Report").wait_for()
    words = " ".join(study.page.locator("body").inner_text().split())
    sections = [item for item in report.ContentSequence if item.ValueType == "CONTAINER"]
    lines = [" ".join(item.TextValue.split()) for section in sections for item in section.ContentSequence]
    assert len(lines) > 20
    assert [line for line in lines if line not in words] == []
    study.page.screenshot(path=tmp_path / "text report.png")


def test_the_pdf_opens_and_is_the_page(study, written, demo_run: Any) -> None:
    (document,) = (one for one in written if one.Modality == "DOC")
    study.open_series(str(document.SeriesDescription))
    shown = study.page.locator("object[type='application/pdf']")
    shown.wait_for(state="attached")
    page = Path(demo_run.output / "results" / "report.pdf").read_bytes()
    got = study.page.evaluate(_DIGEST, [shown.get_attribute("data"), len(page)])
    assert bytes(got) == hashlib.sha256(page).digest()


# of the file without the byte that may fill it up to an even length
_DIGEST = """async ([address, length]) => {
    const content = await (await fetch(address)).arrayBuffer();
    return Array.from(new Uint8Array(await crypto.subtle.digest('SHA-256', content.slice(0, length))));
}"""


def test_segmentations_that_come_before_their_maps_lie_on_them_too(
    stored, new_page, address, written, tmp_path
) -> None:
    """Which of its series the viewer lays a segmentation on may follow from the order in which it got them."""
    study = _opened(new_page(), address, stored, written, first="SEG", then="MR")
    _see_every_segmentation(study, written, tmp_path, n_slices=1)
    study.page.context.close()
