"""How long it takes the others of a group to do all the work of one that is killed: as bench/groups.py."""

import json
import time
from collections.abc import Callable
from contextlib import ExitStack

from bench.figures import Figure, at_most, told
from bench.harness import App, Bench

USERS = 100_000
RATE = 6_000  # changes a second, some two hundred times the source's
BEFORE_S = 10  # of flow
AFTER_S = 60
SESSION_S = 6  # of the group; the broker allows no shorter one
SLACK_S = 5
PARTITIONS = 6
OWNED = "wikiflow_tally_partitions_owned"


def takeover(bench: Bench, _repeats: int, scale: float) -> list[Figure]:
    users = round(USERS * scale)
    topic = bench.topic()
    loaded = 10 * users
    bench.run_on_topic("load_topic", topic, records=loaded, users=users, distinct=True, headers=True)
    keyspace = "takeover"
    env = {
        "STORAGE": "cassandra",
        "CASSANDRA_KEYSPACE": keyspace,
        **bench.cassandra().settings,
        "RDKAFKA_SESSION_TIMEOUT_MS": str(SESSION_S * 1000),
        "RDKAFKA_HEARTBEAT_INTERVAL_MS": str(SESSION_S * 250),
    }
    bench.app("consumer", "store", "init", env=env)
    events = RATE * (BEFORE_S + AFTER_S)
    with ExitStack() as running:
        first, second, victim = (running.enter_context(bench.consumer(topic, **env)) for _ in range(3))
        others = [first, second]
        for app in (*others, victim):
            app.seconds_until_ready()
        first.wait_for("all three have work", lambda: all_is_owned([*others, victim]))
        frames = running.enter_context(
            bench.serve("frames_server", events=events, distinct=users, users=users, rate=RATE)
        )
        running.enter_context(bench.producer(topic, frames.url))
        wait_counted(first, loaded + RATE * BEFORE_S)
        victim.kill()
        owned_s, complete_s, incomplete, looks = watch(others)
        rows = bench.run("floor_read_rows", cassandra=bench.cassandra().host, keyspace=keyspace, topic=topic)
        again = running.enter_context(bench.consumer(topic, **env))
        ready_s = again.seconds_until_ready()
        for app in (*others, again):
            wait_counted(app, loaded + events)
            check_sum(app, loaded + events)
    share_s = rows["wall_s"] / 3
    bar = SESSION_S + SLACK_S + share_s
    note = f"{incomplete} of {looks} looks at them before and after said not complete"
    return [
        at_most("takeover: until the answers of the others are complete", "s", complete_s, bar, note=note),
        told("takeover: until the others write all partitions", "s", owned_s, f"session {SESSION_S} s"),
        told("takeover: rows", "", rows["rows"], f"a third of them is read in {share_s:.2f} s"),
        told("takeover: one that is started in full flow is ready after", "s", ready_s),
    ]


def watch(others: list[App]) -> tuple[float, float, int, int]:
    """Looks on, from when one of three is killed until the others own everything, and as long again: how many seconds
    it takes until they own everything, and until the last answer that was not complete; how many were not, of how
    many."""
    begin = time.monotonic()
    owned_s: float | None = None
    complete_s, incomplete, looks = 0.0, 0, 0
    while owned_s is None or time.monotonic() - begin < 2 * owned_s:
        for app in others:
            looks += 1
            if not is_complete(app):
                incomplete += 1
                complete_s = time.monotonic() - begin
        if owned_s is None and all_is_owned(others):
            owned_s = time.monotonic() - begin
        if time.monotonic() - begin > 300:
            raise RuntimeError("after five minutes the others do not own all partitions")
        time.sleep(0.1)
    return owned_s, complete_s, incomplete, looks


def all_is_owned(apps: list[App]) -> bool:
    each = [app.metric(OWNED) for app in apps]
    return all(each) and sum(each) == PARTITIONS


def wait_counted(app: App, changes: int) -> None:
    app.wait_for(f"{changes} counted", lambda: sum(stats(app)["by_domain"].values()) >= changes, every=0.5)


def stats(app: App) -> dict[str, dict[str, int]]:
    return json.loads(app.get("/stats") or b'{"by_domain":{},"by_user":{}}')


def is_complete(app: App) -> bool:
    return app.header("/stats", "X-Wikiflow-Complete") == "true"


def check_sum(app: App, changes: int) -> None:
    for name, counts in stats(app).items():
        if sum(counts.values()) != changes:
            raise RuntimeError(f"{app.name} counts {sum(counts.values())} changes {name} instead of {changes}")


GROUPS: dict[str, Callable[[Bench, int, float], list[Figure]]] = {"takeover": takeover}
