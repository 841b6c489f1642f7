#!/usr/bin/env python3
"""Measures our programs against floor programs in the same session; exits with 1 when a bar is missed.

    make bench                    everything, half an hour
    make bench ONLY=consumer      one group, or several: ONLY="consumer hold"

Figures are written to build/bench/results.json as well. They mean something on a quiet machine: ratios are taken from
runs that follow each other, and the median of the repeats counts.
"""

import argparse
import os
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from bench import figures  # noqa: E402  (the path comes first)
from bench.exact import GROUPS as EXACT  # noqa: E402
from bench.groups import GROUPS as PLAIN  # noqa: E402
from bench.harness import Bench  # noqa: E402
from bench.takeover import GROUPS as TAKEOVER  # noqa: E402
from tests.servers.kafka import Kafka  # noqa: E402

GROUPS = PLAIN | EXACT | TAKEOVER


def options(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="*", choices=GROUPS, default=os.environ.get("ONLY", "").split())
    parser.add_argument("--repeats", type=int, default=3, help="floor and ours in turn, so often (3)")
    parser.add_argument("--scale", type=float, default=1.0, help="of the work; the bars are meant for 1")
    parser.add_argument("--apps", type=Path, default=ROOT / "build/bin", help="where producer and consumer are")
    parser.add_argument("--programs", type=Path, default=ROOT / "build/release/bench", help="where the floors are")
    parser.add_argument("--results", type=Path, default=ROOT / "build/bench", help="folder for figures and logs")
    chosen = parser.parse_args(argv)
    if unknown := set(chosen.only) - set(GROUPS):
        parser.error(f"no such group: {' '.join(sorted(unknown))}; there are {' '.join(GROUPS)}")
    return chosen


def measure(chosen: argparse.Namespace, dir: Path) -> list[figures.Figure]:
    found: list[figures.Figure] = []
    with Kafka(dir / "kafka", fast=True) as kafka, Bench(kafka, chosen.programs, chosen.apps, dir) as bench:
        for name in chosen.only or GROUPS:
            print(f"bench: {name}", file=sys.stderr, flush=True)
            found += GROUPS[name](bench, chosen.repeats, chosen.scale)
    return found


def main(argv: list[str]) -> int:
    chosen = options(argv)
    if "stats" in (chosen.only or GROUPS) and not shutil.which("wrk"):
        print("bench: wrk is missing (Debian package wrk)", file=sys.stderr)
        return 1
    dir = chosen.results / "work"
    shutil.rmtree(dir, ignore_errors=True)
    dir.mkdir(parents=True)
    load = os.getloadavg()[0]
    found = measure(chosen, dir)
    for server in ("kafka", "cassandra"):
        shutil.rmtree(dir / server, ignore_errors=True)
    circumstances = {"cores": os.cpu_count(), "load_before": load, "repeats": chosen.repeats, "scale": chosen.scale}
    figures.save(found, circumstances, chosen.results / "results.json")
    print(figures.table(found))
    print(f"{os.cpu_count()} cores; load when it began: {load:.1f}")
    missed = [figure.name for figure in found if not figure.ok]
    if missed:
        print(f"bench: missed: {'; '.join(missed)}", file=sys.stderr)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
