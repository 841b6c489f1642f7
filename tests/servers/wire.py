"""What the probes of both servers are made of: a connection, and what an answer holds."""

import io
import socket
import struct
from typing import Any

WITHIN = 1.0  # seconds, for a server's answer


class NoAnswer(Exception):
    """A server answers with something else, as one that has just started does."""


class Reader:
    """What is in an answer, one after the other, in network order."""

    def __init__(self, data: bytes):
        self._data = io.BytesIO(data)

    def one(self, format: str) -> Any:
        return struct.unpack(">" + format, self.bytes(struct.calcsize(">" + format)))[0]

    def bytes(self, size: int) -> bytes:
        data = self._data.read(max(0, size))
        if len(data) < size:
            raise EOFError
        return data

    def text(self) -> str:
        return self.bytes(self.one("h")).decode()


def connect(address: str) -> socket.socket:
    host, port = address.rsplit(":", 1)
    return socket.create_connection((host, int(port)), timeout=WITHIN)
