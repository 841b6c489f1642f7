"""The source of a run: a simulator that is killed and started again, and how far into its log it has served."""

import itertools
import re
import threading
from pathlib import Path

from tests.servers.ports import free_port
from tests.system.support import independent_count
from tests.system.support.services import Apps, Simulator

# Before now, and the same in every life, so that each serves the same log.
START = "2026-01-05T00:00:00Z"
BYTES_EACH = 1_250  # of an event on the wire, about
SLOWER = 4  # so many times, beyond the limit,
MUCH_SLOWER = 40  # and beyond so many more events
SLACK = 1_500
AT_ONCE = 8 * 1024 * 1024
TAIL = 100  # events at the end of the log, among which some trade places
NUMBER = re.compile(rb'^\{"kind":"\w+","n":(\d+)', re.M)


class Source:
    """As the log is read as fast as its readers take it, `links` (the producers') set the pace: `rate` events a second
    until `limit` of them are served, and then a part of it, so that something is on its way at every blow however long
    blows take."""

    def __init__(self, apps: Apps, flags: tuple[str, ...], events: int, links: list, rate: int | None):
        self._apps, self._events, self._links, self._rate = apps, events, links, rate
        self._flags = ("--count", str(events), "--rate", "0", "--start-time", START, "--max-per-address", "0", *flags)
        self._lives = itertools.count(1)
        self._frames: list[Path] = []
        self._looked_at = 0  # bytes of the newest of them
        self._looking = threading.Lock()
        self._port = free_port()
        self.limit = 0
        self.shares = [1.0 for _ in links]  # of the pace, of each link
        self.served = 0  # one behind the furthest event that was served
        self._tail: set[int] = set()  # of the last events, those that were served
        self.start()
        for link in links:
            link.target_port = self._port
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._keep_pace, name="pace", daemon=True)
        self._thread.start()

    @property
    def done(self) -> bool:
        return len(self._tail) == min(TAIL, self._events)

    def start(self) -> None:
        name = f"simulator-{next(self._lives)}"
        self.simulator: Simulator = self._apps.simulator(*self._flags, name=name, port=self._port)
        with self._looking:
            self._frames.append(self.simulator.frames)
            self._looked_at = 0

    def look(self) -> int:
        """Reads how far it is; a frame is in the file before it is on the wire."""
        with self._looking, open(self._frames[-1], "rb") as file:
            file.seek(self._looked_at)
            while lines := file.read(AT_ONCE).rpartition(b"\n")[0]:
                self._looked_at += len(lines) + 1
                file.seek(self._looked_at)
                numbers = [int(number) for number in NUMBER.findall(lines)]
                self.served = max([self.served, *(number + 1 for number in numbers)])
                self._tail |= {number for number in numbers if number >= self._events - TAIL}
        return self.served

    def count(self) -> independent_count.Count:
        """What an independent program makes of all frames of all lives."""
        return independent_count.count(itertools.chain.from_iterable(map(independent_count.frames, self._frames)))

    def hurry(self) -> None:
        """From now on as fast as can be."""
        self._rate = None
        for link in self._links:
            link.back.rate = None

    def close(self) -> None:
        self._ended.set()
        self._thread.join(10)

    def _keep_pace(self) -> None:
        while not self._ended.wait(0.05):
            beyond, rate = self.look() - self.limit, self._rate
            slower = 1 if beyond < 0 else SLOWER if beyond < SLACK else MUCH_SLOWER
            for link, share in zip(self._links, self.shares, strict=True):
                link.back.rate = rate and share * rate * BYTES_EACH / slower
