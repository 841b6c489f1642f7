"""Free ports on loopback.

Taken from below the kernel's ephemeral range: a client that keeps retrying a port inside it, while the server is down,
can be given that very port as its own and connect to itself, and then the server cannot come back.
"""

import random
import socket
import sys

FIRST, LAST = 15000, 32000


def free_ports(count: int) -> list[int]:
    """Ports that nobody listened on a moment ago."""
    found: list[int] = []
    for port in random.SystemRandom().sample(range(FIRST, LAST), 200 + count):
        if len(found) == count:
            return found
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            found.append(port)
    raise RuntimeError(f"no {count} free ports between {FIRST} and {LAST}")


def free_port() -> int:
    return free_ports(1)[0]


if __name__ == "__main__":
    print(*free_ports(int(sys.argv[1])))
