"""Two servers that are to be the same to a client: our simulator, and kafka-sse over topics of a real Kafka.

Both hold events of two data centres whose times run at a few a second, whatever the speed of sending: a client resumes
some seconds back, and that must not be everything.
"""

import json
import os
import random
import subprocess
import time
import uuid
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlsplit

from tests.servers.kafka import Kafka
from tests.servers.kafka_sse import KafkaSse
from tests.system.support.services import Apps, Simulator

ROOT = Path(__file__).resolve().parents[3]
DATA_CENTRES = ("eqiad", "codfw")


def event(id: str, random_: random.Random, topic: str) -> dict:
    """A change as the service sends it, without what nothing here looks at."""
    return {
        "$schema": "/mediawiki/recentchange/1.0.0",
        "meta": {"id": id, "domain": f"wiki{random_.randrange(50)}.example.org", "stream": topic},
        "type": "edit",
        "title": f"Page {random_.randrange(10_000)}",
        "comment": "x" * random_.randrange(1_000),
        "user": f"User {random_.randrange(1_000)}",
    }


class StoredEvents:
    """Two topics on a real Kafka, with `count` events in them; more can be added."""

    def __init__(self, kafka: Kafka, apps: Apps, name: str, count: int, seed: int):
        self.kafka = kafka
        self.topics = [f"{place}.{name}" for place in DATA_CENTRES]
        for topic in self.topics:
            apps.ensure_topic(kafka.broker, topic, partitions=1)
        self.ids: set[str] = set()
        self._random = random.Random(seed)
        first = int(time.time() * 1000) - 100 * count - 60_000
        self._produce(first + 100 * n - self._random.randrange(200) for n in range(count))

    def append(self) -> None:
        """Adds an event of now to each topic."""
        now = int(time.time() * 1000)
        for topic in self.topics:
            self._produce([now], topic)

    def _produce(self, times: Iterable[int], topic: str | None = None) -> None:
        lines = []
        for moment in times:
            where = topic or self.topics[self._random.random() < 0.2]
            id = str(uuid.UUID(int=self._random.getrandbits(128), version=4))
            self.ids.add(id)
            value = json.dumps(event(id, self._random, where), separators=(",", ":"))
            lines.append(json.dumps({"topic": where, "timestamp": moment, "value": value}))
        subprocess.run(
            ["node", ROOT / "tests/system/support/produce_with_times.js", self.kafka.broker],
            input="\n".join(lines).encode(),
            env={**os.environ, "NODE_PATH": str(ROOT / ".deps/kafka-sse/node_modules")},
            check=True,
            timeout=120,
        )


class KafkaSseStream:
    """Stored events as kafka-sse serves them."""

    def __init__(self, events: StoredEvents, dir: Path):
        self._events, self._dir = events, dir
        self._server = KafkaSse(dir, events.kafka.broker, events.topics)

    @property
    def port(self) -> int:
        return urlsplit(self._server.url).port or 0

    def count(self) -> int:
        return len(self._events.ids)

    def all_ids(self) -> set[str]:
        return self._events.ids

    def append(self) -> None:
        self._events.append()

    def restart(self) -> None:
        """Ends the server as a crash would; another one serves the same events, on another port."""
        self._server.kill()
        self._server = KafkaSse(self._dir, self._events.kafka.broker, self._events.topics)

    def close(self) -> None:
        self._server.kill()


class SimulatorStream:
    """The same from our simulator."""

    def __init__(self, apps: Apps, count: int, seed: int, growing: bool = False):
        """`growing`: `count` events are there at the start, and more come by themselves."""
        self._apps, self._count, self._rounds = apps, count, 0
        start = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - count / 8 - 60))
        # Ten events a second of the source's time, as fast as they are read.
        all_there = ["--count", str(count), "--rate", "1000000", "--speed", "100000", "--start-time", start]
        self._flags = ["--seed", str(seed)] + (["--rate", "50", "--history", str(count)] if growing else all_there)
        self._server = self._start()
        self._served: list[Simulator] = [self._server]

    @property
    def port(self) -> int:
        return self._server.port

    def count(self) -> int:
        return self._count

    def all_ids(self) -> set[str]:
        """Those served by now: all, once a reader is at the end."""
        return {id for server in self._served for id in server.served().ids}

    def append(self) -> None:
        """They come by themselves."""

    def restart(self) -> None:
        self._server.kill()
        self._server = self._start()
        self._served.append(self._server)

    def _start(self) -> Simulator:
        self._rounds += 1
        return self._apps.simulator(*self._flags, name=f"simulator-{self._rounds}")

    def close(self) -> None:
        self._server.kill()
