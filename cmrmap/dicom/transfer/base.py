"""What sending is about: where objects go, what goes, what became of it, and what a way to send can do.

Nothing here needs a network library, so that whoever plans to send may know of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol, TypeAlias

from cmrmap.core.errors import NotStoredError

#: "dicom", "dicom-tls": C-STORE over the DICOM upper layer, in clear or over TLS; "http", "https": STOW-RS
Scheme: TypeAlias = Literal["dicom", "dicom-tls", "http", "https"]

#: s; a server that answers a byte a minute must not hold a run
LIMIT_S = 900.0


@dataclass(frozen=True, slots=True)
class Destination:
    """Where objects go.

    Attributes
    ----------
    scheme : "dicom" or "dicom-tls" (C-STORE), "http" or "https" (STOW-RS)
    address : as given, without what would identify a user
    host, port : of a DICOM node
    called, calling : application entity titles of a DICOM node and of ourselves
    url : of a DICOMweb service
    user, password : for HTTP basic authentication; "" for none
    token : for HTTP bearer authentication; "" for none
    ca : certificates (PEM) that the destination's must lead to; None: those that the system trusts
    certificate, key : ours (PEM), for a destination that asks for one; the key may be in the certificate's file
    limit_s : for everything that is sent, repetitions included, s; 0: none
    """

    scheme: Scheme
    address: str
    host: str = ""
    port: int = 0
    called: str = ""
    calling: str = "CMRMAP"
    url: str = ""
    user: str = ""
    password: str = field(default="", repr=False)
    token: str = field(default="", repr=False)
    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None
    limit_s: float = LIMIT_S

    @property
    def is_dimse(self) -> bool:
        """Whether it is a DICOM node."""
        return self.scheme in ("dicom", "dicom-tls")

    @property
    def is_encrypted(self) -> bool:
        """Whether nobody between can read what is sent."""
        return self.scheme in ("dicom-tls", "https")


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One file to send: where it is and what it says of itself."""

    path: Path
    study_uid: str
    series_uid: str
    sop_class_uid: str
    sop_instance_uid: str
    transfer_syntax: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of one file.

    Attributes
    ----------
    stored : the destination took it
    words : why not, or with what warning; "" where there is nothing to say
    passing : not stored for a reason that may have gone on another try
    unclear : nothing is known of it: whether it is stored, the destination tells when it is asked
    """

    stored: bool
    words: str = ""
    passing: bool = False
    unclear: bool = False


class Sender(Protocol):
    """One way to send."""

    def deliver(self, files: Sequence[Outgoing]) -> Iterator[tuple[str, Delivery]]:
        """Try every file once; yield SOP instance UID and what became of it, as soon as that is known.

        Parameters
        ----------
        files : what to send, or to ask for
        """
        ...

    def listed(self, files: Sequence[Outgoing]) -> set[str] | str:
        """Return the SOP instance UIDs that the destination lists, or why it cannot be asked.

        Parameters
        ----------
        files : what to send, or to ask for
        """
        ...

    def close(self) -> None:
        """End what is under way, called from another thread; nothing is begun afterwards."""
        ...


@dataclass(frozen=True, slots=True)
class SendReport:
    """What became of the files.

    Attributes
    ----------
    destination : address
    stored : SOP instance UIDs that the destination lists
    accepted : SOP instance UIDs that the destination took, but nobody could ask, or has asked, whether it has them
    failed : SOP instance UID -> why it is not stored
    warnings : what is worth telling although everything may be stored
    """

    destination: str
    stored: tuple[str, ...] = ()
    accepted: tuple[str, ...] = ()
    failed: Mapping[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()

    @property
    def n_files(self) -> int:
        """How many files there were to send."""
        return len(self.stored) + len(self.accepted) + len(self.failed)

    @property
    def words(self) -> str:
        """One line about what arrived."""
        parts = []
        if self.stored or not self.accepted:
            parts.append(f"{len(self.stored)} objects stored at {self.destination}")
        if self.accepted:
            parts.append(f"{len(self.accepted)} objects accepted by {self.destination}, not verified")
        return "; ".join(parts)

    @property
    def reasons(self) -> dict[str, list[str]]:
        """Why files are not stored, and which: every reason once."""
        found: dict[str, list[str]] = {}
        for uid, reason in self.failed.items():
            found.setdefault(reason, []).append(uid)
        return found

    def check(self) -> None:
        """Raise unless the destination took every file.

        Raises
        ------
        NotStoredError
            names how many are not stored, and the first reason
        """
        if not self.failed:
            return
        uid, reason = next(iter(self.failed.items()))
        told = f"{len(self.failed)} of {self.n_files} objects were not stored at {self.destination}"
        if len(self.failed) == self.n_files and len(self.reasons) == 1:
            raise NotStoredError(f"{told}: {reason}")
        raise NotStoredError(f"{told}; the first, {uid}: {reason}")
