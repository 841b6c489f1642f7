"""A run in which programs die at named places (src/base/failpoint.h), each of them several times.

The second producer is left alone, so that there is work at every death.
"""

import itertools
import random
import signal

from tests.chaos.driver import CannotJudge, Run, Wrong
from tests.chaos.plan import Plan
from tests.servers import wait

TIMES = 3
# In the order in which they are come by. What happens once in a life is hit at the first time, the rest at one of the
# first: "name:n".
PRODUCE = {"produce.opened": 1, "produce.resumed": 1, "produce.sent": 9, "acknowledge.told": 9, "acknowledge.passed": 9}
COUNT = {"count.added": 20, "rows.before": 2, "rows.partly": 2, "rows.after": 2}
CHECKPOINT = {"checkpoint.before": 1, "checkpoint.after": 1, "commit.before": 2, "commit.after": 2}
# With several consumers only.
PARTLY = {"checkpoint.partly": 1}
REVOKE = ("revoke.before", "revoke.flushed", "revoke.committed")


# Of what is no part of a run: tests/system/test_dead_letters.py dies there.
ELSEWHERE = ("redrive.written",)


class Failpoints(Run):
    session = 2.0

    @staticmethod
    def planned(store: str, seed: int) -> Plan:
        consumers = {"rocksdb": 1, "cassandra": 2}[store]
        flags = ("--seed", str(seed), "--reorder", "50")
        return Plan(seed, store, 50_000, 2_500, 2, consumers, 393_216, "0 s", flags, ())

    @staticmethod
    def names(store: str) -> list[str]:
        """All places that there are with this store."""
        shared = [*PARTLY, *REVOKE] if store == "cassandra" else []
        return [*PRODUCE, *COUNT, *CHECKPOINT, *shared]

    def missed(self) -> list[str]:
        """Places that were not hit often enough."""
        hits = {name.split()[1]: times for name, times in self.outcome.blows.items()}
        return [name for name in self.names(self.plan.store) if hits.get(name, 0) < TIMES]

    def _deal(self) -> None:
        dice = random.Random(self.plan.seed)
        shared = self.plan.store == "cassandra"
        of_consumers = self._drawn(dice, COUNT | CHECKPOINT | (PARTLY if shared else {}))
        places = {"producer-1": self._drawn(dice, PRODUCE)}
        places |= {name: of_consumers[n :: len(self.consumers)] for n, name in enumerate(self.consumers)}
        deaths = sum(map(len, places.values())) + shared * TIMES * len(REVOKE)
        moments = itertools.count(self.plan.events // 20, self.plan.events * 8 // 10 // deaths)
        self.source.limit = next(moments)
        self._wait("some events are served", lambda: self.source.served >= self.source.limit)
        for name, armed in places.items():
            self._programs[name].kill()
            self._live_until(name, armed[0])
        while any(places.values()):
            name = self._wait("one dies", lambda: self._dead([name for name in places if places[name]]))
            self._tell_death(name, places[name].pop(0))
            self.source.limit = next(moments)
            if self.source.done:
                raise CannotJudge("the source had served everything")
            self._live_until(name, places[name][0] if places[name] else "")
        if shared:
            self._die_at_revocations(moments)

    @staticmethod
    def _drawn(dice: random.Random, places: dict[str, int]) -> list[str]:
        drawn = [f"{name}:{dice.randint(1, most)}" for name, most in places.items() for _ in range(TIMES)]
        dice.shuffle(drawn)
        return drawn

    def _live_until(self, name: str, place: str) -> None:
        """Starts it with a place to die at, or to live on."""
        self._dying = (self._dying | {name}) if place else (self._dying - {name})
        self._run(name, WIKIFLOW_FAILPOINT=place)

    def _dead(self, names: list[str]) -> str | None:
        return next((name for name in names if not self._programs[name].running()), None)

    def _tell_death(self, name: str, place: str) -> None:
        code = self._programs[name].wait()
        if code != -signal.SIGKILL:
            raise Wrong(f"{name} ended with {code} and not at {place}:\n{self._programs[name].tail()}")
        self._tell(name, place.split(":")[0])

    def _die_at_revocations(self, moments: itertools.count) -> None:
        """When it is asked to stop, and when another consumer joins."""
        name = self.consumers[-1]
        for place, how in itertools.product(REVOKE, range(TIMES)):
            self._programs[name].kill()
            self._live_until(name, f"{place}:1")
            wait.until(f"{name} owns something", lambda: "writes these partitions" in self._programs[name].log())
            # Until then the group has the one that was killed, and who joins may take that one's share, from nobody.
            self._wait("the living own all", lambda: self._dead([name]) or self._own_all(self.consumers), every=0.1)
            self.source.limit = next(moments)
            if how:
                self._programs[name].process.terminate()
            else:
                self._run("consumer-3")
            self._wait(f"{name} dies at {place}", lambda: self._dead([name]))
            self._tell_death(name, place)
            if not how:
                self._programs.pop("consumer-3").kill()
        self._live_until(name, "")
