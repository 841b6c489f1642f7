"""TCP links on loopback that a test cuts, stalls, slows and mends, while programs speak over them.

One thread carries all links of a Network. What was on its way when a link is cut is lost, in the middle of whatever was
being said, as on a real network.
"""

import asyncio
import socket
import struct
import threading
import time
from collections.abc import Awaitable
from contextlib import suppress
from typing import Any

from tests.servers.ports import free_port

RESET = struct.pack("ii", 1, 0)
CHUNK = 16 * 1024
LEAST_SLEEP = 0.004  # seconds; sleeping for each of many small parts would be slower than the rate
SOCKET_BUFFER = 64 * 1024  # small, so that what a slow link holds back is held back at its source


class Pace:
    """How fast bytes may go one way."""

    def __init__(self) -> None:
        self.rate: float | None = None  # bytes a second; None: any
        self._due = 0.0

    async def wait_for_turn(self, size: int) -> None:
        if not self.rate:
            return
        now = time.monotonic()
        self._due = max(self._due, now) + size / self.rate
        if self._due - now > LEAST_SLEEP:
            await asyncio.sleep(self._due - now)


class Link:
    """Listens on `port` from construction on, and carries to `target_port` once that is set."""

    def __init__(self, network: "Network"):
        self.port = free_port()
        self.target_port = 0
        self.carried = 0  # bytes from the target to its client
        self.forth, self.back = Pace(), Pace()  # to the target, and from it
        self._network = network
        self._cut = False
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._writers: set[asyncio.StreamWriter] = set()
        network.call(self._listen())

    def cut(self) -> None:
        """Resets what is connected; until mend() whoever connects is reset at once."""
        self._network.call(self._set(cut=True, flowing=True))

    def stall(self) -> None:
        """Connections stay open and nothing is carried until mend()."""
        self._network.call(self._set(cut=False, flowing=False))

    def mend(self) -> None:
        self._network.call(self._set(cut=False, flowing=True))

    async def _listen(self) -> None:
        await asyncio.start_server(self._serve, "127.0.0.1", self.port, limit=CHUNK)

    async def _set(self, cut: bool, flowing: bool) -> None:
        self._cut = cut
        if flowing:
            self._flowing.set()
        else:
            self._flowing.clear()
        if cut:
            for writer in list(self._writers):
                reset(writer)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if self._cut:
                raise ConnectionResetError
            connection = socket.socket()
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SOCKET_BUFFER)
            connection.setblocking(False)
            await asyncio.get_running_loop().sock_connect(connection, ("127.0.0.1", self.target_port))
            back, forth = await asyncio.open_connection(sock=connection, limit=CHUNK)
        except OSError:
            reset(writer)
            return
        self._writers |= {writer, forth}
        try:
            await asyncio.gather(self._pump(reader, forth, self.forth), self._pump(back, writer, self.back))
        finally:
            self._writers -= {writer, forth}

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, pace: Pace) -> None:
        with suppress(OSError):
            while part := await reader.read(CHUNK):
                await self._flowing.wait()
                await pace.wait_for_turn(len(part))
                if pace is self.back:
                    self.carried += len(part)
                writer.write(part)
                await writer.drain()
        with suppress(OSError, RuntimeError):
            writer.close()


def reset(writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    writer.transport.abort()


class Network:
    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="network", daemon=True)
        self._thread.start()

    def link(self) -> Link:
        return Link(self)

    def call(self, work: Awaitable[None]) -> None:
        """Has the network's thread do it, and waits until it is done."""

        async def run() -> Any:
            await work

        asyncio.run_coroutine_threadsafe(run(), self._loop).result(30)

    def close(self) -> None:
        async def end() -> None:
            others = asyncio.all_tasks() - {asyncio.current_task()}
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)

        with suppress(Exception):
            self.call(end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
