"""The library that Wikimedia's EventStreams service is built on, serving topics of a real Kafka."""

import os
from pathlib import Path

from tests.servers.ports import free_port
from tests.servers.program import Program

ROOT = Path(__file__).resolve().parents[2]


class KafkaSse(Program):
    """Listens from construction on. `cut_after_ms` ends every connection after so long, as the service does after
    15 minutes."""

    def __init__(self, dir: Path, broker: str, topics: list[str], cut_after_ms: int | None = None):
        port = free_port()
        self.url = f"http://127.0.0.1:{port}/v2/stream/recentchange"
        super().__init__(
            "kafka-sse",
            ["node", ROOT / "tests/servers/kafka_sse_server.js", str(port), broker, ",".join(topics)]
            + ([str(cut_after_ms)] if cut_after_ms else []),
            dir,
            {"NODE_PATH": str(ROOT / ".deps/kafka-sse/node_modules"), "NODE_ENV": os.environ.get("NODE_ENV", "test")},
        )
        self.wait_for_text("listening")
