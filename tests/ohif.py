"""OHIF as it is shipped, in front of an archive: one origin on loopback, as a hospital's proxy gives it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.archive import Archive, end_process, free_port

VERSION = "3.13.2"

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
