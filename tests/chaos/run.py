#!/usr/bin/env python3
"""Runs chaos against real servers, seed after seed, and tells what came of it.

    tests/chaos/run.py [--store rocksdb|cassandra] [--seeds N] [--seed FIRST] [--bin DIR] [--events N] [--steps N]
    tests/chaos/run.py --scenario NAME        one of tests/chaos/scenarios.py
    tests/chaos/run.py --until-wrong ...      ends at the first run that is wrong
    tests/chaos/run.py --plan ...             prints the plans and starts nothing

Ends with 0 when every count of every run was exact, 1 when one was not (or another promise was broken, or a program of
ours ended by itself), 2 when a run could not be judged. A failed run's folder below .servers/ is kept, and its seed
repeats its plan.
"""

import argparse
import os
import random
import shutil
import sys
import time
import traceback
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.chaos.driver import CannotJudge, Outcome, Run, Wrong  # noqa: E402  (the path comes first)
from tests.chaos.plan import STORES, Plan, make_plan  # noqa: E402
from tests.chaos.scenarios import SCENARIOS  # noqa: E402
from tests.chaos.world import World  # noqa: E402

EXACT, WRONG, UNJUDGED = 0, 1, 2


def plans_of(asked: argparse.Namespace) -> list[Plan]:
    first = asked.seed if asked.seed is not None else random.SystemRandom().randrange(1, 1_000_000)
    size = {"events": asked.events, "steps": asked.steps}
    return [make_plan(first + n, asked.store, **size) for n in range(asked.seeds)]


def run_one(run: Run, name: str) -> tuple[int, Outcome]:
    plan, dir = run.plan, run.dir
    try:
        outcome = run.go()
        print(
            f"{name}: exact: {outcome.events} events, {plan.producers} producer(s), {plan.consumers} "
            f"consumer(s), {sum(outcome.blows.values())} blows in {outcome.seconds:.0f} s"
            + (f", {outcome.looks} looks at commits" if outcome.looks else ""),
            flush=True,
        )
        shutil.rmtree(dir)
        return EXACT, outcome
    except Wrong as wrong:
        print(f"{name}: WRONG: {wrong}\n{plan.dumps()}\nkept: {dir}", flush=True)
        return WRONG, run.outcome
    except Exception as failure:
        why = str(failure) if isinstance(failure, CannotJudge) else traceback.format_exc()
        print(f"{name}: cannot be judged: {why}\n{plan.dumps()}\nkept: {dir}", flush=True)
        return UNJUDGED, run.outcome


def tell_blows(blows: Counter[str]) -> None:
    for what, times in sorted(blows.items()):
        print(f"  {times:5} {what}")


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--store", choices=STORES, default="rocksdb")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--seed", type=int)
    parser.add_argument("--bin", type=Path, default=ROOT / "build/bin")
    parser.add_argument("--events", type=int, default=50_000)
    parser.add_argument("--steps", type=int, default=24)
    parser.add_argument("--plan", action="store_true")
    parser.add_argument("--until-wrong", action="store_true")
    parser.add_argument("--scenario", choices=sorted(SCENARIOS))
    asked = parser.parse_args(argv)
    if asked.scenario and asked.store not in SCENARIOS[asked.scenario].stores:
        parser.error(f"{asked.scenario} is not with {asked.store}")
    plans = plans_of(asked)
    if asked.plan:
        print("\n".join(plan.dumps() for plan in plans))
        return EXACT
    dir = ROOT / ".servers" / f"chaos-{os.getpid()}"
    codes: list[int] = []
    blows: Counter[str] = Counter()
    begin = time.monotonic()
    try:
        with World(asked.store, asked.bin.resolve(), dir) as world:
            if asked.scenario:
                kind = SCENARIOS[asked.scenario]
                plans = [kind.planned(asked.store)]
                runs = [kind(plans[0], world, dir / asked.scenario)]
            else:
                runs = [Run(plan, world, dir / f"{plan.store}-{plan.seed}") for plan in plans]
            for run in runs:
                code, outcome = run_one(run, asked.scenario or f"seed {run.plan.seed}")
                codes.append(code)
                blows += outcome.blows
                if code == WRONG and asked.until_wrong:
                    break
    except Exception:
        traceback.print_exc()
        codes.append(UNJUDGED)
    wrong, unjudged = codes.count(WRONG), codes.count(UNJUDGED)
    results = f"{codes.count(EXACT)} exact, {wrong} wrong, {unjudged} not judged"
    seeds = f"seeds {plans[0].seed} to {plans[: len(codes)][-1].seed}"
    print(f"STORE={asked.store}, {seeds}: {results}, in {time.monotonic() - begin:.0f} s; blows:")
    tell_blows(blows)
    code = WRONG if wrong else UNJUDGED if unjudged else EXACT
    if code == EXACT:
        shutil.rmtree(dir)
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
