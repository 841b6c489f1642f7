"""A Compose project on a real engine. `tools/docker.sh run` says where the engine is, and what Compose is here."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.servers import wait

PROJECT = "wikiflow-test"
FILES = ("docker-compose.yml", "docker-compose.sample.yml", "deploy/compose.test.yml")


def run(argv: list[str], env: dict[str, str] | None = None) -> str:
    done = subprocess.run(argv, cwd=ROOT, env={**os.environ, **(env or {})}, capture_output=True, text=True)
    assert done.returncode == 0, f"{' '.join(argv)} ended with {done.returncode}:\n{done.stderr[-4000:]}"
    return done.stdout


def compose_argv(files: tuple[str, ...] | list[str], env_file: Path) -> list[str]:
    """Without what a .env of this checkout says."""
    named = [part for name in files for part in ("-f", name)]
    return [*os.environ["WIKIFLOW_COMPOSE"].split(), "-p", PROJECT, "--env-file", str(env_file), *named]


class Compose:
    """The project of all FILES, in an environment of its own."""

    def __init__(self, env_file: Path, env: dict[str, str]):
        self.argv = compose_argv(FILES, env_file)
        self.env = env

    def __call__(self, *arguments: str) -> str:
        return run([*self.argv, *arguments], self.env)

    def container(self, service: str) -> str:
        return self("ps", "-q", service).strip() or run(self.labelled("ps", "-aq", service)).strip()

    def labelled(self, *command: str) -> list[str]:
        *command, service = command
        project = f"label=com.docker.compose.project={PROJECT}"
        return [
            "docker", *command, "--filter", project, "--filter", f"label=com.docker.compose.service={service}",
        ]  # fmt: skip

    def state(self, service: str, field: str) -> str:
        return run(["docker", "inspect", "--format", f"{{{{.State.{field}}}}}", self.container(service)]).strip()

    def wait_healthy(self, *services: str, within: float = 180.0) -> None:
        for service in services:
            wait.until(
                f"{service} is healthy",
                lambda service=service: self.state(service, "Health.Status") == "healthy",
                within,
                every=1,
            )

    def left_over(self) -> list[str]:
        """What the engine still has of the project."""
        label = f"label=com.docker.compose.project={PROJECT}"
        commands = (["ps", "-aq"], ["volume", "ls", "-q"], ["network", "ls", "-q"])
        return [name for command in commands for name in run(["docker", *command, "--filter", label]).split()]


@pytest.fixture
def record_dir(work_dir: Path) -> Path:
    """Where the simulator, another user inside its container, writes what it served."""
    path = work_dir / "record"
    path.mkdir()
    path.chmod(0o777)
    return path


@pytest.fixture
def env_file(work_dir: Path) -> Path:
    path = work_dir / "empty.env"
    path.write_text("")
    return path


@pytest.fixture
def compose(work_dir: Path, env_file: Path, record_dir: Path, request: pytest.FixtureRequest) -> Iterator[Compose]:
    settings = {"WIKIFLOW_TEST_RECORD": str(record_dir), **request.param}
    project = Compose(env_file, settings)
    project("down", "-v", "--remove-orphans")
    yield project
    (work_dir / "compose.log").write_text(project("logs", "--no-color"))
    project("down", "-v", "--remove-orphans")
