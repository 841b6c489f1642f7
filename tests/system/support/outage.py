"""A broker that goes away while changes flow, and comes back."""

import threading
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from tests.servers import wait
from tests.servers.cassandra import Cassandra
from tests.servers.kafka import Kafka
from tests.system.support.services import Apps, Service, Simulator

# Lines on standard error of one program while the broker is away, however long: the change of state and what librdkafka
# says of it; not a line for each try. Progress is shown at its own pace.
MOST_LOG_LINES = 12
PROGRESS = "catching up:"
SIX_MINUTES = 360.0
TWO_MINUTES = 120.0

AWAY: dict[str, Callable[[Kafka], None]] = {"killed": Kafka.kill, "down": Kafka.down, "frozen": Kafka.freeze}
BACK: dict[str, Callable[[Kafka], None]] = {"killed": Kafka.up, "down": Kafka.up, "frozen": Kafka.thaw}


def tells(program: Service, dependency: str) -> bool:
    """/readyz answers 503 and gives that dependency's trouble as the reason."""
    answer = program.get("/readyz")
    check = answer.json()["checks"][dependency]
    return answer.status == 503 and not check["ok"] and len(check["reason"]) > 0


class Flow:
    """Simulator, producer and consumer around a broker, with `count` changes on their way at `rate` a second."""

    def __init__(
        self,
        kafka: Kafka,
        apps: Apps,
        topic: str,
        count: int,
        rate: int,
        consumer_env: dict[str, str] | None = None,
    ):
        self.kafka = kafka
        self.simulator: Simulator = apps.simulator("--count", str(count), "--rate", str(rate))
        self.producer: Service = apps.producer(self.simulator.url, kafka.broker, topic)
        self.consumer: Service = apps.consumer(kafka.broker, topic, env=consumer_env)
        self.ours = (self.producer, self.consumer)
        self.count = count

    def wait_until_flowing(self, changes: int) -> None:
        for program in self.ours:
            program.answering()
        wait.until(f"{changes} changes counted", lambda: self.consumer.total() >= changes, within=120)

    def go_through_outage(self, how: str, pause: Callable[[], None]) -> None:
        """Takes the broker away until `pause` returns, and waits until everything is counted."""
        log_lines = {program: len(program.log().splitlines()) for program in self.ours}
        AWAY[how](self.kafka)
        for program in self.ours:
            wait.until(f"{program.name} says that the topic is away", lambda p=program: tells(p, "topic"), within=90)
        pause()
        for program in self.ours:
            assert tells(program, "topic"), f"{program.name} no longer says that the topic is away: {program.tail()}"
            said = [line for line in program.log().splitlines()[log_lines[program] :] if not line.startswith(PROGRESS)]
            assert len(said) <= MOST_LOG_LINES, f"{program.name} logs every try:\n" + "\n".join(said)
        BACK[how](self.kafka)
        self.wait_until_all_counted()

    def wait_until_all_counted(self) -> None:
        expected = wait.until("all is served", self._all_served, within=400, every=1.0)
        wait.until(
            f"{sum(expected.values())} changes counted",
            lambda: self.consumer.total() >= sum(expected.values()),
            within=120,
        )
        for program in self.ours:
            wait.until(f"{program.name} is ready again", program.ready, within=60)
            assert program.running(), program.tail()

    def _all_served(self):
        served = self.simulator.served().by_domain
        return served if sum(served.values()) >= self.count else None


class Background:
    """Something that takes minutes, on servers of its own, in a thread beside the other tests."""

    def __init__(self, name: str, dir: Path, binaries: dict[str, Path]):
        self.apps = Apps(binaries, dir)
        self.servers = ExitStack()
        self._given_up = threading.Event()
        self._failure: BaseException | None = None
        self._flow: Flow | None = None
        self._thread = threading.Thread(target=self._run, name=f"outage-{name}", daemon=True)
        self._thread.start()

    def result(self, within: float = 900.0) -> Flow:
        """The flow after it is all over; raises what went wrong in it."""
        self._thread.join(within)
        assert not self._thread.is_alive(), f"{self._thread.name} is not over after {within:g} s"
        if self._failure:
            raise self._failure
        assert self._flow
        return self._flow

    def close(self) -> None:
        self._given_up.set()
        self.apps.close()  # a thread that still waits for one of them fails by this
        self._thread.join(300)
        self.servers.close()

    def flow(self) -> Flow:
        raise NotImplementedError

    def pause(self, seconds: float) -> None:
        if self._given_up.wait(seconds):
            raise RuntimeError("given up: the session ended before the outage")

    def _run(self) -> None:
        try:
            self._flow = self.flow()
        except BaseException as failure:  # told by result()
            self._failure = failure


class LongOutage(Background):
    """A broker that is away for six minutes."""

    def __init__(self, how: str, dir: Path, binaries: dict[str, Path]):
        self.how = how
        super().__init__(how, dir, binaries)

    def flow(self) -> Flow:
        kafka = self.servers.enter_context(Kafka(self.apps.dir / "kafka"))
        flow = Flow(kafka, self.apps, "outage", count=100_000, rate=500)
        flow.wait_until_flowing(2_000)
        flow.go_through_outage(self.how, lambda: self.pause(SIX_MINUTES))
        return flow


class StoreOutage(Background):
    """A Cassandra that is killed for two minutes in full flow, and then stopped for two. In the first, the group gives
    the consumer up for a while, too, as it does after each stall of Kafka for longer than a session."""

    def flow(self) -> Flow:
        kafka = self.servers.enter_context(Kafka(self.apps.dir / "kafka"))
        cassandra = self.servers.enter_context(Cassandra(self.apps.dir / "cassandra"))
        made = self.apps.run("consumer", "store", "init", env=cassandra.settings)
        assert made.process.returncode == 0, made.tail()
        env = {"STORAGE": "cassandra", **cassandra.settings}
        flow = Flow(kafka, self.apps, "outage", count=150_000, rate=400, consumer_env=env)
        flow.wait_until_flowing(1)
        outages = (
            (cassandra.kill, lambda: self.lose_partitions(kafka, flow.consumer), cassandra.up),
            (cassandra.freeze, lambda: None, cassandra.thaw),
        )
        for away, meanwhile, back in outages:
            flow.wait_until_flowing(flow.consumer.total() + 2_000)
            wait.until("rows are written", lambda: flow.consumer.metric("wikiflow_cassandra_rows_written_total") > 0)
            away()
            wait.until("it says that the store is away", lambda: tells(flow.consumer, "store"), within=90)
            self.pause(TWO_MINUTES / 2)
            # By now no batch that was in work when it found out is still being counted.
            shown = self.shown(flow.consumer)
            meanwhile()
            self.pause(TWO_MINUTES / 2)
            assert tells(flow.consumer, "store"), flow.consumer.tail()
            now = self.shown(flow.consumer)
            assert now == shown, f"it took work meanwhile, {now} after {shown}: {flow.consumer.tail()}"
            back()
            wait.until("it is ready again", flow.consumer.ready, within=120)
        flow.wait_until_all_counted()
        return flow

    @staticmethod
    def lose_partitions(kafka: Kafka, consumer: Service) -> None:
        def owned() -> float:
            return consumer.metric("wikiflow_tally_partitions_owned")

        assert owned() > 0
        kafka.freeze()
        wait.until("the group's session is over", lambda: owned() == 0, within=120)
        kafka.thaw()
        wait.until("it owns partitions again", lambda: owned() > 0, within=120)

    @staticmethod
    def shown(consumer: Service) -> tuple[int, str]:
        answer = consumer.get("/stats")
        return sum(answer.json()["by_domain"].values()), answer.headers["X-Wikiflow-As-Of"]
