"""What chaos at random moments seldom comes to: two producers of which one falls far behind, one that dies with much in
flight, promises about partitions that go from consumer to consumer, consumers that slept, a recovery or a flush that
takes long.

Each is a run with a plan that has no steps, judged as any other.
"""

import time

from tests.chaos.driver import SENT, WRITTEN, CannotJudge, Run, Wrong
from tests.chaos.plan import Plan
from tests.chaos.source import SLACK

REOPENED = "wikiflow_ingest_writer_reopened_total"
UNWRITTEN = "wikiflow_cassandra_handed_over_unwritten_total"
ON_THEIR_WAY = "wikiflow_cassandra_writes_in_flight"
IN_FLIGHT = "wikiflow_ingest_unacknowledged_records"


def plan(store: str, events: int, rate: int, window: int, producers: int = 2, consumers: int = 1) -> Plan:
    return Plan(1, store, events, rate, producers, consumers, window, "0 s", ("--seed", "1"), ())


class Scenario(Run):
    """What happens is written out in _happens(), and something is on its way until it is over."""

    within = 300.0  # seconds, that each step of it may take

    @staticmethod
    def planned(store: str) -> Plan:
        raise NotImplementedError

    def _happens(self) -> None:
        raise NotImplementedError

    def _deal(self) -> None:
        self.source.limit = self.plan.events * 9 // 10
        self._happens()
        if self.source.look() >= self.plan.events:
            raise CannotJudge("the source had served everything")

    def _log(self, name: str) -> str:
        return self._programs[name].log()


class Throttled(Scenario):
    """Both from the first event on; what the second is sent comes at a tenth of the speed."""

    within = 900.0

    @staticmethod
    def planned(store: str) -> Plan:
        return plan(store, events=1_000_000, rate=16_000, window=393_216)

    def _happens(self) -> None:
        self.source.shares = [1.0, 0.1]
        enough = self.plan.events * 8 // 9
        self._wait("the faster one has read", lambda: self.source.served >= enough, self.within, 0.5)
        if self._metric("producer-2", REOPENED) < 1:
            raise Wrong("the slower producer never looked where the topic ends, far behind as it was")


class Stopped(Scenario):
    """The first is stopped while twice the window passes, and for longer than a producer may stand still."""

    standing = 65.0  # seconds

    @staticmethod
    def planned(store: str) -> Plan:
        return plan(store, events=230_000, rate=2_500, window=60_000)

    def _run(self, name: str, **more: str) -> None:
        # The producers too are told how small it is. On a busy machine the stopped one is far behind again at once.
        super()._run(name, DEDUPE_WINDOW=str(self.plan.window), **more)

    def _happens(self) -> None:
        stopped = self._programs["producer-1"]
        enough = self.plan.events // 20
        self._wait(
            "both are at work", lambda: all(self._metric(one, SENT) > enough for one in self.producers), self.within
        )
        stopped.freeze()
        begin, sent = time.monotonic(), self._metric("producer-2", SENT)
        passed = 2 * self.plan.window

        def long_enough() -> bool:
            return self._metric("producer-2", SENT) - sent > passed and time.monotonic() - begin > self.standing

        self._wait("twice the window has passed", long_enough, self.within, 0.5)
        stopped.thaw()
        self._wait("it has seen to it", lambda: self._metric("producer-1", REOPENED) >= 1, self.within, 0.1)


class Severed(Scenario):
    """A producer that dies while the broker is out of reach: of what it had in flight some reaches the broker, and some
    does not, partition by partition. At last it stays out of reach until the producer gives up what it has in flight,
    to start again once the broker is back.
    """

    times = 12
    unacknowledged = 300.0  # records at least
    much = 8_000  # events that come while the producer waits

    @staticmethod
    def planned(store: str) -> Plan:
        return plan(store, events=110_000, rate=2_500, window=393_216, producers=1)

    def _happens(self) -> None:
        name = self.producers[0]
        link = self.world.links[name, "broker"]
        for n in range(self.times):
            self._sever(n)
            self._kill(name)
            link.mend()
            self._run(name)
        self._sever(self.times)
        self.source.limit = self.source.served + self.much
        self._wait("it gives up", lambda: "what is in flight is given up" in self._log(name), self.within, 0.1)
        link.mend()
        self._wait("it starts again", lambda: self._metric(name, REOPENED) >= 1, self.within, 0.1)

    def _sever(self, n: int) -> None:
        name = self.producers[0]
        self._wait_until_at_work(n, [name])
        self.world.links[name, "broker"].stall()
        self._wait("much is in flight", lambda: self._metric(name, IN_FLIGHT) > self.unacknowledged, self.within)


class Sharing(Scenario):
    """Several consumers with Cassandra."""

    stores = ("cassandra",)

    def _wait_until_all_is_owned_by(self, names: list[str]) -> None:
        self._wait(f"{', '.join(names)} own all partitions", lambda: self._own_all(names), self.within, 0.1)


class Handover(Sharing):
    """Partitions go from consumers to one that joins, in full flow and with the store at hand: what was counted of them
    is written by then. And when the store then is out of reach, no commit names what was counted meanwhile; that is
    seen by the looks at commits that there are in every run with Cassandra.
    """

    session = 12.0  # nobody dies here, and on a busy machine nobody shall be taken for dead
    joins = 3
    unreachable = 3.0  # seconds, once a flush has failed; commits are sent once a second

    @staticmethod
    def planned(store: str) -> Plan:
        return plan(store, events=250_000, rate=2_000, window=90_000, consumers=3)

    def _happens(self) -> None:
        stay, joins = self.consumers[:-1], self.consumers[-1]
        self._wait_until_all_is_owned_by(self.consumers)
        for n in range(self.joins):
            self._stop(joins)
            del self._programs[joins]
            self._wait_until_all_is_owned_by(stay)
            self._wait_until_at_work(n, stay)
            before = self._given_up(stay)
            self._run(joins)
            self._wait_until_all_is_owned_by(self.consumers)
            if self._given_up(stay) == before or any("lost these partitions" in self._log(name) for name in stay):
                raise CannotJudge(f"join {n}: no partition was handed over, or one was lost")
            self._wait_until_at_work(n, self.consumers)
            self._look_at_unwritten()
            self._tell(joins, "join")
        self._cut_off_from_the_store()

    def _cut_off_from_the_store(self) -> None:
        before = self._failed_flushes()
        for name in self.consumers:
            self.world.links[name, "cassandra"].cut()
            self._tell(f"{name}'s cassandra link", "cut")

        def none_can_flush() -> bool:
            return all(now > then for now, then in zip(self._failed_flushes(), before, strict=True))

        self._wait("no consumer can flush", none_can_flush, self.within, 0.1)
        time.sleep(self.unreachable)
        for name in self.consumers:
            self.world.links[name, "cassandra"].mend()

    def _failed_flushes(self) -> list[int]:
        return [self._log(name).count("counts are not lasting") for name in self.consumers]

    def _given_up(self, names: list[str]) -> int:
        return sum(self._log(name).count("no longer writes these partitions") for name in names)

    def _look_at_unwritten(self) -> None:
        for name in self.consumers:
            if UNWRITTEN not in self._programs[name].get("/metrics").body.decode():
                raise CannotJudge(f"{name} does not say what it handed over unwritten")
            if unwritten := self._metric(name, UNWRITTEN):
                raise Wrong(f"{name} handed partitions over with {unwritten:.0f} changes counted and not written")


class Asleep(Sharing):
    """Consumers that are stopped for longer than their session while rows are on their way. These arrive, and more is
    written by who wakes up, when another has long gone on with them. The last wakes up when hardly anything is left
    that could write over what it does.
    """

    times = 3
    batches = 8.0  # of rows on their way, at least
    rows = 4_000.0  # that another has written meanwhile, at least

    @staticmethod
    def planned(store: str) -> Plan:
        return plan(store, events=90_000, rate=1_500, window=393_216, consumers=2)

    def _happens(self) -> None:
        for n in range(self.times):
            self.source.limit = self.plan.events * (n + 1) // self.times - 2 * SLACK
            self._sleep(n, self.consumers[n % 2], self.consumers[1 - n % 2])

    def _sleep(self, n: int, sleeps: str, stays: str) -> None:
        self._wait_until_all_is_owned_by(self.consumers)
        self._wait_until_at_work(n, self.consumers)
        link = self.world.links[sleeps, "cassandra"]
        link.stall()
        self._wait("rows are on their way", lambda: self._metric(sleeps, ON_THEIR_WAY) >= self.batches, self.within)
        self._programs[sleeps].freeze()
        self._tell(sleeps, "freeze")
        self._wait_until_all_is_owned_by([stays])
        written = self._metric(stays, WRITTEN)

        def much_is_written() -> bool:
            return self.source.served >= self.source.limit and self._metric(stays, WRITTEN) > written + self.rows

        self._wait("much is written", much_is_written, self.within, 0.1)
        link.mend()
        self._programs[sleeps].thaw()


class Recovery(Sharing):
    """A consumer that starts over a link so slow that it reads rows for seconds, while another goes on writing them."""

    session = 12.0  # as in Handover
    starts = 2
    rate = 60_000.0  # bytes a second

    @staticmethod
    def planned(store: str) -> Plan:
        return plan(store, events=120_000, rate=1_500, window=393_216, consumers=2)

    def _happens(self) -> None:
        for n in range(self.starts):
            enough = self.plan.events * (n + 1) // 4
            self._wait("there are rows to read", lambda enough=enough: self.source.served >= enough, self.within, 0.1)
            self._wait_until_at_work(n, self.consumers)
            self._kill(self.consumers[1])
            self._start_slowly(n, *self.consumers)

    def _start_slowly(self, n: int, stays: str, starts: str) -> None:
        link = self.world.links[starts, "cassandra"]
        link.back.rate = self.rate
        written, carried = self._metric(stays, WRITTEN), link.carried
        self._run(starts)
        self._wait("rows are read", lambda: link.carried > carried + self.rate, self.within, 0.1)
        self._wait_until_at_work(n, [stays])
        self._wait("it is at work", lambda: self._work(starts)[0] > 0, self.within, 0.1)
        link.back.rate = None
        if self._metric(stays, WRITTEN) == written:
            raise CannotJudge(f"start {n}: nothing was written meanwhile")


class Torn(Sharing):
    """A consumer that dies, with its link, in the middle of a flush, which takes seconds over a link so slow."""

    times = 4
    rate = 60_000.0  # bytes a second
    batches = 8.0  # of rows on their way, at least

    @staticmethod
    def planned(store: str) -> Plan:
        return plan(store, events=90_000, rate=1_500, window=393_216)

    def _happens(self) -> None:
        name = self.consumers[0]
        link = self.world.links[name, "cassandra"]
        for n in range(self.times):
            self._wait_until_at_work(n, [name])
            link.forth.rate = self.rate
            self._wait("rows are on their way", lambda: self._metric(name, ON_THEIR_WAY) >= self.batches, self.within)
            link.cut()  # what is on its way is lost
            self._kill(name)
            link.forth.rate = None
            link.mend()
            self._run(name)
        self._wait_until_at_work(self.times, [name])


SCENARIOS: dict[str, type[Scenario]] = {
    "throttled": Throttled,
    "stopped": Stopped,
    "severed": Severed,
    "handover": Handover,
    "asleep": Asleep,
    "recovery": Recovery,
    "torn": Torn,
}
