"""A TCP server that says to everyone what a test gives it, and nothing that makes sense to the other side."""

from __future__ import annotations

import contextlib
import socketserver
import threading
from collections.abc import Callable, Iterator
from socket import socket

Talk = Callable[[socket], None]


@contextlib.contextmanager
def talking(talk: Talk) -> Iterator[int]:
    """Serve on a port of loopback while the block runs; ``talk`` is called with every connection."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with contextlib.suppress(OSError):
                talk(self.request)

    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler, bind_and_activate=False)
    server.daemon_threads, server.allow_reuse_address = True, True
    server.server_bind()
    server.server_activate()
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def silent(connection: socket) -> None:
    """Take everything and answer nothing."""
    while connection.recv(65536):
        pass


def closing(connection: socket) -> None:
    """Hang up at once."""


def saying(content: bytes) -> Talk:
    """Answer the first words with ``content`` and hang up."""

    def talk(connection: socket) -> None:
        connection.recv(65536)
        connection.sendall(content)

    return talk


def dripping(content: bytes, pause_s: float = 0.2) -> Talk:
    """Answer with ``content``, and then with a byte now and then, for ever."""
    pause = threading.Event()

    def talk(connection: socket) -> None:
        connection.recv(65536)
        connection.sendall(content)
        while not pause.wait(pause_s):
            connection.sendall(b"a")

    return talk


def answering(body: bytes, kind: str | None = "application/dicom+json", status: str = "200 OK", more: str = "") -> Talk:
    """Read whole HTTP requests and answer each with the same body."""
    headers = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{more}"
    if kind is not None:
        headers += f"Content-Type: {kind}\r\n"

    def talk(connection: socket) -> None:
        stream = connection.makefile("rb")
        while stream.readline():
            length, chunked = 0, False
            while (line := stream.readline().strip().lower()) != b"":
                length = int(line.split(b":")[1]) if line.startswith(b"content-length") else length
                chunked = chunked or (line.startswith(b"transfer-encoding") and b"chunked" in line)
            stream.read(length)
            while chunked and (size := int(stream.readline(), 16)) >= 0:
                stream.read(size)
                stream.readline()
                chunked = size > 0
            connection.sendall(headers.encode() + b"\r\n" + body)

    return talk
