"""Associations with a DICOM node, in clear or over TLS (PS3.8, PS3.15 B): made, ended, and why there is none."""

from __future__ import annotations

import contextlib
import socket
import ssl
from collections.abc import Iterator, Sequence

from pydicom.uid import UID
from pynetdicom import AE, build_context, evt
from pynetdicom.association import Association

from cmrmap.dicom.transfer.access import tls_context
from cmrmap.dicom.transfer.base import Destination

_REJECTED_FOR_GOOD = 1
_ENDING_S = 2.0  # for the library's thread, once its connection is gone


class NoAssociationError(Exception):
    """No association; ``passing`` where another try may have one."""

    def __init__(self, words: str, passing: bool) -> None:
        super().__init__(words)
        self.passing = passing


class Requestor:
    """Asks a node for associations.

    Parameters
    ----------
    destination : a DICOM node
    timeout_s : without an answer, s; of connection, association and every message
    """

    def __init__(self, destination: Destination, timeout_s: float) -> None:
        self._to = destination
        self._timeout_s = timeout_s
        self._tls = tls_context(destination) if destination.is_encrypted else None
        self._connections: list[socket.socket] = []
        self._closed = False

    @contextlib.contextmanager
    def association(self, contexts: Sequence[tuple[str, str | None]]) -> Iterator[Association]:
        """Hold an association; whatever happens, its connection is gone afterwards.

        Parameters
        ----------
        contexts : abstract syntaxes, each with the transfer syntax that is proposed; None: the library's own

        Raises
        ------
        NoAssociationError
            with the reason
        """
        entity = AE(ae_title=self._to.calling)
        entity.acse_timeout = entity.dimse_timeout = entity.network_timeout = self._timeout_s
        entity.connection_timeout = self._timeout_s
        wanted = [
            build_context(abstract, syntax) if syntax else build_context(abstract) for abstract, syntax in contexts
        ]
        if self._closed:
            raise NoAssociationError("not sent", False)
        try:
            association = entity.associate(
                self._to.host,
                self._to.port,
                contexts=wanted,
                ae_title=self._to.called,
                evt_handlers=[(evt.EVT_CONN_OPEN, self._opened)],
                tls_args=None if self._tls is None else (self._tls, self._to.host),
            )
        except Exception as error:  # names are looked up here, and any answer is read
            self._hang_up()
            self._forget()
            raise self._no_connection(error) from error
        try:
            if not association.is_established:
                raise self._refusal(association, [kind for kind, _ in contexts])
            yield association
            if association.is_established:
                association.release()
        finally:
            self._hang_up()
            association.dul.kill_dul()
            association.dul.join(_ENDING_S)
            self._forget()

    def close(self) -> None:
        """End what is under way, called from another thread."""
        self._closed = True
        self._hang_up()

    def _opened(self, event: evt.Event) -> None:
        """Keep the connection: only without it does the library stop to wait for the rest of a message."""
        connection = event.assoc.dul.socket
        if connection is not None and connection.socket is not None:
            self._connections.append(connection.socket)
            if self._closed:
                self._hang_up()

    def _hang_up(self) -> None:
        for connection in tuple(self._connections):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def _forget(self) -> None:
        while self._connections:
            self._connections.pop().close()

    def _refusal(self, association: Association, kinds: Sequence[str]) -> NoAssociationError:
        """Say why there is no association."""
        if association.is_rejected:
            for_good = getattr(association.acceptor.primitive, "result", None) == _REJECTED_FOR_GOOD
            return NoAssociationError(f"{self._to.address} rejects the association", not for_good)
        if association.rejected_contexts:  # it answered, but takes nothing of what was proposed
            names = ", ".join(dict.fromkeys(UID(kind).name for kind in kinds))
            return NoAssociationError(f"the destination accepts none of: {names}", False)
        return self._no_connection(None)

    def _no_connection(self, error: Exception | None) -> NoAssociationError:
        """Say why a node cannot be reached; the library keeps the reason for itself, so it is looked for again."""
        try:
            address = socket.getaddrinfo(self._to.host, self._to.port, type=socket.SOCK_STREAM)[0][4]
        except (OSError, UnicodeError):
            return NoAssociationError(f"the name of {self._to.address} is not known here", True)
        if self._tls is not None and not self._closed:
            try:
                with (
                    socket.create_connection((str(address[0]), self._to.port), self._timeout_s) as connection,
                    self._tls.wrap_socket(connection, server_hostname=self._to.host),
                ):
                    pass
            except ssl.SSLCertVerificationError as found:
                return NoAssociationError(
                    f"the certificate of {self._to.address} is not trusted ({found.verify_message.rstrip('.')})", False
                )
            except ssl.SSLError as found:
                return NoAssociationError(f"no TLS with {self._to.address} ({found.reason or 'ended'})", False)
            except OSError:
                return NoAssociationError(f"no association with {self._to.address}; is it running?", True)
            return NoAssociationError(
                f"no association with {self._to.address}; does it require another client certificate?", True
            )
        why = f" ({type(error).__name__})" if error is not None and not isinstance(error, OSError) else ""
        return NoAssociationError(f"no association with {self._to.address}{why}; is it running?", True)
