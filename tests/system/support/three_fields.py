"""A consumer that knows of a record only what the Go reference's struct knows: domain, title and user."""

import json
from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple


class ThreeFields(NamedTuple):
    domain: bytes
    title: bytes
    user: bytes | None


def read(value: bytes) -> ThreeFields:
    record = json.loads(value)
    user = record.get("user")
    return ThreeFields(record["domain"].encode(), record["title"].encode(), None if user is None else user.encode())


def read_all(values: Iterable[bytes]) -> Counter[ThreeFields]:
    return Counter(read(value) for value in values)
