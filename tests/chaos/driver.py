"""One run of a plan: everything is started, blows are dealt, and when all has settled every key is compared.

**In flight.** A blow counts only when its victim was at work: the counters of what it does have moved between two
looks, the second right before the blow, and the source had not served everything when it was over. They are the records
that a producer has given to the topic, and those that a consumer has counted; with Cassandra the rows that it has
written too. For a server it is all who use it that must be at work; for a victim that is killed again while it
recovers, the producers. A run in which a blow falls into stillness says nothing (CannotJudge).

**Commits.** With Cassandra they are held against the checkpoints all along (commits.py).
"""

import http.client
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from tests.chaos.commits import Commits
from tests.chaos.plan import SESSION, STORES, Plan, Step
from tests.chaos.source import Source
from tests.chaos.world import KEYSPACE, World
from tests.servers import wait
from tests.servers.server import Server
from tests.system.support.services import Apps, Service, Stats

AT_WORK_WITHIN = 120.0  # seconds
STILL = 30.0  # seconds without any progress, after which what is missing is taken as lost
SETTLED_WITHIN = 300.0
STOPPED_WITHIN = 30.0

SENT = "wikiflow_ingest_records_total"
COUNTED = ("wikiflow_tally_records_total", "wikiflow_tally_duplicates_total", "wikiflow_tally_replayed_total")
WRITTEN = "wikiflow_cassandra_rows_written_total"
OWNED = "wikiflow_tally_partitions_owned"
PARTITIONS = 6

T = TypeVar("T")


class CannotJudge(Exception):
    """The run says nothing about the programs."""


class Wrong(Exception):
    """The programs have not kept the promise."""


@dataclass
class Outcome:
    plan: Plan
    blows: Counter[str] = field(default_factory=Counter)  # "consumer kill": 7
    events: int = 0
    duplicates: int = 0  # that the first consumer has dropped in its last life
    seconds: float = 0.0
    looks: int = 0  # at commits and checkpoints


class Run:
    session = SESSION  # seconds, of the consumers' group
    stores: tuple[str, ...] = STORES  # with which there is such a run

    def __init__(self, plan: Plan, world: World, dir: Path):
        self.plan, self.world = plan, world
        self.topic = f"chaos-{dir.name}"
        self.outcome = Outcome(plan)
        self.apps = Apps(world.binaries, dir)
        self.dir = dir
        self._programs: dict[str, Service] = {}
        self._lives: Counter[str] = Counter()
        self._dying: set[str] = set()  # programs that are to end by themselves
        self.commits: Commits | None = None

    def go(self) -> Outcome:
        """Raises Wrong or CannotJudge."""
        begin = time.monotonic()
        try:
            self._start()
            try:
                self._wait_until_something_is_in_the_topic()
                self._deal()
                self._settle()
            finally:
                self.source.close()
                if self.commits:
                    self.commits.close()
        finally:
            self.apps.close()
            self.world.mend()
        self.outcome.seconds = time.monotonic() - begin
        return self.outcome

    def _start(self) -> None:
        self.apps.ensure_topic(self.world.kafka.broker, self.topic)
        producers = [f"producer-{n + 1}" for n in range(self.plan.producers)]
        self.consumers = [f"consumer-{n + 1}" for n in range(self.plan.consumers)]
        links = [self.world.links[name, "source"] for name in producers]
        self.source = Source(self.apps, self.plan.source, self.plan.events, links, self.plan.rate)
        self.producers = producers
        self.source.limit = self.plan.steps[0].at if self.plan.steps else self.plan.events
        for name in (*producers, *self.consumers):
            self._run(name)
        if self.world.cassandra:
            kafka, cassandra = self.world.kafka.broker, self.world.cassandra.host
            self.commits = Commits(kafka, self.topic, cassandra, KEYSPACE, self.topic)

    def _run(self, name: str, **more: str) -> None:
        """Starts a program, in its first life or the next. `more`: settings beside what it needs."""
        self._lives[name] += 1
        links = self.world.links
        broker = f"127.0.0.1:{links[name, 'broker'].port}"
        if name in self.producers:
            url = f"http://127.0.0.1:{links[name, 'source'].port}/v2/stream/recentchange"
            # Once something is in the topic, where to go on is there and nowhere else.
            env = {"FROM": "earliest" if self._lives[name] == 1 else "latest", **more}
            self._programs[name] = self.apps.producer(url, broker, self.topic, env=env, name=name)
            return
        env = {
            "STORAGE": self.plan.store,
            "DEDUPE_WINDOW": str(self.plan.window),
            "CONSUMER_GROUP": self.topic,
            "STATE_DIR": str(self.dir / f"{name}-state"),
            **more,
        }
        if self.plan.store == "cassandra":
            env["CASSANDRA_HOSTS"] = f"127.0.0.1:{links[name, 'cassandra'].port}"
            env["CASSANDRA_KEYSPACE"] = KEYSPACE
            env["CASSANDRA_SYNC_PERIOD"] = self.plan.sync
            env["RDKAFKA_SESSION_TIMEOUT_MS"] = f"{self.session * 1000:.0f}"
            env["RDKAFKA_HEARTBEAT_INTERVAL_MS"] = f"{self.session * 250:.0f}"
        self._programs[name] = self.apps.consumer(broker, self.topic, env=env, name=name)

    # Blows.

    def _deal(self) -> None:
        for n, step in enumerate(self.plan.steps):
            self._step(n, step)

    def _wait_until_something_is_in_the_topic(self) -> None:
        """Before that, a producer in its second life would be at its first start, which is from the latest."""
        self._wait("something is counted", lambda: any(self._work(name)[0] for name in self.consumers))

    def _step(self, n: int, step: Step) -> None:
        following = self.plan.steps[n + 1].at if n + 1 < len(self.plan.steps) else self.plan.events * 9 // 10
        self._wait(f"step {n}: {step.at} events are served", lambda: self.source.served >= step.at)
        self._wait_until_at_work(n, self._workers(step.victim))
        time.sleep(step.wait)
        self._wait_until_at_work(n, self._workers(step.victim))
        self.source.limit = following
        BLOWS[step.blow](self, step)
        if step.again is not None:
            self._wait_until_at_work(n, self.producers if step.victim in self.consumers else self._workers(step.victim))
            time.sleep(step.again)
            self._kill(step.victim)
            self._run(step.victim)
        if self.source.look() >= self.plan.events:
            raise CannotJudge(f"step {n}: the source had served everything: {step}")
        self._look_after_programs()

    def _workers(self, victim: str) -> list[str]:
        everybody = [*self.producers, *self.consumers]
        of_others = {"kafka": everybody, "everything": everybody}
        of_others |= {"cassandra": self.consumers, "simulator": self.producers}
        return of_others.get(victim, [victim])

    def _metric(self, name: str, metric: str) -> float:
        return self._metrics(name, metric)[0]

    def _own_all(self, names: list[str]) -> bool:
        """These consumers between them, and each of them something: no other is in the group, dead or alive."""
        each = [self._metric(name, OWNED) for name in names]
        return min(each) > 0 and sum(each) == PARTITIONS

    def _metrics(self, name: str, *metrics: str) -> list[float]:
        """0 as long as the program does not answer."""
        try:
            return self._programs[name].metrics(*metrics)
        except (OSError, http.client.HTTPException):
            return [0.0 for _ in metrics]

    def _work(self, name: str) -> list[float]:
        """The counters of what it does; all of them move when it is at work."""
        if name in self.producers:
            return self._metrics(name, SENT)
        *counted, written = self._metrics(name, *COUNTED, WRITTEN)
        return [sum(counted), written] if self.plan.store == "cassandra" else [sum(counted)]

    def _wait_until_at_work(self, n: int, names: list[str]) -> None:
        for name in names:
            before = self._work(name)

            def moves(name: str = name, before: list[float] = before) -> bool:
                return all(now > then for now, then in zip(self._work(name), before, strict=True))

            self._wait(f"step {n}: {name} is at work", moves)

    def _kill(self, victim: str) -> None:
        names = self._workers("everything") if victim == "everything" else [victim]
        for name in names:
            self._programs[name].process.kill()
        for name in names:
            self._programs[name].process.wait()
            self._tell(name, "kill")

    def _strike(self, step: Step) -> None:
        """kill and restart, of a program or a server."""
        if server := self._server(step.victim):
            (server.kill if step.blow == "kill" else server.down)()
            self._tell(step.victim, step.blow)
            time.sleep(step.hold)
            server.up()
            return
        if step.victim == "simulator":
            if step.blow == "kill":
                self.source.simulator.kill()
            else:
                self.source.simulator.stop()
            self._tell(step.victim, step.blow)
            time.sleep(step.hold)
            self.source.start()
            return
        if step.blow == "kill":
            self._kill(step.victim)
        else:
            self._stop(step.victim)
            self._tell(step.victim, step.blow)
        time.sleep(step.hold)
        for name in self._workers("everything") if step.victim == "everything" else [step.victim]:
            self._run(name)

    def _freeze(self, step: Step) -> None:
        victim = self._server(step.victim)
        if not victim:
            victim = self.source.simulator if step.victim == "simulator" else self._programs[step.victim]
        victim.freeze()
        self._tell(step.victim, step.blow)
        time.sleep(step.hold)
        victim.thaw()

    def _cut(self, step: Step) -> None:
        link = self.world.links[step.victim, step.link]
        (link.cut if step.blow == "cut" else link.stall)()
        self._tell(f"{step.victim}'s {step.link} link", step.blow)
        time.sleep(step.hold)
        link.mend()

    def _stop(self, name: str) -> None:
        code = self._programs[name].stop(within=STOPPED_WITHIN)
        if code != 0:
            raise Wrong(f"{name} ended with {code} when it was asked to stop:\n{self._programs[name].tail()}")

    def _server(self, name: str) -> Server | None:
        return {"kafka": self.world.kafka, "cassandra": self.world.cassandra}.get(name)

    def _tell(self, victim: str, blow: str) -> None:
        kind = "".join(part for part in victim if part not in "-0123456789")
        self.outcome.blows[f"{kind} {blow}"] += 1

    def _look_after_programs(self) -> None:
        for name, program in self._programs.items():
            if name not in self._dying and not program.running():
                raise Wrong(f"{name} ended by itself with {program.process.returncode}:\n{program.tail()}")
        if self.commits and self.commits.wrong:
            raise Wrong(self.commits.wrong)

    def _wait(self, what: str, condition: Callable[[], T], within: float = AT_WORK_WITHIN, every: float = 0.01) -> T:
        def looked() -> T | None:
            self._look_after_programs()
            try:
                return condition()
            except (OSError, http.client.HTTPException):  # no answer; if it has ended, the next look tells
                return None

        try:
            return wait.until(what, looked, within, every)
        except AssertionError as failure:
            raise CannotJudge(str(failure)) from None

    # The end.

    def _settle(self) -> None:
        self.source.limit = self.plan.events
        self.source.hurry()
        self._wait("everything is served", lambda: self.source.done, SETTLED_WITHIN, 0.1)
        count = self.source.count()
        if len(count.ids) != self.plan.events:
            raise CannotJudge(f"the source has served {len(count.ids)} distinct events and not {self.plan.events}")
        self.outcome.events = self.plan.events
        self._wait_until_counted_or_still()
        for name in self.producers:
            self._stop(name)
            del self._programs[name]
        ended = time.time()
        self._compare(count.stats(), ended, "")
        self.outcome.duplicates = int(self._programs[self.consumers[0]].metric(COUNTED[1]))
        # What is kept is what was shown, after a stop as after a kill.
        for n, name in enumerate(self.consumers):
            if n == 0:
                self._stop(name)
            else:
                self._programs[name].kill()
            self._run(name)
        self._compare(count.stats(), ended, " after another start")
        if self.commits:
            self._look_after_programs()
            if not self.commits.judges():
                raise CannotJudge(f"commits were held against checkpoints {self.commits.looks} times only")
            self.outcome.looks = self.commits.looks

    def _wait_until_counted_or_still(self) -> None:
        """Until every consumer has counted as many as there are, or nothing has moved for long: then some are lost. Not
        while one waits for a server and says so: on a busy machine a broker can be away for a minute by itself."""
        seen: list[object] = []
        since = time.monotonic()

        def counted() -> bool:
            nonlocal seen, since
            totals = [self._programs[name].total() for name in self.consumers]
            now = [*totals, *(self._work(name) for name in self._programs)]
            waits = not all(program.ready() for program in self._programs.values())
            if now != seen or waits:
                seen, since = now, time.monotonic()
            return (min(totals) >= self.plan.events and not waits) or time.monotonic() - since > STILL

        self._wait("all is counted, or nothing moves", counted, SETTLED_WITHIN, 0.2)

    def _compare(self, expected: Stats, ended: float, when: str) -> None:
        """Every key of every consumer, once it says that it holds all that was sent until `ended`."""
        for name in self.consumers:
            program = self._programs[name]

            def up_to_date(program: Service = program) -> bool:
                headers = program.get("/stats?limit=1").headers
                as_of = headers.get("X-Wikiflow-As-Of")
                complete = headers.get("X-Wikiflow-Complete") == "true"
                return complete and bool(as_of) and datetime.fromisoformat(as_of or "").timestamp() > ended

            self._wait(f"{name} is complete{when}", up_to_date, SETTLED_WITHIN, 0.1)
            wrong = differences(expected, program.stats())
            if wrong:
                raise Wrong(f"{name}{when}: {wrong}")


BLOWS: dict[str, Callable[[Run, Step], None]] = {
    "kill": Run._strike,
    "restart": Run._strike,
    "freeze": Run._freeze,
    "cut": Run._cut,
    "stall": Run._cut,
}


def differences(expected: Stats, shown: Stats) -> str:
    """In words, what is wrong with the shown; empty when nothing is. Each key of both maps is looked at."""
    told: list[str] = []
    net: dict[str, int] = {}
    for kind in ("by_domain", "by_user"):
        there, here = expected[kind], shown[kind]
        delta = {key: here.get(key, 0) - there.get(key, 0) for key in there.keys() | here.keys()}
        delta = {key: by for key, by in delta.items() if by}
        net[kind] = sum(delta.values())
        if delta:
            lost, double = -sum(by for by in delta.values() if by < 0), sum(by for by in delta.values() if by > 0)
            some = dict(sorted(delta.items())[:5])
            told.append(f"{kind}: {lost} lost, {double} too many, over {len(delta)} keys, as {some}")
    if len(told) == 1:
        told.append("torn: only one of the maps is wrong")
    return "; ".join(told)
