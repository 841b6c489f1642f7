"""What tests of the whole ask for beyond tests/conftest.py."""

import itertools
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system.support.outage import AWAY, Background, LongOutage, StoreOutage
from tests.system.support.services import Apps

_serial = itertools.count(1)


@pytest.fixture
def apps(binaries: dict[str, Path], work_dir: Path) -> Iterator[Apps]:
    started = Apps(binaries, work_dir)
    yield started
    started.close()


@pytest.fixture
def cassandra_env(cassandra) -> dict[str, str]:
    """Settings of a keyspace that no other test uses. It is not made."""
    return cassandra.settings | {"CASSANDRA_KEYSPACE": f"k{os.getpid()}_{next(_serial)}"}


@pytest.fixture
def tables(apps, cassandra_env) -> dict[str, str]:
    """Settings of a keyspace that has its tables."""
    made = apps.run("consumer", "store", "init", env=cassandra_env)
    assert made.process.returncode == 0, made.tail()
    return cassandra_env


@pytest.fixture(scope="session", autouse=True)
def long_outages(request: pytest.FixtureRequest) -> Iterator[dict[str, Background]]:
    """Brokers, and a Cassandra, that are away for minutes while the other tests run. Started with the first test, asked
    for by the last, and only if those were selected."""
    slow = [item for item in request.session.items if item.get_closest_marker("slow")]
    wanted = [item.callspec.params["how"] for item in slow if item.path.parent == Path(__file__).parent]
    if not wanted:
        yield {}
        return
    run_dir: Path = request.getfixturevalue("run_dir")
    binaries: dict[str, Path] = request.getfixturevalue("binaries")
    kinds = {how: LongOutage if how in AWAY else StoreOutage for how in wanted}
    outages = {how: kind(how, run_dir / f"outage-{how}", binaries) for how, kind in kinds.items()}
    yield outages
    for outage in outages.values():
        outage.close()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The slow ones come last: by then most of what they wait for has passed."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is not None)
