"""The Debian package on a fresh Debian, as an operator meets it: install, run, upgrade, remove."""

import re
import signal
import subprocess
from pathlib import Path

from tests.conftest import ROOT
from tests.packages.conftest import Debian, field
from tests.servers import ports, wait
from tests.servers.systemd import NotifySocket
from tests.system.support.http import ask

UNITS = ("wikiflow", "wikiflow-producer", "wikiflow-consumer")
SAMPLE_STATE = "/var/lib/wikiflow/live-sample"


def installed(debian: Debian) -> str:
    return debian.run("dpkg-query", "--show", "--showformat", "${db:Status-Abbrev} ${Version}", "wikiflow")


def as_version(package: Path, version: str, work_dir: Path) -> Path:
    """The same package, saying that it is another version, and with another default configuration."""
    tree = work_dir / "tree"
    subprocess.run(["dpkg-deb", "--raw-extract", package, tree], check=True)
    control = tree / "DEBIAN/control"
    control.write_text(re.sub(r"^Version: .*$", f"Version: {version}", control.read_text(), flags=re.M))
    newer = work_dir / f"wikiflow_{version}.deb"
    subprocess.run(["dpkg-deb", "--build", "--root-owner-group", tree, newer], check=True, capture_output=True)
    return newer


def counted(debian: Debian) -> int:
    status = debian.run("wikiflow", "store", "status", env={"STATE_DIR": SAMPLE_STATE})
    found = re.search(r"(\d+) changes", status)
    assert found, status
    return int(found[1])


def run_unit(debian: Debian, systemd: NotifySocket, unit: str, more_than: int = 0) -> None:
    """Starts what the unit starts, as systemd would, lets it count on, and asks it to stop."""
    text = debian.path(f"/lib/systemd/system/{unit}.service").read_text()
    command = re.search(r"^ExecStart=(.*)$", text, re.M)
    assert command
    env_file = re.search(r"^EnvironmentFile=(.*)$", text, re.M)
    assert env_file
    settings = re.findall(r"^(?:Environment=)?([A-Z_]+)=(.*)$", text + debian.path(env_file[1]).read_text(), re.M)
    port = ports.free_port()
    env = dict(settings) | {
        "NOTIFY_SOCKET": "/run/notify",
        "HTTP_ADDR": f"127.0.0.1:{port}",
        "WIKIPEDIA_STREAM_URL": "http://127.0.0.1:1/stream",  # so it runs on the bundled sample
    }
    program = debian.start(unit, *command[1].split(), env=env)
    assert systemd.hear() == "READY=1"

    def total() -> int:
        return sum(ask(f"http://127.0.0.1:{port}/stats").json()["by_domain"].values())

    wait.until(f"it has counted more than {more_than}", lambda: total() > more_than, within=60)
    debian.run("wikiflow", "health", env=env)
    program.process.send_signal(signal.SIGTERM)
    assert systemd.hear() == "STOPPING=1"
    assert program.wait() == 0


def test_install_run_upgrade_and_remove(debian: Debian, systemd: NotifySocket, package: Path, work_dir: Path):
    version = (ROOT / "VERSION").read_text().strip()
    debian.install(package)
    assert installed(debian).startswith(f"ii  {version}")
    for program in UNITS:
        assert debian.run(program, "--version").startswith(f"wikiflow {version}\n")
        assert debian.path(f"/usr/share/man/man1/{program}.1.gz").exists()
        assert debian.path(f"/usr/share/bash-completion/completions/{program}").exists()
    assert debian.path("/usr/share/doc/wikiflow/THIRD_PARTY_NOTICES").exists()

    assert debian.run("systemd-analyze", "verify", "--man=no", *(f"{unit}.service" for unit in UNITS)) == ""

    run_unit(debian, systemd, "wikiflow")
    before = counted(debian)
    assert before > 0

    edited = debian.path("/etc/wikiflow/wikiflow.env")
    edited.write_text("# mine\n")
    newer = as_version(package, f"{version}.1", work_dir)
    assert field(newer, "Version") == f"{version}.1"
    debian.install(newer)
    assert installed(debian).startswith(f"ii  {version}.1")
    assert edited.read_text() == "# mine\n"
    assert counted(debian) == before
    run_unit(debian, systemd, "wikiflow", more_than=before)
    assert counted(debian) > before

    debian.run("dpkg", "--remove", "wikiflow")
    assert not debian.path("/usr/bin/wikiflow").exists()
    assert edited.exists()
    assert debian.path(SAMPLE_STATE).exists()
    debian.run("dpkg", "--purge", "wikiflow")
    assert not edited.exists()
    assert not debian.path(SAMPLE_STATE).exists()
