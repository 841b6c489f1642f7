#!/usr/bin/env python3
"""Picks the sample that is built into the program from a file of captured events.

    tools/make_sample.py recentchange.ndjson.zst > testdata/sample.ndjson

Whatever is rare is taken whole or by its first occurrences: log events, unknown types, each domain, namespace and
set of keys, the second data centre, odd names. The rest is filled up evenly over the capture in the mix of types
that the live stream had in 2026. Order is that of the file, and the same file gives the same sample. The free text
of comments is blanked: it is other people's prose, it is not needed, and it makes up a quarter of the bytes.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator

WANTED = {"categorize": 1010, "edit": 860, "new": 120}  # all of the few others are taken
FIRST_OF_EACH_TRAIT = 4
BLANKED = ("comment", "parsedcomment", "log_action_comment")


def lines_of(path: str) -> Iterator[str]:
    if path.endswith(".zst"):
        text = subprocess.run(["zstd", "-dc", path], check=True, stdout=subprocess.PIPE).stdout.decode()
    else:
        with open(path, encoding="utf-8") as file:
            text = file.read()
    # Not splitlines(): titles may hold U+2028.
    return (line for line in text.split("\n") if line)


def traits(event: dict) -> Iterable[str]:
    """What makes an event worth having, each with a name."""
    user = str(event.get("user"))
    title = str(event.get("title"))
    yield "domain " + event["meta"]["domain"]
    yield f"namespace {event.get('namespace')}"
    yield "keys " + " ".join(event)
    yield "keys of meta " + " ".join(event["meta"])
    yield "log_params " + type(event.get("log_params")).__name__
    yield from (f"user with {c}" for c in "'&,.~:" if c in user)
    yield from (f"title with {c}" for c in "\"\\'&/" if c in title)
    for name, text in (("user", user), ("title", title)):
        for c in text:
            if ord(c) > 0xFFFF:
                yield f"{name} with an astral character"
            if unicodedata.combining(c):
                yield f"{name} with a combining mark"
            if unicodedata.bidirectional(c) in ("R", "AL"):
                yield f"{name} from right to left"
    yield from (f"null {key}" for key, value in event.items() if value is None)


def is_rare(event: dict) -> bool:
    return event.get("type") not in WANTED


def pick(events: list[dict]) -> list[int]:
    taken: set[int] = set()
    seen: Counter[str] = Counter()
    for i, event in enumerate(events):
        found = set(traits(event))
        if is_rare(event) or any(seen[t] < FIRST_OF_EACH_TRAIT for t in found):
            taken.add(i)
        seen.update(found)
    for kind, wanted in WANTED.items():
        left = [i for i, event in enumerate(events) if event.get("type") == kind and i not in taken]
        have = sum(1 for i in taken if events[i].get("type") == kind)
        missing = min(max(wanted - have, 0), len(left))
        taken.update(left[n * len(left) // missing] for n in range(missing))
    return sorted(taken)


def blanked(event: dict) -> str:
    for key in BLANKED:
        if event.get(key):
            event[key] = ""
    return json.dumps(event, ensure_ascii=False, separators=(",", ":"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("events", help="a file of events, one a line, plain or .zst")
    events = [json.loads(line) for line in lines_of(parser.parse_args().events)]
    picked = pick(events)
    sys.stdout.reconfigure(encoding="utf-8", newline="\n")
    for i in picked:
        print(blanked(events[i]))
    types = Counter(events[i].get("type") for i in picked)
    print(f"{len(picked)} of {len(events)} events: {dict(types)}", file=sys.stderr)


if __name__ == "__main__":
    main()
