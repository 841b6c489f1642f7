"""What tests of the whole ask for beyond tests/conftest.py, and what is shown of the programs when one fails."""

import os
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system.support.outage import AWAY, Background, LongOutage, StoreOutage
from tests.system.support.services import Apps

TAIL_LINES = 40


@pytest.fixture
def apps(binaries: dict[str, Path], work_dir: Path) -> Iterator[Apps]:
    started = Apps(binaries, work_dir)
    yield started
    started.close()


@pytest.fixture
def seed(request: pytest.FixtureRequest) -> int:
    """Another one at each run; WIKIFLOW_TEST_SEED repeats a run."""
    value = int(os.environ.get("WIKIFLOW_TEST_SEED") or random.SystemRandom().randrange(1, 2**31))
    reporter = request.config.pluginmanager.get_plugin("terminalreporter")
    if reporter:
        reporter.write_line(f"\n{request.node.name}: WIKIFLOW_TEST_SEED={value}")
    return value


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


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    report = yield
    if report.when == "call" and report.failed and "work_dir" in getattr(item, "funcargs", {}):
        for path in sorted(item.funcargs["work_dir"].glob("*.log")):
            lines = path.read_text(errors="replace").splitlines()[-TAIL_LINES:]
            report.sections.append((f"the end of {path.name}", "\n".join(line[:400] for line in lines)))
    return report
