"""The source's contract, on our simulator and on kafka-sse, the library that Wikimedia's service is built on.

What goes wrong in between is done by a proxy, so that it is the same for both.
"""

import json
import os
import random
from collections.abc import Callable, Iterator

import pytest

from tests.servers import wait
from tests.servers.program import Program
from tests.system.support.cutting_proxy import CuttingProxy
from tests.system.support.event_streams import KafkaSseStream, SimulatorStream, StoredEvents
from tests.system.support.services import Apps

Stream = KafkaSseStream | SimulatorStream

COUNT = 5_000
PATH = "/v2/stream/recentchange"
SERVERS = pytest.mark.parametrize("server", ["simulator", "kafka-sse"])


@pytest.fixture(scope="module")
def stored_events(kafka, binaries, run_dir) -> StoredEvents:
    apps = Apps(binaries, run_dir / "stored-events")
    return StoredEvents(kafka, apps, f"stored.{os.getpid()}", COUNT, seed=1)


@pytest.fixture
def growing() -> bool:
    return False


@pytest.fixture
def stream(server, growing, request, apps, work_dir, seed) -> Iterator[Stream]:
    if server == "kafka-sse":
        made = KafkaSseStream(request.getfixturevalue("stored_events"), work_dir)
    else:
        made = SimulatorStream(apps, COUNT, seed, growing)
    yield made
    made.close()


@pytest.fixture
def proxy(seed) -> Iterator[Callable[..., CuttingProxy]]:
    """proxy(port, least, most) cuts every connection after so many bytes; without a range it cuts none."""
    made: list[CuttingProxy] = []
    draw = random.Random(seed)

    def make(port: int, least: int = 0, most: int = 0) -> CuttingProxy:
        made.append(CuttingProxy(port, (lambda: draw.randint(least, most)) if most else lambda: None, seed))
        return made[-1]

    yield make
    for one in made:
        one.close()


def printed_ids(program: Program) -> list[str]:
    """Of the records on its standard output; one that is still being written is left out."""
    return [json.loads(line)["event_id"] for line in program.out().split("\n")[:-1]]


def wait_until_all_are_printed(program: Program, stream: Stream) -> None:
    def all_are() -> bool:
        assert program.running(), program.tail()
        return program.out().count("\n") >= stream.count()

    wait.until(f"all {stream.count()} events are printed", all_are, within=120, every=0.5)
    ids = printed_ids(program)
    assert len(ids) == len(set(ids)), "an event was handed over twice"
    assert set(ids) == stream.all_ids()


@SERVERS
def test_every_event_comes_once_through_cuts_at_random_bytes(stream, apps, proxy):
    cutting = proxy(stream.port, 10_000, 400_000)
    program = apps.to_stdout(f"http://127.0.0.1:{cutting.port}{PATH}")
    wait_until_all_are_printed(program, stream)
    assert cutting.cuts >= 10


@SERVERS
def test_reader_comes_back_with_a_time_for_each_source_topic(stream, apps, proxy):
    cutting = proxy(stream.port, 100_000, 600_000)
    program = apps.to_stdout(f"http://127.0.0.1:{cutting.port}{PATH}")
    wait_until_all_are_printed(program, stream)
    resumed = cutting.resume_ids()
    assert resumed[0] is None
    assert len(resumed) > 2
    positions = [json.loads(id) for id in resumed[1:] if id]
    assert len(positions) == len(resumed) - 1
    assert all(len(position) == 2 for position in positions), "a source topic that is not named is not read at all"
    assert all(set(entry) == {"topic", "partition", "timestamp"} for position in positions for entry in position)
    newest = [max(entry["timestamp"] for entry in position) for position in positions]
    assert newest == sorted(newest)
    assert newest[0] < newest[-1]


@SERVERS
def test_every_event_comes_once_through_a_crash_of_the_server(stream, apps, proxy):
    between = proxy(stream.port)
    program = apps.to_stdout(f"http://127.0.0.1:{between.port}{PATH}")
    wait.until("events flow", lambda: program.out().count("\n") >= COUNT // 20, every=0.001)
    stream.restart()
    between.target_port = stream.port
    wait_until_all_are_printed(program, stream)


@SERVERS
@pytest.mark.parametrize("start", ["earliest", "2019-07-03T09:11:05Z", "1562145065000"])
def test_time_too_old_starts_at_the_earliest(stream, apps, start):
    program = apps.to_stdout(f"http://127.0.0.1:{stream.port}{PATH}", start)
    wait_until_all_are_printed(program, stream)


@SERVERS
@pytest.mark.parametrize("growing", [True], ids=["growing"])
def test_time_beyond_the_end_starts_at_the_end(stream, apps):
    url = f"http://127.0.0.1:{stream.port}{PATH}"
    before = apps.to_stdout(url, name="before")
    wait.until("there are some events", lambda: before.out().count("\n") >= COUNT // 10)
    old = set(printed_ids(before))

    program = apps.to_stdout(url, "2100-01-01", name="after")

    def an_event_comes() -> bool:
        stream.append()
        return program.out().count("\n") > 0

    wait.until("an event comes", an_event_comes)
    assert not set(printed_ids(program)) & old
    assert not set(printed_ids(program)) - stream.all_ids()
