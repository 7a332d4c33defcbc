"""An archive that takes every connection and never answers; its port is the one line that it prints."""

from __future__ import annotations

import socket

if __name__ == "__main__":
    with socket.create_server(("127.0.0.1", 0)) as server:
        print(server.getsockname()[1], flush=True)
        held = []
        while True:
            held.append(server.accept()[0])
