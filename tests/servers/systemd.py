"""What systemd is to a service of Type=notify: a socket that hears how far it is."""

import os
import socket
import tempfile
from pathlib import Path


class NotifySocket:
    """Listens at `path` from construction on; the address is what goes into NOTIFY_SOCKET."""

    def __init__(self, path: Path | None = None):
        # A socket's path is at most 107 bytes long, which a test's folder may not leave room for.
        self._dir = None if path else tempfile.TemporaryDirectory(prefix="notify-")
        self.path = path or Path(self._dir.name) / "socket"
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(self.path))
        os.chmod(self.path, 0o666)

    def hear(self, within: float = 60.0) -> str:
        """The next message."""
        self._socket.settimeout(within)
        return self._socket.recv(4096).decode()

    def close(self) -> None:
        self._socket.close()
        if self._dir:
            self._dir.cleanup()
