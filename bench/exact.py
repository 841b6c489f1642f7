"""What exactly once costs, over records with the headers that our producer writes: as bench/groups.py."""

import json
import subprocess
from collections.abc import Callable

from bench.figures import Figure, against_floor, at_most, told
from bench.harness import Bench

MILLION = 1_000_000
USERS = 1_000_000
ROCKSDB_RECORDS = 60 * MILLION
CASSANDRA_RECORDS = 7 * MILLION  # a minute of it at the bar
RESTART_RECORDS = 10 * MILLION
REFERENCE_RECORDS_PER_S = 340  # the Go reference with Cassandra's counters


def rocksdb(bench: Bench, repeats: int, scale: float) -> list[Figure]:
    records = round(ROCKSDB_RECORDS * scale)
    topic = bench.topic()
    loaded = bench.run_on_topic("load_topic", topic, records=records, users=USERS, headers=True)
    floor = bench.run_on_topic("floor_consume", topic, records=records)
    with bench.consumer(topic, STORAGE="rocksdb", STATE_DIR=str(bench.dir / "counts")) as ours:
        ours.wait_counted(records)
        wall_s, cpu_s = ours.end()
    per_million = MILLION / records
    window = micro(bench, "dedupe_take")
    lookup = looking_up(bench, topic, records, 2 * repeats + 1)
    dedupe = lookup + window["cpu_time"] / window["items"] * 1e-9 * MILLION
    return [
        against_floor("rocksdb, exactly once: CPU for 1 M records", "s",
                      [(floor["cpu_s"] * per_million, cpu_s * per_million)], most=2.2),
        told("rocksdb, exactly once: records", "1/s", records / wall_s, f"{wall_s:.0f} s, last flush included"),
        told("rocksdb, exactly once: value of a record", "B", loaded["record_bytes"]),
        at_most("dedupe: CPU for 1 M records", "s", dedupe, 0.15, note=f"of it finding the header {lookup:.3f}"),
        at_most("dedupe: memory for an id", "B", window["bytes_per_id"], 32),
    ]  # fmt: skip


def looking_up(bench: Bench, topic: str, records: int, repeats: int) -> float:
    """What finding one header of each of a million records costs, where memory comes from the malloc of our programs. A
    small difference of two large figures: pairs in turn, and their median."""
    some = min(records, round(10 * MILLION))

    def cpu_s(**options: object) -> float:
        return bench.run_on_topic("floor_consume_malloc", topic, records=some, **options)["cpu_s"]

    differences = sorted(cpu_s(header="wikiflow") - cpu_s() for _ in range(repeats))
    return differences[len(differences) // 2] / some * MILLION


def micro(bench: Bench, name: str) -> dict[str, float]:
    argv = [bench.programs / "micro_exact", f"--benchmark_filter={name}", "--benchmark_format=json"]
    done = subprocess.run(argv, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, timeout=300)
    result = json.loads(done.stdout)["benchmarks"][0]
    return {**result, "items": result["items_per_second"] * result["cpu_time"] * 1e-9}


def restart(bench: Bench, repeats: int, scale: float) -> list[Figure]:
    records = round(RESTART_RECORDS * scale)
    topic = bench.topic()
    # Every user is there.
    bench.run_on_topic("load_topic", topic, records=records, users=round(USERS * scale), distinct=True, headers=True)
    env = {"STORAGE": "rocksdb", "STATE_DIR": str(bench.dir / "restart")}
    with bench.consumer(topic, **env) as first:
        first.wait_counted(records)
        first.end()
    seconds = []
    for _ in range(repeats):
        with bench.consumer(topic, **env) as again:
            seconds.append(again.seconds_until_ready())
            again.end()
    return [at_most("rocksdb: restart until ready, 1 M users", "s", sorted(seconds)[len(seconds) // 2], 5)]


def cassandra(bench: Bench, _repeats: int, scale: float) -> list[Figure]:
    records = round(CASSANDRA_RECORDS * scale)
    topic = bench.topic()
    bench.run_on_topic("load_topic", topic, records=records, users=USERS, headers=True)
    # The node syncs its commit log before it acknowledges.
    sync = {"CASSANDRA_SYNC_PERIOD": "0 s"}
    env = {"STORAGE": "cassandra", "CASSANDRA_KEYSPACE": "bench", **bench.cassandra().settings, **sync}
    bench.app("consumer", "store", "init", env=env)
    with bench.consumer(topic, **env) as ours:
        ours.wait_counted(records)
        ours.wait_for("it owns its partitions", lambda: ours.metric("wikiflow_tally_partitions_owned") > 0)
        wall_s, cpu_s = ours.end()
    place = {"cassandra": bench.cassandra().host, "keyspace": "bench", "topic": topic}
    rows = bench.run("floor_read_rows", **place)
    with bench.consumer(topic, **env) as again:
        ready_s = again.seconds_until_ready()
        again.end()
    per_million = MILLION / records
    reference = f"Go reference: {REFERENCE_RECORDS_PER_S}; {wall_s:.0f} s, last flush included"
    return [
        against_floor("cassandra, exactly once: records", "1/s", [(100_000, records / wall_s)], least=1.0),
        told("cassandra, exactly once: records", "1/s", records / wall_s, reference),
        at_most("cassandra, exactly once: client's CPU for 1 M", "s", cpu_s * per_million, 2),
        against_floor("cassandra: restart until ready", "s", [(rows["wall_s"], ready_s)], most=1.5),
        told("cassandra: rows", "", rows["rows"]),
    ]


GROUPS: dict[str, Callable[[Bench, int, float], list[Figure]]] = {
    "rocksdb": rocksdb,
    "restart": restart,
    "cassandra": cassandra,
}
