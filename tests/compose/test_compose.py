"""docker-compose.yml as an operator starts it, with stand-ins for what cannot be pulled here."""

import subprocess
from pathlib import Path

import pytest

from tests.compose.conftest import FILES, Compose, compose_argv, run
from tests.conftest import ROOT
from tests.servers import wait
from tests.system.support import independent_count
from tests.system.support.http import ask

STATS = "http://127.0.0.1:8080/stats"
CHANGES = 120_000
RATE = 400  # a second, so the stream flows for five minutes: the kills must come within them
OURS = ("producer", "consumer")
THEIRS = ("redpanda", "cassandra")
MADE = ("topic", "schema")  # these make something, and end


@pytest.mark.parametrize("profiles", ["", "observability"])
@pytest.mark.parametrize("storage", ["", "memory", "rocksdb", "cassandra"])
@pytest.mark.parametrize("files", [FILES[:1], FILES[:2], FILES], ids=["plain", "sample", "test"])
@pytest.mark.parametrize("env_file", [".env.example", "empty"])
def test_every_combination_of_files_is_valid(work_dir: Path, files, storage, profiles, env_file):
    empty = work_dir / "empty.env"
    empty.write_text("")
    settings = {"WIKIFLOW_TEST_COUNT": "1", "WIKIFLOW_TEST_RATE": "1", "WIKIFLOW_TEST_RECORD": str(work_dir)}
    argv = compose_argv(files, empty if env_file == "empty" else ROOT / env_file)
    run([*argv, "config", "-q"], settings | {"COMPOSE_PROFILES": profiles} | ({"STORAGE": storage} if storage else {}))


def total() -> int:
    """How many changes are counted; nothing while the consumer is away."""
    try:
        return sum(ask(STATS, timeout=5).json()["by_domain"].values())
    except (OSError, ValueError):
        return 0


def complete_answer() -> dict[str, dict[str, int]]:
    """What /stats says once it says that it is all."""

    def answer() -> dict[str, dict[str, int]] | None:
        try:
            got = ask(STATS, timeout=5)
        except OSError:
            return None
        return got.json() if got.headers["X-Wikiflow-Complete"] == "true" else None

    return wait.until("/stats is complete", answer, within=300, every=0.5)


def wait_for_total(wanted: int) -> None:
    wait.until(f"{wanted} changes are counted", lambda: total() >= wanted, within=600, every=0.5)


def kill_and_bring_up(compose: Compose, service: str) -> None:
    compose("kill", "-s", "KILL", service)
    assert compose.state(service, "ExitCode") == "137"
    compose("up", "-d", service)
    compose.wait_healthy(service)


def topics_from_the_host() -> str:
    return subprocess.run(["kcat", "-L", "-b", "127.0.0.1:19092"], capture_output=True, text=True, check=True).stdout


@pytest.mark.timeout(1800)
@pytest.mark.parametrize(
    "compose", [{"WIKIFLOW_TEST_COUNT": str(CHANGES), "WIKIFLOW_TEST_RATE": str(RATE)}], indirect=True, ids=["whole"]
)
def test_a_cold_start_counts_exactly_through_kills_and_stops_cleanly(compose: Compose, record_dir: Path):
    run(["tools/images.sh", "stand-ins"])
    compose("up", "--build", "-d")
    compose.wait_healthy(*THEIRS, *OURS)
    assert {service: compose.state(service, "ExitCode") for service in MADE} == dict.fromkeys(MADE, "0")
    assert "wikipedia.changes" in topics_from_the_host()

    wait_for_total(CHANGES // 20)
    for service in (*OURS, *THEIRS):
        kill_and_bring_up(compose, service)
    assert total() < CHANGES, "the stream had ended before the kills: nothing was in flight"
    wait_for_total(CHANGES)
    served = independent_count.count(independent_count.frames(record_dir / "frames.ndjson"))
    assert len(served.ids) == CHANGES
    assert served.frames["repeat"] > 0
    assert complete_answer() == served.stats()
    for service in (*OURS, *THEIRS):
        kill_and_bring_up(compose, service)
        assert complete_answer() == served.stats(), f"after {service} was killed"

    # Counted anew in each other store; what Cassandra keeps is there when it is asked for again.
    for storage in ("rocksdb", "memory", "cassandra"):
        compose.env["STORAGE"] = storage
        compose("up", "-d", "consumer")
        compose.wait_healthy("consumer")
        assert complete_answer() == served.stats(), storage

    compose("stop", *OURS, "stream")
    assert {service: compose.state(service, "ExitCode") for service in (*OURS, "stream")} == dict.fromkeys(
        (*OURS, "stream"), "0"
    )
    compose("down", "-v")
    assert compose.left_over() == []


@pytest.mark.parametrize("service", OURS)
def test_the_images_run_as_nobody_with_nothing_to_write_to(service):
    user = run(["docker", "image", "inspect", "--format", "{{.Config.User}}", f"wikiflow-{service}"]).strip()
    assert user == "10001:10001"
    printed = run(["docker", "run", "--rm", "--read-only", "--network=none", f"wikiflow-{service}", "--print-config"])
    assert "REDPANDA_BROKER=redpanda:9092" in printed
