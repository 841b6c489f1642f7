"""Ends with 0 when the Cassandra of WIKIFLOW_TEST_CASSANDRA lets a client begin a session, with 1 when not yet.

Speaks just enough of the native protocol (version 4): STARTUP, then the password when one is asked for. A port that is
open says too little, since the role to log in with is made after that.
"""

import os
import socket
import struct
import sys

STARTUP, READY, AUTHENTICATE, AUTH_RESPONSE, AUTH_SUCCESS = 0x01, 0x02, 0x03, 0x0F, 0x10
HEADER = struct.Struct(">BBhBi")


def string(text: bytes) -> bytes:
    return struct.pack(">H", len(text)) + text


def ask(connection: socket.socket, opcode: int, body: bytes) -> tuple[int, bytes]:
    """Sends one frame and returns the opcode and the body of the answer."""
    connection.sendall(HEADER.pack(4, 0, 0, opcode, len(body)) + body)
    with connection.makefile("rb") as answer:
        *_, answered, length = HEADER.unpack(answer.read(HEADER.size))
        return answered, answer.read(length)


def begin(connection: socket.socket) -> int:
    """The opcode of the answer: READY, or AUTHENTICATE."""
    return ask(connection, STARTUP, struct.pack(">H", 1) + string(b"CQL_VERSION") + string(b"3.0.0"))[0]


def can_begin(address: str, username: str, password: str) -> bool:
    host, port = address.rsplit(":", 1)
    with socket.create_connection((host, int(port)), timeout=5) as connection:
        answered = begin(connection)
        if answered == AUTHENTICATE:
            token = f"\0{username}\0{password}".encode()
            return ask(connection, AUTH_RESPONSE, struct.pack(">i", len(token)) + token)[0] == AUTH_SUCCESS
        return answered == READY


if __name__ == "__main__":
    user = os.environ.get("WIKIFLOW_TEST_CASSANDRA_USERNAME", "")
    secret = os.environ.get("WIKIFLOW_TEST_CASSANDRA_PASSWORD", "")
    try:
        sys.exit(0 if can_begin(os.environ["WIKIFLOW_TEST_CASSANDRA"], user, secret) else 1)
    except (OSError, struct.error):
        sys.exit(1)
