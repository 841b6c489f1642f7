"""What packages carry beside the programs, and what systemd is told: all that needs no installation."""

import re
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.servers import ports
from tests.servers.systemd import NotifySocket

UNITS = ROOT / "deploy/systemd"
PROGRAMS = {"producer": "wikiflow-producer", "consumer": "wikiflow-consumer", "wikiflow": "wikiflow"}


@pytest.fixture
def systemd():
    listener = NotifySocket()
    yield listener
    listener.close()


def complete(script: Path, *words: str) -> list[str]:
    """What bash would offer for the last of these words."""
    typed = " ".join(f"'{word}'" for word in words)
    line = f"""source {script}; COMP_WORDS=({typed}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))
        "_${{COMP_WORDS[0]//-/_}}"; printf '%s\\n' "${{COMPREPLY[@]}}" """
    return subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=True).stdout.split()


@pytest.fixture
def completion(binaries, work_dir):
    def script(program: str) -> Path:
        path = work_dir / PROGRAMS[program]
        argv = [binaries[program], "--print-completion", PROGRAMS[program]]
        path.write_bytes(subprocess.run(argv, capture_output=True, check=True).stdout)
        return path

    return script


def test_bash_completes_commands_flags_and_values(completion, work_dir):
    script = completion("consumer")
    name = "wikiflow-consumer"
    assert complete(script, name, "st") == ["store"]
    assert complete(script, name, "store", "in") == ["init"]
    assert complete(script, name, "--storage", "c") == ["cassandra"]
    assert complete(script, name, "store", "init", "--cassandra-rep") == ["--cassandra-replication"]
    assert complete(script, name, "store", "init", "--storage") == []
    assert complete(script, name, "--consumer-group", "store", "--cons") == ["--consumer-group"]
    (work_dir / "secret.txt").touch()
    prefix = f"{work_dir}/secr"
    assert complete(script, name, "--cassandra-password-file", prefix) == [f"{prefix}et.txt"]
    assert set(complete(completion("wikiflow"), "wikiflow", "")) >= {"run", "simulate", "store", "health"}


@pytest.mark.parametrize("program", PROGRAMS)
def test_the_manual_page_is_one(binaries, program):
    argv = [binaries[program], "--print-manual", PROGRAMS[program]]
    page = subprocess.run(argv, capture_output=True, text=True, check=True).stdout
    assert page.startswith(f".TH {PROGRAMS[program].upper()}".replace("-", "\\-"))
    requests = {line.split()[0] for line in page.splitlines() if line.startswith(".")}
    assert requests == {".TH", ".SH", ".TP", ".br"}
    if shutil.which("groff"):
        shown = subprocess.run(["groff", "-man", "-ww", "-Tutf8", "-Kutf8"], input=page, capture_output=True, text=True)
        assert shown.stderr == ""


@pytest.mark.parametrize("unit", ["wikiflow", "wikiflow-producer", "wikiflow-consumer"])
def test_the_settings_of_a_unit_are_known(binaries, unit):
    text = (UNITS / f"{unit}.service").read_text()
    command = re.search(r"^ExecStart=/usr/bin/(\S+)(.*)$", text, re.M)
    env_file = re.search(r"^EnvironmentFile=/etc/wikiflow/(\S+)$", text, re.M)
    assert command
    assert env_file
    program = next(program for program, name in PROGRAMS.items() if name == command[1])
    settings = re.sub(r"^#([A-Z_]+=)", r"\1", (UNITS / env_file[1]).read_text(), flags=re.M)
    env = dict(re.findall(r"^(?:Environment=)?([A-Z_]+)=(.*)$", text + settings, re.M))
    argv = [binaries[program], *command[2].split(), "--print-config"]
    printed = subprocess.run(argv, env=env, cwd="/", capture_output=True, text=True, check=True)
    known = set(re.findall(r"^([A-Z_]+)=", printed.stdout, re.M))
    assert printed.stderr == ""
    assert {name for name in env if re.search(rf"^{name}=", settings, re.M)} <= known


def test_systemd_hears_when_a_program_answers_and_when_it_stops(binaries, start, systemd, work_dir):
    port = ports.free_port()
    env = {
        "NOTIFY_SOCKET": str(systemd.path),
        "STATE_DIR": str(work_dir / "state"),
        "HTTP_ADDR": f"127.0.0.1:{port}",
        "WIKIPEDIA_STREAM_URL": "http://127.0.0.1:1/stream",
    }
    program = start("wikiflow", [binaries["wikiflow"], "run"], env)
    assert systemd.hear() == "READY=1"
    well = subprocess.run([binaries["wikiflow"], "health"], env=env, capture_output=True, text=True)
    assert (well.returncode, well.stderr) == (0, "")
    program.process.send_signal(signal.SIGTERM)
    assert systemd.hear() == "STOPPING=1"
    assert program.wait() == 0
    gone = subprocess.run([binaries["wikiflow"], "health"], env=env, capture_output=True, text=True)
    assert gone.returncode == 1
    assert "unwell: " in gone.stderr
