"""What the programs answer over HTTP, in the words of a client."""

import json
import os

import pytest

from tests.servers import wait
from tests.servers.ports import free_port
from tests.system.support import http
from tests.system.support.services import Apps

STATS = {"by_domain": {"a.org": 3, "b.org": 2, "c.org": 1}, "by_user": {"u": 4, "v": 1, "w": 1}}


def records() -> list[bytes]:
    pairs = [("a.org", "u"), ("a.org", "u"), ("a.org", "v"), ("b.org", "u"), ("b.org", "u"), ("c.org", "w")]
    return [json.dumps({"domain": domain, "title": "t", "user": user}).encode() for domain, user in pairs]


@pytest.fixture(scope="module")
def module_apps(binaries, run_dir):
    dir = run_dir / "http"
    dir.mkdir()
    started = Apps(binaries, dir)
    yield started
    started.close()


@pytest.fixture(scope="module")
def consumer(kafka, module_apps):
    topic = f"http.{os.getpid()}"
    module_apps.ensure_topic(kafka.broker, topic)
    kafka.produce(topic, records())
    program = module_apps.consumer(kafka.broker, topic).answering()
    wait.until("all is counted", lambda: program.total() == len(records()))
    return program


@pytest.fixture(scope="module")
def producer(kafka, module_apps):
    """One whose stream is out of reach."""
    return module_apps.producer(f"http://127.0.0.1:{free_port()}/", kafka.broker, f"http.{os.getpid()}").answering()


def assert_problem(answer: http.Answer, status: int, about: str) -> None:
    assert answer.status == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == status
    assert about in problem["detail"]


def test_stats_holds_exactly_the_two_maps_and_says_what_they_are_worth(consumer):
    wait.until("complete", lambda: consumer.get("/stats").headers["X-Wikiflow-Complete"] == "true")
    answer = consumer.get("/stats")
    assert (answer.status, answer.headers["Content-Type"], answer.json()) == (200, "application/json", STATS)
    assert answer.headers["X-Wikiflow-As-Of"].endswith("Z")
    assert answer.headers["X-Wikiflow-Since"] is None


def test_limit_keeps_the_largest_of_each_map_largest_first(consumer):
    assert list(consumer.get("/stats?limit=2").json()["by_domain"].items()) == [("a.org", 3), ("b.org", 2)]
    assert consumer.get("/stats?limit=1").json() == {"by_domain": {"a.org": 3}, "by_user": {"u": 4}}
    assert consumer.get("/stats?limit=1000").json() == STATS


@pytest.mark.parametrize("limit", ["-1", "many", "", "1.5", "99999999999999999999999"])
def test_limit_that_is_no_count_is_refused_by_name(consumer, limit):
    assert_problem(consumer.get(f"/stats?limit={limit}"), 400, "limit")


def test_parameter_that_does_not_exist_is_refused_by_name(consumer):
    assert_problem(consumer.get("/stats?top=3"), 400, "top")


@pytest.mark.parametrize("program", ["consumer", "producer"])
def test_health_version_and_metrics_are_there(request, program):
    service = request.getfixturevalue(program)
    assert service.get("/livez").status == 200
    assert service.get("/version").json()["program"] == program
    metrics = service.get("/metrics")
    assert metrics.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    names = {sample.split("{")[0] for sample in http.parse_metrics(metrics.body.decode())}
    assert {name for name in names if not name.startswith("wikiflow_")} == set()
    assert len(names) > 10


def test_root_leads_to_stats(consumer):
    answer = consumer.get("/")
    assert 301 <= answer.status <= 308
    assert answer.headers["Location"] == "/stats"


def test_consumer_is_ready_once_it_reads_the_topic(consumer):
    wait.until("ready", consumer.ready)
    assert consumer.get("/readyz").json()["checks"]["topic"] == {"ok": True}


def test_producer_serves_no_stats_and_says_why_it_is_not_ready(producer):
    assert_problem(producer.get("/stats"), 404, "/stats")
    wait.until("the reason is known", lambda: "cannot reach" in producer.get("/readyz").body.decode())
    answer = producer.get("/readyz")
    assert answer.status == 503
    assert answer.json()["ready"] is False
    assert answer.json()["checks"]["stream"]["ok"] is False


def test_path_that_does_not_exist_is_named(consumer):
    assert_problem(consumer.get("/nowhere"), 404, "/nowhere")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_method_that_is_not_allowed_is_told_which_are(consumer, method):
    answer = http.ask(consumer.base + "/stats", method)
    assert_problem(answer, 405, method)
    assert answer.headers["Allow"] == "GET, HEAD"


def test_head_answers_as_get_without_a_body(consumer):
    head, get = http.ask(consumer.base + "/stats", "HEAD"), consumer.get("/stats")
    assert (head.status, head.body) == (200, b"")
    assert head.headers["Content-Length"] == str(len(get.body))


def test_request_that_is_none_is_answered_400_and_harms_nothing(consumer):
    assert http.raw("127.0.0.1", consumer.port, b"not http at all\r\n\r\n").startswith(b"HTTP/1.1 400 ")
    assert consumer.stats() == STATS


def test_request_head_over_the_limit_is_refused(consumer):
    head = b"GET /stats HTTP/1.1\r\nHost: h\r\nX-Long: " + b"x" * 20_000 + b"\r\n\r\n"
    assert http.raw("127.0.0.1", consumer.port, head).startswith(b"HTTP/1.1 431 ")
    assert consumer.stats() == STATS


def test_port_in_use_is_a_clear_error(consumer, kafka, apps, topic):
    second = apps.consumer(kafka.broker, topic, env={"HTTP_ADDR": f"127.0.0.1:{consumer.port}"}, name="second")
    assert second.wait(30) not in (0, 70)
    assert f"127.0.0.1:{consumer.port}" in second.log()
    assert "HTTP_ADDR" in second.log()
    assert "another program already does" in second.log()
