"""Counts as text: exported from one store, imported into another, and counted on from there."""

import json
from pathlib import Path

import pytest

from tests.servers import wait
from tests.servers.program import Program
from tests.system.support.services import Service

CHANGES = 20_000
MORE = b'{"domain":"more.org","title":"t","user":"somebody"}'


class Store:
    """Where counts are kept, what consumers with it do, and its commands."""

    def __init__(self, apps, kafka, topic: str, name: str, settings: dict[str, str]):
        self.apps, self.kafka, self.topic, self.name = apps, kafka, topic, name
        self.settings = {"WIKIPEDIA_TOPIC": topic, "CASSANDRA_SYNC_PERIOD": "0 s", **settings}

    def consumer(self) -> Service:
        env = {"CONSUMER_GROUP": f"g-{self.topic}", **self.settings}
        return self.apps.consumer(self.kafka.broker, self.topic, env=env, name=f"over-{self.name}").answering()

    def command(self, what: str, stdin: Path | None = None) -> Program:
        return self.apps.run("consumer", "store", what, env=self.settings, stdin=stdin)

    def export(self) -> Path:
        done = self.command("export")
        assert done.process.returncode == 0, done.tail()
        return done.out_path

    def imports(self, text: Path) -> None:
        done = self.command("import", text)
        assert done.process.returncode == 0, done.tail()
        assert "now keeps" in done.out()

    def refuses(self, text: Path, code: int, why: str) -> None:
        done = self.command("import", text)
        assert done.process.returncode == code
        assert why in done.log()

    def counts_on(self, stats: dict[str, dict[str, int]], one_more: bool = False) -> None:
        """A consumer has these counts at once, having counted nothing but what came since."""
        consumer = self.consumer()
        wait.until("ready", consumer.ready, within=90)
        assert consumer.stats() == stats
        assert consumer.metric("wikiflow_tally_records_total") == 0
        if one_more:
            self.kafka.produce(self.topic, [MORE])
            stats["by_domain"]["more.org"] = stats["by_domain"].get("more.org", 0) + 1
            stats["by_user"]["somebody"] = stats["by_user"].get("somebody", 0) + 1
            wait.until("one more is counted", lambda: consumer.stats() == stats)
        assert consumer.stop() == 0


@pytest.fixture
def store(kafka, apps, topic, work_dir, tables):
    """store("cassandra") or store("rocksdb", directory)."""

    def make(storage: str, directory: str = "counts") -> Store:
        settings = {"STORAGE": storage, "STATE_DIR": str(work_dir / directory), **tables}
        return Store(apps, kafka, topic, f"{storage}-{directory}", settings)

    return make


@pytest.mark.timeout(600)
def test_counts_move_between_stores_and_nothing_is_counted_twice_or_lost(kafka, apps, topic, seed, store):
    apps.ensure_topic(kafka.broker, topic)
    simulator = apps.simulator("--seed", str(seed), "--count", str(CHANGES), "--rate", "5000", "--duplicate", "0.01")
    producer = apps.producer(simulator.url, kafka.broker, topic)
    cassandra = store("cassandra")
    consumer = cassandra.consumer()
    wait.until("it writes all rows", lambda: consumer.metric("wikiflow_tally_partitions_owned") == 6, within=90)
    wait.until("everything is counted", lambda: consumer.total() == CHANGES, within=120)
    stats = simulator.served().stats()
    assert consumer.stats() == stats
    assert producer.stop() == 0
    assert consumer.stop() == 0

    text = cassandra.export()
    lines = [json.loads(line) for line in text.read_text().splitlines()]
    assert lines[0]["topic"] == topic
    assert sum(line["count"] for line in lines if "domain" in line) == CHANGES
    cassandra.refuses(text, 69, "store reset")

    # By partition to sums, sums to sums, but not back.
    first, second = store("rocksdb", "first"), store("rocksdb", "second")
    first.imports(text)
    first.refuses(text, 69, "store reset")
    second.imports(first.export())
    assert cassandra.command("reset").process.returncode == 0
    cassandra.refuses(first.export(), 78, "import it with STORAGE=rocksdb")
    second.counts_on(stats)

    # And by partition to the same.
    cassandra.imports(text)
    cassandra.counts_on(stats, one_more=True)
    cassandra.counts_on(stats)


def test_what_was_cut_off_or_is_of_another_topic_is_not_imported(kafka, apps, topic, work_dir, store):
    apps.ensure_topic(kafka.broker, topic)
    kafka.produce(topic, [MORE])
    cassandra = store("cassandra")
    consumer = cassandra.consumer()
    wait.until("it is kept", lambda: consumer.metric("wikiflow_cassandra_rows_written_total") > 0, within=60)
    assert consumer.stop() == 0
    text = cassandra.export()
    assert cassandra.command("reset").process.returncode == 0

    cut = work_dir / "cut"
    cut.write_bytes(b"".join(text.read_bytes().splitlines(keepends=True)[:-1]))
    other = work_dir / "other"
    other.write_bytes(text.read_bytes().replace(topic.encode(), b"another"))
    for into in (cassandra, store("rocksdb")):
        into.refuses(cut, 78, "cut off")
        assert "no counts" in into.command("status").out()
        assert into.command("export").process.returncode == 69
    cassandra.refuses(other, 78, "WIKIPEDIA_TOPIC")

    cassandra.imports(text)
    again = cassandra.consumer()
    wait.until("ready", again.ready, within=90)
    assert again.stats() == {"by_domain": {"more.org": 1}, "by_user": {"somebody": 1}}
