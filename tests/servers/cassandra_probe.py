"""Asks a Cassandra that wants no password one query, over the native protocol: in milliseconds."""

import struct

from tests.servers import cql_probe
from tests.servers.wire import NoAnswer, Reader, connect

QUERY, RESULT, ROWS = 0x07, 0x08, 2
CONSISTENCY_ONE, NO_METADATA = 1, 0x02


def rows(cassandra: str, query: str) -> list[list[bytes]]:
    """The columns of each row, as they are on the wire; a null is empty."""
    text = query.encode()
    body = struct.pack(">i", len(text)) + text + struct.pack(">HB", CONSISTENCY_ONE, NO_METADATA)
    with connect(cassandra) as connection:
        if cql_probe.begin(connection) != cql_probe.READY:
            raise NoAnswer("Cassandra is not ready")
        opcode, body = cql_probe.ask(connection, QUERY, body)
    answer = Reader(body)
    if opcode != RESULT or answer.one("i") != ROWS:
        raise NoAnswer("Cassandra does not answer with rows")
    answer.bytes(4)  # flags
    columns = answer.one("i")
    return [[answer.bytes(answer.one("i")) for _ in range(columns)] for _ in range(answer.one("i"))]
