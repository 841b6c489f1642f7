"""Two producers of which one falls far behind: what chaos at random moments does not come to.

Each is a run with a plan that has no steps, judged as any other.
"""

import time

from tests.chaos.driver import SENT, CannotJudge, Run, Wrong
from tests.chaos.plan import Plan

REOPENED = "wikiflow_ingest_writer_reopened_total"


def plan(store: str, events: int, rate: int, window: int) -> Plan:
    return Plan(1, store, events, rate, 2, 1, window, "0 s", ("--seed", "1"), ())


class Throttled(Run):
    """Both from the first event on; what the second is sent comes at a tenth of the speed."""

    within = 900.0

    @staticmethod
    def planned(store: str) -> Plan:
        return plan(store, events=1_000_000, rate=16_000, window=393_216)

    def _deal(self) -> None:
        self.source.shares = [1.0, 0.1]
        self.source.limit = self.plan.events
        self._wait("the faster one has read everything", lambda: self.source.done, self.within, 0.5)
        if self._metric("producer-2", REOPENED) < 1:
            raise Wrong("the slower producer never looked where the topic ends, far behind as it was")


class Stopped(Run):
    """The first is stopped while twice the window passes, and for longer than a producer may stand still."""

    within = 300.0
    standing = 65.0  # seconds

    @staticmethod
    def planned(store: str) -> Plan:
        return plan(store, events=230_000, rate=2_500, window=60_000)

    def _deal(self) -> None:
        self.source.limit = self.plan.events
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
        if self.source.done:
            raise CannotJudge("the source had served everything before the stopped one went on")
        stopped.thaw()
        self._wait("it has seen to it", lambda: self._metric("producer-1", REOPENED) >= 1, self.within, 0.1)


SCENARIOS: dict[str, type[Throttled] | type[Stopped]] = {"throttled": Throttled, "stopped": Stopped}
