"""C-STORE and C-FIND over the DICOM upper layer (PS3.4 B, C): presentation contexts follow from each file."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence

from pydicom.dataset import Dataset
from pydicom.uid import UID
from pynetdicom.association import Association

from cmrmap.dicom.transfer.association import NoAssociationError, Requestor
from cmrmap.dicom.transfer.base import Delivery, Destination, Outgoing

_STUDY_ROOT_FIND = "1.2.840.10008.5.1.4.1.2.2.1"
_MOST_CONTEXTS = 128
_SUCCESS = 0x0000
_PENDING = (0xFF00, 0xFF01)
_OUT_OF_RESOURCES = range(0xA700, 0xA800)
logging.getLogger("pynetdicom").setLevel(logging.CRITICAL)  # what failed is said by us, once


class DimseSender:
    """Sends over one association a try; a :class:`~cmrmap.dicom.transfer.base.Sender`.

    Parameters
    ----------
    destination : a DICOM node
    timeout_s : without an answer, s; of connection, association and every message
    """

    def __init__(self, destination: Destination, timeout_s: float) -> None:
        self._requestor = Requestor(destination, timeout_s)

    def deliver(self, files: Sequence[Outgoing]) -> Iterator[tuple[str, Delivery]]:
        """Try every file once.

        Parameters
        ----------
        files : as for :meth:`cmrmap.dicom.transfer.base.Sender.deliver`
        """
        for group in _by_contexts(files):
            contexts = list(dict.fromkeys((one.sop_class_uid, one.transfer_syntax) for one in group))
            try:
                with self._requestor.association(contexts) as association:
                    for one in group:
                        yield one.sop_instance_uid, _store(association, one)
            except NoAssociationError as error:
                for one in group:
                    yield one.sop_instance_uid, Delivery(False, str(error), error.passing)

    def listed(self, files: Sequence[Outgoing]) -> set[str] | str:
        """Ask by C-FIND, one query a series.

        Parameters
        ----------
        files : as for :meth:`cmrmap.dicom.transfer.base.Sender.listed`
        """
        listed: set[str] = set()
        try:
            with self._requestor.association([(_STUDY_ROOT_FIND, None)]) as association:
                if not association.accepted_contexts:
                    return "the destination offers no C-FIND (Study Root)"
                for study_uid, series_uid in dict.fromkeys((one.study_uid, one.series_uid) for one in files):
                    query = Dataset()
                    query.QueryRetrieveLevel = "IMAGE"
                    query.StudyInstanceUID, query.SeriesInstanceUID = study_uid, series_uid
                    query.SOPInstanceUID = ""
                    for status, answer in association.send_c_find(query, _STUDY_ROOT_FIND):
                        code = status.get("Status") if status else None
                        if code in _PENDING and answer is not None:
                            listed.add(str(answer.get("SOPInstanceUID", "")))
                        elif code != _SUCCESS:
                            return "C-FIND failed" + (f" with status 0x{code:04X}" if code else "")
        except NoAssociationError as error:
            return str(error)
        except Exception as error:  # whatever an answer that makes no sense does to the library
            return f"C-FIND failed ({type(error).__name__})"
        return listed

    def close(self) -> None:
        """End what is under way."""
        self._requestor.close()


def _by_contexts(files: Sequence[Outgoing]) -> Iterator[list[Outgoing]]:
    """Yield the files in groups that need no more presentation contexts than an association may have."""
    group: list[Outgoing] = []
    contexts: set[tuple[str, str]] = set()
    for one in files:
        needed = (one.sop_class_uid, one.transfer_syntax)
        if needed not in contexts and len(contexts) == _MOST_CONTEXTS:
            yield group
            group, contexts = [], set()
        group.append(one)
        contexts.add(needed)
    if group:
        yield group


def _store(association: Association, one: Outgoing) -> Delivery:
    accepted = {
        (str(context.abstract_syntax), str(context.transfer_syntax[0])) for context in association.accepted_contexts
    }
    if (one.sop_class_uid, one.transfer_syntax) not in accepted:
        kind, syntax = UID(one.sop_class_uid).name, UID(one.transfer_syntax).name
        return Delivery(False, f"the destination does not accept {kind} in {syntax}")
    if not association.is_established:
        return Delivery(False, "the association was lost", passing=True)
    try:
        status = association.send_c_store(one.path)
    except Exception as error:  # whatever an answer that makes no sense does to the library
        return Delivery(False, f"C-STORE failed ({type(error).__name__})", passing=not association.is_established)
    code = status.get("Status") if status else None
    if code is None:
        return Delivery(False, "no answer to C-STORE; the association was lost", passing=True, unclear=True)
    if code == _SUCCESS:
        return Delivery(True)
    if 0xB000 <= code <= 0xBFFF or code == 0x0001:
        return Delivery(True, f"stored with warning 0x{code:04X}")
    return Delivery(False, f"refused with status 0x{code:04X}", passing=code in _OUT_OF_RESOURCES)
