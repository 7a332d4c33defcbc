"""The report on loopback, and nothing else: four addresses, behind a token."""

from __future__ import annotations

import json
import logging
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from cmrmap.core.errors import CmrmapError, InputError, internal_error
from cmrmap.edit.changes import read_changes, read_shown
from cmrmap.edit.edited_page import changed_numbers, changed_page, whole_page
from cmrmap.edit.requester import LOOPBACK, Access, DeniedError
from cmrmap.edit.saved import File, save
from cmrmap.edit.session import EditSession

_LOG = logging.getLogger("cmrmap.edit")
_JSON, _HTML, _TEXT = "application/json", "text/html", "text/plain"
_PATIENCE_S = 30.0  # with a browser that does not go on
_ALWAYS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


class EditServer(ThreadingHTTPServer):
    """Serves one session on loopback.

    Parameters
    ----------
    session : what is edited
    earlier : what an earlier edit left in the output folder
    writing : held while the output folder is written
    port : 0: one that is free
    address : loopback

    Raises
    ------
    InputError
        any other address; a port that is taken
    """

    daemon_threads = True
    allow_reuse_address = False

    def __init__(
        self,
        session: EditSession,
        earlier: tuple[File, ...],
        writing: threading.Lock,
        port: int = 0,
        address: str = LOOPBACK,
    ) -> None:
        if address != LOOPBACK:
            raise InputError(f"contours are edited on this machine alone; expected the address {LOOPBACK}")
        try:
            super().__init__((address, port), _Handler)
        except OSError as error:
            raise InputError(f"port {port} cannot be used ({error.strerror}); give another by --port") from error
        self.session, self.earlier, self.writing = session, earlier, writing
        self.access = Access(self.server_address[1])

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a browser that went away."""
        _LOG.debug("a connection ended early")


class _Handler(BaseHTTPRequestHandler):
    server: EditServer
    timeout = _PATIENCE_S
    server_version, sys_version = "cmrmap", ""

    def do_GET(self) -> None:
        self._answer("GET")

    def do_POST(self) -> None:
        self._answer("POST")

    def log_message(self, format: str, *args: Any) -> None:
        """Write no line: paths hold the token."""

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Say nothing of what was sent."""
        self._send(code, _TEXT, b"not understood\n")

    def _answer(self, method: str) -> None:
        try:
            page = self.server.access.page_of(self.path, self.headers)  # type: ignore[arg-type]
            if method == "GET":
                if page != "":
                    raise DeniedError(404, "no such page")
                self._send(200, _HTML, whole_page(self.server.session).encode())
                return
            act = {"edits": self._edit, "page": self._page, "save": self._save}.get(page)
            if act is None:
                raise DeniedError(404, "no such page")
            length = self.server.access.length_of(self.headers)  # type: ignore[arg-type]
            self._send_json(200, act(self.rfile.read(length)))
        except DeniedError as error:
            self._send(error.status, _TEXT, f"{error}\n".encode())
        except CmrmapError as error:
            self._send_json(422, {"message": " ".join(str(error).split())})
        except OSError:
            raise
        except Exception as error:
            _LOG.debug("details of the failure", exc_info=True)
            self._send_json(500, {"message": internal_error(error)})

    def _edit(self, body: bytes) -> dict[str, Any]:
        self.server.session.apply(read_changes(_content(body)).edits)
        return changed_numbers(self.server.session)

    def _page(self, body: bytes) -> dict[str, Any]:
        return changed_page(self.server.session, frozenset(read_shown(_content(body)).have))

    def _save(self, body: bytes) -> dict[str, Any]:
        objects = save(self.server.session, self.server.earlier, self.server.writing)
        return {"objects": list(objects), "unsaved": self.server.session.unsaved}

    def _send_json(self, status: int, content: dict[str, Any]) -> None:
        self._send(status, _JSON, json.dumps(content, allow_nan=False).encode())

    def _send(self, status: int, kind: str, content: bytes) -> None:
        self.send_response(status)
        for name, value in _ALWAYS.items():
            self.send_header(name, value)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)


def _content(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise InputError("the change is not JSON; load the page again") from None
