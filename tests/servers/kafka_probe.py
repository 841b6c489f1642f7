"""Asks a Kafka what a group has committed: one request (OffsetFetch, version 2) of its protocol, in milliseconds."""

import struct

from tests.servers.cql_probe import string  # both protocols write a text in the same way
from tests.servers.wire import NoAnswer, Reader, connect

OFFSET_FETCH, VERSION = 9, 2
NOTHING = -1  # committed
CLIENT = b"probe"


def committed(broker: str, group: str) -> dict[str, dict[int, int]]:
    """By topic and partition. The broker is the only one, and so the group's coordinator."""
    every_topic = struct.pack(">i", -1)
    body = string(group.encode()) + every_topic
    head = struct.pack(">hhi", OFFSET_FETCH, VERSION, 0) + string(CLIENT)
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
            if not answer.one("h") and offset != NOTHING:
                topic[partition] = offset
    if error := answer.one("h"):
        raise NoAnswer(f"Kafka: error {error}")
    return found
