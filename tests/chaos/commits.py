"""What a group has committed, held against the checkpoints of the store all through a run.

A commit names only what is lasting, so none is beyond the checkpoint of its partition. The commits are read first and
the checkpoints then: those only grow, for the Cassandra of tests has on disk what it acknowledged. The servers
themselves are asked, and not over the links.
"""

import struct
import threading
from contextlib import suppress

from tests.servers import cassandra_probe
from tests.servers.kafka_probe import committed
from tests.servers.wire import NoAnswer

EVERY = 0.1  # seconds


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
            with suppress(OSError, EOFError, struct.error, NoAnswer):
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


def checkpoints(cassandra: str, keyspace: str, topic: str) -> dict[int, int]:
    """By partition. A topic of chaos is counted once, so it has one generation."""
    found = {}
    for row in cassandra_probe.rows(cassandra, f"SELECT generation, partition, next FROM {keyspace}.checkpoints"):
        generation, partition, next = row
        if generation.decode().startswith(topic + "/"):
            found[int.from_bytes(partition, "big")] = int.from_bytes(next, "big")
    return found
