"""Who may ask: only the page that this program gave out, from this machine, with the token of its address."""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

LOOPBACK = "127.0.0.1"
MOST_BYTES = 2_000_000  # of a message: the borders of 200 slices take less
_LENGTH = re.compile(r"[0-9]{1,9}")


class DeniedError(Exception):
    """A request that is not answered; the words are for whoever reads a log, and quote nothing of it."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status


@dataclass(frozen=True, slots=True)
class Access:
    """What a request must bring.

    Attributes
    ----------
    port : of the server
    token : first part of every path
    """

    port: int
    token: str = field(default_factory=lambda: secrets.token_urlsafe(32))

    @property
    def address(self) -> str:
        """What a browser opens."""
        return f"http://{LOOPBACK}:{self.port}/{self.token}/"

    def page_of(self, path: str, headers: Mapping[str, str]) -> str:
        """Return what a request asks for: the path after the token.

        Parameters
        ----------
        path : as sent
        headers : of the request

        Raises
        ------
        DeniedError
            it comes by another name of this machine (DNS rebinding), from another site's page, or without the token
        """
        if headers.get("Host") not in self._hosts:
            raise DeniedError(403, "unknown host")
        origin, site = headers.get("Origin"), headers.get("Sec-Fetch-Site")
        if origin not in (None, *(f"http://{host}" for host in self._hosts)):
            raise DeniedError(403, "another site's page")
        if site not in (None, "same-origin", "none"):
            raise DeniedError(403, "another site's page")
        _, given, *rest = [*path.split("/", 2), "", ""]
        if not hmac.compare_digest(given.encode("utf-8", "replace"), self.token.encode()):
            raise DeniedError(403, "open the address that cmrmap edit printed")
        return rest[0]

    def length_of(self, headers: Mapping[str, str]) -> int:
        """Return how many bytes a message has.

        Parameters
        ----------
        headers : of a request that brings one

        Raises
        ------
        DeniedError
            another site may have sent it, it is no JSON, does not tell its length, or is too long
        """
        if headers.get("Origin") is None:
            raise DeniedError(403, "a change comes from the page alone")
        if (headers.get("Content-Type") or "").partition(";")[0].strip() != "application/json":
            raise DeniedError(415, "expected JSON")
        length = headers.get("Content-Length") or ""
        if "Transfer-Encoding" in headers or not _LENGTH.fullmatch(length):
            raise DeniedError(411, "expected its length")
        if int(length) > MOST_BYTES:
            raise DeniedError(413, f"expected at most {MOST_BYTES} bytes")
        return int(length)

    @property
    def _hosts(self) -> tuple[str, str]:
        return f"{LOOPBACK}:{self.port}", f"localhost:{self.port}"
