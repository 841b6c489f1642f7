"""A real Kafka on loopback that a test can kill, freeze and start again. The recipe is in tools/kafka.sh."""

import subprocess
from collections.abc import Sequence
from pathlib import Path

from tests.servers.server import ROOT, Server


class Kafka(Server):
    """One broker with its data in `dir`. `behind`: ports of proxies, each with a listener of its own to send clients to
    it; behind_ports are these listeners, in the same order. `fast`: for benchmarks; see tools/kafka.sh."""

    def __init__(self, dir: Path, secure: bool = False, behind: Sequence[int] = (), fast: bool = False):
        flags = ["--behind", ",".join(map(str, behind))] if behind else []
        super().__init__("kafka", dir, secure, [*flags, *(["--fast"] if fast else [])])

    @property
    def behind_ports(self) -> list[int]:
        return [int(port) for port in self.env.get("WIKIFLOW_TEST_BROKER_BEHIND", "").split(",") if port]

    @property
    def broker(self) -> str:
        """host:port without encryption or login."""
        return self.env["WIKIFLOW_TEST_BROKER"]

    @property
    def secure_settings(self) -> dict[str, str]:
        """librdkafka's properties for the secure listener."""
        return {
            "bootstrap.servers": self.env["WIKIFLOW_TEST_BROKER_SECURE"],
            "security.protocol": "SASL_SSL",
            "ssl.ca.location": self.env["WIKIFLOW_TEST_CA"],
            "sasl.mechanisms": "SCRAM-SHA-256",
            "sasl.username": self.env["WIKIFLOW_TEST_SASL_USERNAME"],
            "sasl.password": self.env["WIKIFLOW_TEST_SASL_PASSWORD"],
        }

    def create_topic(self, topic: str, partitions: int = 6, **config: str) -> None:
        """Keys of `config` are the topic's, with _ for . (retention_ms="3600000")."""
        pairs = (f"{name.replace('_', '.')}={value}" for name, value in config.items())
        flags = (part for pair in pairs for part in ("--config", pair))
        self._topics("--create", "--topic", topic, "--partitions", str(partitions), *flags)

    def delete_topic(self, topic: str) -> None:
        self._topics("--delete", "--topic", topic)

    def produce(
        self,
        topic: str,
        values: list[bytes],
        key: bytes | None = None,
        partition: int | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        """Writes records through kcat and waits for their acknowledgement. Values must hold no newline."""
        argv = ["kcat", "-P", "-b", self.broker, "-t", topic, "-X", "acks=all"]
        argv += ["-k", key.decode()] if key is not None else []
        argv += ["-p", str(partition)] if partition is not None else []
        argv += [part for name, value in (headers or {}).items() for part in ("-H", f"{name}={value}")]
        subprocess.run(argv, input=b"".join(value + b"\n" for value in values), check=True, timeout=120)

    def read(self, topic: str) -> list[bytes]:
        """All values that lie in the topic now, partition after partition."""
        argv = ["kcat", "-C", "-e", "-q", "-b", self.broker, "-t", topic, "-o", "beginning", "-f", "%S\n%s\n"]
        out = subprocess.run(argv, check=True, stdout=subprocess.PIPE, timeout=120).stdout
        values, at = [], 0
        while at < len(out):
            line = out.index(b"\n", at)
            begin, end = line + 1, line + 1 + int(out[at:line])
            values.append(out[begin:end])
            at = end + 1
        return values

    def _topics(self, *arguments: str) -> None:
        argv = ["java", "-Xmx128m", "-XX:TieredStopAtLevel=1", "-cp", f"{ROOT / '.deps/kafka'}/*"]
        argv += [f"-Dlog4j2.configurationFile={ROOT / 'tools/kafka/log4j2.properties'}"]
        argv += ["org.apache.kafka.tools.TopicCommand", "--bootstrap-server", self.broker, *arguments]
        done = subprocess.run(argv, timeout=120, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode:
            raise RuntimeError(f"{' '.join(arguments)}: {done.stdout.strip()}")
