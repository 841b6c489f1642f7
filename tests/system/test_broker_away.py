"""Nothing is lost and nothing of ours is restarted when the broker goes away and comes back."""

import socketserver
import threading

import pytest

from tests.servers import wait
from tests.system.support.outage import Flow


def assert_exact(flow: Flow) -> None:
    assert flow.consumer.stats() == flow.simulator.served().stats()
    assert flow.consumer.get("/stats").headers["X-Wikiflow-Complete"] == "true"


def test_broker_killed_and_restarted_during_flow_loses_nothing(own_kafka, apps):
    flow = Flow(own_kafka, apps, "changes", count=20_000, rate=1_000)
    for counted in (1_000, 8_000):
        flow.wait_until_flowing(counted)
        own_kafka.kill()
        own_kafka.up()
    flow.wait_until_all_counted()
    assert_exact(flow)


def test_reason_is_told_while_the_broker_is_away(own_kafka, apps):
    flow = Flow(own_kafka, apps, "changes", count=10_000, rate=500)
    flow.wait_until_flowing(500)
    flow.go_through_outage("killed", pause=lambda: None)
    assert_exact(flow)


def test_programs_that_start_before_the_broker_wait_for_it(own_kafka, apps):
    own_kafka.down()
    flow = Flow(own_kafka, apps, "changes", count=2_000, rate=2_000)
    for program in flow.ours:
        program.answering()
        wait.until(f"{program.name} is not ready", lambda p=program: p.get("/readyz").status == 503)
    assert flow.consumer.stats() == {"by_domain": {}, "by_user": {}}
    assert flow.consumer.get("/stats").headers["X-Wikiflow-Complete"] == "false"
    own_kafka.up()
    flow.wait_until_all_counted()
    assert_exact(flow)


class Stranger(socketserver.ThreadingTCPServer):
    """At the broker's address, but not a broker: answers whatever comes as a server of HTTP would."""

    allow_reuse_address = True
    daemon_threads = True

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            if self.request.recv(4096):
                self.request.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
                self.server.answers += 1

    def __init__(self, address: str):
        host, port = address.split(":")
        super().__init__((host, int(port)), self.Handler)
        self.answers = 0
        threading.Thread(target=self.serve_forever, daemon=True).start()


def test_something_else_at_the_address_of_the_broker_is_waited_out(own_kafka, apps):
    flow = Flow(own_kafka, apps, "changes", count=10_000, rate=500)
    flow.wait_until_flowing(500)

    def pause() -> None:
        with Stranger(own_kafka.broker) as stranger:
            # Each program tries again every few seconds.
            wait.until("it was often taken for the broker", lambda: stranger.answers >= 20, within=120)
            stranger.shutdown()

    flow.go_through_outage("down", pause)
    assert_exact(flow)


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("how", ["down", "frozen"])
def test_broker_away_for_six_minutes_loses_nothing(long_outages, how):
    assert_exact(long_outages[how].result())
