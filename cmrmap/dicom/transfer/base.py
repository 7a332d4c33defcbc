"""What sending is about: where objects go, what goes, what became of it, and what a way to send can do.

Nothing here needs a network library, so that whoever plans to send may know of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol, TypeAlias

from cmrmap.core.errors import NotStoredError

#: "dicom": C-STORE over the DICOM upper layer; "http", "https": STOW-RS
Scheme: TypeAlias = Literal["dicom", "http", "https"]


@dataclass(frozen=True, slots=True)
class Destination:
    """Where objects go.

    Attributes
    ----------
    scheme : "dicom" (C-STORE), "http" or "https" (STOW-RS)
    address : as given, without what would identify a user
    host, port : of a DICOM node
    called, calling : application entity titles of a DICOM node and of ourselves
    url : of a DICOMweb service
    user, password : for HTTP basic authentication; "" for none
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
    """

    stored: bool
    words: str = ""
    passing: bool = False


class Sender(Protocol):
    """One way to send."""

    def deliver(self, files: Sequence[Outgoing]) -> dict[str, Delivery]:
        """Try every file once; return SOP instance UID -> what became of it.

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


@dataclass(frozen=True, slots=True)
class SendReport:
    """What became of the files.

    Attributes
    ----------
    destination : address
    stored : SOP instance UIDs that the destination took and, where it can be asked, lists
    failed : SOP instance UID -> why it is not stored
    warnings : what is worth telling although everything may be stored
    """

    destination: str
    stored: tuple[str, ...]
    failed: Mapping[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()

    def check(self) -> None:
        """Raise unless every file was stored.

        Raises
        ------
        NotStoredError
            names how many are not, and the first reason
        """
        if self.failed:
            uid, reason = next(iter(self.failed.items()))
            raise NotStoredError(
                f"{len(self.failed)} of {len(self.failed) + len(self.stored)} objects were not stored at "
                f"{self.destination}; the first, {uid}: {reason}"
            )
