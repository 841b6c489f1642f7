"""The record on the topic: what others write is counted, and what we write others can read."""

import json
from collections import Counter
from typing import Any

import pytest

from tests.servers import wait
from tests.system.support import independent_count, oddities, three_fields
from tests.system.support.sse_server import SseServer, frame


@pytest.fixture
def odd_names():
    """Every oddity as an event stream; each under an id of its own where it has one."""
    server = SseServer(b"".join(frame(oddity.event) for oddity in oddities.read()))
    yield server
    server.close()


def json_or_none(text: bytes) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


def expected_changes() -> list[three_fields.ThreeFields]:
    changes = [oddity.expect for oddity in oddities.read() if oddity.expect["kind"] == "change"]
    return [
        three_fields.ThreeFields(
            change["domain"].encode(), change["title"].encode(), change["user"].encode() if change["user"] else None
        )
        for change in changes
    ]


def test_three_field_record_written_by_kcat_is_counted(kafka, apps, topic):
    apps.ensure_topic(kafka.broker, topic)
    user = 'Zoë ‎& "Söhne" \\ 🦊'
    value = json.dumps({"domain": "de.wikipedia.org", "title": "Füchse", "user": user}, ensure_ascii=False).encode()
    kafka.produce(topic, [value])
    consumer = apps.consumer(kafka.broker, topic).answering()
    wait.until("the record is counted", lambda: consumer.total() == 1)
    assert consumer.stats() == {"by_domain": {"de.wikipedia.org": 1}, "by_user": {user: 1}}

    kafka.produce(topic, [b'{"domain":"de.wikipedia.org","title":"Without a user"}'])
    wait.until("a record that comes later is counted", lambda: consumer.total() == 2)
    assert consumer.stats() == {"by_domain": {"de.wikipedia.org": 2}, "by_user": {user: 1}}


def test_records_that_are_none_are_passed_over_and_told(kafka, apps, topic):
    apps.ensure_topic(kafka.broker, topic, partitions=1)
    bad = [b"not JSON", b"[]", b"{}", b'{"domain":"a.org"}', b'{"domain":1,"title":"t","user":"u"}', b"\xff\xfe"]
    good = b'{"domain":"a.org","title":"t","user":"u"}'
    kafka.produce(topic, [*bad, good])
    consumer = apps.consumer(kafka.broker, topic).answering()
    wait.until("the good one is counted", lambda: consumer.total() == 1)
    assert consumer.stats() == {"by_domain": {"a.org": 1}, "by_user": {"u": 1}}
    assert consumer.metric("wikiflow_tally_malformed_total") == len(bad)


def test_program_that_knows_three_fields_reads_every_odd_name_byte_for_byte(kafka, apps, topic, odd_names):
    expected = expected_changes()
    producer = apps.producer(odd_names.url, kafka.broker, topic).answering()
    wait.until("all are sent", lambda: producer.metric("wikiflow_ingest_records_total") >= len(expected))
    assert producer.stop() == 0, producer.tail()
    assert three_fields.read_all(kafka.read(topic)) == Counter(expected)


def test_odd_names_come_out_of_stats_as_they_went_in(kafka, apps, topic, odd_names):
    expected = independent_count.count(json_or_none(oddity.event) for oddity in oddities.read())
    assert expected.frames["change"] == len(expected_changes())
    apps.producer(odd_names.url, kafka.broker, topic)
    consumer = apps.consumer(kafka.broker, topic).answering()
    wait.until("all are counted", lambda: consumer.total() >= expected.frames["change"])
    assert consumer.stats() == expected.stats()


def test_records_on_standard_output_are_those_of_the_topic(kafka, apps, topic, odd_names):
    expected = expected_changes()
    producer = apps.producer(odd_names.url, kafka.broker, topic).answering()
    wait.until("all are sent", lambda: producer.metric("wikiflow_ingest_records_total") >= len(expected))
    assert producer.stop() == 0, producer.tail()
    printing = apps.to_stdout(odd_names.url, name="printing")
    wait.until("all are printed", lambda: printing.out().count("\n") >= len(expected))
    assert printing.stop() == 0, printing.tail()
    assert Counter(printing.out_path.read_bytes().splitlines()) == Counter(kafka.read(topic))
