"""Who is answered: the page of this program, with its token, by its own name; a real server on loopback."""

from __future__ import annotations

import http.client
import json
import socket
import threading
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from cmrmap.core.errors import InputError
from cmrmap.edit import server as room
from cmrmap.edit.requester import MOST_BYTES
from cmrmap.edit.server import EditServer


class Session(SimpleNamespace):
    """Notes what it was asked."""

    def apply(self, edits: Any) -> None:
        if any(one.slice_index == 9 for one in edits):
            raise InputError("T2, slice 10: the epicardium crosses itself; drag the point back")
        if any(one.slice_index == 8 for one in edits):
            raise ValueError("the patient is Jane")
        self.asked.append(tuple(edits))


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Iterator[EditServer]:
    monkeypatch.setattr(room, "whole_page", lambda session: "<html>the page</html>")
    monkeypatch.setattr(room, "changed_numbers", lambda session: {"rows": [], "unsaved": 1})
    monkeypatch.setattr(room, "changed_page", lambda session, have: {"page": "new", "arrays": sorted(have)})
    monkeypatch.setattr(room, "save", lambda session, earlier, writing: ("1.2.3.dcm",))
    with EditServer(Session(asked=[], unsaved=0), (), threading.Lock()) as server:  # type: ignore[arg-type]
        worker = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        worker.start()
        yield server
        server.shutdown()
        worker.join()


def _ask(server: EditServer, page: str = "", method: str = "GET", body: Any = None, **changed: str | None) -> Any:
    """Ask as the page would, but for the headers that are changed (None: left out)."""
    port = server.access.port
    headers: dict[str, str | None] = {"Host": f"127.0.0.1:{port}"}
    content = None
    if method == "POST":
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers |= {"Origin": f"http://127.0.0.1:{port}", "Content-Type": "application/json"}
        headers |= {"Content-Length": str(len(content))}
    headers |= {name.replace("_", "-"): value for name, value in changed.items()}
    token = changed.get("token", server.access.token)
    headers.pop("token", None)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.putrequest(method, f"/{token}/{page}", skip_host=True, skip_accept_encoding=True)
    for name, value in headers.items():
        if value is not None:
            connection.putheader(name, value)
    connection.endheaders(content)
    answer = connection.getresponse()
    return SimpleNamespace(status=answer.status, text=answer.read().decode(), headers=answer.headers)


def test_the_page_is_given_and_lets_nobody_else_use_it(served: EditServer) -> None:
    answer = _ask(served)
    assert (answer.status, answer.text) == (200, "<html>the page</html>")
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "Access-Control-Allow-Origin" not in answer.headers
    assert "Python" not in answer.headers["Server"]


def test_a_change_and_a_save_are_taken(served: EditServer) -> None:
    sent = {"edits": [{"map": "t2", "slice_index": 1, "base": "network"}]}
    answer = _ask(served, "edits", "POST", sent)
    assert answer.status == 200
    assert json.loads(answer.text) == {"rows": [], "unsaved": 1}
    page = _ask(served, "page", "POST", {"have": ["b", "a"]})
    assert json.loads(page.text) == {"page": "new", "arrays": ["a", "b"]}
    assert [one.slice_index for one in served.session.asked[0]] == [1]  # type: ignore[attr-defined]
    assert json.loads(_ask(served, "save", "POST", {}).text) == {"objects": ["1.2.3.dcm"], "unsaved": 0}


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    "changed",
    [
        {"token": "wrong"},
        {"token": ""},
        {"token": "%00"},
        {"Host": "evil.example"},
        {"Host": "127.0.0.1"},
        {"Host": "127.0.0.1.evil.example:1"},
        {"Host": None},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
    ],
    ids=str,
)
def test_others_are_denied(served: EditServer, method: str, changed: dict[str, str | None]) -> None:
    answer = _ask(served, "edits" if method == "POST" else "", method, {"edits": []}, **changed)
    assert answer.status == 403
    assert served.access.token not in answer.text
    assert served.session.asked == []  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"Origin": None}, 403),
        ({"Content_Type": "text/plain"}, 415),
        ({"Content_Type": None}, 415),
        ({"Content_Length": str(MOST_BYTES + 1)}, 413),
        ({"Content_Length": None}, 411),
        ({"Content_Length": "-1"}, 411),
        ({"Content_Length": "many"}, 411),
        ({"Transfer_Encoding": "chunked"}, 411),
    ],
    ids=str,
)
def test_a_message_of_another_form_is_denied(served: EditServer, changed: dict[str, Any], status: int) -> None:
    assert _ask(served, "edits", "POST", {"edits": []}, **changed).status == status
    assert served.session.asked == []  # type: ignore[attr-defined]


@pytest.mark.parametrize("body", [b"{", b"\xff\xfe", b"[" * 100_000, b'{"edits": [NaN]}', b"null", b""])
def test_bad_json_gets_one_line(served: EditServer, body: bytes) -> None:
    answer = _ask(served, "edits", "POST", body)
    assert answer.status == 422
    message = json.loads(answer.text)["message"]
    assert message.endswith("load the page again")
    assert "\n" not in message


def test_a_contour_that_cannot_be_used_gets_its_reason_and_a_fault_of_ours_no_text(served: EditServer) -> None:
    answer = _ask(served, "edits", "POST", {"edits": [{"map": "t2", "slice_index": 9}]})
    assert answer.status == 422
    assert json.loads(answer.text)["message"].startswith("T2, slice 10: the epicardium crosses itself")
    broken = _ask(served, "edits", "POST", {"edits": [{"map": "t2", "slice_index": 8}]})
    assert broken.status == 500
    assert "Jane" not in broken.text
    assert "Traceback" not in broken.text
    assert "internal error: ValueError" in broken.text


@pytest.mark.parametrize(
    ("method", "page", "status"),
    [("GET", "edits", 404), ("POST", "other", 404), ("PUT", "edits", 501), ("GET", "x/y", 404)],
)
def test_there_is_nothing_else(served: EditServer, method: str, page: str, status: int) -> None:
    assert _ask(served, page, method, {}).status == status


def test_a_line_that_is_no_http_is_not_quoted(served: EditServer) -> None:
    with socket.create_connection(("127.0.0.1", served.access.port), timeout=10) as line:
        line.sendall(b"Jane Doe was here and more\r\n\r\n")
        answer = line.recv(4000)
    assert b"Jane" not in answer


@pytest.mark.parametrize("address", ["0.0.0.0", "", "::", "192.168.0.1"])
def test_no_address_but_loopback_is_taken(address: str) -> None:
    with pytest.raises(InputError, match=r"expected the address 127\.0\.0\.1"):
        EditServer(Session(), (), threading.Lock(), 0, address)  # type: ignore[arg-type]


def test_a_taken_port_is_told(served: EditServer) -> None:
    with pytest.raises(InputError, match=r"port \d+ cannot be used .*; give another by --port"):
        EditServer(Session(), (), threading.Lock(), served.access.port)  # type: ignore[arg-type]


def test_every_token_is_another(served: EditServer) -> None:
    with EditServer(Session(), (), threading.Lock()) as other:  # type: ignore[arg-type]
        assert other.access.token != served.access.token
        assert len(other.access.token) >= 40
