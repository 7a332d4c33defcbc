"""OHIF as it is shipped, in front of an archive: one origin on loopback, as a hospital's proxy gives it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from io import BytesIO
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image
from pydicom.dataset import Dataset

from tests.archive import Archive, end_process, free_port

VERSION = "3.13.2"
PATIENCE_S = 120.0  # a browser that draws without a graphics card, on a busy machine
_Found = TypeVar("_Found")
#: no graphics card: the browser draws by its own software
BROWSER_OPTIONS = ("--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader")
BROWSER_OPTIONS += ("--ignore-gpu-blocklist",)

_CONFIGURATION = {
    "routerBasename": None,
    "extensions": [],
    "modes": [],
    "showStudyList": True,
    "investigationalUseDialog": {"option": "never"},
    "defaultDataSourceName": "archive",
    "dataSources": [
        {
            "namespace": "@ohif/extension-default.dataSourcesModule.dicomweb",
            "sourceName": "archive",
            "configuration": {
                "friendlyName": "archive",
                "name": "archive",
                "wadoUriRoot": "/wado",
                "qidoRoot": "/dicom-web",
                "wadoRoot": "/dicom-web",
                "qidoSupportsIncludeField": False,
                "imageRendering": "wadors",
                "thumbnailRendering": "wadors",
                "enableStudyLazyLoad": True,
                "omitQuotationForMultipartRequest": True,
                "bulkDataURI": {"enabled": True},
            },
        }
    ],
}

# one process of whoever runs the tests, all that it writes in its own folder
_PROXY = """
daemon off; master_process off; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 256; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  types {{ text/html html; text/css css; application/javascript js; application/wasm wasm; application/json json;
           image/svg+xml svg; font/woff2 woff2; }}
  server {{
    listen 127.0.0.1:{port};
    root {distribution};
    # the viewer decodes in threads that share memory, which browsers allow to isolated pages only
    add_header Cross-Origin-Opener-Policy same-origin;
    add_header Cross-Origin-Embedder-Policy require-corp;
    add_header Cross-Origin-Resource-Policy same-origin;
    location = /app-config.js {{ alias {folder}/app-config.js; }}
    location / {{ try_files $uri /index.html; }}
    location ~ ^/(dicom-web|wado) {{
      proxy_pass http://127.0.0.1:{archive};
      proxy_set_header Host $http_host;
      proxy_set_header Forwarded "by=localhost;for=localhost;host=$http_host;proto=http";
    }}
  }}
}}
"""


def distribution() -> Path:
    """OHIF's built files, which `make viewer` fetches once; the test skips where they are not."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = cache / "cmrmap-tests" / f"ohif-{VERSION}"
    if shutil.which("nginx") is None:
        pytest.skip("nginx is not installed (`make viewer` installs it where it may)")
    if not (folder / "index.html").is_file():
        pytest.skip(f"OHIF {VERSION} is not at hand (`make viewer` fetches it where it may)")
    return folder


@contextmanager
def served_viewer(archive: Archive, folder: Path) -> Iterator[str]:
    """Serve OHIF and the archive at one address, which is given."""
    port = free_port()
    (folder / "app-config.js").write_text(f"window.config = {json.dumps(_CONFIGURATION)};")
    settings = folder / "nginx.conf"
    settings.write_text(
        _PROXY.format(folder=folder, port=port, distribution=distribution(), archive=archive.http), encoding="utf-8"
    )
    program = shutil.which("nginx") or "nginx"
    process = subprocess.Popen(
        [program, "-p", str(folder), "-c", str(settings)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    address = f"http://127.0.0.1:{port}"
    try:
        _await(address, process)
        yield address
    finally:
        end_process(process)


def _await(address: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(100):
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(f"{address}/app-config.js", timeout=5):
                return
        except OSError:
            time.sleep(0.1)
    pytest.fail("nginx did not start")


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
_SCROLL = """index => {
    const id = services.viewportGridService.getState().activeViewportId;
    const viewport = services.cornerstoneViewportService.getCornerstoneViewport(id);
    viewport?.scroll(index - viewport.getCurrentImageIdIndex());
}"""


class NotShownError(AssertionError):
    """What is awaited is not on the screen."""


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

    def go_to_image(self, index: int) -> None:
        """Scroll to an image of the series, counted from 0."""
        self.page.evaluate(_SCROLL, index)

    def shown_on(self, image: Dataset) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.bool_]]:
        """What is on the screen where an image's pixels lie: their colours, and which of them are on it.

        Raises :class:`NotShownError` while another image is shown.
        """
        looked = self.page.evaluate(_LOOK, [list(_patient(image, *at)) for at in ((0, 0), (1, 0), (0, 1))])
        if looked is None or f"/instances/{image.SOPInstanceUID}/" not in looked["image"]:
            raise NotShownError("another image is shown")
        picture = np.asarray(Image.open(BytesIO(self.page.screenshot(clip=looked["box"]))).convert("RGB"))
        origin, down, right = (np.asarray(place)[::-1] for place in looked["places"])
        rows, columns = np.indices((image.Rows, image.Columns))
        places = origin + rows[..., None] * (down - origin) + columns[..., None] * (right - origin)
        inside = ((places >= 0) & (places < picture.shape[:2])).all(axis=-1)
        colours = np.zeros((*inside.shape, 3), np.uint8)
        colours[inside] = picture[tuple(places[inside].astype(int).T)]
        return colours, inside


def _patient(image: Dataset, row: int, column: int) -> npt.NDArray[np.float64]:
    """Where a pixel's middle lies in the patient, mm (DICOM PS3.3 C.7.6.2.1.1)."""
    right, down = np.asarray(image.ImageOrientationPatient, float).reshape(2, 3)
    step_down, step_right = map(float, image.PixelSpacing)
    return np.asarray(image.ImagePositionPatient, float) + column * step_right * right + row * step_down * down


def eventually(look: Callable[[], _Found]) -> _Found:
    """Return what ``look`` finds, once it raises no :class:`NotShownError` any more."""
    latest = time.monotonic() + PATIENCE_S
    while time.monotonic() < latest:
        with suppress(NotShownError):
            return look()
        time.sleep(0.5)
    return look()
