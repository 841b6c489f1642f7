"""A fresh Debian in a folder, made from packages; `make deb` made the one under test. Needs root and mmdebstrap."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.servers.program import Program
from tests.servers.systemd import NotifySocket


class Debian:
    """Commands in a root folder of its own; network and clock are this machine's."""

    def __init__(self, root: Path):
        self.root = root
        self._programs: list[Program] = []

    def run(self, *argv: str, env: dict[str, str] | None = None) -> str:
        done = subprocess.run(self._inside(argv, env), capture_output=True, text=True)
        assert done.returncode == 0, f"{' '.join(argv)} ended with {done.returncode}:\n{done.stdout}{done.stderr}"
        return done.stdout + done.stderr

    def start(self, name: str, *argv: str, env: dict[str, str]) -> Program:
        self._programs.append(Program(name, self._inside(argv, env), self.root / "tmp"))
        return self._programs[-1]

    def install(self, package: Path) -> str:
        """With nobody there to ask: configuration that was edited stays."""
        shutil.copy(package, self.root / "tmp" / package.name)
        return self.run("dpkg", "--force-confold", "--install", f"/tmp/{package.name}")

    def path(self, inside: str) -> Path:
        return self.root / inside.lstrip("/")

    def close(self) -> None:
        for program in self._programs:
            program.kill()

    def _inside(self, argv: tuple[str, ...], env: dict[str, str] | None) -> list[str]:
        variables = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8", **(env or {})}
        return ["chroot", str(self.root), "env", "-i", *(f"{k}={v}" for k, v in variables.items()), *argv]


@pytest.fixture(scope="session")
def package() -> Path:
    version = (ROOT / "VERSION").read_text().strip()
    (found,) = (ROOT / "build/package").glob(f"wikiflow_{version}*.deb")
    return found


def field(package: Path, name: str) -> str:
    argv = ["dpkg-deb", "--field", package, name]
    return subprocess.run(argv, capture_output=True, text=True, check=True).stdout.strip()


@pytest.fixture(scope="session")
def debian(run_dir: Path, package: Path) -> Iterator[Debian]:
    root = run_dir / "debian"
    depends = {part.split()[0] for part in re.split(r"[,|]", field(package, "Depends"))}
    included = ",".join(sorted(depends | {"systemd", "curl"}))
    subprocess.run([ROOT / "tools/debian.sh", root, f"--include={included}"], check=True)
    made = Debian(root)
    yield made
    made.close()


@pytest.fixture
def systemd(debian: Debian) -> Iterator[NotifySocket]:
    """Inside, it is /run/notify."""
    listener = NotifySocket(debian.path("/run/notify"))
    yield listener
    listener.close()
    listener.path.unlink()
