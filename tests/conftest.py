"""What tests of the whole may ask for: real servers, the programs, a folder for both; and what is shown of a failure.

Each run keeps its data under .servers/tests-<pid>/; it is removed when all tests passed.
"""

import itertools
import os
import random
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.servers.cassandra import Cassandra
from tests.servers.kafka import Kafka
from tests.servers.kafka_sse import KafkaSse
from tests.servers.program import Program

ROOT = Path(__file__).resolve().parents[1]
TAIL_LINES = 40
_serial = itertools.count(1)
# These need a container engine and build images (make compose-test), or a fresh Debian (make deb-test).
OPT_IN = {"WIKIFLOW_TEST_COMPOSE": "compose", "WIKIFLOW_TEST_PACKAGES": "packages"}
collect_ignore = [folder for variable, folder in OPT_IN.items() if not os.environ.get(variable)]


@pytest.fixture(scope="session")
def run_dir(request: pytest.FixtureRequest) -> Iterator[Path]:
    path = ROOT / ".servers" / f"tests-{os.getpid()}"
    path.mkdir(parents=True)
    yield path
    if request.session.testsfailed == 0:
        shutil.rmtree(path)


@pytest.fixture
def work_dir(run_dir: Path, request: pytest.FixtureRequest) -> Path:
    """A folder for this test alone."""
    path = run_dir / f"{next(_serial):03d}-{re.sub(r'[^A-Za-z0-9]+', '-', request.node.name)[:60]}"
    path.mkdir()
    return path


@pytest.fixture(scope="session")
def binaries() -> dict[str, Path]:
    """producer, consumer and wikiflow of build/bin, or of the folder that WIKIFLOW_BIN names."""
    folder = Path(os.environ.get("WIKIFLOW_BIN", ROOT / "build/bin"))
    found = {name: folder / name for name in ("producer", "consumer", "wikiflow")}
    missing = [str(path) for path in found.values() if not path.exists()]
    assert not missing, f"not built: {', '.join(missing)}; run make build"
    return found


@pytest.fixture(scope="session")
def kafka(run_dir: Path) -> Iterator[Kafka]:
    """A broker with a secure listener, shared by all tests: use topic names of your own, and leave it running."""
    with Kafka(run_dir / "kafka", secure=True) as broker:
        yield broker


@pytest.fixture
def own_kafka(work_dir: Path) -> Iterator[Kafka]:
    """A broker for this test alone, to be killed, frozen and started again."""
    with Kafka(work_dir / "kafka") as broker:
        yield broker


@pytest.fixture(scope="session")
def cassandra(run_dir: Path) -> Iterator[Cassandra]:
    """A node with a password and TLS, shared by all tests: use a keyspace of your own, and leave it running."""
    with Cassandra(run_dir / "cassandra", secure=True) as node:
        yield node


@pytest.fixture
def own_cassandra(work_dir: Path) -> Iterator[Cassandra]:
    """A node with a password and TLS for this test alone, to be killed, frozen and started again."""
    with Cassandra(work_dir / "cassandra", secure=True) as node:
        yield node


@pytest.fixture
def topic(request: pytest.FixtureRequest) -> str:
    """A topic name that no other test uses. The topic itself is not made."""
    return f"t{os.getpid()}.{next(_serial)}.{re.sub(r'[^A-Za-z0-9]+', '-', request.node.name)[:80]}"


@pytest.fixture
def start(work_dir: Path) -> Iterator[Callable[..., Program]]:
    """start(name, argv, env={...}) runs a program in this test's folder; what still runs at the end is killed."""
    programs: list[Program] = []

    def start_program(name: str, argv: list[str | Path], env: dict[str, str] | None = None) -> Program:
        programs.append(Program(name, argv, work_dir, env))
        return programs[-1]

    yield start_program
    for program in reversed(programs):
        program.kill()


@pytest.fixture
def kafka_sse(work_dir: Path) -> Iterator[Callable[..., KafkaSse]]:
    """kafka_sse(broker, topics, cut_after_ms=None) serves topics of a Kafka as EventStreams would."""
    servers: list[KafkaSse] = []

    def serve(broker: str, topics: list[str], cut_after_ms: int | None = None) -> KafkaSse:
        servers.append(KafkaSse(work_dir, broker, topics, cut_after_ms))
        return servers[-1]

    yield serve
    for server in servers:
        server.kill()


@pytest.fixture
def seed(request: pytest.FixtureRequest) -> int:
    """Another one at each run; WIKIFLOW_TEST_SEED repeats a run."""
    value = int(os.environ.get("WIKIFLOW_TEST_SEED") or random.SystemRandom().randrange(1, 2**31))
    plugins = request.config.pluginmanager
    reporter, capture = plugins.get_plugin("terminalreporter"), plugins.get_plugin("capturemanager")
    # What a fixture writes is shown of a failure only, unless capturing is off.
    with capture.global_and_fixture_disabled():
        reporter.write_line(f"\n{request.node.name}: WIKIFLOW_TEST_SEED={value}")
    return value


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    report = yield
    if report.when == "call" and report.failed and "work_dir" in getattr(item, "funcargs", {}):
        for path in sorted(item.funcargs["work_dir"].glob("*.log")):
            lines = path.read_text(errors="replace").splitlines()[-TAIL_LINES:]
            report.sections.append((f"the end of {path.name}", "\n".join(line[:400] for line in lines)))
    return report
