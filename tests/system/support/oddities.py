"""testdata/oddities.ndjson: a line for each oddity of the source, with what is to be made of it."""

import json
from pathlib import Path
from typing import Any, NamedTuple

PATH = Path(__file__).resolve().parents[3] / "testdata/oddities.ndjson"


class Oddity(NamedTuple):
    name: str
    expect: dict[str, Any]
    event: bytes  # as it stands in the file: bytes matter here


def read() -> list[Oddity]:
    oddities = []
    for line in PATH.read_bytes().splitlines():
        value = json.loads(line)
        event = value["raw"].encode() if "raw" in value else line.split(b',"event":', 1)[1][:-1]
        oddities.append(Oddity(value["name"], value["expect"], event))
    return oddities
