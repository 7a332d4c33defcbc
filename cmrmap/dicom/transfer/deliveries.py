"""What is known of every file while it is sent: written by whoever sends, read by whoever ends the sending."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from cmrmap.dicom.transfer.base import Delivery, SendReport


@dataclass(slots=True)
class Progress:
    """Safe to use from several threads; `report` may be asked at any time.

    Attributes
    ----------
    address : the destination's
    files : SOP instance UIDs of all that is to be sent
    """

    address: str = ""
    files: tuple[str, ...] = ()
    _deliveries: dict[str, Delivery] = field(default_factory=dict)
    _listed: set[str] = field(default_factory=set)
    _missing: set[str] = field(default_factory=set)
    _warnings: dict[str, None] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def begin(self, address: str, files: Sequence[str]) -> None:
        """Say what is to be sent, and where to."""
        with self._lock:
            self.address, self.files = address, tuple(dict.fromkeys(files))

    def tell(self, uid: str, delivery: Delivery) -> None:
        """Say what became of a file."""
        with self._lock:
            self._deliveries[uid] = delivery
            if delivery.stored and delivery.words:
                self._warnings[delivery.words] = None

    def warn(self, words: str) -> None:
        """Say what is worth telling although everything may be stored."""
        with self._lock:
            self._warnings[words] = None

    def verify(self, listed: Iterable[str], missing: Iterable[str]) -> None:
        """Say which of the files the destination lists, and which of those that it took it does not."""
        with self._lock:
            self._listed |= set(listed)
            self._missing = set(missing) - self._listed

    @property
    def taken(self) -> set[str]:
        """Files that the destination has taken, and those of which it did not tell."""
        with self._lock:
            return {uid for uid, one in self._deliveries.items() if one.stored or one.unclear}

    @property
    def deliveries(self) -> Mapping[str, Delivery]:
        """What became of the files so far, by SOP instance UID."""
        with self._lock:
            return dict(self._deliveries)

    def report(self, rest: str = "not sent") -> SendReport:
        """Return what is known now.

        Parameters
        ----------
        rest : why files of which nothing is known are not stored
        """
        with self._lock:
            stored, accepted, failed = [], [], {}
            for uid in self.files:
                delivery = self._deliveries.get(uid)
                if uid in self._listed:
                    stored.append(uid)
                elif delivery is None:
                    failed[uid] = rest
                elif not delivery.stored:
                    failed[uid] = delivery.words
                elif uid in self._missing:
                    failed[uid] = "accepted, but not listed afterwards"
                else:
                    accepted.append(uid)
            return SendReport(self.address, tuple(stored), tuple(accepted), failed, tuple(self._warnings))
