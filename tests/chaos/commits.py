"""What a group has committed, held against the checkpoints of the store all through a run.

A commit names only what is lasting, so none is beyond the checkpoint of its partition. The commits are read first and
the checkpoints then: those only grow, for the Cassandra of tests has on disk what it acknowledged.

Speaks just enough of both protocols, to the servers themselves and not over the links: a look takes milliseconds.
"""

import io
import socket
import struct
import threading
from contextlib import suppress
from typing import Any

from tests.servers import cql_probe

EVERY = 0.1  # seconds
WITHIN = 1.0  # seconds, for a server's answer; without one it is no look
OFFSET_FETCH, VERSION = 9, 2
NONE = -1  # nothing committed
QUERY, RESULT, ROWS = 0x07, 0x08, 2
CONSISTENCY_ONE, NO_METADATA = 1, 0x02


class NoLook(Exception):
    """A server answers with something else, as one that has just started does."""


class Commits:
    """Looks from construction on until close(). `wrong`: what was first seen that must not be; empty when nothing."""

    def __init__(self, broker: str, group: str, cassandra: str, keyspace: str, topic: str):
        self._broker, self._group, self._topic = broker, group, topic
        self._cassandra, self._keyspace = cassandra, keyspace
        self.looks = 0  # that saw a commit
        self.wrong = ""
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="commits", daemon=True)
        self._thread.start()

    def judges(self) -> bool:
        """Whether it has seen what there is to see, and still does."""
        return self.looks > 0 and self._thread.is_alive()

    def close(self) -> None:
        self._ended.set()
        self._thread.join(10)

    def _run(self) -> None:
        while not self.wrong and not self._ended.wait(EVERY):
            # Servers are killed, frozen and started meanwhile.
            with suppress(OSError, EOFError, struct.error, NoLook):
                self._look()

    def _look(self) -> None:
        commits = committed(self._broker, self._group).get(self._topic, {})
        if not commits:
            return
        reached = checkpoints(self._cassandra, self._keyspace, self._topic)
        beyond = {p: (offset, reached.get(p, 0)) for p, offset in commits.items() if offset > reached.get(p, 0)}
        self.looks += 1
        told = (f"{offset} of partition {p}, whose checkpoint is {at}" for p, (offset, at) in sorted(beyond.items()))
        self.wrong = f"committed beyond what is lasting: {', '.join(told)}" if beyond else ""


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


def committed(broker: str, group: str) -> dict[str, dict[int, int]]:
    """By topic and partition. The broker is the only one, and so the group's coordinator."""
    every_topic = struct.pack(">i", -1)
    body = cql_probe.string(group.encode()) + every_topic
    head = struct.pack(">hhi", OFFSET_FETCH, VERSION, 0) + cql_probe.string(b"chaos")
    with connect(broker) as connection:
        connection.sendall(struct.pack(">i", len(head + body)) + head + body)
        with connection.makefile("rb") as stream:
            (size,) = struct.unpack(">i", stream.read(4))
            answer = Reader(stream.read(size))
    answer.one("i")  # the request's number
    found: dict[str, dict[int, int]] = {}
    for _ in range(answer.one("i")):
        topic = found.setdefault(answer.text(), {})
        for _ in range(answer.one("i")):
            partition, offset = answer.one("i"), answer.one("q")
            answer.text()  # what the committer noted
            if not answer.one("h") and offset != NONE:
                topic[partition] = offset
    if error := answer.one("h"):
        raise NoLook(f"Kafka: error {error}")
    return found


def checkpoints(cassandra: str, keyspace: str, topic: str) -> dict[int, int]:
    """By partition. A topic of chaos is counted once, so it has one generation."""
    query = f"SELECT generation, partition, next FROM {keyspace}.checkpoints".encode()
    body = struct.pack(">i", len(query)) + query + struct.pack(">HB", CONSISTENCY_ONE, NO_METADATA)
    with connect(cassandra) as connection:
        if cql_probe.begin(connection) != cql_probe.READY:
            raise NoLook("Cassandra is not ready")
        opcode, body = cql_probe.ask(connection, QUERY, body)
    answer = Reader(body)
    if opcode != RESULT or answer.one("i") != ROWS:
        raise NoLook("Cassandra does not answer with rows")
    answer.bytes(8)  # flags, and how many columns
    found = {}
    for _ in range(answer.one("i")):
        generation, partition, next = (answer.bytes(answer.one("i")) for _ in range(3))
        if generation.decode().startswith(topic + "/"):
            found[int.from_bytes(partition, "big")] = int.from_bytes(next, "big")
    return found
