"""Certificates of an authority that lives as long as a test: of a server, of a client, and those of a stranger."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

_NAMES = "subjectAltName=IP:127.0.0.1,DNS:localhost"


@dataclass(frozen=True)
class Certificates:
    """Files in PEM; ``stranger`` is another authority, ``locked`` the client's key with a password."""

    ca: Path
    server: Path
    server_key: Path
    elsewhere: Path
    client: Path
    client_key: Path
    locked: Path
    stranger: Path


def make_certificates(folder: Path) -> Certificates:
    """Make them by the command openssl."""
    ca, stranger = _authority(folder, "ca"), _authority(folder, "stranger")
    server, client = _signed(folder, "server", _NAMES), _signed(folder, "client", "basicConstraints=CA:FALSE")
    elsewhere = _signed(folder, "elsewhere", "subjectAltName=DNS:other.example")
    elsewhere.write_bytes(elsewhere.read_bytes() + (folder / "elsewhere.key").read_bytes())
    locked = folder / "locked.key"
    _openssl("pkey", "-in", folder / "client.key", "-aes256", "-passout", "pass:secret", "-out", locked)
    keys = folder / "server.key", folder / "client.key"
    return Certificates(ca, server, keys[0], elsewhere, client, keys[1], locked, stranger)


def _authority(folder: Path, name: str) -> Path:
    made = folder / f"{name}.pem"
    _openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={name}",
             "-keyout", folder / f"{name}.key", "-out", made)  # fmt: skip
    return made


def _signed(folder: Path, name: str, extension: str) -> Path:
    made, request, said = (folder / f"{name}.{end}" for end in ("pem", "csr", "ext"))
    said.write_text(extension)
    _openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={name}",
             "-keyout", folder / f"{name}.key", "-out", request)  # fmt: skip
    _openssl("x509", "-req", "-in", request, "-CA", folder / "ca.pem", "-CAkey", folder / "ca.key", "-CAcreateserial",
             "-days", "2", "-extfile", said, "-out", made)  # fmt: skip
    return made


def _openssl(*arguments: object) -> None:
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True, timeout=60)
