"""A real Cassandra on loopback that a test can kill, freeze and start again. The recipe is in tools/cassandra.sh."""

from pathlib import Path

from tests.servers.server import Server


class Cassandra(Server):
    """One node with its data in `dir`. `fast`: for benchmarks; see tools/kafka.sh."""

    def __init__(self, dir: Path, secure: bool = False, fast: bool = False):
        super().__init__("cassandra", dir, secure, ["--fast"] if fast else [])

    @property
    def host(self) -> str:
        """host:port, as CASSANDRA_HOSTS wants it."""
        return self.env["WIKIFLOW_TEST_CASSANDRA"]

    @property
    def settings(self) -> dict[str, str]:
        """The consumer's settings for this node, as environment."""
        settings = {"CASSANDRA_HOSTS": self.host}
        if "WIKIFLOW_TEST_CASSANDRA_CA" in self.env:
            settings["CASSANDRA_TLS_CA"] = self.env["WIKIFLOW_TEST_CASSANDRA_CA"]
            settings["CASSANDRA_USERNAME"] = self.env["WIKIFLOW_TEST_CASSANDRA_USERNAME"]
            settings["CASSANDRA_PASSWORD"] = self.env["WIKIFLOW_TEST_CASSANDRA_PASSWORD"]
        return settings
