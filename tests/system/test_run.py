"""`wikiflow run`: one command, live numbers; the bundled sample where the live stream is out of reach."""

import json
import signal
from pathlib import Path

import pytest

from tests.servers import wait
from tests.servers.ports import free_port
from tests.system.support.services import QUICK_RECONNECT, Service

ROOT = Path(__file__).resolve().parents[2]
NOT_LIVE = "not live data"


@pytest.fixture
def run(apps, work_dir):
    """run(url) starts it with one state directory; without a URL the stream is out of reach."""

    def start(url: str | None = None) -> Service:
        settings = {"WIKIPEDIA_STREAM_URL": url or f"http://127.0.0.1:{free_port()}/v2/stream/recentchange"}
        settings |= {"STATE_DIR": str(work_dir / "state"), "FROM": "earliest", **QUICK_RECONNECT}
        return apps.wikiflow_run(env=settings)

    return start


def users_of_sample() -> set[str]:
    events = (json.loads(line) for line in (ROOT / "testdata/sample.ndjson").read_text("utf-8").splitlines())
    return {event["user"] for event in events if event.get("user")}


def sums(service: Service) -> tuple[int, int]:
    stats = service.stats()
    return sum(stats["by_domain"].values()), sum(stats["by_user"].values())


def test_shows_numbers_of_the_sample_and_says_so_when_the_stream_is_out_of_reach(run):
    service = run().answering()
    service.wait_for_text(service.base)
    service.wait_for_text(NOT_LIVE)
    wait.until("changes are counted", lambda: service.total() > 0)
    assert NOT_LIVE in service.get("/readyz").body.decode()
    wait.until("ready", service.ready)

    first = sums(service)

    def grown() -> tuple[int, int] | None:
        now = sums(service)
        return now if all(after > before for before, after in zip(first, now, strict=True)) else None

    second = wait.until("both sums grow", grown)
    assert max(second) <= service.metric('wikiflow_sim_frames_total{kind="event"}')
    assert service.stop(signal.SIGINT, within=10) == 0, service.tail()


def test_second_start_is_up_quickly_and_counts_on(run):
    service = run().answering()
    wait.until("changes are counted", lambda: service.total() >= 50)
    before = service.stats()
    assert service.stop(signal.SIGINT, within=10) == 0, service.tail()

    again = run().answering(within=10)
    wait.until("the counts are back", lambda: again.total() >= sum(before["by_domain"].values()), within=10)
    after = again.stats()
    for counts in ("by_domain", "by_user"):
        assert {key: n for key, n in before[counts].items() if after[counts].get(key, 0) < n} == {}
    total = again.total()
    wait.until("it goes on", lambda: again.total() > total)
    # Its changes are not those of the first start over again.
    assert again.metric("wikiflow_tally_duplicates_total") == 0


def test_killed_in_full_flow_it_has_counted_everything_it_kept(run):
    service = run().answering()
    wait.until("changes are counted", lambda: service.total() >= 50)
    before = service.total()
    service.kill()
    again = run().answering()
    wait.until("the counts are back", lambda: again.total() >= before)


def test_sample_and_stream_never_meet(run, apps):
    sample = run().answering()
    wait.until("changes of the sample are counted", lambda: sample.total() >= 20)
    counted = sample.total()
    assert sample.stop() == 0, sample.tail()

    simulator = apps.simulator("--count", "500", "--rate", "0")
    live = run(simulator.url).answering()
    wait.until("changes of the stream are counted", lambda: live.total() >= 500)
    assert live.stats() == simulator.served().stats()
    assert NOT_LIVE not in live.get("/readyz").body.decode() + live.log() + live.out()
    assert live.stop() == 0, live.tail()

    sample = run().answering()
    wait.until("the sample's counts are there again", lambda: sample.total() >= counted)
    assert set(sample.stats()["by_user"]) <= users_of_sample()


def test_second_one_in_the_same_state_directory_is_refused(run):
    first = run().answering()
    wait.until("changes are counted", lambda: first.total() > 0)
    second = run()
    assert second.wait(30) not in (0, 70), second.tail()
    assert "state" in second.log()
    assert first.running()
