"""What exactly once costs, over records with the headers that our producer writes: as bench/groups.py."""

import json
import subprocess
from collections.abc import Callable

from bench.figures import Figure, against_floor, at_most, told
from bench.groups import often
from bench.harness import Bench, group_of
from tests.servers.kafka_probe import committed

MILLION = 1_000_000
USERS = 1_000_000
ROCKSDB_RECORDS = 160 * MILLION  # these take a minute where it goes fastest
CASSANDRA_RECORDS = 32 * MILLION  # so do these
RESTART_RECORDS = 10 * MILLION
# CPU for a million records on the machine that these bars were set on, and what discarding plain records took there:
# elsewhere a bar is as many times that.
DEDUPE_S = 0.15
CASSANDRA_S = 2.0
DISCARD_S = 0.40
REFERENCE_RECORDS_PER_S = 340  # the Go reference with Cassandra's counters


def rocksdb(bench: Bench, repeats: int, scale: float) -> list[Figure]:
    records = round(ROCKSDB_RECORDS * scale)
    topic = bench.topic()
    loaded = bench.run_on_topic("load_topic", topic, records=records, users=USERS, headers=True)
    # The machine's memory is faster and slower by turns of minutes: a floor before and one after.
    floors = [bench.run_on_topic("floor_consume", topic, records=records)["cpu_s"]]
    with bench.consumer(topic, STORAGE="rocksdb", STATE_DIR=str(bench.dir / "counts")) as ours:
        ours.wait_counted(records)
        wall_s, cpu_s = ours.end()
    floors.append(bench.run_on_topic("floor_consume", topic, records=records)["cpu_s"])
    per_million = MILLION / records
    window, header, bytes_per_id = deduping(bench, topic, records, often(repeats))
    return [
        against_floor("rocksdb, exactly once: CPU for 1 M records", "s",
                      [(floor * per_million, cpu_s * per_million) for floor in floors], most=2.2),
        told("rocksdb, exactly once: records", "1/s", records / wall_s, f"{wall_s:.0f} s, last flush included"),
        told("rocksdb, exactly once: value of a record", "B", loaded["record_bytes"]),
        against_floor("dedupe: CPU for 1 M records", "s", window, most=DEDUPE_S / DISCARD_S),
        against_floor("dedupe: CPU for finding 1 M ids", "s", header),
        at_most("dedupe: memory for an id", "B", bytes_per_id, 32),
    ]  # fmt: skip


Pairs = list[tuple[float, float]]


def deduping(bench: Bench, topic: str, records: int, repeats: int) -> tuple[Pairs, Pairs, float]:
    """(discarding plain records, telling duplicates by their ids) and (the former, finding the header with the id), for
    a million of each, again and again; and the bytes that the window takes for an id. The header is librdkafka's to
    find: it has no bar of its own, and is part of what counting exactly once may cost. It is what it costs a reader who
    goes through the values too, as one who counts does: to bring a record to the core that counts it is paid once.
    Memory comes from the malloc of our programs."""
    some = min(records, round(10 * MILLION))
    plain = bench.topic()
    bench.run_on_topic("load_topic", plain, records=some, users=USERS)

    def cpu_s(program: str, topic: str, **options: object) -> float:
        return bench.run_on_topic(program, topic, records=some, **options)["cpu_s"] / some * MILLION

    window, header = [], []
    for _ in range(repeats):
        floor = cpu_s("floor_consume", plain)
        without = cpu_s("floor_consume_malloc", topic, values=True)
        header.append((floor, cpu_s("floor_consume_malloc", topic, values=True, header="wikiflow") - without))
        take = micro(bench, "dedupe_take")
        window.append((floor, take["cpu_time"] / take["items"] * 1e-9 * MILLION))
    return window, header, take["bytes_per_id"]


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


def cassandra(bench: Bench, repeats: int, scale: float) -> list[Figure]:
    records = round(CASSANDRA_RECORDS * scale)
    topic = bench.topic()
    bench.run_on_topic("load_topic", topic, records=records, users=USERS, headers=True)
    # The node syncs its commit log before it acknowledges.
    sync = {"CASSANDRA_SYNC_PERIOD": "0 s"}
    env = {"STORAGE": "cassandra", "CASSANDRA_KEYSPACE": "bench", **bench.cassandra().settings, **sync}
    bench.app("consumer", "store", "init", env=env)
    plain = bench.topic()
    bench.run_on_topic("load_topic", plain, records=records, users=USERS)
    floors = [bench.run_on_topic("floor_consume", plain, records=records)["cpu_s"] for _ in range(repeats)]
    with bench.consumer(topic, **env) as ours:
        ours.wait_counted(records)
        # Committed is what is lasting; a stop in the midst of catching up may leave rows to be counted again.
        kept = lambda: sum(committed(bench.kafka.broker, group_of(topic)).get(topic, {}).values()) >= records  # noqa: E731
        ours.wait_for("all is lasting", kept)
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
        against_floor("cassandra, exactly once: client's CPU for 1 M", "s",
                      [(floor * per_million, cpu_s * per_million) for floor in floors], most=CASSANDRA_S / DISCARD_S),
        against_floor("cassandra: restart until ready", "s", [(rows["wall_s"], ready_s)], most=1.5),
        told("cassandra: rows", "", rows["rows"]),
    ]  # fmt: skip


GROUPS: dict[str, Callable[[Bench, int, float], list[Figure]]] = {
    "rocksdb": rocksdb,
    "restart": restart,
    "cassandra": cassandra,
}
