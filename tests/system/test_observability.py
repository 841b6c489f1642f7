"""What operators look at: a real Prometheus over running programs, under the rules and the dashboard that we ship."""

import contextlib
import json
import math
import re
import shutil
import subprocess
from pathlib import Path
from urllib.parse import quote

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from tests.conftest import ROOT
from tests.servers import wait
from tests.servers.ports import free_port
from tests.system.support.services import Service

PROMETHEUS = shutil.which("prometheus")
CHANGES = 3_000
STREAM = "/v2/stream/recentchange"
FLAGS = ("--count", CHANGES, "--rate", 500, "--duplicate", 0.02, "--malformed", 0.01, "--canary", 0.01)


class Prometheus(Service):
    """Scrapes each second what `targets` names by job."""

    def __init__(self, dir: Path, targets: dict[str, Service]):
        port = free_port()
        text = (ROOT / "deploy/prometheus/prometheus.yml").read_text()
        text = re.sub(r"(scrape|evaluation)_interval: \d+s", r"\1_interval: 1s", text)
        text = text.replace("[wikiflow.rules.yml]", f"[{ROOT / 'deploy/prometheus/wikiflow.rules.yml'}]")
        for job, target in targets.items():
            text, found = re.subn(rf'"{job}:\d+"', f'"127.0.0.1:{target.port}"', text)
            assert found == 1
        config = dir / "prometheus.yml"
        config.write_text(text)
        argv = [PROMETHEUS, f"--config.file={config}", f"--storage.tsdb.path={dir}/prometheus"]
        super().__init__("prometheus", [*argv, f"--web.listen-address=127.0.0.1:{port}"], dir, {}, port)
        self.answering()
        wait.until("Prometheus is ready", lambda: self.get("/-/ready").status == 200)

    def values(self, expression: str) -> list[float]:
        """One for each series; those that are not a number are left out."""
        answer = self.get(f"/api/v1/query?query={quote(expression)}").json()
        assert answer["status"] == "success", f"{expression}: {answer}"
        result = answer["data"]["result"]
        return [number for series in result if not math.isnan(number := float(series["value"][1]))]

    def rules(self) -> list[dict[str, str]]:
        (group,) = self.get("/api/v1/rules").json()["data"]["groups"]
        return group["rules"]


@pytest.fixture
def running(kafka, tables, apps, topic, work_dir):
    """Simulator, producer, consumer on Cassandra, and Prometheus, once all is counted and has been scraped."""
    if not PROMETHEUS:
        pytest.fail("no prometheus here: make system installs it")
    cassandra = {"STORAGE": "cassandra", "CONSUMER_GROUP": f"g-{topic}", **tables}
    apps.ensure_topic(kafka.broker, topic)
    port = free_port()
    producer = apps.producer(f"http://127.0.0.1:{port}{STREAM}", kafka.broker, topic).answering()
    consumer = apps.consumer(kafka.broker, topic, env=cassandra).answering()
    with Prometheus(work_dir, {"producer": producer, "consumer": consumer}) as prometheus:
        # Rates are of what changes between two scrapes, and nothing comes after the last change.
        wait.until("both are scraped", lambda: prometheus.values("up") == [1, 1], within=60)
        simulator = apps.simulator(*map(str, FLAGS), port=port)
        wait.until("all is counted", lambda: consumer.total() == CHANGES, within=120)
        wait.until(
            "rows are written, and librdkafka has told of itself",
            lambda: (
                consumer.metric("wikiflow_cassandra_rows_written_total") > 0
                and prometheus.values("wikiflow_kafka_rtt_seconds")
                and prometheus.values("wikiflow_tally_lag_records") == [0]
                and prometheus.values("wikiflow_tally_partitions_owned") == [6]
                and prometheus.values("wikiflow_tally_complete") == [1]
                and prometheus.values("wikiflow_tally_partition_lag_seconds") == [0] * 6
                and consumer.get("/stats?limit=1").status == 200
            ),
            within=120,
        )
        yield simulator, producer, consumer, prometheus


def check_formats(service: Service) -> None:
    """What /metrics says is valid in both formats, and of the same metrics."""
    text = service.get("/metrics").body.decode()
    linted = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True)
    assert (linted.returncode, linted.stdout + linted.stderr) == (0, "")
    answer = service.get("/metrics", Accept="application/openmetrics-text; version=1.0.0")
    assert answer.headers["Content-Type"].startswith("application/openmetrics-text; version=1.0.0")
    kinds = {family.name: family.type for family in text_string_to_metric_families(answer.body.decode())}
    described = dict(re.findall(r"^# TYPE (\S+) (\S+)$", text, re.M))
    assert kinds == {name.removesuffix("_total"): kind for name, kind in described.items()}
    assert all(name.endswith("_total") == (kind == "counter") for name, kind in described.items())
    assert all(name.startswith("wikiflow_") for name in kinds)


@pytest.mark.timeout(600)
def test_every_panel_and_rule_has_something_to_show(running):
    simulator, producer, consumer, prometheus = running
    check_formats(producer)
    check_formats(consumer)

    dashboard = json.loads((ROOT / "deploy/grafana/dashboards/wikiflow.json").read_text())
    shown = [target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", [])]
    assert len(shown) > 50
    for expression in shown:
        wait.until(
            f"a panel shows {expression}",
            lambda expression=expression: prometheus.values(expression.replace("$__rate_interval", "10m")),
            within=60,
        )

    rules = prometheus.rules()
    assert {rule["health"] for rule in rules} == {"ok"}
    for rule in rules:
        for alternative in rule["query"].split(" or "):
            compared = re.sub(r" (>|==) [^>=]*$", "", alternative)

            def looks_at(compared=compared) -> list[float]:
                consumer.get("/stats?limit=1")  # one rule is about answers, and wants some between two scrapes
                return prometheus.values(compared)

            wait.until(f"{rule['name']} looks at something: {compared}", looks_at, within=60, every=1)
    firing = [rule["name"] for rule in rules if rule["state"] == "firing"]
    assert firing == []

    served = simulator.served()
    truth = {
        "sum(up)": 2,
        "wikiflow_source_changes_total": len(served.ids),
        "wikiflow_ingest_records_total": len(served.ids),
        "wikiflow_tally_records_total": len(served.ids),
        "wikiflow_source_duplicates_total": served.frames["repeat"],
        "wikiflow_source_canaries_total": served.frames["canary"],
        "wikiflow_source_malformed_total": served.frames["none"],
        "wikiflow_tally_domains": len(served.by_domain),
        "wikiflow_tally_users": len(served.by_user),
        "wikiflow_tally_lag_records": 0,
        "sum(wikiflow_tally_partition_lag_records)": 0,
        "wikiflow_batches_in_work_limit": 5,
        "wikiflow_source_gaps_total": 0,
    }

    def seen() -> dict[str, list[float]]:
        return {name: prometheus.values(name) for name in truth}

    expected = {name: [value] for name, value in truth.items()}
    with contextlib.suppress(AssertionError):
        wait.until("the last second has been scraped", lambda: seen() == expected, within=30)
    assert seen() == expected
