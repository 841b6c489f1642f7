"""The benchmarks, one function for each group of figures. Floor and ours take turns within the same session."""

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

from bench.figures import Figure, against_floor, at_most, told
from bench.harness import Bench

MILLION = 1_000_000
CURL_BUFFER = 512 * 1024  # what our client gives libcurl
REFERENCE_EVENTS_PER_S = 59_000  # the Go reference's producer
REFERENCE_CPU_S = 18  # for a million events
LATENCY_RATE = 100
LATENCY_USERS = 10_000
WARM_UP = 100  # events whose delay is that of connections being made


def often(repeats: int) -> int:
    """For what takes seconds and differs by a third from one time to the next, as CPU does where cores are shared."""
    return 2 * repeats + 1


def consumer(bench: Bench, repeats: int, scale: float) -> list[Figure]:
    records = round(10 * MILLION * scale)
    topic = bench.topic()
    loaded = bench.run_on_topic("load_topic", topic, records=records)
    cpu, wall, rss = [], [], 0.0
    for _ in range(often(repeats)):
        floor = bench.run_on_topic("floor_consume", topic, records=records)
        with bench.consumer(topic) as ours:
            ours.wait_counted(records)
            wall_s, cpu_s = ours.spent()
            rss = ours.rss_mb()
        cpu.append((floor["cpu_s"] / records * MILLION, cpu_s / records * MILLION))
        wall.append((floor["wall_s"], wall_s))
    return [
        against_floor("consumer: CPU for 1 M records", "s", cpu, most=1.6),
        against_floor(f"consumer: wall for {records:,} records", "s", wall, most=1.6),
        against_floor("consumer: records", "1/s", [(records / f, records / o) for f, o in wall]),
        told("consumer: size of a record", "B", loaded["record_bytes"]),
        told("consumer: RSS after catching up", "MB", rss, "100,000 users"),
    ]


def producer(bench: Bench, repeats: int, scale: float) -> list[Figure]:
    events = round(MILLION * scale)
    cpu, wall, curl, produce = [], [], [], []
    with bench.serve("frames_server", events=events) as frames:
        for _ in range(often(repeats)):
            read = bench.run("floor_curl", url=frames.url, bytes=int(frames.about["bytes"]), buffer=CURL_BUFFER)
            write = bench.run_on_topic("floor_produce", bench.topic(), events=events)
            with bench.producer(bench.topic(), frames.url) as ours:
                sent = lambda app=ours: (  # noqa: E731
                    app.metric("wikiflow_ingest_records_total") >= events
                    and app.metric("wikiflow_topic_in_flight_records", 1) == 0
                )
                ours.wait_for(f"{events} acknowledged", sent)
                wall_s, cpu_s = ours.spent()
            per_million = MILLION / events
            cpu.append(((read["cpu_s"] + write["cpu_s"]) * per_million, cpu_s * per_million))
            wall.append((read["wall_s"] + write["wall_s"], wall_s))
            curl.append(read["cpu_s"] * per_million)
            produce.append(write["cpu_s"] * per_million)
        frame_bytes = frames.about["frame_bytes"]
    fastest = events / min(o for _, o in wall)
    return [
        against_floor("producer: CPU for 1 M events", "s", cpu, most=1.5),
        against_floor(f"producer: wall for {events:,} events", "s", wall, most=1.5),
        told("producer: events, best of the repeats", "1/s", fastest, f"Go reference: {REFERENCE_EVENTS_PER_S:,}"),
        told("producer: CPU for 1 M events, best", "s", min(o for _, o in cpu), f"Go reference: {REFERENCE_CPU_S}"),
        told("producer: floor's part of reading", "s", min(curl), f"frames of {frame_bytes:.0f} B"),
        told("producer: floor's part of writing", "s", min(produce)),
    ]


def times(path: Path) -> list[int]:
    return [int(line) for line in path.read_text().split()]


def quantile(values: list[float], q: float) -> float:
    return sorted(values)[min(int(q * len(values)), len(values) - 1)]


def delays_ms(bench: Bench, events: int) -> list[float]:
    """From the write of each event to the first answer of /stats that includes it."""
    topic = bench.topic()
    before = 2 * LATENCY_USERS
    bench.run_on_topic("load_topic", topic, records=before, users=LATENCY_USERS, distinct=True)
    written, seen = bench.dir / "written.ns", bench.dir / "seen.ns"
    with bench.consumer(topic) as consumer:
        consumer.wait_counted(before)
        probe = bench.background("stats_probe", port=consumer.port, base=before, until=before + events, times=seen)
        frames = bench.serve("frames_server", events=events, users=LATENCY_USERS, rate=LATENCY_RATE, times=written)
        with probe, frames, bench.producer(topic, frames.url):
            if probe.wait(within=events / LATENCY_RATE + 60) != 0:
                raise RuntimeError(probe.tail())
    pairs = list(zip(times(written), times(seen), strict=True))
    return [(saw - wrote) / 1e6 for wrote, saw in pairs[WARM_UP:]]


def latency(bench: Bench, repeats: int, scale: float) -> list[Figure]:
    events = WARM_UP + round(2000 * scale)
    floors, ours = [], []
    for _ in range(repeats):
        floors.append(bench.run_on_topic("floor_latency", bench.topic(), records=events, rate=LATENCY_RATE))
        ours.append(delays_ms(bench, events))
    floor_p99 = sorted(floor["p99_ms"] for floor in floors)[len(floors) // 2]
    p99 = sorted(quantile(run, 0.99) for run in ours)[len(ours) // 2]
    everything = [delay for run in ours for delay in run]
    return [
        at_most("delay until /stats shows it: p99", "ms", p99, max(15, 3 * floor_p99), floor_p99),
        told("delay until /stats shows it: p50", "ms", quantile(everything, 0.5)),
        told("delay until /stats shows it: max", "ms", max(everything)),
    ]


def requests_per_s(url: str, connections: int, seconds: int = 3) -> float:
    argv = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", url]
    out = subprocess.run(argv, check=True, stdout=subprocess.PIPE, text=True, timeout=60).stdout
    found = re.search(r"Requests/sec:\s+([\d.]+)", out)
    if not found or "Non-2xx" in out:
        raise RuntimeError(f"{' '.join(argv)}:\n{out}")
    return float(found[1])


def stats(bench: Bench, repeats: int, _scale: float) -> list[Figure]:
    topic = bench.topic()
    records = 15_000
    bench.run_on_topic("load_topic", topic, records=records, users=7_650, distinct=True)
    body = bench.dir / "stats.json"
    figures = []
    with bench.consumer(topic) as ours:
        ours.wait_counted(records)
        body.write_bytes(ours.get("/stats") or b"")
        with bench.serve("static_server", body=body) as floor:
            for connections in (2, 4, 8, 16):
                pairs = [
                    (
                        requests_per_s(floor.url, connections),
                        requests_per_s(f"http://127.0.0.1:{ours.port}/stats", connections),
                    )
                    for _ in range(repeats)
                ]
                figures.append(against_floor(f"/stats, {connections} connections", "1/s", pairs, least=0.7))
    return [*figures, told("/stats: size of the answer", "B", body.stat().st_size)]


def memory(bench: Bench, _repeats: int, scale: float) -> list[Figure]:
    users = round(MILLION * scale)
    topic = bench.topic()
    bench.run_on_topic("load_topic", topic, records=1)
    with bench.consumer(topic) as ours:
        ours.wait_counted(1)
        idle = ours.rss_mb()
        bench.run_on_topic("load_topic", topic, records=users, users=users, distinct=True)
        ours.wait_counted(users + 1)
        full = ours.rss_mb()
    return [
        at_most(f"memory: RSS at {users:,} users, above idle", "MB", full - idle, 150, note=f"{idle:.0f} MB when idle"),
    ]


def hold(bench: Bench, repeats: int, scale: float) -> list[Figure]:
    runs = [bench.run("tally_hold", users=round(MILLION * scale)) for _ in range(repeats)]
    longest = sorted(run["longest_add_ms"] for run in runs)[len(runs) // 2]
    note = f"{runs[0]['renderings']:.0f} answers of {runs[0]['stats_bytes'] / 1e6:.0f} MB"
    return [
        at_most("tally: longest stop while /stats is rendered", "ms", longest, 50, note=note),
        told("tally: records meanwhile", "1/s", runs[0]["records_per_s"]),
        told("memory: for each distinct user, names included", "B", runs[0]["bytes_per_user"]),
    ]


GROUPS: dict[str, Callable[[Bench, int, float], list[Figure]]] = {
    "consumer": consumer,
    "producer": producer,
    "latency": latency,
    "stats": stats,
    "memory": memory,
    "hold": hold,
}
