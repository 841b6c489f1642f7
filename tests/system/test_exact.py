"""Exactly once through kill -9: a consumer that keeps its counts in RocksDB, killed again and again in full flow."""

import random
import time

import pytest

from tests.servers import wait
from tests.system.support.services import Service

KILLS = 12


@pytest.fixture
def consumer(kafka, apps, topic, work_dir):
    """consumer() starts it over the one state directory, each time on the next life's log."""

    def start(**env: str) -> Service:
        settings = {"STORAGE": "rocksdb", "STATE_DIR": str(work_dir / "counts"), **env}
        return apps.consumer(kafka.broker, topic, env=settings).answering()

    return start


@pytest.mark.timeout(600)
def test_every_key_is_exact_after_a_dozen_kills_with_duplicates_in_the_topic(kafka, apps, topic, seed, consumer):
    changes = round(120_000 * wait.PATIENCE)  # all kills come while they flow
    random_moment = random.Random(seed)
    apps.ensure_topic(kafka.broker, topic)
    flags = ["--seed", str(seed), "--count", str(changes), "--rate", "3000", "--duplicate", "0.01"]
    simulator = apps.simulator(*flags)
    # Each sends everything, so most changes are in the topic twice.
    producers = [apps.producer(simulator.url, kafka.broker, topic, name=f"producer-{n}") for n in (1, 2)]

    total = 0
    for _ in range(KILLS):
        life = consumer()
        wait.until("it counts on", lambda life=life, total=total: life.total() > total, within=60, every=0.1)
        time.sleep(random_moment.uniform(0, 1.5))
        total = life.total()
        assert not simulator.status()["done"], "killed when all was over: a longer run is needed"
        life.kill()

    last = consumer()

    def everything_counted() -> bool:
        assert all(program.running() for program in (simulator, last, *producers))
        read = last.metric("wikiflow_tally_lag_records") == 0 and last.ready()
        return simulator.status()["done"] and last.total() >= changes and read

    wait.until("everything is counted", everything_counted, within=180, every=0.5)
    written = [producer.metric("wikiflow_ingest_acknowledged_total") for producer in producers]
    served = simulator.served()
    assert len(served.ids) == changes
    assert last.stats() == served.stats(), f"the producers wrote {written}"
    assert last.metric("wikiflow_tally_duplicates_total") > 0
    assert last.get("/stats").headers["X-Wikiflow-Complete"] == "true"

    # What was counted stays as it is when it stops and starts in peace, and is there at once.
    assert last.stop() == 0
    again = consumer()
    wait.until("ready", again.ready)
    assert again.stats() == served.stats()


def test_a_topic_that_was_made_anew_is_not_mixed_with_the_one_that_was_counted(kafka, apps, topic, work_dir, consumer):
    apps.ensure_topic(kafka.broker, topic)
    kafka.produce(topic, [b'{"domain":"a.org","title":"t","user":"u"}'])
    first = consumer()
    wait.until("it is counted", lambda: first.total() == 1)
    assert first.stop() == 0
    kafka.delete_topic(topic)
    apps.ensure_topic(kafka.broker, topic)
    settings = {"STORAGE": "rocksdb", "STATE_DIR": str(work_dir / "counts")}
    second = apps.consumer(kafka.broker, topic, env=settings, name="second")
    assert second.wait(30) == 69
    assert "generation" in second.log()
    assert "store reset" in second.log()


def test_a_topic_that_is_made_anew_while_it_is_read_ends_the_consumer(kafka, apps, topic, consumer):
    def changes(domain: str, count: int) -> list[bytes]:
        return [b'{"domain":"%s","title":"t","user":"u"}' % domain.encode()] * count

    apps.ensure_topic(kafka.broker, topic)
    kafka.produce(topic, changes("a.org", 3))
    reading = consumer()
    wait.until("it is counted", lambda: reading.total() == 3)
    kafka.delete_topic(topic)
    apps.ensure_topic(kafka.broker, topic)
    # Soon longer than what was read of the former one, so that offsets alone tell nothing.
    kafka.produce(topic, changes("b.org", 1_000))
    assert reading.wait(60) == 69
    assert "made anew while it was read" in reading.log() or "were removed before they were read" in reading.log()


def test_a_state_directory_in_use_is_refused_and_its_holder_named(kafka, apps, topic, work_dir, consumer):
    apps.ensure_topic(kafka.broker, topic)
    first = consumer()
    settings = {"STORAGE": "rocksdb", "STATE_DIR": str(work_dir / "counts")}
    second = apps.consumer(kafka.broker, topic, env=settings, name="second")
    assert second.wait(30) == 69
    assert f"PID {first.pid}" in second.log()
