"""What cannot be counted is kept, listed once each, and counted later where that becomes possible."""

import json
import signal
from pathlib import Path
from typing import Any

import pytest

from tests.servers import wait
from tests.system.support.services import Apps, Simulator

CHANGES = 5_000
KEPT = 'wikiflow_dead_letters_total{reason="undecodable"}'


class Dlq:
    """`wikiflow dlq` on a broker, or on the log that a `wikiflow run` has left behind."""

    def __init__(self, apps: Apps, topic: str, **where: str):
        self.apps = apps
        self.env = {"WIKIPEDIA_TOPIC": topic, **where}
        self.at = "local" if "STATE_DIR" in where else "broker"

    def run(self, *arguments: str) -> Any:
        return self.apps.run("wikiflow", "dlq", *arguments, "--at", self.at, env=self.env)

    def letters(self, *arguments: str) -> list[dict[str, Any]]:
        done = self.run("list", *arguments)
        assert done.process.returncode == 0, done.tail()
        return [json.loads(line) for line in done.out().splitlines()]

    def redrive(self) -> list[int]:
        """Written now, before; still not decoded, only the beginning there."""
        done = self.run("redrive")
        assert done.process.returncode == 0, done.tail()
        return [int(word) for word in done.out().split() if word.isdigit()]


def served_faults(simulator: Simulator) -> tuple[set[str], set[int]]:
    """The distinct malformed texts, and which events had an oversized frame before them."""
    malformed, oversized = set(), set()
    for line in simulator.frames.read_bytes().splitlines():
        frame = json.loads(line)
        if frame["kind"] == "malformed":
            malformed.add(frame["text"])
        elif frame["kind"] == "oversized":
            oversized.add(frame["n"])
    return malformed, oversized


def assert_lists_what_was_served(letters: list[dict[str, Any]], simulator: Simulator) -> None:
    malformed, oversized = served_faults(simulator)
    assert len(malformed) > 10
    assert len(oversized) > 2
    assert len({letter["id"] for letter in letters}) == len(letters)
    of = {reason: [x for x in letters if x["reason"] == reason] for reason in ("malformed", "oversized")}
    assert sorted(letter["begins"] for letter in of["malformed"]) == sorted(malformed)
    assert len(of["oversized"]) == len(oversized)
    assert all(letter["size"] > letter["kept"] == 65536 for letter in of["oversized"])
    assert all(letter["why"] and letter["origin"].startswith("event ") for letter in of["malformed"])


def faulty(apps: Apps, seed: int, *flags: str) -> Simulator:
    shares = ["--malformed", "0.01", "--oversized", "0.002"]
    return apps.simulator("--seed", str(seed), "--count", str(CHANGES), "--rate", "0", *shares, *flags)


@pytest.mark.timeout(300)
def test_each_is_listed_once_and_counted_once_when_it_can_be(kafka, apps, topic, seed, work_dir):
    simulator = faulty(apps, seed, "--cut-after-events", "800")
    producer = apps.producer(simulator.url, kafka.broker, topic).answering()
    wait.until("all is read", lambda: producer.metric("wikiflow_source_changes_total") == CHANGES)
    garbage = [b"garbage", b'{"domain":"a.org"}', b"\xff\xfe"]
    kafka.produce(topic, garbage, partition=2)
    settings = {"STORAGE": "rocksdb", "STATE_DIR": str(work_dir / "counts")}
    consumer = apps.consumer(kafka.broker, topic, env=settings).answering()
    wait.until("all is counted", lambda: consumer.total() >= CHANGES and consumer.ready())
    wait.until("the garbage is kept", lambda: consumer.metric(KEPT) == len(garbage))
    served = simulator.served()
    assert consumer.stats() == served.stats()

    # Killed and started over an empty store they come across all of it again.
    producer.kill()
    consumer.kill()
    apps.producer(simulator.url, kafka.broker, topic, name="again").answering()
    again = apps.consumer(kafka.broker, topic, name="consumer-again").answering()
    wait.until("all is counted again", lambda: again.total() >= CHANGES and again.ready())

    dlq = Dlq(apps, topic, REDPANDA_BROKER=kafka.broker)
    letters = dlq.letters()
    assert_lists_what_was_served(letters, simulator)
    undecodable = [letter for letter in letters if letter["reason"] == "undecodable"]
    assert sorted(letter["size"] for letter in undecodable) == sorted(map(len, garbage))
    assert all(letter["origin"].startswith(f"record {topic}/2/") for letter in undecodable)
    assert len(dlq.letters("--limit", "3")) == 3

    # Two that an older version could not decode.
    event = {"meta": {"id": "0b0e1a52-5d3b-4f6e-9a53-5a6f0a3f4c11", "domain": "later.org"}, "title": "T", "user": "L"}
    record = {"domain": "later.org", "title": "T", "user": "L"}
    for n, (reason, value) in enumerate((("malformed", event), ("undecodable", record))):
        headers = {"id": f"00000000-0000-8000-8000-00000000000{n}", "reason": reason, "origin": f"older {n}"}
        text = json.dumps(value).encode()
        kafka.produce(f"{topic}.dlq", [text], headers={f"wikiflow-dead-{k}": v for k, v in headers.items()})
    cut = sum(letter["reason"] == "oversized" for letter in letters)
    assert dlq.redrive() == [2, 0, len(letters) - cut, cut]
    assert dlq.redrive() == [0, 2, len(letters) - cut, cut]
    assert [letter["origin"] for letter in dlq.letters() if letter["redriven"]] == ["older 0", "older 1"]

    expected = served.stats()
    expected["by_domain"]["later.org"] = expected["by_user"]["L"] = 2
    wait.until("those are counted", lambda: again.total() >= CHANGES + 2)
    assert again.stats() == expected


def test_a_redrive_that_was_killed_repeats_nothing_however_late_the_next_one_is(kafka, apps, topic):
    apps.ensure_topic(kafka.broker, topic, partitions=1)
    consumer = apps.consumer(kafka.broker, topic, env={"DEDUPE_WINDOW": "100"}).answering()
    event = b'{"meta":{"id":"0b0e1a52-5d3b-4f6e-9a53-5a6f0a3f4c11","domain":"later.org"},"title":"T","user":"L"}'
    headers = {"id": "00000000-0000-8000-8000-000000000001", "reason": "malformed", "origin": "older"}
    kafka.produce(f"{topic}.dlq", [event], headers={f"wikiflow-dead-{k}": v for k, v in headers.items()})

    where = {"REDPANDA_BROKER": kafka.broker}
    killed = Dlq(apps, topic, **where, WIKIFLOW_FAILPOINT="redrive.written:1").run("redrive")
    assert killed.process.returncode == -signal.SIGKILL
    wait.until("its change is counted", lambda: consumer.total() == 1)
    kafka.produce(topic, [b'{"domain":"a.org","title":"t","user":"u"}'] * 500)
    dlq = Dlq(apps, topic, **where)
    assert dlq.redrive() == [0, 1, 0, 0]
    assert [letter["redriven"] for letter in dlq.letters()] == [True]

    wait.until("all is counted", lambda: consumer.total() >= 501 and consumer.ready())
    assert consumer.stats() == {"by_domain": {"a.org": 500, "later.org": 1}, "by_user": {"u": 500, "L": 1}}


def test_nothing_passes_a_record_while_its_letter_cannot_be_written(kafka, apps, topic, work_dir):
    apps.ensure_topic(kafka.broker, topic, partitions=1)
    kafka.delete_topic(f"{topic}.dlq")
    kafka.create_topic(f"{topic}.dlq", partitions=1, max_message_bytes="64")
    good = b'{"domain":"a.org","title":"t","user":"u"}'
    kafka.produce(topic, [good, b"garbage"])
    settings = {"STORAGE": "rocksdb", "STATE_DIR": str(work_dir / "counts")}
    consumer = apps.consumer(kafka.broker, topic, env=settings).answering()
    wait.until("that is told", lambda: "dead_letters" in reasons(consumer), within=60)
    kafka.produce(topic, [good])
    status = apps.run("consumer", "store", "status", env=settings)
    assert status.process.returncode == 69, "it is in use"
    consumer.kill()
    status = apps.run("consumer", "store", "status", env=settings)
    assert "offset 3" not in status.out()
    assert "offset 2" not in status.out()

    kafka.delete_topic(f"{topic}.dlq")
    consumer = apps.consumer(kafka.broker, topic, env=settings, name="mended").answering()
    wait.until("it goes on", lambda: consumer.total() == 2 and consumer.metric(KEPT) == 1)
    assert [letter["size"] for letter in Dlq(apps, topic, REDPANDA_BROKER=kafka.broker).letters()] == [7]


def reasons(service) -> list[str]:
    """What /readyz says is not well."""
    checks = service.get("/readyz").json()["checks"]
    return [name for name, check in checks.items() if not check["ok"]]


def test_embedded_log_keeps_them_too(apps, seed, work_dir, topic):
    simulator = faulty(apps, seed)
    state = work_dir / "state"
    settings = {"WIKIPEDIA_STREAM_URL": simulator.url, "STATE_DIR": str(state), "FROM": "earliest"}
    run = apps.wikiflow_run(env={**settings, "WIKIPEDIA_TOPIC": topic}).answering()
    wait.until("all is counted", lambda: run.total() >= CHANGES)
    dlq = Dlq(apps, topic, STATE_DIR=str(state))
    held = dlq.run("list")
    assert held.process.returncode == 69
    assert str(run.process.pid) in held.log(), "who holds it is not named"
    assert run.stop() == 0, run.tail()

    letters = dlq.letters()
    assert_lists_what_was_served(letters, simulator)
    assert dlq.redrive()[0] == 0
    nowhere = Dlq(apps, topic, STATE_DIR=str(Path(state) / "nowhere")).run("list")
    assert nowhere.process.returncode == 69
    assert not (state / "nowhere").exists()
