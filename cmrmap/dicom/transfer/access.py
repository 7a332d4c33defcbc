"""How we show who we are, and how we know the destination: passwords, tokens and certificates.

They come from the environment, or from files that it names, and from nowhere else: a command line can be read by every
user of a machine, and lands in its history.
"""

from __future__ import annotations

import math
import re
import ssl
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from cmrmap.core.errors import InputError
from cmrmap.dicom.transfer.base import Destination

USER, PASSWORD, TOKEN = "CMRMAP_SEND_USER", "CMRMAP_SEND_PASSWORD", "CMRMAP_SEND_TOKEN"
CA, CERTIFICATE, KEY = "CMRMAP_SEND_CA", "CMRMAP_SEND_CERTIFICATE", "CMRMAP_SEND_KEY"
LIMIT = "CMRMAP_SEND_LIMIT"
#: of the variable that names a file with the secret, in place of the secret itself
FILE = "_FILE"
_TOKEN_FORM = re.compile(r"[A-Za-z0-9._~+/=-]+")  # RFC 6750, 2.1, and what else may be at its end
_MOST_BYTES = 65536


def with_access(destination: Destination, environment: Mapping[str, str]) -> Destination:
    """Return the destination with what the environment says of the way to it.

    Parameters
    ----------
    destination : from :func:`cmrmap.dicom.transfer.destinations.parse_destination`
    environment : variables by name

    Returns
    -------
    Destination
        one that says for itself who we are keeps that

    Raises
    ------
    InputError
        a variable that contradicts another or the kind of destination, or a file that cannot be used
    """
    user = environment.get(USER) or ""
    password, token = _secret(PASSWORD, environment), _secret(TOKEN, environment)
    ca, certificate, key = (_path(name, environment) for name in (CA, CERTIFICATE, KEY))
    if destination.is_dimse and (user or password or token):
        raise InputError(
            f"{USER}, {PASSWORD} and {TOKEN} are for https addresses; C-STORE uses certificates only: leave them out"
        )
    if not destination.is_encrypted and (ca or certificate or key):
        raise InputError(
            f"{CA}, {CERTIFICATE} or {KEY} is given, but {destination.address} is not encrypted; "
            "write dicom-tls:// or https://"
        )
    if bool(user) != bool(password):
        raise InputError(f"{USER} and {PASSWORD} go together; give both or neither")
    if token and (user or destination.user):
        raise InputError(f"{TOKEN} is given as well as a user; give one of them")
    if key and not certificate:
        raise InputError(f"{KEY} is given without {CERTIFICATE}; give both or neither")
    if user and not destination.user:
        destination = replace(destination, user=user, password=password)
    limit_s = _seconds(LIMIT, environment, destination.limit_s)
    found = replace(destination, token=token, ca=ca, certificate=certificate, key=key, limit_s=limit_s)
    if found.is_encrypted:
        tls_context(found)
    return found


def tls_context(destination: Destination) -> ssl.SSLContext:
    """Return how TLS is spoken with a destination: its certificate and its name are always checked.

    Parameters
    ----------
    destination : over TLS

    Raises
    ------
    InputError
        a file is no certificate or key, or the key is of another certificate or has a password
    """
    try:
        context = ssl.create_default_context(cafile=destination.ca)
    except (OSError, ValueError) as error:
        raise InputError(f"{CA} names a file that holds no certificates ({type(error).__name__}); give PEM") from error
    if destination.certificate is not None:
        try:
            context.load_cert_chain(destination.certificate, destination.key, password="")
        except (OSError, ValueError) as error:
            raise InputError(
                f"{CERTIFICATE} and {KEY} name no certificate with its key ({type(error).__name__}); give PEM, the key "
                "without a password"
            ) from error
    return context


def _secret(name: str, environment: Mapping[str, str]) -> str:
    """Return a secret from its variable, or from the file that its second variable names; "" where neither is set."""
    value, path = environment.get(name) or "", _path(name + FILE, environment)
    if value and path:
        raise InputError(f"{name} and {name}{FILE} are both given; give one of them")
    if path is not None:
        try:
            if path.stat().st_size > _MOST_BYTES:
                raise ValueError("too long")
            value = path.read_text(encoding="utf-8").rstrip("\r\n")
        except (OSError, ValueError) as error:
            raise InputError(
                f"{name}{FILE} names a file that cannot be read ({type(error).__name__}); give one line of text"
            ) from error
        if not value:
            raise InputError(f"{name}{FILE} names an empty file; give one line of text")
    if name == TOKEN and value and not _TOKEN_FORM.fullmatch(value):
        raise InputError(f"{name} holds characters that no bearer token has; give it without quotes and spaces")
    if any(ord(character) < 32 for character in value):
        raise InputError(f"{name} holds control characters; give one line of text")
    return value


def _seconds(name: str, environment: Mapping[str, str], otherwise: float) -> float:
    text = environment.get(name)
    if not text:
        return otherwise
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds < math.inf:
        raise InputError(f"{name} is {text[:20]!r}; expected a number of seconds, 0 for no limit")
    return seconds


def _path(name: str, environment: Mapping[str, str]) -> Path | None:
    value = environment.get(name)
    if not value:
        return None
    path = Path(value).absolute()
    if not path.is_file():
        raise InputError(f"{name} names no file; give the path of one")
    return path
