"""A destination as people write it, ``dicom://AETITLE@host:port`` or a DICOMweb URL, and what it takes to reach it."""

from __future__ import annotations

import ipaddress
import re
from importlib.util import find_spec
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from cmrmap.core.errors import InputError
from cmrmap.dicom.transfer.base import Destination, Scheme

_AE_TITLE = re.compile(r"(?! )[\x20-\x5b\x5d-\x7e]{1,16}(?<! )")  # PS3.5 6.2, AE
_LABEL = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)")
_LONGEST_NAME = 253
_EXAMPLES = (
    "dicom://AETITLE@host:port (C-STORE), dicom-tls://AETITLE@host:port (over TLS) or https://host/dicom-web (STOW-RS)"
)
_WEB_LIBRARIES = ("dicomweb_client", "requests", "tenacity")
_DIMSE_LIBRARIES = ("pynetdicom", "tenacity")


def parse_destination(text: str) -> Destination:
    """Read ``dicom://CALLED@host:port[?from=CALLING]``, the same with dicom-tls, or the base URL of a DICOMweb service.

    Parameters
    ----------
    text : as given on the command line, in the environment or in the settings

    Returns
    -------
    Destination

    Raises
    ------
    InputError
        anything else
    """
    text = text.strip()
    try:
        parts = urlsplit(text)
        host, port = _host(parts), parts.port
    except ValueError:
        raise _not_understood(text) from None
    if not text.isascii() or not text.isprintable() or " " in text or not host or port == 0:
        raise _not_understood(text)
    if parts.scheme in ("http", "https") and not parts.query and not parts.fragment:
        url = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl().rstrip("/")
        scheme: Scheme = "https" if parts.scheme == "https" else "http"
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
        return Destination(scheme, url, url=url, user=user, password=password)
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    if (
        parts.scheme not in ("dicom", "dicom-tls")
        or port is None
        or not parts.username
        or parts.password is not None
        or parts.path.strip("/")
        or parts.fragment
        or set(options) - {"from"}
    ):
        raise _not_understood(text)
    called, calling = unquote(parts.username), options.get("from", "CMRMAP")
    for title in (called, calling):
        if not _AE_TITLE.fullmatch(title):
            raise InputError(
                f"application entity title {title[:40]!r} is not valid; expected 1 to 16 ASCII characters without "
                "backslash, and no spaces around it"
            )
    way: Scheme = "dicom-tls" if parts.scheme == "dicom-tls" else "dicom"
    shown = f"[{host}]" if ":" in host else host
    address = f"{way}://{parts.username}@{shown}:{port}"
    return Destination(way, address, host=host, port=port, called=called, calling=calling)


def has_password(text: str) -> bool:
    """Tell whether an address holds a password, which a command line must not.

    Parameters
    ----------
    text : as given
    """
    try:
        return urlsplit(text.strip()).password is not None
    except ValueError:
        return False


def _host(parts: SplitResult) -> str:
    """Return the name or number of the host; "" where it is none."""
    host = parts.hostname or ""
    if ":" in host:  # the brackets are gone
        return host if ipaddress.ip_address(host.partition("%")[0]).version == 6 else ""
    name = host.removesuffix(".")
    return host if len(name) <= _LONGEST_NAME and all(map(_LABEL.fullmatch, name.split("."))) else ""


def _not_understood(text: str) -> InputError:
    """Say what was given, without what may be a password or a token."""
    shown = re.split(r"[?#]", text.rpartition("@")[2])[0][:100]
    return InputError(f"destination {shown!r} is not understood; expected {_EXAMPLES}")


def check_libraries(destination: Destination) -> None:
    """Raise where the network libraries that the destination takes are not installed; imports none of them.

    Parameters
    ----------
    destination : from :func:`parse_destination`

    Raises
    ------
    InputError
        names what is missing and what to install
    """
    needed = _DIMSE_LIBRARIES if destination.is_dimse else _WEB_LIBRARIES
    missing = [name for name in needed if find_spec(name) is None]
    if missing:
        raise InputError(
            f"sending to {destination.address} needs {', '.join(missing)}, which is not installed; install cmrmap[send]"
        )
