"""Asking a program over HTTP, without any proxy of the environment and without exceptions for statuses."""

import http.client
import json
import re
import socket
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

SAMPLE = re.compile(r"^([a-zA-Z_:][\w:]*(?:\{[^}]*\})?) (\S+)$")


@dataclass
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


def ask(url: str, method: str = "GET", timeout: float = 60.0, headers: dict[str, str] | None = None) -> Answer:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=timeout)
    try:
        connection.request(method, parts.path + (f"?{parts.query}" if parts.query else ""), headers=headers or {})
        response = connection.getresponse()
        return Answer(response.status, response.headers, response.read())
    finally:
        connection.close()


def answers(url: str) -> bool:
    """Whether somebody answers there at all."""
    try:
        ask(url, timeout=5)
    except (OSError, http.client.HTTPException):
        return False
    return True


def parse_metrics(text: str) -> dict[str, float]:
    """Each sample of a Prometheus exposition by its name and labels, as they are written."""
    matches = (SAMPLE.match(line) for line in text.splitlines() if not line.startswith("#"))
    return {match[1]: float(match[2]) for match in matches if match}


def raw(host: str, port: int, request: bytes, timeout: float = 60.0) -> bytes:
    """Sends bytes as they are and returns what comes back until the other side closes."""
    with socket.create_connection((host, port), timeout) as connection:
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        parts = []
        while part := connection.recv(65536):
            parts.append(part)
    return b"".join(parts)
