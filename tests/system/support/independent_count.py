#!/usr/bin/env python3
"""What /stats must say, counted from the frames that a server sent. Shares no code with wikiflow, on purpose.

    independent_count.py FRAMES        prints {"by_domain":{...},"by_user":{...}}

FRAMES is what `wikiflow simulate --record` writes: a line of JSON for each frame, with the event in "data". What the
file says of a frame's kind is not believed: an event counts once for each identity (meta.id), for its meta.domain and,
when it has one, its user; it does not count when it is no JSON object, a canary, or has no domain or no title.
"""

import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

NAME_LIMIT = 32 * 1024  # bytes


@dataclass
class Count:
    by_domain: Counter[str] = field(default_factory=Counter)
    by_user: Counter[str] = field(default_factory=Counter)
    ids: list[str] = field(default_factory=list)  # in the order of their first sight
    frames: Counter[str] = field(default_factory=Counter)  # how many of which kind there were

    def stats(self) -> dict[str, dict[str, int]]:
        return {"by_domain": dict(self.by_domain), "by_user": dict(self.by_user)}


def frames(path: Path) -> Iterator[Any]:
    """The event of each frame in the file, None for a frame that held none. A line still being written is left out."""
    with open(path, "rb") as file:
        for line in file:
            if line.endswith(b"\n"):
                yield json.loads(line).get("data")


def kind_of(event: Any) -> str:
    meta = event.get("meta") if isinstance(event, dict) else None
    if not isinstance(meta, dict):
        return "none"
    if meta.get("domain") == "canary":
        return "canary"
    names = [meta.get("domain"), event.get("title"), event.get("user")]
    if any(name is not None and not isinstance(name, str) for name in names):
        return "none"
    if not names[0] or not names[1] or any(len((name or "").encode()) > NAME_LIMIT for name in names):
        return "none"
    return "change"


def identity_of(event: Any) -> str:
    meta = event["meta"]
    origin = [meta.get(name) for name in ("topic", "partition", "offset")]
    if meta.get("id"):
        return str(meta["id"]).lower()
    return json.dumps(event if None in origin else origin)


def count(events: Iterable[Any]) -> Count:
    result, seen = Count(), set()
    for event in events:
        kind = kind_of(event)
        if kind == "change" and (identity := identity_of(event)) in seen:
            kind = "repeat"
        elif kind == "change":
            seen.add(identity)
            result.ids.append(identity)
            result.by_domain[event["meta"]["domain"]] += 1
            if event.get("user") is not None:
                result.by_user[event["user"]] += 1
        result.frames[kind] += 1
    return result


if __name__ == "__main__":
    json.dump(count(frames(Path(sys.argv[1]))).stats(), sys.stdout, ensure_ascii=False)
