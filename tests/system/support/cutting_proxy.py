"""A TCP proxy that cuts connections at random bytes, and remembers what clients asked for.

Half of the cuts are a reset, half a close in good order, both in the middle of whatever was being said. One thread
carries both directions of a connection: a socket that another thread is reading cannot be reset.
"""

import random
import re
import select
import socket
import struct
import threading
from collections.abc import Callable
from contextlib import suppress

RESET = struct.pack("ii", 1, 0)
HEADER = re.compile(rb"^last-event-id:[ \t]*(.*?)\r?$", re.IGNORECASE | re.MULTILINE)


class CuttingProxy:
    """Listens from construction on. `budget()` says how many bytes the next connection may bring; None: any number."""

    def __init__(self, target_port: int, budget: Callable[[], int | None] = lambda: None, seed: int = 0):
        self.target_port = target_port
        self.budget = budget
        self.cuts = 0
        self.requests: list[bytes] = []  # the head of each request, in the order of connecting
        self._random = random.Random(seed)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        threading.Thread(target=self._accept, daemon=True).start()

    def resume_ids(self) -> list[str | None]:
        """The Last-Event-ID of each request, None where there was none."""
        found = (HEADER.search(head) for head in list(self.requests))
        return [match[1].decode() if match else None for match in found]

    def close(self) -> None:
        self._listener.close()
        with self._lock:
            for connection in self._open:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, suppress(OSError), socket.create_connection(("127.0.0.1", self.target_port), 10) as server:
            server.settimeout(None)
            with self._lock:
                self._open |= {client, server}
            try:
                self._carry(client, server)
            finally:
                with self._lock:
                    self._open -= {client, server}

    def _carry(self, client: socket.socket, server: socket.socket) -> None:
        head, left = b"", self.budget()
        while True:
            for ready in select.select([client, server], [], [])[0]:
                part = ready.recv(65536 if ready is client or left is None else min(65536, left))
                if not part:
                    return
                if ready is client:
                    if b"\r\n\r\n" not in head and b"\r\n\r\n" in (head := head + part):
                        self.requests.append(head)
                    server.sendall(part)
                    continue
                client.sendall(part)
                if left is not None and (left := left - len(part)) <= 0:
                    self.cuts += 1
                    if self._random.random() < 0.5:
                        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                    return
