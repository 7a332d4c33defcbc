"""STOW-RS and QIDO-RS (PS3.18 10.5, 10.6)."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

import pydicom
import requests
from dicomweb_client.api import DICOMwebClient
from pydicom.dataset import Dataset

from cmrmap.dicom.transfer.base import Delivery, Destination, Outgoing
from cmrmap.dicom.transfer.web_session import open_session

_PAGE = 500
_PASSING = (408, 429)
_BATCH_BYTES = 32 * 1024 * 1024
_UID_TAG = "00080018"
#: what no second try mends
_FOR_GOOD = (
    requests.exceptions.SSLError,
    requests.exceptions.InvalidURL,
    requests.exceptions.InvalidHeader,
    requests.exceptions.InvalidSchema,
    requests.exceptions.TooManyRedirects,
)
#: an answer came, and makes no sense
_UNREADABLE = (
    requests.exceptions.InvalidJSONError,
    requests.exceptions.ContentDecodingError,
    requests.exceptions.ChunkedEncodingError,
)
logging.getLogger("dicomweb_client").setLevel(logging.CRITICAL)  # what failed is said by us, once


class WebSender:
    """Sends in batches of a few files a request; a :class:`~cmrmap.dicom.transfer.base.Sender`.

    Parameters
    ----------
    destination : a DICOMweb service
    timeout_s : without an answer, s
    """

    def __init__(self, destination: Destination, timeout_s: float) -> None:
        self._session = open_session(destination, timeout_s)
        self._client = DICOMwebClient(destination.url, session=self._session)
        self._client.host = urlsplit(destination.url).netloc  # its own leaves out the port, and breaks IPv6
        self._client.set_http_retry_params(retry=False)  # repeated by us, for what may pass
        self._address = destination.address

    def deliver(self, files: Sequence[Outgoing]) -> Iterator[tuple[str, Delivery]]:
        """Try every file once; once nobody answers, the rest is not tried.

        Parameters
        ----------
        files : as for :meth:`cmrmap.dicom.transfer.base.Sender.deliver`
        """
        nobody: Delivery | None = None
        for batch in _batches(files):
            if nobody is None:
                found, nobody = self._deliver(batch)
            else:
                found = dict.fromkeys((one.sop_instance_uid for one in batch), nobody)
            yield from found.items()

    def _deliver(self, batch: Sequence[Outgoing]) -> tuple[dict[str, Delivery], Delivery | None]:
        """Return what became of a batch, and what to say of the next ones if they need not be tried."""
        uids = [one.sop_instance_uid for one in batch]
        try:
            answer = self._client.store_instances([pydicom.dcmread(one.path) for one in batch])
            return {uid: _outcome(uid, answer) for uid in uids}, None
        except requests.HTTPError as error:
            code = error.response.status_code if error.response is not None else 0
            if code == 409 and len(batch) > 1:  # some were refused: which, a request each tells
                return {uid: found for one in batch for uid, found in self._deliver([one])[0].items()}, None
            passing = code >= 500 or code in _PASSING
            return dict.fromkeys(uids, Delivery(False, f"{self._address} returned HTTP {code}", passing)), None
        except _UNREADABLE as error:
            return dict.fromkeys(uids, self._unreadable(error)), None
        except requests.RequestException as error:
            words = f"no answer from {self._address} ({type(error).__name__})"
            nobody = Delivery(False, words, passing=not isinstance(error, _FOR_GOOD), unclear=_was_sent(error))
            return dict.fromkeys(uids, nobody), nobody
        except Exception as error:  # whatever an answer that makes no sense does to the libraries
            return dict.fromkeys(uids, self._unreadable(error)), None

    def _unreadable(self, error: Exception) -> Delivery:
        words = f"the answer of {self._address} is not understood ({type(error).__name__})"
        return Delivery(False, words, unclear=True)

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
                    uids = {str(value) for one in page for value in one.get(_UID_TAG, {}).get("Value", ())}
                except requests.HTTPError as error:
                    code = error.response.status_code if error.response is not None else 0
                    return f"QIDO-RS returned HTTP {code}"
                except Exception as error:  # no answer, or one that makes no sense
                    return f"QIDO-RS failed ({type(error).__name__})"
                if not uids - listed:  # a server may leave out the page's limits
                    break
                listed |= uids
                offset += len(page)
                if len(page) < _PAGE:
                    break
        return listed

    def close(self) -> None:
        """Begin nothing more; a request under way is left to itself."""
        self._session.close()


def _was_sent(error: requests.RequestException) -> bool:
    return isinstance(error, requests.exceptions.ReadTimeout)


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
    return Delivery(False, "the answer does not mention it", passing=True, unclear=True)
