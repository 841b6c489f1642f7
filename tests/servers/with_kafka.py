#!/usr/bin/env python3
"""Runs a command with a real Kafka of its own, and ends with the command's exit code.

    tests/servers/with_kafka.py ctest --test-dir build/release -L contract

The command finds the broker by its environment: WIKIFLOW_TEST_BROKER (plain), WIKIFLOW_TEST_BROKER_SECURE with
WIKIFLOW_TEST_CA, WIKIFLOW_TEST_SASL_USERNAME and WIKIFLOW_TEST_SASL_PASSWORD (SASL_SSL, SCRAM-SHA-256). The broker's
folder under .servers/ is removed when the command succeeds, and kept to be looked into when it does not.
"""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.servers.kafka import Kafka  # noqa: E402  (the path comes first)


def main(argv: list[str]) -> int:
    if not argv:
        print(__doc__, file=sys.stderr)
        return 64
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the broker does not outlive this program
    dir = ROOT / ".servers" / f"with-kafka-{os.getpid()}"
    with Kafka(dir, secure=True) as kafka:
        code = subprocess.run(argv, env={**os.environ, **kafka.env}).returncode
    if code == 0:
        shutil.rmtree(dir)
    else:
        print(f"with_kafka: the broker's folder is kept: {dir}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
