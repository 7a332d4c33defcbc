"""What the demo run wrote, in OHIF on Orthanc: what a reader sees of every kind of object."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pydicom
import pytest
from pydicom.dataset import Dataset
from scipy import ndimage

from cmrmap.dicom.transfer.destinations import parse_destination
from cmrmap.dicom.transfer.sending import find_files, send
from tests.archive import Archive
from tests.ohif import BROWSER_OPTIONS, PATIENCE_S, NotShownError, OpenStudy, distribution, eventually, served_viewer

# an optional part of `make test-slow`: browser and viewer are large, and CI may run without them
pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.program("Orthanc")]

_MARGIN = 12  # pixels around a segmentation, of the map
_COLOURED = 24  # grey levels between the largest and the smallest channel: drawn over a grey image


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


@pytest.fixture(scope="module", params=["maps first", "segmentations first"])
def stored(request, archive, demo_run) -> str:
    """Everything is in the archive; an archive lists series in the order in which they came."""
    archive.empty()
    files = find_files(demo_run.output)
    segmentations = [one for one in files if pydicom.dcmread(one.path, specific_tags=["Modality"]).Modality == "SEG"]
    others = [one for one in files if one not in segmentations]
    maps_first = request.param == "maps first"
    for part in (others, segmentations) if maps_first else (segmentations, others):
        send(part, parse_destination(archive.node), timeout_s=300.0).check()
    return str(request.param)


@pytest.fixture
def page(browser) -> Iterator[Any]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(PATIENCE_S * 1000)
    opened = context.new_page()
    errors: list[str] = []
    opened.on("pageerror", lambda error: errors.append(str(error)))
    opened.on("response", lambda answer: errors.append(answer.url) if answer.status >= 400 else None)
    yield opened
    context.close()
    assert errors == []


@pytest.fixture
def study(stored, page, address, written) -> OpenStudy:
    return OpenStudy(page, address, str(written[0].StudyInstanceUID))


def _series(written: list[Dataset], modality: str, ending: str = "") -> dict[str, list[Dataset]]:
    found: dict[str, list[Dataset]] = {}
    for one in written:
        if modality == one.Modality:
            found.setdefault(str(one.SeriesDescription), []).append(one)
    return {name: sorted(images, key=lambda one: int(one.InstanceNumber)) for name, images in found.items()}


def _windowed(image: Dataset) -> npt.NDArray[np.float64]:
    """Grey of every pixel, 0 to 1, under the image's own window (DICOM PS3.3 C.11.2.1.2)."""
    values = image.pixel_array * float(image.get("RescaleSlope", 1.0)) + float(image.get("RescaleIntercept", 0.0))
    centre, width = float(image.WindowCenter), float(image.WindowWidth)
    return np.clip((values - (centre - 0.5)) / (width - 1.0) + 0.5, 0.0, 1.0)


def _middle_of(image: Dataset) -> tuple[slice, slice]:
    """Where the heart is, away from the words in the viewport's corners."""
    return slice(image.Rows // 3, 2 * image.Rows // 3), slice(image.Columns // 3, 2 * image.Columns // 3)


def test_the_study_list_shows_the_study(stored, page, address, written) -> None:
    page.goto(address)
    patient = str(written[0].PatientName).replace("^", ", ")
    eventually(lambda: _shown(patient in page.locator("body").inner_text(), patient))


def test_every_series_is_listed(study, written) -> None:
    wanted = {str(one.SeriesDescription) for one in written}
    eventually(lambda: _shown(set(study.series()) == wanted, f"{wanted ^ set(study.series())}"))


def _shown(truth: bool, what: str) -> None:
    if not truth:
        raise NotShownError(what)


def test_every_map_opens_with_its_pixels_under_its_window(study, written, tmp_path) -> None:
    series = _series(written, "MR")
    assert len(series) == 8  # four maps and their standard deviations
    for name, images in series.items():
        study.open_series(name)

        def look(image: Dataset = images[0], name: str = name) -> None:
            colours, inside = study.shown_on(image)
            at = _middle_of(image)
            _shown(bool(inside[at].all()), f"{name}: not laid out yet")
            shown, wanted = colours[at].mean(axis=-1) / 255.0, _windowed(image)[at]
            _shown(np.abs(shown - wanted).mean() < 0.03, f"{name}: {np.abs(shown - wanted).mean():.3f}")

        eventually(look)
        study.page.screenshot(path=tmp_path / f"{name.split(',')[0]}.png")


def test_every_segmentation_lies_on_its_map(study, written, tmp_path) -> None:
    maps = {str(one.SOPInstanceUID): one for images in _series(written, "MR").values() for one in images}
    segmentations = _series(written, "SEG")
    assert len(segmentations) == 7
    for name, (segmentation,) in segmentations.items():
        study.open_series(name)
        labels = _labels(segmentation, maps)
        assert len(labels) == 5
        for index, (uid, label) in enumerate(sorted(labels.items(), key=lambda one: int(maps[one[0]].InstanceNumber))):
            eventually(lambda uid=uid, index=index: _scrolled(study, index, maps[uid]))
            eventually(lambda uid=uid, label=label, name=name: _overlaid(study, maps[uid], label, name))
            study.page.screenshot(path=tmp_path / f"{name.split(',')[0]} {index + 1}.png")


def _scrolled(study: OpenStudy, index: int, image: Dataset) -> None:
    """The image of the map is shown; scrolled to it where it is not."""
    try:
        study.shown_on(image)
    except NotShownError:
        study.go_to_image(index)
        raise


def _labels(segmentation: Dataset, maps: dict[str, Dataset]) -> dict[str, npt.NDArray[np.uint8]]:
    """SOP instance of the map -> segment number of every pixel, from the frames' own references."""
    labels: dict[str, npt.NDArray[np.uint8]] = {}
    for frame, mask in zip(segmentation.PerFrameFunctionalGroupsSequence, segmentation.pixel_array, strict=True):
        source = frame.DerivationImageSequence[0].SourceImageSequence[0]
        label = labels.setdefault(str(source.ReferencedSOPInstanceUID), np.zeros(mask.shape, np.uint8))
        label[mask > 0] = frame.SegmentIdentificationSequence[0].ReferencedSegmentNumber
    assert labels.keys() <= maps.keys()
    return labels


def _overlaid(study: OpenStudy, image: Dataset, label: npt.NDArray[np.uint8], name: str) -> None:
    """Colour is where the segments are and nowhere else, each segment has its own, and below it is the map."""
    colours, inside = study.shown_on(image)
    rows, columns = np.nonzero(label)
    at = (
        slice(max(rows.min() - _MARGIN, 0), rows.max() + _MARGIN),
        slice(max(columns.min() - _MARGIN, 0), columns.max() + _MARGIN),
    )
    _shown(bool(inside[at].all()), f"{name}: not laid out yet")
    seen, wanted = colours[at].astype(int), label[at]
    coloured = np.ptp(seen, axis=-1) > _COLOURED
    outside = ~ndimage.binary_dilation(wanted > 0)
    _shown(coloured[wanted > 0].mean() > 0.99, f"{name}: {coloured[wanted > 0].mean():.3f} of the segments is coloured")
    assert coloured[outside].mean() < 0.01, name
    grey = np.abs(seen.mean(axis=-1) / 255.0 - _windowed(image)[at])[outside]
    assert grey.mean() < 0.03, f"{name}: not the map below"
    hues = {}
    for number in np.unique(wanted[wanted > 0]):
        core = ndimage.binary_erosion(wanted == number)
        tint = np.median(seen[core] - seen[core].mean(axis=-1, keepdims=True), axis=0)
        hues[int(number)] = tint / np.abs(tint).max()
    numbers = sorted(hues)
    apart = [np.abs(hues[a] - hues[b]).max() for i, a in enumerate(numbers) for b in numbers[i + 1 :]]
    assert min(apart) > 0.05, f"{name}: two segments of one colour"


def test_every_picture_opens_in_colour(study, written) -> None:
    for name in _series(written, "OT"):
        study.open_series(name)

        def look(name: str = name) -> None:
            canvas = study.page.locator("[data-cy=viewport-pane], .viewport-wrapper, .cornerstone-canvas").first
            pixels = _pixels(canvas.screenshot())
            _shown((np.ptp(pixels, axis=-1) > _COLOURED).mean() > 0.01, name)

        eventually(look)


def _pixels(png: bytes) -> npt.NDArray[np.int_]:
    from io import BytesIO

    from PIL import Image

    return np.asarray(Image.open(BytesIO(png)).convert("RGB"), int)


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
    got = study.page.evaluate(
        "async url => Array.from(new Uint8Array(await (await fetch(url)).arrayBuffer()))", shown.get_attribute("data")
    )
    page = Path(demo_run.output / "results" / "report.pdf").read_bytes()
    assert hashlib.sha256(bytes(got)[: len(page)]).digest() == hashlib.sha256(page).digest()
