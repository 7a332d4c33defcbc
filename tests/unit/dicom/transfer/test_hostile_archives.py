"""Archives that are none: whatever answers, or does not, sending ends in time and says in one line what was wrong."""

from __future__ import annotations

import gzip
import threading
import time

import pytest

from cmrmap.core.errors import NotStoredError
from cmrmap.dicom.transfer.destinations import parse_destination
from cmrmap.dicom.transfer.sending import send
from tests.unit.dicom.transfer.raw_server import answering, closing, dripping, saying, silent, talking

_QUICK = {"retries": 1, "wait_s": 0.01, "timeout_s": 0.5}
_ACCEPT = b"\x02\x00\x00\x00\x00\xff"  # an A-ASSOCIATE-AC of 255 bytes, of which the rest comes as it may
_HTTP = b"HTTP/1.1 200 OK\r\nContent-Type: application/dicom+json\r\nContent-Length: 100000\r\n\r\n["

# as found in practice: the library leaves sockets of connections that failed to the garbage collector
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

_EVERYWHERE = {
    "nothing": silent,
    "hanging up": closing,
    "noise": saying(bytes(range(256)) * 40),
    "noise for ever": dripping(bytes(range(256))),
}
_DICOM = {
    **_EVERYWHERE,
    "a web server": saying(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"),
    "half a message": saying(_ACCEPT + b"\x00\x01"),
    "a message of 4 GB": saying(b"\x02\x00\xff\xff\xff\xff\x00\x01"),
    "an empty acceptance": saying(b"\x02\x00\x00\x00\x00\x44\x00\x01" + bytes(66)),
    "data at once": saying(b"\x04\x00\x00\x00\x00\x06\x00\x00\x00\x02\x01\x03"),
    "release at once": saying(b"\x05\x00\x00\x00\x00\x04\x00\x00\x00\x00"),
    "an unknown message": saying(b"\x99\x00\x00\x00\x00\x04\x00\x00\x00\x00"),
    "drops": dripping(_ACCEPT),
}
_WEB = {
    **_EVERYWHERE,
    "no HTTP": saying(b"220 mail.example ESMTP\r\n"),
    "a bad status": saying(b"HTTP/1.1 abc\r\n\r\n"),
    "a bad length": saying(b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n"),
    "bad chunks": saying(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"),
    "half an answer": saying(_HTTP),
    "drops of a body": dripping(_HTTP),
    "drops of a header": dripping(b"HTTP/1.1 200 OK\r\nX-A: "),
    "a page": answering(b"<html>log in</html>", "text/html"),
    "no kind": answering(b"{}", None),
    "bad gzip": answering(b"no gzip", more="Content-Encoding: gzip\r\n"),
    "a bomb": answering(gzip.compress(bytes(200_000_000), 1), more="Content-Encoding: gzip\r\n"),
    "bad UTF-8": answering(b'"\xff\xfe'),
    "deep JSON": answering(b"[" * 100_000),
    "an unknown code": answering(b"", status="999 Odd"),
    "a redirect to itself": answering(b"", status="307 There", more="Location: /\r\n"),
    "a redirect to nowhere": answering(b"", status="307 There", more="Location: http://[\r\n"),
    "bad XML": answering(b"<a><b>", "application/dicom+xml"),
    **{
        f"JSON {text}": answering(text.encode())
        for text in (
            "7",
            "null",
            '"text"',
            "[1]",
            "[null]",
            "{}",
            '{"00081199": 5}',
            '{"00081199": {"vr": "SQ", "Value": 5}}',
            '{"00081199": {"vr": "SQ", "Value": [{"00081155": {"vr": "UI", "Value": [{}]}}]}}',
            '{"00081198": {"vr": "SQ", "Value": [{"00081155": {"vr": "UI", "Value": ["UID"]}, '
            '"00081197": {"vr": "US", "Value": ["x"]}}]}}',
            '[{"00080018": null}]',
            '[{"00080018": {"vr": "UI", "Value": [[1]]}}]',
        )
    },
}


def _sending_ends(outgoing, address: str, **more) -> dict[str, str]:
    started = time.monotonic()
    report = send(outgoing[:2], parse_destination(address), **{**_QUICK, **more})
    assert time.monotonic() - started < 9
    assert (report.stored, report.accepted) == ((), ())
    assert set(report.failed) == {one.sop_instance_uid for one in outgoing[:2]}
    with pytest.raises(NotStoredError) as told:
        report.check()
    assert len(str(told.value)) < 400
    assert "\n" not in str(told.value)
    left = [thread for thread in threading.enumerate() if not thread.daemon and thread is not threading.main_thread()]
    assert left == []  # one would keep the process
    return dict(report.failed)


@pytest.mark.parametrize("name", _DICOM)
def test_what_is_no_dicom_node(outgoing, name):
    with talking(_DICOM[name]) as port:
        failed = _sending_ends(outgoing, f"dicom://A@127.0.0.1:{port}", limit_s=4.0)
    assert not [words for words in failed.values() if "sending failed" in words]


@pytest.mark.parametrize("name", _WEB)
def test_what_is_no_web_service(outgoing, name):
    with talking(_WEB[name]) as port:
        failed = _sending_ends(outgoing, f"http://127.0.0.1:{port}/dicom-web", limit_s=4.0)
    assert not [words for words in failed.values() if "sending failed" in words]


@pytest.mark.parametrize("address", ["dicom://A@no-such-host.invalid:104", "http://no-such-host.invalid/dicom-web"])
def test_a_name_that_nobody_knows(outgoing, address):
    failed = _sending_ends(outgoing, address)
    assert len(set(failed.values())) == 1


@pytest.mark.parametrize(
    ("address", "talk"),
    [
        ("dicom://A@127.0.0.1:{}", silent),
        ("dicom://A@127.0.0.1:{}", dripping(_ACCEPT)),
        ("http://127.0.0.1:{}/web", silent),
        ("http://127.0.0.1:{}/web", dripping(_HTTP)),
    ],
)
def test_the_limit_ends_it_however_patient_one_is(outgoing, address, talk):
    with talking(talk) as port:
        failed = _sending_ends(outgoing, address.format(port), timeout_s=60.0, limit_s=0.5)
    assert set(failed.values()) == {"not sent within 0.5 s"}


def test_an_archive_that_fails_when_it_is_asked_has_accepted(outgoing):
    """It stores, and answers the question what it has with a page."""
    from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

    stored = ", ".join(f'{{"00081155": {{"vr": "UI", "Value": ["{one.sop_instance_uid}"]}}}}' for one in outgoing)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            self._say(f'{{"00081199": {{"vr": "SQ", "Value": [{stored}]}}}}', "application/dicom+json")

        def do_GET(self):
            self._say("<html>", "text/html")

        def _say(self, text, kind):
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        report = send(outgoing[:1], parse_destination(f"http://127.0.0.1:{server.server_address[1]}/web"), **_QUICK)
    finally:
        server.shutdown()
        server.server_close()
    assert (report.stored, report.failed) == ((), {})
    assert report.accepted == (outgoing[0].sop_instance_uid,)
    (warning,) = report.warnings
    assert "could not be verified" in warning
