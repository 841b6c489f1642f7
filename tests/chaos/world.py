"""What all runs of one invocation share: the servers, the links to them, and the binaries."""

from contextlib import ExitStack
from pathlib import Path

from tests.chaos.link import Link, Network
from tests.servers.cassandra import Cassandra
from tests.servers.kafka import Kafka
from tests.system.support.services import Apps

KEYSPACE = "chaos"
MOST_PRODUCERS, MOST_CONSUMERS = 2, 3
PROGRAMS = [f"producer-{n + 1}" for n in range(MOST_PRODUCERS)] + [f"consumer-{n + 1}" for n in range(MOST_CONSUMERS)]


class World:
    """Runs from construction on. Each program has links of its own, so that one can be cut and not the others."""

    def __init__(self, store: str, bin: Path, dir: Path):
        self.store = store
        self.dir = dir
        self.binaries = {name: bin / name for name in ("producer", "consumer", "wikiflow")}
        missing = [str(path) for path in self.binaries.values() if not path.exists()]
        if missing:
            raise RuntimeError(f"not built: {', '.join(missing)}")
        dir.mkdir(parents=True, exist_ok=True)
        self._stack = ExitStack()
        try:
            self._start()
        except BaseException:
            self.close()
            raise

    def _start(self) -> None:
        self.network = Network()
        self._stack.callback(self.network.close)
        # By program and by what the link leads to.
        self.links: dict[tuple[str, str], Link] = {(name, "broker"): self.network.link() for name in PROGRAMS}
        for name in PROGRAMS:
            other = "source" if name.startswith("producer") else "cassandra"
            self.links[name, other] = self.network.link()
        to_broker = [self.links[name, "broker"] for name in PROGRAMS]
        self.kafka = self._stack.enter_context(Kafka(self.dir / "kafka", behind=[link.port for link in to_broker]))
        for link, port in zip(to_broker, self.kafka.behind_ports, strict=True):
            link.target_port = port
        self.cassandra: Cassandra | None = None
        if self.store == "cassandra":
            self.cassandra = self._stack.enter_context(Cassandra(self.dir / "cassandra"))
            for name in PROGRAMS[MOST_PRODUCERS:]:
                self.links[name, "cassandra"].target_port = int(self.cassandra.host.rsplit(":", 1)[1])
            env = {**self.cassandra.settings, "CASSANDRA_KEYSPACE": KEYSPACE}
            made = Apps(self.binaries, self.dir).run("consumer", "store", "init", env=env, within=120)
            if made.process.returncode:
                raise RuntimeError(f"no tables in Cassandra:\n{made.tail()}")

    def mend(self) -> None:
        for link in self.links.values():
            link.mend()
            link.forth.rate = link.back.rate = None

    def close(self) -> None:
        self._stack.close()

    def __enter__(self) -> "World":
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()
