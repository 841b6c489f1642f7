"""Our programs as a test starts them: each with an HTTP address of its own, asked over HTTP, never looked into."""

import itertools
from collections.abc import Sequence
from pathlib import Path

from tests.servers import wait
from tests.servers.ports import free_port
from tests.servers.program import Program
from tests.system.support import http, independent_count

# A cut is followed by a wait of up to a second, doubled at each further one: right against a real service, too long for
# a hundred cuts in a test.
QUICK_RECONNECT = {"RECONNECT_FIRST": "10 ms", "RECONNECT_CAP": "100 ms"}

Stats = dict[str, dict[str, int]]


class Service(Program):
    """A program of ours that serves HTTP."""

    def __init__(self, name: str, argv: Sequence[str | Path], dir: Path, env: dict[str, str], port: int | None = None):
        self.port = port or free_port()
        self.base = f"http://127.0.0.1:{self.port}"
        super().__init__(name, argv, dir, {"HTTP_ADDR": f"127.0.0.1:{self.port}", **env})

    def answering(self, path: str = "/livez", within: float = 60.0) -> "Service":
        def answers() -> bool:
            assert self.running(), f"{self.name} ended with {self.process.returncode}:\n{self.tail()}"
            return http.answers(self.base + path)

        wait.until(f"{self.name} answers on {self.base}", answers, within)
        return self

    def get(self, path: str, **headers: str) -> http.Answer:
        return http.ask(self.base + path, headers=headers)

    def stats(self) -> Stats:
        return self.get("/stats").json()

    def total(self) -> int:
        """How many changes /stats holds."""
        return sum(self.stats()["by_domain"].values())

    def metric(self, name: str) -> float:
        """A metric, or the sum of those that `name` is the beginning of up to a `{`; 0 while there is none."""
        return self.metrics(name)[0]

    def metrics(self, *names: str) -> list[float]:
        """Several at one look."""
        samples = http.parse_metrics(self.get("/metrics").body.decode())
        return [
            sum(value for sample, value in samples.items() if name in (sample, sample.split("{")[0])) for name in names
        ]

    def ready(self) -> bool:
        return self.get("/readyz").status == 200


class Simulator(Service):
    """`wikiflow simulate`, with every frame it serves written to `frames`."""

    def __init__(self, binary: Path, dir: Path, name: str, flags: Sequence[str | Path], port: int | None = None):
        self.frames = dir / f"{name}.frames"
        port = port or free_port()
        argv = [binary, "simulate", "--listen", f"127.0.0.1:{port}", "--record", self.frames, *flags]
        super().__init__(name, argv, dir, {}, port)
        self.url = f"{self.base}/v2/stream/recentchange"
        self.answering("/sim/status")

    def status(self) -> dict[str, int]:
        """How many frames of which kind it has sent, and what else it did."""
        return self.get("/sim/status").json()

    def served(self) -> independent_count.Count:
        """What an independent program makes of the frames served so far."""
        return independent_count.count(independent_count.frames(self.frames))


class Apps:
    """Starts programs of ours in one folder, and ends those that a test left running."""

    def __init__(self, binaries: dict[str, Path], dir: Path):
        self.binaries = binaries
        self.dir = dir
        self._programs: list[Program] = []
        self._serial = itertools.count(1)

    def simulator(self, *flags: str | Path, name: str = "simulator", port: int | None = None) -> Simulator:
        return self._keep(Simulator(self.binaries["wikiflow"], self.dir, name, flags, port))

    def producer(
        self, url: str, broker: str, topic: str, *flags: str, env: dict[str, str] | None = None, name: str = "producer"
    ) -> Service:
        settings = {"WIKIPEDIA_STREAM_URL": url, "REDPANDA_BROKER": broker, "WIKIPEDIA_TOPIC": topic}
        settings |= {"FROM": "earliest", "TOPIC_RETENTION": "forever", **QUICK_RECONNECT, **(env or {})}
        return self._keep(Service(name, [self.binaries["producer"], *flags], self.dir, settings))

    def consumer(
        self, broker: str, topic: str, *flags: str, env: dict[str, str] | None = None, name: str = "consumer"
    ) -> Service:
        settings = {"REDPANDA_BROKER": broker, "WIKIPEDIA_TOPIC": topic, "STORAGE": "memory", **(env or {})}
        return self._keep(Service(name, [self.binaries["consumer"], *flags], self.dir, settings))

    def wikiflow_run(self, *flags: str, env: dict[str, str], name: str = "wikiflow") -> Service:
        return self._keep(Service(name, [self.binaries["wikiflow"], "run", *flags], self.dir, env))

    def to_stdout(self, url: str, start: str = "earliest", name: str = "producer") -> Program:
        """A producer that prints records and needs no broker. It serves no HTTP."""
        settings = {"WIKIPEDIA_STREAM_URL": url, "FROM": start, **QUICK_RECONNECT}
        return self._keep(Program(name, [self.binaries["producer"], "--to", "stdout"], self.dir, settings))

    def run(
        self,
        program: str,
        *arguments: str,
        env: dict[str, str] | None = None,
        stdin: Path | None = None,
        within: float = 60.0,
    ) -> Program:
        """Runs a program to its end."""
        name = f"{program}-{next(self._serial)}"
        done = self._keep(Program(name, [self.binaries[program], *arguments], self.dir, env, stdin))
        done.wait(within)
        return done

    def ensure_topic(self, broker: str, topic: str, partitions: int = 6) -> None:
        settings = {"REDPANDA_BROKER": broker, "WIKIPEDIA_TOPIC": topic, "TOPIC_PARTITIONS": str(partitions)}
        done = self.run("producer", "topic", "ensure", env=settings)
        assert done.process.returncode == 0, done.tail()

    def close(self) -> None:
        for program in reversed(self._programs):
            program.kill()

    def _keep(self, program):
        self._programs.append(program)
        return program
