"""Command lines and settings: help, checks, where values come from, and what a mistake is answered with."""

import json
import re

import pytest

from tests.servers import wait
from tests.servers.ports import free_port

PROGRAMS = pytest.mark.parametrize("program", ["producer", "consumer", "wikiflow"])
EVERY_COMMAND = pytest.mark.parametrize(
    "command",
    [
        ["producer"],
        ["producer", "topic", "ensure"],
        ["consumer"],
        ["wikiflow"],
        ["wikiflow", "run"],
        ["wikiflow", "dlq", "list"],
    ],
    ids=" ".join,
)
# A log line naming the problem when it begins, some of librdkafka's; not one for each try.
MOST_LOG_LINES = 12


def nowhere() -> str:
    """An address that refuses connections."""
    return f"127.0.0.1:{free_port()}"


@EVERY_COMMAND
def test_help_fits_a_screen(apps, command):
    done = apps.run(*command, "--help")
    assert done.process.returncode == 0
    lines = done.out().splitlines()
    assert len(lines) <= 40
    assert max(len(line) for line in lines) <= 100


@PROGRAMS
def test_help_shows_flags_environment_names_and_defaults(apps, program):
    text = apps.run(program, *(["run"] if program == "wikiflow" else []), "--help").out()
    assert re.search(r"--http-addr +HTTP_ADDR +.*:808[01]\]", text)
    assert re.search(r"--wikipedia-topic +WIKIPEDIA_TOPIC +.*\[wikipedia.changes\]", text)
    assert re.search(r"--log-level +LOG_LEVEL +.*\[info\]", text)


@PROGRAMS
def test_version_tells_what_is_built_in(apps, program):
    done = apps.run(program, "--version")
    assert done.process.returncode == 0
    assert re.search(r"^wikiflow \d+\.\d+\.\d+", done.out())
    assert "librdkafka" in done.out()
    assert "2.15.1" in done.out()
    for feature in ("ssl", "sasl_scram", "zstd"):  # of builtin.features
        assert feature in done.out()


def test_wikiflow_version_tells_the_same(apps):
    assert apps.run("wikiflow", "version").out() == apps.run("wikiflow", "--version").out()


@pytest.mark.parametrize(
    ("command", "meant"),
    [
        (["producer", "--redpanda-brokr", "a:1"], "--redpanda-broker"),
        (["consumer", "--htp-addr=:1"], "--http-addr"),
        (["wikiflow", "run", "--state-dri", "x"], "--state-dir"),
        (["wikiflow", "simulat"], "simulate"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else value,
)
def test_slip_of_the_pen_is_answered_with_what_was_meant(apps, command, meant):
    done = apps.run(*command)
    assert done.process.returncode == 64
    assert "did you mean" in done.log()
    assert meant in done.log()
    assert done.out() == ""


@pytest.mark.parametrize(
    ("program", "name", "value"),
    [
        ("producer", "TOPIC_PARTITIONS", "none"),
        ("producer", "FROM", "yesteryear"),
        ("producer", "WIKIPEDIA_STREAM_URL", "ftp://example.org/"),
        ("producer", "SILENCE_TIMEOUT", "30"),
        ("consumer", "MAX_CONCURRENT_FETCHES", "0"),
        ("consumer", "STORAGE", "floppy"),
        ("consumer", "HTTP_ADDR", "here"),
        ("consumer", "LOG_LEVEL", "loud"),
        ("consumer", "REDPANDA_BROKER", ":"),
    ],
)
def test_value_that_cannot_be_used_is_named(apps, program, name, value):
    done = apps.run(program, "--check", "--offline", env={name: value})
    assert done.process.returncode == 78
    assert f"{name}={value} (environment)" in done.log()


def test_all_bad_values_are_named_at_once(apps):
    done = apps.run("producer", "--from", "never", env={"TOPIC_PARTITIONS": "0", "LOG_FORMAT": "prose"})
    assert done.process.returncode == 78
    for name in ("FROM", "TOPIC_PARTITIONS", "LOG_FORMAT"):
        assert name in done.log()


@pytest.mark.parametrize("name", ["acks", "enable.idempotence", "message.timeout.ms", "partitioner"])
def test_property_that_the_promise_rests_on_is_refused(apps, name):
    done = apps.run("producer", "--check", "--offline", "-X", f"{name}=1")
    assert done.process.returncode == 78
    assert name in done.log()
    done = apps.run("producer", "--check", "--offline", env={f"RDKAFKA_{name.replace('.', '_').upper()}": "1"})
    assert done.process.returncode == 78


def test_property_that_librdkafka_does_not_know_is_named(apps):
    done = apps.run("consumer", "--check", "--offline", "-X", "no.such.property=1")
    assert done.process.returncode == 78
    assert "no.such.property" in done.log()


def test_flag_wins_over_environment_and_environment_over_file(apps, work_dir):
    (work_dir / ".env").write_text("WIKIPEDIA_TOPIC=of-file\nCONSUMER_GROUP=of-file\nLOG_FORMAT=json\n")
    env = {"WIKIPEDIA_TOPIC": "of-environment", "CONSUMER_GROUP": "of-environment"}
    done = apps.run("consumer", "--wikipedia-topic", "of-flag", "--print-config", env=env)
    assert done.process.returncode == 0
    lines = {line.split("=")[0]: line for line in done.out().splitlines()}
    assert re.match(r"WIKIPEDIA_TOPIC=of-flag\s.*--wikipedia-topic", lines["WIKIPEDIA_TOPIC"])
    assert re.match(r"CONSUMER_GROUP=of-environment\s.*environment", lines["CONSUMER_GROUP"])
    assert re.match(r"LOG_FORMAT=json\s.*\.env line 3", lines["LOG_FORMAT"])
    assert re.match(r"STORAGE=memory\s.*default", lines["STORAGE"])


def test_secrets_are_masked_and_everything_else_is_shown(apps, work_dir):
    (work_dir / "password").write_text("from-a-file\n")
    env = {"RDKAFKA_SASL_PASSWORD": "hunter2", "RDKAFKA_SSL_KEY_PASSWORD_FILE": str(work_dir / "password")}
    url = "http://user:hunter3@127.0.0.1:1/"
    done = apps.run("producer", "--print-config", "-X", "sasl.username=me", "--wikipedia-stream-url", url, env=env)
    assert done.process.returncode == 0
    assert not re.search("hunter|from-a-file", done.out() + done.log())
    assert re.search(r"^RDKAFKA_SASL_USERNAME=me\s.*-X", done.out(), re.MULTILINE)
    assert re.search(r"^RDKAFKA_SASL_PASSWORD=\*+\s.*environment", done.out(), re.MULTILINE)


def test_unknown_name_in_the_file_is_warned_about_with_what_was_meant(apps, work_dir):
    (work_dir / ".env").write_text("WIKIPEDIA_TOPICS=x\nCOMPOSE_PROJECT_NAME=y\nSTATE_DIR=z\n")
    done = apps.run("consumer", "--check", "--offline")
    assert done.process.returncode == 0
    assert "WIKIPEDIA_TOPICS" in done.log()
    assert "did you mean WIKIPEDIA_TOPIC" in done.log()
    assert not re.search("COMPOSE_PROJECT_NAME|STATE_DIR", done.log())


def test_check_says_how_the_connections_are(kafka, apps, topic):
    apps.ensure_topic(kafka.broker, topic)
    simulator = apps.simulator("--count", "10")
    env = {"REDPANDA_BROKER": kafka.broker, "WIKIPEDIA_TOPIC": topic, "WIKIPEDIA_STREAM_URL": simulator.url}
    for program in ("producer", "consumer"):
        done = apps.run(program, "--check", env=env)
        assert done.process.returncode == 0, done.tail()
        assert "settings: ok" in done.out()


def test_check_fails_where_a_connection_does_and_offline_asks_none(apps):
    env = {"REDPANDA_BROKER": nowhere(), "WIKIPEDIA_STREAM_URL": f"http://{nowhere()}/"}
    for program in ("producer", "consumer"):
        done = apps.run(program, "--check", env=env)
        assert done.process.returncode == 69, done.tail()
        assert env["REDPANDA_BROKER"] in done.out() + done.log()
        assert apps.run(program, "--check", "--offline", env=env).process.returncode == 0


def test_topic_ensure_makes_the_topic_then_finds_it(kafka, apps, topic):
    env = {"REDPANDA_BROKER": kafka.broker, "WIKIPEDIA_TOPIC": topic, "TOPIC_PARTITIONS": "4"}
    made = apps.run("producer", "topic", "ensure", env=env)
    both = f"{topic}: {{0}} with 4 partitions\n{topic}.dlq: {{0}} with 1 partition\n"
    assert (made.process.returncode, made.out()) == (0, both.format("created")), made.tail()
    found = apps.run("producer", "topic", "ensure", env=env)
    assert (found.process.returncode, found.out()) == (0, both.format("there,")), found.tail()
    other = apps.run("producer", "topic", "ensure", env=env | {"TOPIC_PARTITIONS": "6"})
    assert other.process.returncode == 0
    assert "warning: " in other.out()


def test_topic_that_would_forget_by_key_is_refused(kafka, apps, topic):
    kafka.create_topic(topic, cleanup_policy="compact")
    env = {"REDPANDA_BROKER": kafka.broker, "WIKIPEDIA_TOPIC": topic}
    for command in (["producer", "topic", "ensure"], ["consumer"]):
        done = apps.run(*command, env=env | {"HTTP_ADDR": f"127.0.0.1:{free_port()}"})
        assert done.process.returncode not in (0, 70), done.tail()
        assert "cleanup.policy" in done.log()


def test_topic_missing_that_may_not_be_made_is_a_clear_error(kafka, apps, topic):
    env = {"REDPANDA_BROKER": kafka.broker, "WIKIPEDIA_TOPIC": topic, "TOPIC_CREATE": "false"}
    for command in (["producer", "topic", "ensure"], ["consumer"]):
        done = apps.run(*command, env=env | {"HTTP_ADDR": f"127.0.0.1:{free_port()}"})
        assert done.process.returncode == 69, done.tail()
        assert topic in done.log()


def test_producer_waits_for_a_topic_that_it_may_not_make(kafka, apps, topic):
    simulator = apps.simulator("--count", "100", "--rate", "0")
    producer = apps.producer(simulator.url, kafka.broker, topic, env={"TOPIC_CREATE": "false"}).answering()
    wait.until("the reason is told", lambda: topic in producer.get("/readyz").body.decode())
    apps.ensure_topic(kafka.broker, topic)
    wait.until("all is written", lambda: producer.metric("wikiflow_ingest_records_total") == 100)
    assert producer.stop() == 0, producer.tail()
    assert len(kafka.read(topic)) == 100


@pytest.mark.parametrize("program", ["producer", "consumer"])
def test_unreachable_broker_is_retried_with_few_words_until_patience_ends(apps, program):
    broker = nowhere()
    env = {"REDPANDA_BROKER": broker, "HTTP_ADDR": f"127.0.0.1:{free_port()}", "GIVE_UP_AFTER": "15 s"}
    env["WIKIPEDIA_STREAM_URL"] = f"http://{nowhere()}/"
    done = apps.run(program, env=env)
    assert done.process.returncode == 69, done.tail()
    assert broker in done.log()
    assert len(done.log().splitlines()) <= MOST_LOG_LINES


def test_topic_ensure_gives_up_when_told_to(apps):
    done = apps.run("producer", "topic", "ensure", "--give-up-after", "3 s", env={"REDPANDA_BROKER": nowhere()})
    assert done.process.returncode == 69, done.tail()
    assert len(done.log().splitlines()) <= MOST_LOG_LINES


def test_unreachable_stream_is_retried_with_few_words(kafka, apps, topic):
    address = nowhere()
    producer = apps.producer(f"http://{address}/v2/stream/recentchange", kafka.broker, topic).answering()
    failures = "wikiflow_stream_disconnects_total"
    wait.until("there were many tries", lambda: producer.metric(failures) >= 50 and not producer.ready())
    assert len(producer.log().splitlines()) <= MOST_LOG_LINES
    simulator = apps.simulator("--count", "50", "--rate", "0", port=int(address.split(":")[1]))
    wait.until("all is read", lambda: producer.metric("wikiflow_source_changes_total") == 50)
    wait.until("ready", producer.ready)
    assert simulator.running()


def test_log_can_be_json(apps, kafka, topic):
    apps.ensure_topic(kafka.broker, topic)
    consumer = apps.consumer(kafka.broker, topic, "--log-format", "json").answering()
    wait.until("ready", consumer.ready)
    assert consumer.stop() == 0
    lines = [json.loads(line) for line in consumer.log().splitlines() if line.startswith("{")]
    assert any("consumer started" in line.values() for line in lines)
