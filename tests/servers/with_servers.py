#!/usr/bin/env python3
"""Runs a command with real servers of its own, and ends with the command's exit code.

    tests/servers/with_servers.py kafka cassandra -- ctest --test-dir build/release -L contract

The command finds them by its environment, and so do the tests it runs.
kafka: WIKIFLOW_TEST_BROKER (plain), WIKIFLOW_TEST_BROKER_SECURE with WIKIFLOW_TEST_CA, WIKIFLOW_TEST_SASL_USERNAME and
WIKIFLOW_TEST_SASL_PASSWORD (SASL_SSL, SCRAM-SHA-256).
cassandra: WIKIFLOW_TEST_CASSANDRA, which wants WIKIFLOW_TEST_CASSANDRA_USERNAME and _PASSWORD, and speaks TLS under
WIKIFLOW_TEST_CASSANDRA_CA as well; WIKIFLOW_TEST_CASSANDRA_DIR is what tools/cassandra.sh knows it by, for a test that
kills it and starts it again.

Their folder under .servers/ is removed when the command succeeds, and kept to be looked into when it does not.
"""

import os
import shutil
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.servers.cassandra import Cassandra  # noqa: E402  (the path comes first)
from tests.servers.kafka import Kafka  # noqa: E402

KINDS = {"kafka": Kafka, "cassandra": Cassandra}


def run(names: list[str], command: list[str], dir: Path) -> int:
    with ExitStack() as stack, ThreadPoolExecutor() as pool:
        env = dict(os.environ)
        starting = [pool.submit(KINDS[name], dir / name, secure=True) for name in names]
        started = [server.result() for server in starting if not server.exception()]
        for server in started:
            stack.enter_context(server)
            env |= server.env
        for server in starting:
            server.result()  # raises for one that did not start
        return subprocess.run(command, env=env).returncode


def main(argv: list[str]) -> int:
    split = argv.index("--") if "--" in argv else 0
    names, command = argv[:split], argv[split + 1 :]
    if not names or not command or not set(names) <= KINDS.keys():
        print(__doc__, file=sys.stderr)
        return 64
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that no server outlives this program
    dir = ROOT / ".servers" / f"with-servers-{os.getpid()}"
    code = run(names, command, dir)
    if code == 0:
        shutil.rmtree(dir)
    else:
        print(f"with_servers: the servers' folder is kept: {dir}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
