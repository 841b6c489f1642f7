"""What an operator copies says what the programs know: .env.example against --print-config, both ways."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.conftest import ROOT

EXAMPLE = ROOT / ".env.example"
PROGRAMS = ("producer", "consumer", "consumer store init", "wikiflow run")
# The services of docker-compose.yml, with what runs in each.
SERVICES = {
    "topic": "producer topic ensure",
    "producer": "producer",
    "schema": "consumer store init",
    "consumer": "consumer",
}
LINE = re.compile(r"^#([A-Z][A-Z0-9_]*)=(.*)$", re.M)


def example() -> dict[str, str]:
    found = LINE.findall(EXAMPLE.read_text())
    assert len(found) == len({name for name, _ in found}), "a setting stands there twice"
    return dict(found)


def print_config(binaries: dict[str, Path], program: str, env_file: Path) -> subprocess.CompletedProcess[str]:
    name, *command = program.split()
    argv = [binaries[name], *command, "--env-file", env_file, "--print-config"]
    return subprocess.run(argv, env={"PATH": "/usr/bin:/bin"}, capture_output=True, text=True, check=True)


def values(printed: str) -> dict[str, str]:
    return {name: value.strip() for name, value in re.findall(r"^([A-Z][A-Z0-9_]*)=(.*?)#", printed, re.M)}


@pytest.fixture
def defaults(binaries, work_dir) -> dict[str, set[str]]:
    """Each setting of any program, with its default in each of them."""
    empty = work_dir / "empty.env"
    empty.write_text("")
    found: dict[str, set[str]] = {}
    for program in PROGRAMS:
        for name, value in values(print_config(binaries, program, empty).stdout).items():
            found.setdefault(name, set()).add(value)
    return found


def test_the_example_names_every_setting_and_no_other(defaults):
    assert set(example()) == set(defaults)


def test_the_example_shows_the_defaults(defaults):
    wrong = {name: value for name, value in example().items() if value not in defaults[name]}
    assert wrong == {}


@pytest.mark.parametrize("program", PROGRAMS)
def test_the_example_uncommented_is_understood(binaries, work_dir, program):
    env_file = work_dir / "whole.env"
    env_file.write_text(LINE.sub(r"\1=\2", EXAMPLE.read_text()))
    printed = print_config(binaries, program, env_file)
    assert printed.stderr == ""
    taken = values(printed.stdout)
    assert taken == {name: value for name, value in example().items() if name in taken}


@pytest.mark.parametrize("program", ["producer", "consumer"])
def test_compose_keeps_the_defaults_of_the_images(program):
    """A variable that is handed on and set nowhere would be unset in the container, whatever the image says."""
    image = dict(re.findall(r"^(?:ENV|   ) ([A-Z_]+)=(\S+)", (ROOT / f"Dockerfile.{program}").read_text(), re.M))
    compose = (ROOT / "docker-compose.yml").read_text()
    for name in image.keys() - {"HTTP_ADDR"}:
        assert f"      - {name}=${{{name}:-{image[name]}}}\n" in compose


@pytest.mark.parametrize("service", SERVICES)
def test_compose_hands_every_setting_on(binaries, work_dir, service):
    """Every one but where the images serve, which the published ports depend on."""
    empty = work_dir / "empty.env"
    empty.write_text("")
    section = re.search(rf"^  {service}:\n((?:    .*\n|\n)+)", (ROOT / "docker-compose.yml").read_text(), re.M)
    assert section
    handed_on = set(re.findall(r"^      - ([A-Z][A-Z0-9_]*)(?:=\$\{\1:-.+\}|=60 s)?$", section[1], re.M))
    assert handed_on == set(values(print_config(binaries, SERVICES[service], empty).stdout)) - {"HTTP_ADDR"}
