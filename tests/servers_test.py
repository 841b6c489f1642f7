"""The test servers themselves: what the other tests of the whole rest on."""

import json
import os
import shutil
import subprocess
import sys
import urllib.request
from pathlib import Path

from tests.servers.cassandra import Cassandra
from tests.servers.server import ROOT


def test_broker_answers_again_after_a_crash_with_what_it_had_acknowledged(own_kafka, topic):
    own_kafka.create_topic(topic, partitions=2)
    own_kafka.produce(topic, [b"one", b"two"])
    own_kafka.kill()
    own_kafka.up()
    assert sorted(own_kafka.read(topic)) == [b"one", b"two"]


def test_frozen_broker_answers_after_it_is_thawed(own_kafka, topic):
    own_kafka.create_topic(topic)
    own_kafka.freeze()
    asked = subprocess.run(["kcat", "-L", "-m", "2", "-b", own_kafka.broker], capture_output=True, timeout=60)
    own_kafka.thaw()
    own_kafka.produce(topic, [b"later"])
    assert asked.returncode != 0
    assert own_kafka.read(topic) == [b"later"]


def can_begin(node: Cassandra) -> bool:
    probe = [sys.executable, ROOT / "tests/servers/cql_probe.py"]
    return subprocess.run(probe, env={**os.environ, **node.env}, timeout=60).returncode == 0


def test_event_stream_of_the_services_own_library_carries_timestamps_in_its_ids(kafka, kafka_sse, topic):
    kafka.create_topic(topic, partitions=1)
    kafka.produce(topic, [json.dumps({"meta": {"id": str(n)}}).encode() for n in range(3)])
    server = kafka_sse(kafka.broker, [topic])
    request = urllib.request.Request(server.url + "?since=1", headers={"User-Agent": "wikiflow-tests/0"})
    with urllib.request.urlopen(request, timeout=60) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        lines = (line.decode().rstrip("\n") for line in response)
        frames = []
        for line in lines:
            if line.startswith("id: "):
                frames.append(json.loads(line[4:]))
            if len(frames) == 3:
                break
    assert [set(entry) for frame in frames for entry in frame] == [{"topic", "partition", "timestamp"}] * 3


def test_node_lets_clients_in_again_after_a_crash(own_cassandra):
    own_cassandra.kill()
    assert not can_begin(own_cassandra)
    own_cassandra.up()
    assert can_begin(own_cassandra)


def test_program_with_servers_gets_them_and_passes_its_exit_code_on(start):
    ask = """
        set -e
        kcat -L -b "$WIKIFLOW_TEST_BROKER"
        test -s "$WIKIFLOW_TEST_CA"
        test -n "$WIKIFLOW_TEST_BROKER_SECURE"
        test -n "$WIKIFLOW_TEST_SASL_USERNAME"
        test -n "$WIKIFLOW_TEST_SASL_PASSWORD"
        python3 tests/servers/cql_probe.py
        test -s "$WIKIFLOW_TEST_CASSANDRA_CA"
        test -d "$WIKIFLOW_TEST_CASSANDRA_DIR"
        exit 7"""
    command = [ROOT / "tests/servers/with_servers.py", "kafka", "cassandra", "--", "sh", "-c", f"cd {ROOT}; {ask}"]
    program = start("with-servers", command)
    assert program.wait(240) == 7, program.tail()
    kept = Path(program.log().split("the servers' folder is kept: ")[1].strip())
    assert (kept / "kafka/broker.log").exists()
    assert (kept / "cassandra/cassandra.log").exists()
    shutil.rmtree(kept)
