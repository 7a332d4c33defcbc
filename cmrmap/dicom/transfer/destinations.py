"""A destination as people write it, ``dicom://AETITLE@host:port`` or a DICOMweb URL, and what it takes to reach it."""

from __future__ import annotations

import re
from importlib.util import find_spec
from urllib.parse import parse_qs, urlsplit

from cmrmap.core.errors import InputError
from cmrmap.dicom.transfer.base import Destination, Scheme

_AE_TITLE = re.compile(r"[\x21-\x5b\x5d-\x7e]{1,16}")
_EXAMPLES = "dicom://AETITLE@host:port (C-STORE) or https://host/dicom-web (STOW-RS)"
_WEB_LIBRARIES = ("dicomweb_client", "requests", "tenacity")
_DIMSE_LIBRARIES = ("pynetdicom", "tenacity")


def parse_destination(text: str) -> Destination:
    """Read ``dicom://CALLED@host:port[?from=CALLING]`` or the base URL of a DICOMweb service.

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
    parts = urlsplit(text.strip())
    try:
        port = parts.port or 0
    except ValueError:
        port = -1
    if parts.scheme in ("http", "https") and parts.hostname and port >= 0:
        url = parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl().rstrip("/")
        scheme: Scheme = "https" if parts.scheme == "https" else "http"
        return Destination(scheme, url, url=url, user=parts.username or "", password=parts.password or "")
    calling = parse_qs(parts.query).get("from", ["CMRMAP"])[0]
    if parts.scheme != "dicom" or not parts.hostname or port <= 0 or not parts.username:
        shown = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
        raise InputError(f"destination {shown!r} is not understood; expected {_EXAMPLES}")
    for title in (parts.username, calling):
        if not _AE_TITLE.fullmatch(title):
            raise InputError(f"application entity title {title!r} is not valid; expected 1 to 16 ASCII characters")
    address = f"dicom://{parts.username}@{parts.hostname}:{port}"
    return Destination("dicom", address, host=parts.hostname, port=port, called=parts.username, calling=calling)


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
    needed = _DIMSE_LIBRARIES if destination.scheme == "dicom" else _WEB_LIBRARIES
    missing = [name for name in needed if find_spec(name) is None]
    if missing:
        raise InputError(
            f"sending to {destination.address} needs {', '.join(missing)}, which is not installed; install cmrmap[send]"
        )
