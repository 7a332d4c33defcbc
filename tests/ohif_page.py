"""A study in OHIF as a reader uses it: what is clicked, and what is then on the screen."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from io import BytesIO
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
from PIL import Image
from pydicom.dataset import Dataset

PATIENCE_S = 120.0  # a browser that draws without a graphics card, on a busy machine
_LOOK_EVERY_S = 0.2
_Found = TypeVar("_Found")
#: no graphics card: the browser draws by its own software
BROWSER_OPTIONS = ("--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader")
BROWSER_OPTIONS += ("--ignore-gpu-blocklist",)
_NOWHERE = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)  # the orientation of a picture, which has no place in the patient

# the active viewport: its image, its place on the screen, and where points of the patient lie in it
_LOOK = """points => {
    const id = services.viewportGridService.getState().activeViewportId;
    const viewport = services.cornerstoneViewportService.getCornerstoneViewport(id);
    if (!viewport) return null;
    const box = viewport.element.getBoundingClientRect();
    return {
        image: viewport.getCurrentImageId(),
        box: {x: box.x, y: box.y, width: box.width, height: box.height},
        places: points.map(point => Array.from(viewport.worldToCanvas(point))),
    };
}"""
_READY = """() => {
    const id = window.services?.viewportGridService.getState().activeViewportId;
    return id && services.cornerstoneViewportService.getCornerstoneViewport(id)?.getCurrentImageId();
}"""
# scrolls to an image and tells whether it is there; false while the series is still to come
_GO_TO = """image => {
    const id = services.viewportGridService.getState().activeViewportId;
    const viewport = services.cornerstoneViewportService.getCornerstoneViewport(id);
    const index = viewport?.getImageIds?.().findIndex(name => name.includes(image)) ?? -1;
    if (index < 0) return false;
    if (viewport.getCurrentImageId()?.includes(image)) return true;
    viewport.scroll(index - viewport.getCurrentImageIdIndex());
    return false;
}"""


class NotShownError(AssertionError):
    """What is awaited is not on the screen."""


class Deliveries:
    """Has the archive's answers on some series come after those on all others: archives answer in any order.

    Attributes
    ----------
    order : series as the viewer got them
    """

    def __init__(self, page: Any, early: Iterable[str], late: Iterable[str]) -> None:
        self.order: list[str] = []
        self._early, self._late = set(early), set(late)
        self._held: list[Any] = []
        self._page = page
        page.route("**/series/*/metadata*", self._asked)
        page.on("requestfinished", self._answered)

    def wait(self) -> None:
        """Wait until the viewer has all series."""
        latest = time.monotonic() + PATIENCE_S
        while not self._early | self._late <= set(self.order):
            assert time.monotonic() < latest, "series are not delivered"
            self._page.wait_for_timeout(1000 * _LOOK_EVERY_S)  # in which the browser's events come

    def _asked(self, route: Any) -> None:
        if self._series(route.request.url) in self._late and not self._early <= set(self.order):
            self._held.append(route)
        else:
            route.continue_()

    def _answered(self, request: Any) -> None:
        if self._series(request.url):
            self.order.append(self._series(request.url))
        while self._held and self._early <= set(self.order):
            self._held.pop().continue_()

    @staticmethod
    def _series(url: str) -> str:
        told = re.search(r"/series/([\d.]+)/metadata", url)
        return told[1] if told else ""


class OpenStudy:
    """A study in the viewer, used as a reader uses it: by double clicks, and by what is on the screen."""

    def __init__(self, page: Any, address: str, study_uid: str) -> None:
        self.page = page
        # the viewer offers a tour to whoever comes first; the frame of a PDF has no storage
        page.add_init_script("window.localStorage?.setItem('shownTours', JSON.stringify(['basicViewerTour']))")
        page.goto(f"{address}/viewer?StudyInstanceUIDs={study_uid}")
        page.wait_for_selector("[data-cy=study-browser-thumbnail]")
        page.wait_for_function(_READY)  # a click that comes earlier opens nothing

    def series(self) -> list[str]:
        """Descriptions of the series that are listed."""
        return list(self.page.locator("[data-cy=series-description-label]").all_inner_texts())

    def open_series(self, description: str) -> None:
        """Double-click a series of the list."""
        label = self.page.locator("[data-cy=series-description-label]").get_by_text(description, exact=True)
        label.wait_for()
        label.scroll_into_view_if_needed()
        label.dblclick()

    def go_to_image(self, image: Dataset) -> None:
        """Scroll to an image, once its series is open."""
        self.page.wait_for_function(_GO_TO, arg=_instance(image), polling=_LOOK_EVERY_S * 1000)

    def shown_on(self, image: Dataset) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.bool_]]:
        """What is on the screen where an image's pixels lie: their colours, and which of them are on it.

        Raises :class:`NotShownError` while another image is shown.
        """
        looked = self.page.evaluate(_LOOK, [list(_patient(image, *at)) for at in ((0, 0), (1, 0), (0, 1))])
        if looked is None or _instance(image) not in looked["image"]:
            raise NotShownError("another image is shown")
        picture = np.asarray(Image.open(BytesIO(self.page.screenshot(clip=looked["box"]))).convert("RGB"))
        origin, down, right = (np.asarray(place)[::-1] for place in looked["places"])
        rows, columns = np.indices((image.Rows, image.Columns))
        places = origin + rows[..., None] * (down - origin) + columns[..., None] * (right - origin)
        inside = ((places >= 0) & (places < picture.shape[:2])).all(axis=-1)
        colours = np.zeros((*inside.shape, 3), np.uint8)
        colours[inside] = picture[tuple(places[inside].astype(int).T)]
        return colours, inside


def _instance(image: Dataset) -> str:
    """What the address of an image holds."""
    return f"/instances/{image.SOPInstanceUID}/"


def _patient(image: Dataset, row: int, column: int) -> npt.NDArray[np.float64]:
    """Where a pixel's middle lies in the patient, mm (DICOM PS3.3 C.7.6.2.1.1).

    A picture has no place there; the viewer gives it one.
    """
    right, down = np.asarray(image.get("ImageOrientationPatient", _NOWHERE), float).reshape(2, 3)
    step_down, step_right = map(float, image.get("PixelSpacing", (1.0, 1.0)))
    origin = np.asarray(image.get("ImagePositionPatient", (0.0, 0.0, 0.0)), float)
    return origin + column * step_right * right + row * step_down * down


def eventually(look: Callable[[], _Found]) -> _Found:
    """Return what ``look`` finds, once it raises no :class:`NotShownError` any more."""
    latest = time.monotonic() + PATIENCE_S
    while time.monotonic() < latest:
        with suppress(NotShownError):
            return look()
        time.sleep(_LOOK_EVERY_S)
    return look()
