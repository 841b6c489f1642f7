"""A producer that is killed loses nothing: it goes on where the topic ends."""

import json
import random

import pytest

from tests.servers import wait
from tests.system.support import http

CHANGES, RATE = 100_000, 4_000
KILLS = 50
SENT = "wikiflow_ingest_records_total"


def ids_in(kafka, topic: str) -> list[str]:
    """The event ids in the topic, read raw, each as often as it is there."""
    values = (json.loads(value) for value in kafka.read(topic))
    return [value["event_id"] for value in values if "event_id" in value]


def acknowledged(producer) -> float:
    """At least so many records are in the topic; the number of those in flight is told every 64 records."""
    samples = http.parse_metrics(producer.get("/metrics").body.decode())
    return samples[SENT] - samples["wikiflow_ingest_unacknowledged_records"] - 64


@pytest.mark.timeout(600)
def test_producer_killed_fifty_times_has_every_change_in_the_topic(kafka, apps, topic, seed):
    dice = random.Random(seed)
    flags = ["--seed", str(seed), "--count", str(CHANGES), "--rate", str(RATE), "--cut-after-events", "1500"]
    simulator = apps.simulator(*flags, "--reorder", "50", "--canary", "0.01", "--malformed", "0.001")
    producer = apps.producer(simulator.url, kafka.broker, topic)
    # Before anything is acknowledged there is nothing to go on from but its own setting.
    wait.until("something is acknowledged", lambda: acknowledged(producer.answering()) > 0)
    for n in range(KILLS):
        least = dice.randrange(1, CHANGES // KILLS // 2)
        producer.answering()
        wait.until(f"{least} records are sent", lambda p=producer, m=least: p.metric(SENT) >= m, every=0.005)
        producer.kill()
        # From now on its own setting would begin far too late: where to go on is in the topic.
        producer = apps.producer(simulator.url, kafka.broker, topic, env={"FROM": "latest"}, name=f"producer-{n}")
    assert simulator.status()["events"] < CHANGES, "it was all over before the last kill"

    wait.until("all is served", lambda: len(simulator.served().ids) == CHANGES, within=120, every=1.0)
    served = simulator.served()
    wait.until("all is in the topic", lambda: set(ids_in(kafka, topic)) >= set(served.ids), within=60, every=1.0)
    ids = ids_in(kafka, topic)
    assert len(served.ids) == CHANGES
    assert set(ids) == set(served.ids)
    assert simulator.status()["cuts"] > 0
    assert "going on where the topic ends" in producer.log()
    assert producer.metric("wikiflow_ingest_position_lost_total") == 0
    assert producer.metric("wikiflow_source_gaps_total") == 0
    assert len(ids) - CHANGES < CHANGES / 20, "the topic's ends are there to be looked at: few records come twice"

    consumer = apps.consumer(kafka.broker, topic).answering()
    wait.until("all is counted", lambda: consumer.ready() and consumer.total() >= CHANGES, within=60)
    assert consumer.stats() == served.stats()


def test_producer_that_waits_for_the_topic_to_be_readable_sends_nothing_before(own_kafka, apps):
    simulator = apps.simulator("--count", "3000", "--rate", "500")
    first = apps.producer(simulator.url, own_kafka.broker, "changes").answering()
    wait.until("something is acknowledged", lambda: acknowledged(first) > 0)
    own_kafka.kill()
    first.kill()
    second = apps.producer(simulator.url, own_kafka.broker, "changes", env={"FROM": "latest"}, name="second")
    second.answering()
    wait.until("it says why it waits", lambda: second.get("/readyz").json()["checks"]["topic"].get("reason"))
    assert second.metric(SENT) == 0
    own_kafka.up()
    wait.until("all is served", lambda: len(simulator.served().ids) == 3000, within=60, every=1.0)
    served = set(simulator.served().ids)
    wait.until("all is in the topic", lambda: set(ids_in(own_kafka, "changes")) == served, within=60, every=1.0)


def test_gap_of_the_source_is_told_in_the_topic(kafka, apps, topic):
    """The server that the producer comes back to no longer has what came before."""
    apps.ensure_topic(kafka.broker, topic)
    old = apps.simulator("--count", "500", "--rate", "0", "--start-time", "2026-01-05T00:00:00Z")
    old_too = apps.simulator("--count", "600", "--rate", "0", "--start-time", "2026-01-05T00:00:00Z", name="old-too")
    for server, changes in ((old, 500), (old_too, 600)):  # the second one finds out that the first has got there
        producer = apps.producer(server.url, kafka.broker, topic, name=f"producer-{changes}").answering()
        wait.until("all is there", lambda n=changes: len(set(ids_in(kafka, topic))) == n)
        producer.kill()
    new = apps.simulator(
        "--count", "500", "--rate", "0", "--start-time", "2026-01-06T00:00:00Z", "--seed", "2", name="new"
    )
    again = apps.producer(new.url, kafka.broker, topic, name="again").answering()
    wait.until("it says so", lambda: again.metric("wikiflow_source_gaps_total") == 1)
    wait.until("all is sent", lambda: again.metric(SENT) >= 500)
    wait.until("it is in the topic", lambda: b'{"type":"gap"' in b"\n".join(kafka.read(topic)))
    gap = next(value for value in map(json.loads, kafka.read(topic)) if value.get("type") == "gap")
    assert gap["from"].startswith("2026-01-05T00:00:")
    assert gap["to"].startswith("2026-01-06T00:00:")
    assert "a gap:" in again.log()
