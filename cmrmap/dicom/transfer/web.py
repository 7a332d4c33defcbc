"""STOW-RS and QIDO-RS (PS3.18 10.5, 10.6)."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

import pydicom
import requests
from dicomweb_client.api import DICOMwebClient
from dicomweb_client.session_utils import create_session, create_session_from_user_pass
from pydicom.dataset import Dataset
from requests.adapters import HTTPAdapter

from cmrmap.dicom.transfer.base import Delivery, Destination, Outgoing

_PAGE = 500
_PASSING = (408, 429)
_BATCH_BYTES = 32 * 1024 * 1024
_UID_TAG = "00080018"
logging.getLogger("dicomweb_client").setLevel(logging.CRITICAL)  # what failed is said by us, once


class WebSender:
    """Sends in batches of a few files a request; a :class:`~cmrmap.dicom.transfer.base.Sender`.

    Parameters
    ----------
    destination : a DICOMweb service
    timeout_s : without an answer, s
    """

    def __init__(self, destination: Destination, timeout_s: float) -> None:
        session = (
            create_session_from_user_pass(destination.user, destination.password)
            if destination.user
            else create_session()
        )
        for prefix in ("http://", "https://"):
            session.mount(prefix, _TimedAdapter(timeout_s))
        self._client = DICOMwebClient(destination.url, session=session)
        self._client.set_http_retry_params(retry=False)  # repeated by us, for what may pass
        self._address = destination.address

    def deliver(self, files: Sequence[Outgoing]) -> dict[str, Delivery]:
        """Try every file once.

        Parameters
        ----------
        files : as for :meth:`cmrmap.dicom.transfer.base.Sender.deliver`
        """
        found: dict[str, Delivery] = {}
        for batch in _batches(files):
            found |= self._deliver(batch)
        return found

    def _deliver(self, batch: Sequence[Outgoing]) -> dict[str, Delivery]:
        uids = [one.sop_instance_uid for one in batch]
        try:
            answer = self._client.store_instances([pydicom.dcmread(one.path) for one in batch])
        except requests.HTTPError as error:
            code = error.response.status_code if error.response is not None else 0
            passing = code >= 500 or code in _PASSING
            if code == 409 and len(batch) > 1:  # some were refused: which, a request each tells
                return {uid: delivery for one in batch for uid, delivery in self._deliver([one]).items()}
            return dict.fromkeys(uids, Delivery(False, f"{self._address} answers HTTP {code}", passing))
        except requests.RequestException as error:
            words = f"no answer from {self._address} ({type(error).__name__})"
            return dict.fromkeys(uids, Delivery(False, words, passing=True))
        return {uid: _outcome(uid, answer) for uid in uids}

    def listed(self, files: Sequence[Outgoing]) -> set[str] | str:
        """Ask by QIDO-RS, page by page.

        Parameters
        ----------
        files : as for :meth:`cmrmap.dicom.transfer.base.Sender.listed`
        """
        listed: set[str] = set()
        for study_uid, series_uid in dict.fromkeys((one.study_uid, one.series_uid) for one in files):
            offset = 0
            while True:
                try:
                    page = self._client.search_for_instances(study_uid, series_uid, limit=_PAGE, offset=offset)
                except requests.RequestException as error:
                    return f"QIDO-RS failed ({type(error).__name__})"
                uids = {value for one in page for value in one.get(_UID_TAG, {}).get("Value", ())}
                if not uids - listed:  # a server may leave out the page's limits
                    break
                listed |= uids
                offset += len(page)
                if len(page) < _PAGE:
                    break
        return listed


class _TimedAdapter(HTTPAdapter):
    """Gives every request the time limit that it has none of its own."""

    def __init__(self, timeout_s: float) -> None:
        self._timeout_s = timeout_s
        super().__init__()

    def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> requests.Response:
        """Send with the limit."""
        options["timeout"] = options.get("timeout") or self._timeout_s
        return super().send(request, *args, **options)


def _batches(files: Sequence[Outgoing]) -> list[list[Outgoing]]:
    batches: list[list[Outgoing]] = []
    size = _BATCH_BYTES
    for one in files:
        length = one.path.stat().st_size
        if size + length > _BATCH_BYTES:
            batches.append([])
            size = 0
        batches[-1].append(one)
        size += length
    return batches


def _outcome(uid: str, answer: Dataset) -> Delivery:
    """Read the answer's lists of what was stored and what was not (PS3.18 10.5.3.2)."""
    for item in answer.get("FailedSOPSequence", ()):
        if item.get("ReferencedSOPInstanceUID") == uid:
            reason = int(item.get("FailureReason", 0))
            return Delivery(False, f"refused with reason 0x{reason:04X}", passing=0xA700 <= reason < 0xA800)
    for item in answer.get("ReferencedSOPSequence", ()):
        if item.get("ReferencedSOPInstanceUID") == uid:
            warning = item.get("WarningReason")
            return Delivery(True, f"stored with warning 0x{int(warning):04X}" if warning else "")
    return Delivery(False, "the answer does not mention it", passing=True)
