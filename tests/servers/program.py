"""A program under test, or a server for one: its output in a file, stopped by its process id."""

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.servers import wait


class Program:
    """Runs from construction on. Standard output goes to `<name>.out`, standard error to `<name>.log`, both in `dir`;
    the files are appended to, so a program that is started again keeps its history. As a context manager it is killed
    at the end if it still runs."""

    def __init__(
        self,
        name: str,
        argv: Sequence[str | Path],
        dir: Path,
        env: Mapping[str, str] | None = None,
        stdin: Path | None = None,
    ):
        dir.mkdir(parents=True, exist_ok=True)
        self.name = name
        self.out_path = dir / f"{name}.out"
        self.log_path = dir / f"{name}.log"
        given = (stdin or Path(os.devnull)).open("rb")
        with given, self.out_path.open("ab") as out, self.log_path.open("ab") as log:
            self.out_start, self.log_start = out.tell(), log.tell()
            self.process = subprocess.Popen(
                [str(part) for part in argv],
                stdin=given,
                stdout=out,
                stderr=log,
                cwd=dir,
                env={**os.environ, **(env or {})},
            )

    @property
    def pid(self) -> int:
        return self.process.pid

    def running(self) -> bool:
        return self.process.poll() is None

    def out(self) -> str:
        """What this run has written to standard output."""
        return self.out_path.read_bytes()[self.out_start :].decode("utf-8", "replace")

    def log(self) -> str:
        """What this run has written to standard error."""
        return self.log_path.read_bytes()[self.log_start :].decode("utf-8", "replace")

    def wait_for_text(self, text: str, within: float = 60.0) -> None:
        """Waits until either output holds `text`; fails at once when the program ends without having said it."""

        def said() -> bool:
            ended = not self.running()
            if text in self.out() or text in self.log():
                return True
            assert not ended, f"{self.name} ended with {self.process.returncode} before saying {text!r}:\n{self.tail()}"
            return False

        wait.until(f"{self.name} says {text!r}", said, within)

    def wait(self, within: float = 60.0) -> int:
        """The exit code; AssertionError when the program runs on."""
        try:
            return self.process.wait(within)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{self.name} still runs after {within:g} s:\n{self.tail()}") from None

    def stop(self, signum: int = signal.SIGTERM, within: float = 30.0) -> int:
        """Signals it and returns its exit code (negative: the signal that ended it)."""
        if self.running():
            self.process.send_signal(signum)
        return self.wait(within)

    def kill(self) -> None:
        if self.running():
            self.process.kill()
        self.process.wait()

    def freeze(self) -> None:
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    def tail(self, lines: int = 30) -> str:
        return "\n".join((self.out() + self.log()).splitlines()[-lines:])

    def __enter__(self) -> "Program":
        return self

    def __exit__(self, *_exc: object) -> None:
        self.kill()
