"""The whole way on a real broker, through everything a stream can do: /stats equals an independent count."""

import pytest

from tests.servers import wait
from tests.system.support.services import Apps, Simulator

CUTS = 100
# Of a hundred frames, so many are followed or replaced by a bad one.
FAULTS = ["--duplicate", "0.01", "--malformed", "0.005", "--canary", "0.005", "--error-frames", "0.0002"]


def counted_like_served(simulator: Simulator, apps: Apps, kafka, topic: str, changes: int):
    """Runs producer and consumer until all `changes` are counted. Returns both and the independent count."""
    producer = apps.producer(simulator.url, kafka.broker, topic).answering()
    consumer = apps.consumer(kafka.broker, topic).answering()

    def everything_counted() -> bool:
        for program in (simulator, producer, consumer):
            assert program.running(), f"{program.name} ended:\n{program.tail()}"
        return simulator.status()["done"] and consumer.total() >= changes

    wait.until(f"{changes} changes are counted", everything_counted, within=180, every=0.5)
    served = simulator.served()
    assert consumer.stats() == served.stats()
    return producer, consumer, served


def assert_went_through_it_all(producer, served) -> None:
    """That the faults asked for did happen, and were seen."""
    assert served.frames["repeat"] > 0
    assert served.frames["canary"] > 0
    assert served.frames["none"] > 0
    assert producer.metric("wikiflow_source_canaries_total") > 0
    assert producer.metric("wikiflow_source_malformed_total") > 0
    assert producer.metric("wikiflow_source_oversized_total") > 0
    assert producer.metric("wikiflow_source_duplicates_total") > 0
    assert producer.metric("wikiflow_source_error_frames_total") > 0
    assert producer.metric("wikiflow_source_changes_total") == len(served.ids)
    assert producer.metric("wikiflow_ingest_refused_total") == 0


@pytest.mark.timeout(600)
def test_two_hundred_thousand_changes_through_a_hundred_cuts_are_counted_exactly(kafka, apps, topic, seed):
    changes = 200_000
    flags = [
        "--seed",
        str(seed),
        "--count",
        str(changes),
        "--rate",
        "0",
        "--cut-after-events",
        "1800",
        "--oversized",
        "0.00005",
    ]
    simulator = apps.simulator(*flags, "--reorder", "50", "--split-writes", *FAULTS)
    producer, consumer, served = counted_like_served(simulator, apps, kafka, topic, changes)
    assert len(served.ids) == changes
    assert simulator.status()["cuts"] >= CUTS
    assert_went_through_it_all(producer, served)
    assert consumer.get("/stats").headers["X-Wikiflow-Complete"] == "true"


@pytest.mark.timeout(600)
def test_bundled_sample_through_a_hundred_cuts_is_counted_exactly(kafka, apps, topic, seed):
    changes = 60_000  # the sample thirty times over, each time with other ids
    flags = ["--seed", str(seed), "--count", str(changes), "--rate", "0", "--loop", "--reset-after", "700"]
    simulator = apps.simulator(*flags, "--oversized", "0.0001", "--sample", *FAULTS)
    producer, _, served = counted_like_served(simulator, apps, kafka, topic, changes)
    assert simulator.status()["cuts"] >= CUTS
    assert_went_through_it_all(producer, served)
