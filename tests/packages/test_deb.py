"""The Debian package on a fresh Debian, as an operator meets it: install, run, upgrade, remove."""

import re
import signal
import subprocess
from pathlib import Path

from tests.conftest import ROOT
from tests.packages.conftest import Debian, field
from tests.servers import ports, wait
from tests.servers.kafka import Kafka
from tests.servers.systemd import NotifySocket
from tests.system.support.http import ask

UNITS = ("wikiflow", "wikiflow-producer", "wikiflow-consumer")
NEWER_DEFAULTS = "# Of the newer one.\n"
SAMPLE_STATE = "/var/lib/wikiflow/live-sample"


def installed(debian: Debian) -> str:
    return debian.run("dpkg-query", "--show", "--showformat", "${db:Status-Abbrev} ${Version}", "wikiflow")


def as_version(package: Path, version: str, work_dir: Path) -> Path:
    """The same package, saying that it is another version, and with another default configuration."""
    tree = work_dir / "tree"
    subprocess.run(["dpkg-deb", "--raw-extract", package, tree], check=True)
    control = tree / "DEBIAN/control"
    control.write_text(re.sub(r"^Version: .*$", f"Version: {version}", control.read_text(), flags=re.M))
    for defaults in (tree / "etc/wikiflow").glob("*.env"):
        defaults.write_text(defaults.read_text() + NEWER_DEFAULTS)
    newer = work_dir / f"wikiflow_{version}.deb"
    subprocess.run(["dpkg-deb", "--build", "--root-owner-group", tree, newer], check=True, capture_output=True)
    return newer


def counted(debian: Debian) -> int:
    status = debian.run("wikiflow", "store", "status", env={"STATE_DIR": SAMPLE_STATE})
    found = re.search(r"(\d+) changes", status)
    assert found, status
    return int(found[1])


class Unit:
    """What the unit starts, as systemd would start it, with settings of the test's on top."""

    def __init__(self, debian: Debian, systemd: NotifySocket, name: str, **settings: str):
        text = debian.path(f"/lib/systemd/system/{name}.service").read_text()
        command = re.search(r"^ExecStart=(.*)$", text, re.M)
        env_file = re.search(r"^EnvironmentFile=(.*)$", text, re.M)
        assert command
        assert env_file
        own = re.findall(r"^(?:Environment=)?([A-Z_]+)=(.*)$", text + debian.path(env_file[1]).read_text(), re.M)
        self._debian = debian
        self._systemd = systemd
        self.port = ports.free_port()
        self.env = dict(own) | {"NOTIFY_SOCKET": "/run/notify", "HTTP_ADDR": f"127.0.0.1:{self.port}"} | settings
        self.command, *arguments = command[1].split()
        self._program = debian.start(name, self.command, *arguments, env=self.env)
        assert systemd.hear() == "READY=1"

    def counted(self) -> int:
        return sum(ask(f"http://127.0.0.1:{self.port}/stats").json()["by_domain"].values())

    def stop(self) -> None:
        self._debian.run(self.command, "health", env=self.env)
        self._program.process.send_signal(signal.SIGTERM)
        assert self._systemd.hear() == "STOPPING=1"
        assert self._program.wait() == 0


def run_wikiflow(debian: Debian, systemd: NotifySocket, more_than: int = 0) -> None:
    """Lets it count on, on the bundled sample, since the stream is away."""
    unit = Unit(debian, systemd, "wikiflow", WIKIPEDIA_STREAM_URL="http://127.0.0.1:1/stream")
    wait.until(f"it has counted more than {more_than}", lambda: unit.counted() > more_than)
    unit.stop()


def run_producer_and_consumer(debian: Debian, systemd: NotifySocket, broker: str) -> None:
    changes = 2_000
    stream = ports.free_port()
    debian.start(
        "stream", "wikiflow", "simulate", f"--listen=127.0.0.1:{stream}", f"--count={changes}", "--rate=0", env={}
    )  # fmt: skip
    url = f"http://127.0.0.1:{stream}/v2/stream/recentchange"
    producer = Unit(
        debian, systemd, "wikiflow-producer", REDPANDA_BROKER=broker, WIKIPEDIA_STREAM_URL=url, FROM="earliest"
    )
    consumer = Unit(debian, systemd, "wikiflow-consumer", REDPANDA_BROKER=broker)
    wait.until("all is counted", lambda: consumer.counted() == changes)
    consumer.stop()
    producer.stop()
    assert debian.path("/var/lib/wikiflow-consumer").exists()


def test_install_run_upgrade_and_remove(
    debian: Debian, systemd: NotifySocket, kafka: Kafka, package: Path, work_dir: Path
):
    version = (ROOT / "VERSION").read_text().strip()
    debian.install(package)
    assert installed(debian).startswith(f"ii  {version}")
    for program in UNITS:
        assert debian.run(program, "--version").startswith(f"wikiflow {version}\n")
        assert debian.path(f"/usr/share/man/man1/{program}.1.gz").exists()
        assert debian.path(f"/usr/share/bash-completion/completions/{program}").exists()
    assert debian.path("/usr/share/doc/wikiflow/THIRD_PARTY_NOTICES").exists()

    assert debian.run("systemd-analyze", "verify", "--man=no", *(f"{unit}.service" for unit in UNITS)) == ""

    run_producer_and_consumer(debian, systemd, kafka.broker)
    run_wikiflow(debian, systemd)
    before = counted(debian)
    assert before > 0

    edited = debian.path("/etc/wikiflow/wikiflow.env")
    edited.write_text("# mine\n")
    newer = as_version(package, f"{version}.1", work_dir)
    assert field(newer, "Version") == f"{version}.1"
    debian.install(newer)
    assert installed(debian).startswith(f"ii  {version}.1")
    assert edited.read_text() == "# mine\n"
    assert debian.path("/etc/wikiflow/wikiflow.env.dpkg-dist").read_text().endswith(NEWER_DEFAULTS)
    assert debian.path("/etc/wikiflow/producer.env").read_text().endswith(NEWER_DEFAULTS)
    assert counted(debian) == before
    run_wikiflow(debian, systemd, more_than=before)
    assert counted(debian) > before

    debian.run("dpkg", "--remove", "wikiflow")
    assert not debian.path("/usr/bin/wikiflow").exists()
    assert edited.exists()
    assert debian.path(SAMPLE_STATE).exists()
    debian.run("dpkg", "--purge", "wikiflow")
    assert not edited.exists()
    assert not debian.path(SAMPLE_STATE).exists()
