"""Free ports on loopback.

Taken from below the kernel's ephemeral range: a client that keeps retrying a port inside it, while the server is down,
can be given that very port as its own and connect to itself, and then the server cannot come back. And not given out
again within an hour, by any process of this checkout: a server that is down keeps its port, and whoever waits for it
must find nobody else there.
"""

import random
import socket
import sys
import time
from pathlib import Path

FIRST, LAST = 15000, 32000
GIVEN = Path(__file__).resolve().parents[2] / ".servers/ports"  # a file for each port, as old as its last use
KEPT = 3600.0  # seconds


def take(port: int) -> bool:
    """False when it was given out lately."""
    GIVEN.mkdir(parents=True, exist_ok=True)
    file = GIVEN / str(port)
    try:
        file.touch(exist_ok=False)
    except FileExistsError:
        if time.time() - file.stat().st_mtime < KEPT:
            return False
        file.touch()
    return True


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on."""
    found: list[int] = []
    for port in random.SystemRandom().sample(range(FIRST, LAST), 2000 + count):
        if len(found) == count:
            return found
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            if take(port):
                found.append(port)
    raise RuntimeError(f"no {count} free ports between {FIRST} and {LAST}")


def free_port() -> int:
    return free_ports(1)[0]


if __name__ == "__main__":
    print(*free_ports(int(sys.argv[1])))
