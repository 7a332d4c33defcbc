"""Passwords, tokens and certificates from the environment: what is taken, what is refused, and who sees them."""

from __future__ import annotations

import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from pynetdicom import AE, evt

from cmrmap.cli.main import cli
from cmrmap.core.errors import InputError
from cmrmap.dicom.transfer.access import with_access
from cmrmap.dicom.transfer.destinations import parse_destination
from cmrmap.dicom.transfer.sending import send
from tests.unit.dicom.transfer.certificates import Certificates, make_certificates

_QUICK = {"retries": 1, "wait_s": 0.01, "timeout_s": 5.0, "verify": False}
_SECRET = "s3cret-w0rd"
_WEB = "https://127.0.0.1/dicom-web"
_NODE = "dicom-tls://A@127.0.0.1:2762"


def _access(address: str, **environment: object):
    named = {f"CMRMAP_SEND_{name}": str(value) for name, value in environment.items()}
    return with_access(parse_destination(address), named)


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Certificates:
    return make_certificates(tmp_path_factory.mktemp("certificates"))


def test_without_variables_a_destination_stays_as_it_is():
    there = parse_destination("https://me:pass%40word@host/web")
    assert with_access(there, {}) == there
    assert (there.user, there.password) == ("me", "pass@word")


def test_secrets_come_from_variables_or_files_and_are_shown_by_nothing(tmp_path):
    path = tmp_path / "secret"
    path.write_text(f"{_SECRET}\n")
    for found in (
        _access(_WEB, USER="me", PASSWORD=_SECRET),
        _access(_WEB, USER="me", PASSWORD_FILE=path),
    ):
        assert (found.user, found.password) == ("me", _SECRET)
        assert _SECRET not in repr(found)
    for found in (_access(_WEB, TOKEN=_SECRET), _access(_WEB, TOKEN_FILE=path)):
        assert found.token == _SECRET
        assert _SECRET not in repr(found)
    assert _access(_WEB, LIMIT="12.5").limit_s == 12.5


@pytest.mark.parametrize(
    ("address", "environment", "words"),
    [
        (_WEB, {"USER": "me"}, "go together"),
        (_WEB, {"PASSWORD": _SECRET}, "go together"),
        (_WEB, {"USER": "me", "PASSWORD": _SECRET, "TOKEN": _SECRET}, "give one of them"),
        ("https://me:other@host/web", {"TOKEN": _SECRET}, "give one of them"),
        (_WEB, {"TOKEN": f"Bearer {_SECRET}"}, "no bearer token has"),
        (_WEB, {"TOKEN": f"{_SECRET}\n"}, "no bearer token has"),
        (_WEB, {"USER": "me", "PASSWORD": f"{_SECRET}\r\nX-A: b"}, "control characters"),
        (_WEB, {"TOKEN_FILE": "/no/such/file"}, "names no file"),
        (_WEB, {"CA": "/no/such/file"}, "names no file"),
        (_WEB, {"KEY": __file__}, "without CMRMAP_SEND_CERTIFICATE"),
        (_WEB, {"CA": __file__}, "holds no certificates"),
        (_WEB, {"CERTIFICATE": __file__}, "no certificate with its key"),
        (_WEB, {"LIMIT": "soon"}, "expected a number of seconds"),
        (_WEB, {"LIMIT": "-1"}, "expected a number of seconds"),
        (_NODE, {"USER": "me", "PASSWORD": _SECRET}, "are for https addresses"),
        (_NODE, {"TOKEN": _SECRET}, "are for https addresses"),
        ("dicom://A@host:104", {"CA": __file__}, "is not encrypted"),
        ("http://host/web", {"CERTIFICATE": __file__}, "is not encrypted"),
    ],
)
def test_what_contradicts_itself_is_one_line_without_the_secret(address, environment, words):
    with pytest.raises(InputError, match=words) as told:
        _access(address, **environment)
    assert _SECRET not in str(told.value)
    assert "\n" not in str(told.value)


def test_a_file_for_a_secret_holds_one(tmp_path):
    path = tmp_path / "secret"
    path.write_bytes(b"")
    with pytest.raises(InputError, match="empty file"):
        _access(_WEB, TOKEN_FILE=path)
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(InputError, match="cannot be read"):
        _access(_WEB, TOKEN_FILE=path)
    path.write_bytes(b"a" * 100_000)
    with pytest.raises(InputError, match="cannot be read"):
        _access(_WEB, TOKEN_FILE=path)
    with pytest.raises(InputError, match="both given"):
        _access(_WEB, TOKEN="a", TOKEN_FILE=__file__)


def test_a_password_on_the_command_line_is_refused(folder):
    with pytest.raises(InputError, match="others can read a command line") as told:
        cli(["send", str(folder), "--to", f"https://me:{_SECRET}@127.0.0.1:1/web"], standalone_mode=False)
    assert _SECRET not in str(told.value)


@pytest.mark.program("openssl")
def test_a_key_must_fit_and_have_no_password(made):
    assert _access(_WEB, CERTIFICATE=made.client, KEY=made.client_key).key == made.client_key
    assert _access(_NODE, CERTIFICATE=made.elsewhere).key is None  # both in one file
    for key in (made.server_key, made.locked):
        with pytest.raises(InputError, match="without a password"):
            _access(_WEB, CERTIFICATE=made.client, KEY=key)


def _server_context(made: Certificates, certificate=None, asks: bool = False) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=made.ca)
    if certificate is None:
        context.load_cert_chain(made.server, made.server_key)
    else:
        context.load_cert_chain(certificate)
    context.verify_mode = ssl.CERT_REQUIRED if asks else ssl.CERT_NONE
    return context


@pytest.fixture
def node(classes):
    """Start a node with TLS; its port."""
    running = []

    def start(context: ssl.SSLContext) -> int:
        entity = AE(ae_title="ARCHIVE")
        for sop_class in classes:
            entity.add_supported_context(sop_class, "1.2.840.10008.1.2.1")
        running.append(
            entity.start_server(
                ("127.0.0.1", 0),
                block=False,
                evt_handlers=[(evt.EVT_C_STORE, lambda event: 0x0000)],
                ssl_context=context,
            )
        )
        return running[-1].server_address[1]

    yield start
    for server in running:
        server.shutdown()


class _Web(BaseHTTPRequestHandler):
    """Keeps what it is told of who asks, and stores nothing."""

    def do_POST(self):
        self.server.asked.append(self.headers.get("Authorization"))
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(401 if self.server.wanted not in (None, self.headers.get("Authorization")) else 200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


class _WebServer(ThreadingHTTPServer):
    """One that says nothing of connections that fail."""

    def handle_error(self, *_):
        pass


@pytest.fixture
def web():
    """Start a web service, with TLS if a context is given; its address, and the list of what it was told."""
    running = []

    def start(context: ssl.SSLContext | None = None, wanted: str | None = None) -> tuple[str, list[str | None]]:
        server = _WebServer(("127.0.0.1", 0), _Web)
        server.asked, server.wanted = [], wanted
        if context is not None:
            server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        running.append(server)
        return f"{'http' if context is None else 'https'}://127.0.0.1:{server.server_address[1]}/web", server.asked

    yield start
    for server in running:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(
    ("environment", "header"),
    [
        ({"USER": "me", "PASSWORD": "pässword"}, "Basic bWU6cMOkc3N3b3Jk"),
        ({"TOKEN": "abc.def-1="}, "Bearer abc.def-1="),
        ({}, None),
    ],
)
def test_who_we_are_is_told_to_a_web_service(web, outgoing, monkeypatch, tmp_path, environment, header):
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login other password other\n")
    if environment:  # a user's own file must not go before what we were given
        monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    address, asked = web()
    send(outgoing[:1], _access(address, **environment), **{**_QUICK, "retries": 0})
    assert asked == [header]


def test_a_wrong_password_is_told_and_not_tried_again(web, outgoing, caplog):
    caplog.set_level("DEBUG")
    address, asked = web(wanted="Bearer right")
    report = send(outgoing[:1], _access(address, TOKEN=_SECRET), **_QUICK)
    assert set(report.failed.values()) == {f"{address} returned HTTP 401"}
    assert len(asked) == 1
    assert _SECRET not in caplog.text


@pytest.mark.program("openssl")
def test_https_with_a_given_authority(web, outgoing, made, monkeypatch):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(made.stranger))  # ours goes before it
    address, asked = web(_server_context(made))
    send(outgoing[:1], _access(address, CA=made.ca), **{**_QUICK, "retries": 0})
    assert len(asked) == 1
    for environment in ({"CA": made.stranger}, {}):
        report = send(outgoing[:1], _access(address, **environment), retries=9, wait_s=60.0)  # not tried again
        assert "SSLError" in next(iter(report.failed.values()))
    assert len(asked) == 1


@pytest.mark.program("openssl")
def test_https_with_a_certificate_of_ours(web, outgoing, made):
    address, asked = web(_server_context(made, asks=True))
    send(outgoing[:1], _access(address, CA=made.ca, CERTIFICATE=made.client, KEY=made.client_key), **_QUICK)
    assert asked
    n_asked = len(asked)
    report = send(outgoing[:1], _access(address, CA=made.ca), **_QUICK)
    assert len(report.failed) == 1
    assert len(asked) == n_asked


@pytest.mark.program("openssl")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # see test_sending
class TestDicomOverTls:
    def test_with_a_given_authority(self, node, outgoing, made):
        there = _access(f"dicom-tls://ARCHIVE@127.0.0.1:{node(_server_context(made))}", CA=made.ca)
        report = send(outgoing, there, **_QUICK)
        assert (report.failed, len(report.accepted)) == ({}, len(outgoing))

    @pytest.mark.parametrize("authority", ["stranger", None])
    def test_a_stranger_gets_nothing(self, node, outgoing, made, authority):
        given = {"CA": getattr(made, authority)} if authority else {}
        there = _access(f"dicom-tls://ARCHIVE@127.0.0.1:{node(_server_context(made))}", **given)
        (words,) = set(send(outgoing, there, retries=9, wait_s=60.0, verify=False).failed.values())  # not tried again
        assert "is not trusted" in words

    def test_nor_does_who_has_another_name(self, node, outgoing, made):
        there = _access(f"dicom-tls://ARCHIVE@127.0.0.1:{node(_server_context(made, made.elsewhere))}", CA=made.ca)
        (words,) = set(send(outgoing, there, retries=9, wait_s=60.0, verify=False).failed.values())
        assert "is not trusted" in words

    def test_with_a_certificate_of_ours(self, node, outgoing, made):
        port = node(_server_context(made, asks=True))
        there = f"dicom-tls://ARCHIVE@127.0.0.1:{port}"
        known = _access(there, CA=made.ca, CERTIFICATE=made.client, KEY=made.client_key)
        assert send(outgoing, known, **_QUICK).failed == {}
        (words,) = set(send(outgoing, _access(there, CA=made.ca), **_QUICK).failed.values())
        assert "another client certificate" in words

    def test_a_node_without_it_is_told(self, classes, outgoing, made):
        entity = AE(ae_title="ARCHIVE")
        entity.add_supported_context(next(iter(classes)))
        server = entity.start_server(("127.0.0.1", 0), block=False)
        try:
            there = _access(f"dicom-tls://ARCHIVE@127.0.0.1:{server.server_address[1]}", CA=made.ca)
            report = send(outgoing, there, retries=0, timeout_s=2.0)
        finally:
            server.shutdown()
        (words,) = set(report.failed.values())
        assert "no TLS with" in words or "is it running?" in words

    def test_nor_is_anything_sent_in_clear(self, node, outgoing, made):
        there = parse_destination(f"dicom://ARCHIVE@127.0.0.1:{node(_server_context(made))}")
        report = send(outgoing, there, retries=0, timeout_s=2.0)
        assert len(report.failed) == len(outgoing)
