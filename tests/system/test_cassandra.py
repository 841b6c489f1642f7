"""Exactly once with the counts in Cassandra: consumers killed, stopped and started again, and Cassandra itself."""

import random
import re
import time

import pytest

from tests.servers import wait
from tests.system.support.services import Service

KILLS = 8


@pytest.fixture
def consumer(kafka, apps, topic, tables):
    """consumer(name) starts one of the group, on the one keyspace."""

    def start(name: str = "consumer", **env: str) -> Service:
        settings = {"STORAGE": "cassandra", "CONSUMER_GROUP": f"g-{topic}", "RDKAFKA_SESSION_TIMEOUT_MS": "6000"}
        return apps.consumer(kafka.broker, topic, env=settings | tables | env, name=name).answering()

    return start


@pytest.fixture
def kept(apps, topic, tables):
    """kept() is how many changes the checkpoints in Cassandra tell of."""
    settings = {"STORAGE": "cassandra", "WIKIPEDIA_TOPIC": topic, **tables}

    def changes() -> int:
        status = apps.run("consumer", "store", "status", env=settings).out()
        return sum(int(count) for count in re.findall(r"(\d+) changes", status))

    return changes


def settled(consumer: Service, changes: int) -> bool:
    read = consumer.metric("wikiflow_tally_lag_records") == 0 and consumer.ready()
    return read and consumer.total() >= changes


def writes(consumer: Service) -> bool:
    return consumer.metric("wikiflow_cassandra_rows_written_total") > 0


@pytest.mark.timeout(1200)
def test_every_key_is_exact_after_kills_of_the_only_consumer(kafka, apps, topic, seed, consumer, kept):
    changes = round(80_000 * wait.PATIENCE)  # all kills come while they flow
    random_moment = random.Random(seed)
    apps.ensure_topic(kafka.broker, topic)
    simulator = apps.simulator("--seed", str(seed), "--count", str(changes), "--rate", "1000", "--duplicate", "0.01")
    for n in (1, 2):
        apps.producer(simulator.url, kafka.broker, topic, name=f"producer-{n}")
    for _ in range(KILLS):
        life = consumer()
        # Only once the dead one's session is over.
        wait.until("it writes rows", lambda life=life: writes(life), within=90, every=0.1)
        time.sleep(random_moment.uniform(0, 1.5))
        assert not simulator.status()["done"], "killed when all was over: a longer run is needed"
        life.kill()
    last = consumer()
    wait.until("all is sent", lambda: simulator.status()["done"], within=180)
    wait.until("everything is counted", lambda: settled(last, changes), within=180, every=0.5)
    served = simulator.served().stats()
    assert last.stats() == served

    # What the rows say, read by one that starts now.
    wait.until("all is kept", lambda: kept() == changes, within=180, every=1)
    assert last.stop() == 0
    again = consumer("again")
    wait.until("ready", again.ready, within=90)
    assert again.stats() == served
    assert again.metric("wikiflow_tally_records_total") == 0, "it began where the rows end, not at the beginning"


@pytest.mark.timeout(600)
def test_three_share_the_writing_and_each_answers_with_all(kafka, apps, topic, seed, consumer):
    changes = 60_000
    apps.ensure_topic(kafka.broker, topic)
    simulator = apps.simulator("--seed", str(seed), "--count", str(changes), "--rate", "1000")
    apps.producer(simulator.url, kafka.broker, topic)
    killed, slept, stays = (consumer(f"consumer-{n}") for n in (1, 2, 3))
    for one in (killed, slept, stays):
        wait.until(f"{one.name} writes rows", lambda one=one: writes(one), within=90)
    killed.kill()
    slept.freeze()

    def alone() -> bool:
        """Whether it has taken over what the dead and the sleeping wrote; it answers for everything all along."""
        assert stays.get("/stats").headers["X-Wikiflow-Complete"] == "true", stays.tail()
        return stays.metric("wikiflow_tally_partitions_owned") == 6

    wait.until("the last one writes all", alone, within=90)
    slept.thaw()
    wait.until("all is sent", lambda: simulator.status()["done"], within=180)
    served = simulator.served().stats()
    for one in (slept, stays):
        wait.until(f"{one.name} has everything", lambda one=one: settled(one, changes), within=90)
        assert one.stats() == served
    for one in (slept, stays):
        assert one.stop() == 0
    again = consumer("again")
    wait.until("ready", again.ready, within=90)
    assert again.stats() == served


def test_without_its_tables_it_says_how_to_make_them(kafka, apps, topic, cassandra_env):
    apps.ensure_topic(kafka.broker, topic)
    consumer = apps.consumer(kafka.broker, topic, env={"STORAGE": "cassandra", **cassandra_env})
    assert consumer.wait(60) == 69
    assert "consumer store init" in consumer.log()


def test_counts_of_a_topic_that_was_made_anew_are_not_mixed_and_reset_is_the_way_out(
    kafka, apps, topic, cassandra_env, consumer
):
    apps.ensure_topic(kafka.broker, topic)
    kafka.produce(topic, [b'{"domain":"a.org","title":"t","user":"u"}'])
    first = consumer()
    wait.until("it is kept", lambda: writes(first), within=60)
    assert first.stop() == 0
    commands = {"STORAGE": "cassandra", "WIKIPEDIA_TOPIC": topic, **cassandra_env}
    assert "keeps counts of topic" in apps.run("consumer", "store", "status", env=commands).out()

    kafka.delete_topic(topic)
    apps.ensure_topic(kafka.broker, topic)
    refused = apps.consumer(kafka.broker, topic, env=commands, name="refused")
    assert refused.wait(60) == 69
    assert "store reset" in refused.log()
    assert "given up" in apps.run("consumer", "store", "reset", env=commands).out()
    kafka.produce(topic, [b'{"domain":"b.org","title":"t","user":"u"}'])
    anew = consumer("anew")
    wait.until("it counts the new one", lambda: anew.total() == 1, within=60)
    assert anew.stats()["by_domain"] == {"b.org": 1}


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("how", ["store"])
def test_cassandra_away_for_two_minutes_changes_no_number(long_outages, how):
    flow = long_outages[how].result()
    assert flow.consumer.stats() == flow.simulator.served().stats()
    assert flow.consumer.get("/stats").headers["X-Wikiflow-Complete"] == "true"
