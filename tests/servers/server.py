"""A real server on loopback that a test can kill, freeze and start again."""

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Self

ROOT = Path(__file__).resolve().parents[2]


class Server:
    """What tools/<name>.sh runs, with its data in `dir`.

    It runs from construction on; ports and data outlive kill() and down(). `env` is what tests find it by.
    """

    def __init__(self, name: str, dir: Path, secure: bool = False, flags: Sequence[str] = ()):
        self.dir = dir
        self._script = ROOT / f"tools/{name}.sh"
        self._tool("up", *(["--secure"] if secure else []), *flags)
        self.env: dict[str, str] = dict(line.split("=", 1) for line in self._tool("env").split())

    def up(self) -> None:
        """Starts it again after kill() or down(); returns when it answers."""
        self._tool("up")

    def down(self) -> None:
        """Ends it as an operator would. Nothing to do when it is down."""
        self._tool("down")

    def kill(self) -> None:
        self._tool("kill")

    def freeze(self) -> None:
        """Its connections stay open and nothing is answered."""
        self._tool("stop")

    def thaw(self) -> None:
        self._tool("cont")

    def _tool(self, action: str, *arguments: str) -> str:
        done = subprocess.run(
            [self._script, action, self.dir, *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=240,
            env={**os.environ, "LC_ALL": "C"},
        )
        if done.returncode:
            raise RuntimeError(f"{self._script.name} {action} {self.dir}: {done.stderr.strip()}")
        return done.stdout

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.down()
