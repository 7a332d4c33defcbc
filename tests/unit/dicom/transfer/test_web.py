"""A web service that fails in this process, for good or for a while."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import pytest

from cmrmap.dicom.transfer.destinations import parse_destination
from cmrmap.dicom.transfer.sending import send


class _Web(BaseHTTPRequestHandler):
    """Answers every request with the next status of the list, the last one for ever."""

    statuses: ClassVar[list[int]] = [503]
    seen = 0

    def _answer(self):
        type(self).seen += 1
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        status = self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_POST = do_GET = _answer  # noqa: N815 (the base class's names)

    def log_message(self, *_):
        pass


@pytest.mark.parametrize(("statuses", "seen"), [([503], 3), ([401], 1), ([400], 1)])
def test_web_failures_are_repeated_only_where_they_may_pass(outgoing, statuses, seen):
    handler = type("Handler", (_Web,), {"statuses": list(statuses), "seen": 0})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        there = parse_destination(f"http://127.0.0.1:{server.server_address[1]}/dicom-web")
        report = send(outgoing, there, retries=2, wait_s=0.01, timeout_s=10.0)
    finally:
        server.shutdown()
        server.server_close()
    assert set(report.failed.values()) == {f"{there.address} returned HTTP {statuses[0]}"}
    assert handler.seen == seen
