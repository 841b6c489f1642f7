"""Running floors, servers and our programs, and asking the kernel what they spent."""

import http.client
import json
import os
import re
import resource
import subprocess
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from tests.servers.cassandra import Cassandra
from tests.servers.kafka import Kafka
from tests.servers.ports import free_port
from tests.servers.program import Program

TICKS = os.sysconf("SC_CLK_TCK")
POLL_S = 0.05
# Metrics take a program milliseconds to render, which count as its own.
COUNTED_POLL_S = 0.25


class App(Program):
    """One of our programs. `begin` is when it was started; its HTTP server is asked over one connection."""

    def __init__(self, name: str, path: Path, dir: Path, env: dict[str, str]):
        self.port = free_port()
        self.begin = time.monotonic()
        super().__init__(name, [path], dir, {**env, "HTTP_ADDR": f"127.0.0.1:{self.port}", "LOG_LEVEL": "warn"})
        self._connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)

    def get(self, path: str) -> bytes | None:
        """The body of the answer, or nothing while the program does not listen yet."""
        assert self.running(), f"{self.name} ended with {self.process.returncode}:\n{self.tail()}"
        try:
            self._connection.request("GET", path)
            return self._connection.getresponse().read()
        except OSError:
            self._connection.close()
            return None

    def header(self, path: str, name: str) -> str | None:
        """Of the answer, which is read to its end."""
        self._connection.request("GET", path)
        answer = self._connection.getresponse()
        answer.read()
        return answer.headers[name]

    def metric(self, name: str, default: float = 0.0) -> float:
        """The sum over the metric's labels."""
        text = (self.get("/metrics") or b"").decode()
        values = re.findall(rf"^{name}(?:\{{[^}}]*\}})? (\S+)$", text, re.MULTILINE)
        return sum(map(float, values)) if values else default

    def wait_for(self, what: str, condition: Callable[[], bool], within: float = 300.0, every: float = POLL_S) -> None:
        deadline = time.monotonic() + within
        while not condition():
            if time.monotonic() > deadline:
                raise RuntimeError(f"{self.name}: not within {within:g} s: {what}\n{self.tail()}")
            time.sleep(every)

    def wait_counted(self, records: int) -> None:
        def counted() -> bool:
            return self.metric("wikiflow_tally_records_total") >= records

        self.wait_for(f"{records} counted", counted, every=COUNTED_POLL_S)

    def spent(self) -> tuple[float, float]:
        """(wall, CPU) in seconds since it was started."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rsplit(") ", 1)[1].split()
        return time.monotonic() - self.begin, (int(fields[11]) + int(fields[12])) / TICKS

    def end(self) -> tuple[float, float]:
        """(wall, CPU) in seconds since it was started, after it has stopped as it is meant to."""
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        assert self.stop(within=120) == 0, self.tail()
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        return time.monotonic() - self.begin, cpu

    def seconds_until_ready(self) -> float:
        """From its start until it is ready to answer with everything."""

        def ready() -> bool:
            answer = self.get("/readyz")
            return answer is not None and json.loads(answer)["ready"]

        self.wait_for("it is ready", ready)
        return time.monotonic() - self.begin

    def rss_mb(self) -> float:
        pages = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGESIZE") / 1e6


class Server(Program):
    """A bench program that serves until it is ended; `about` is the line that it begins with."""

    def __init__(self, name: str, argv: list[str | Path], dir: Path):
        super().__init__(name, argv, dir)
        self.wait_for_text("}\n")
        self.about = json.loads(self.out().splitlines()[0])
        self.url = f"http://127.0.0.1:{self.about['port']}/"


def group_of(topic: str) -> str:
    """The consumer group of each consumer of it."""
    return f"group-{topic}"


class Bench:
    """One session: a broker, the programs, and a folder for what they write."""

    def __init__(self, kafka: Kafka, programs: Path, apps: Path, dir: Path):
        self.kafka = kafka
        self.dir = dir
        self.programs = programs
        self._apps = apps
        self._topics = 0
        self._cassandra: Cassandra | None = None
        self._servers = ExitStack()

    def __enter__(self) -> "Bench":
        return self

    def __exit__(self, *_exc: object) -> None:
        self._servers.close()

    def cassandra(self) -> Cassandra:
        """A node, started when it is first asked for."""
        if not self._cassandra:
            self._cassandra = self._servers.enter_context(Cassandra(self.dir / "cassandra", fast=True))
        return self._cassandra

    def app(self, name: str, *arguments: str, env: dict[str, str]) -> None:
        """Runs one of our programs to its end."""
        subprocess.run([self._apps / name, *arguments], env={**os.environ, **env}, check=True, timeout=300)

    def topic(self) -> str:
        """A name that no topic has yet."""
        self._topics += 1
        return f"bench-{self._topics}"

    def run(self, program: str, **options: object) -> dict[str, float]:
        """Runs a bench program to its end; what it printed."""
        done = subprocess.run(self._argv(program, options), stdout=subprocess.PIPE, text=True, timeout=900)
        if done.returncode:
            raise RuntimeError(f"{program} ended with {done.returncode}")
        return json.loads(done.stdout.splitlines()[-1])

    def run_on_topic(self, program: str, topic: str, **options: object) -> dict[str, float]:
        return self.run(program, broker=self.kafka.broker, topic=topic, **options)

    def serve(self, program: str, **options: object) -> Server:
        return Server(program, self._argv(program, options), self.dir)

    def background(self, program: str, **options: object) -> Program:
        return Program(program, self._argv(program, options), self.dir)

    def consumer(self, topic: str, **env: str) -> App:
        return self._app("consumer", topic, **{"STORAGE": "memory", **env})

    def producer(self, topic: str, url: str) -> App:
        return self._app("producer", topic, WIKIPEDIA_STREAM_URL=url, CONTACT="bench@localhost")

    def _app(self, name: str, topic: str, **env: str) -> App:
        broker = {"REDPANDA_BROKER": self.kafka.broker, "WIKIPEDIA_TOPIC": topic, "CONSUMER_GROUP": group_of(topic)}
        return App(name, self._apps / name, self.dir, {**broker, **env})

    def _argv(self, program: str, options: dict[str, object]) -> list[str | Path]:
        argv: list[str | Path] = [self.programs / program]
        for name, value in options.items():
            flag = f"--{name.replace('_', '-')}"
            if value is True:
                argv.append(flag)
            elif value is not False:
                argv += [flag, str(value)]
        return argv
