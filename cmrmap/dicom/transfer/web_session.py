"""An HTTP session with a DICOMweb service: who we are, whom we trust, how long we wait, how much we read."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import requests
from dicomweb_client.session_utils import create_session, create_session_from_auth
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase, HTTPBasicAuth

from cmrmap.dicom.transfer.base import Destination

_MOST_BYTES = 64 * 1024 * 1024  # no list of a study's objects is longer


def open_session(destination: Destination, timeout_s: float) -> requests.Session:
    """Return a session; nothing is sent yet.

    Parameters
    ----------
    destination : a DICOMweb service
    timeout_s : without an answer, s
    """
    auth: AuthBase | None = None
    if destination.token:
        auth = _BearerAuth(destination.token)
    elif destination.user:  # as bytes: the library would take text that is not Latin-1 for an error
        auth = HTTPBasicAuth(destination.user.encode(), destination.password.encode())
    session = create_session() if auth is None else create_session_from_auth(auth)
    for prefix in ("http://", "https://"):
        session.mount(prefix, _Adapter(destination, timeout_s))
    return session


class _BearerAuth(AuthBase):
    """Bearer authentication (RFC 6750); a header of the session would give way to a user's .netrc."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


class _Adapter(HTTPAdapter):
    """Gives every request its time limit and our certificates, and every answer an end.

    The certificates are given here since those of a session give way to REQUESTS_CA_BUNDLE in the environment.
    """

    def __init__(self, destination: Destination, timeout_s: float) -> None:
        self._timeout_s = timeout_s
        self._ca = None if destination.ca is None else os.fspath(destination.ca)
        self._certificate: Any = None
        if destination.certificate is not None:
            self._certificate = os.fspath(destination.certificate)
            if destination.key is not None:
                self._certificate = (self._certificate, os.fspath(destination.key))
        self._is_closed = False
        super().__init__()

    def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> requests.Response:
        """Send with the limit and the certificates."""
        if self._is_closed:
            raise requests.ConnectionError("closed")
        options["timeout"] = self._timeout_s
        options["verify"] = self._ca or options.get("verify", True)
        options["cert"] = self._certificate or options.get("cert")
        return super().send(request, *args, **options)

    def build_response(self, req: requests.PreparedRequest, resp: Any) -> requests.Response:
        """Return the answer, which ends where it grows too long."""
        response = super().build_response(req, resp)
        response.raw = _Bounded(resp)
        return response

    def close(self) -> None:
        """Send nothing more."""
        self._is_closed = True
        super().close()


class _Bounded:
    """The body of an answer, read until it grows too long."""

    def __init__(self, raw: Any) -> None:
        self._raw = raw

    def __getattr__(self, name: str) -> Any:
        return getattr(self._raw, name)

    def stream(self, *args: Any, **options: Any) -> Iterator[bytes]:
        """Yield the parts of the body."""
        n_bytes = 0
        for part in self._raw.stream(*args, **options):
            n_bytes += len(part)
            if n_bytes > _MOST_BYTES:
                self._raw.close()
                raise requests.exceptions.ContentDecodingError("the answer is too long")
            yield part
