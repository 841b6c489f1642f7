"""SIGTERM in full flow: an exit in good order, and not one change lost or counted twice."""

import json
import signal

import pytest

from tests.servers import wait

WITHIN = 10.0  # seconds from the signal to the exit
CHANGES, RATE = 100_000, 10_000


def ids_in(kafka, topic: str) -> list[str]:
    return [json.loads(value)["event_id"] for value in kafka.read(topic)]


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGINT], ids=["sigterm", "sigint"])
def test_consumer_stopped_in_full_flow_gives_exact_totals_after_a_restart(kafka, apps, topic, seed, signum):
    simulator = apps.simulator("--seed", str(seed), "--count", str(CHANGES), "--rate", str(RATE))
    apps.producer(simulator.url, kafka.broker, topic)
    consumer = apps.consumer(kafka.broker, topic).answering()
    wait.until("changes are being counted", lambda: consumer.total() > CHANGES // 20)
    assert consumer.stop(signum, WITHIN) == 0, consumer.tail()
    assert simulator.status()["events"] < CHANGES, "it was all over before the signal"

    again = apps.consumer(kafka.broker, topic).answering()
    wait.until("all is counted", lambda: again.total() >= CHANGES, within=120)
    served = simulator.served()
    assert again.stats() == served.stats()
    assert len(served.ids) == CHANGES


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGINT], ids=["sigterm", "sigint"])
def test_producer_stopped_in_full_flow_has_every_change_it_read_in_the_topic(kafka, apps, topic, seed, signum):
    simulator = apps.simulator("--seed", str(seed), "--count", str(CHANGES), "--rate", str(RATE))
    producer = apps.producer(simulator.url, kafka.broker, topic).answering()
    changes = "wikiflow_source_changes_total"
    read = wait.until("changes are being read", lambda: (n := producer.metric(changes)) > CHANGES // 20 and n)
    assert producer.stop(signum, WITHIN) == 0, producer.tail()

    ids = ids_in(kafka, topic)
    assert read <= len(ids) < CHANGES, "it was all over before the signal"
    assert len(set(ids)) == len(ids), "written twice, although nothing failed"
    assert set(ids) == set(simulator.served().ids[: len(ids)]), "there is a hole in what it wrote"
    assert f"records={len(ids)}" in producer.log(), "what it says it wrote is not what is there"


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGINT], ids=["sigterm", "sigint"])
def test_second_signal_ends_a_stop_that_waits_for_the_broker(own_kafka, apps, signum):
    simulator = apps.simulator("--count", str(CHANGES), "--rate", "2000")
    producer = apps.producer(simulator.url, own_kafka.broker, "changes").answering()
    wait.until("changes are being written", lambda: producer.metric("wikiflow_ingest_records_total") > 1_000)
    own_kafka.freeze()
    at_freeze = producer.metric("wikiflow_source_changes_total")
    wait.until("some wait for the broker", lambda: producer.metric("wikiflow_source_changes_total") > at_freeze + 1_000)
    producer.process.send_signal(signum)
    wait.until("it is stopping", lambda: producer.get("/readyz").json()["stopping"])
    producer.process.send_signal(signum)
    assert producer.wait(WITHIN) == 128 + signum, producer.tail()


def test_producer_that_cannot_write_out_what_it_read_does_not_claim_to_have(own_kafka, apps):
    simulator = apps.simulator("--count", str(CHANGES), "--rate", "2000")
    producer = apps.producer(simulator.url, own_kafka.broker, "changes").answering()
    wait.until("changes are being written", lambda: producer.metric("wikiflow_ingest_records_total") > 1_000)
    own_kafka.freeze()
    at_freeze = producer.metric("wikiflow_source_changes_total")
    wait.until("some wait for the broker", lambda: producer.metric("wikiflow_source_changes_total") > at_freeze + 1_000)
    assert producer.stop(within=2 * WITHIN) == 69
    assert "not acknowledged" in producer.log()


def test_consumer_that_waits_for_a_broker_stops_at_once(own_kafka, apps):
    apps.ensure_topic(own_kafka.broker, "changes")
    own_kafka.down()
    consumer = apps.consumer(own_kafka.broker, "changes").answering()
    assert consumer.stop(within=WITHIN) == 0, consumer.tail()


def test_producer_stops_at_once_while_the_stream_is_silent(kafka, apps, topic):
    simulator = apps.simulator("--count", "100", "--rate", "0")
    producer = apps.producer(simulator.url, kafka.broker, topic).answering()
    wait.until("all is read", lambda: producer.metric("wikiflow_source_changes_total") == 100)
    assert producer.stop(within=WITHIN) == 0, producer.tail()
    assert len(ids_in(kafka, topic)) == 100
