#!/usr/bin/env python3
"""A test of the tests: each mutant (tests/mutants/table.py) must be caught, and wikiflow as it is must not be.

    tests/mutants/run.py [MUTANT...]                by the simulation
    tests/mutants/run.py --with chaos [MUTANT...]   by chaos on real servers too
    tests/mutants/run.py --list

Ends with 0 when all were caught, 1 when one was not, 2 when one could not be judged.
"""

import argparse
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.mutants import tree
from tests.mutants.table import BY_NAME, MUTANTS, Mutant

SIMULATION = "pipeline_test"
SEED = re.compile(r"SIMULATION_SEED=(\d+)")
FAILED = re.compile(r"^FAILED: (.*)$", re.M)
# Chaos says of a program that ends that it is wrong, whatever it ended for; a count is only if the program says so.
ENDED = re.compile(r"WRONG: \S+ ended ")
COUNTS_DIFFER = re.compile(r"sum to \d+|is not the one that was counted")
CHAOS = tree.ROOT / "tests/chaos/run.py"
AS_IT_IS = 3  # seeds of chaos for what is not mutated; a mutant gets more, and ends with the first that is wrong
CAUGHT, ESCAPED, UNJUDGED = "caught", "not caught", "not judged"

Test = Callable[[], tuple[str, str]]  # what became of it, and how


def simulate(mutant: Mutant | None) -> tuple[str, str]:
    with tree.alone():
        program = tree.build(mutant, [SIMULATION], tests=True) / "bin" / SIMULATION
    begin = time.monotonic()
    done = subprocess.run(
        [program, "--gtest_filter=Simulation.CountsEachChangeOnce*"],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
    )  # fmt: skip
    seconds = time.monotonic() - begin
    if done.returncode == 0:
        return ESCAPED, f"all schedules passed in {seconds:.0f} s"
    seeds = SEED.findall(done.stdout)
    if done.returncode != 1 or not seeds:
        return UNJUDGED, f"the simulation ended with {done.returncode}:\n{done.stdout[-2000:]}"
    return CAUGHT, f"seed {' and '.join(seeds)}, {seconds:.0f} s: {'; '.join(FAILED.findall(done.stdout))}"


def chaos(mutant: Mutant | None, store: str, scenario: str, seeds: int) -> tuple[str, str]:
    with tree.alone():
        folder = tree.build(mutant, list(tree.PROGRAMS), tests=False)
    command = [sys.executable, CHAOS, "--bin", folder / "bin", "--store", store, "--until-wrong"]
    command += ["--scenario", scenario] if scenario else ["--seeds", str(seeds), "--seed", "1"]
    begin = time.monotonic()
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
    seconds = time.monotonic() - begin
    return verdict(done.returncode, done.stdout, f"{seconds:.0f} s")


def verdict(code: int, said: str, took: str) -> tuple[str, str]:
    """What chaos that ended with `code` and said so is evidence of."""
    wrong = next((line for line in said.splitlines() if "WRONG" in line), None)
    if code == 0 and not wrong:
        return ESCAPED, f"exact for {took}"
    if code != 1 or not wrong or (ENDED.search(wrong) and not COUNTS_DIFFER.search(said)):
        return UNJUDGED, f"chaos ended with {code}:\n{said[-2000:]}"
    return CAUGHT, f"{took}: {wrong}"


def explained(mutant: Mutant) -> str:
    why = f" (no count goes wrong: {mutant.why})" if mutant.why else ""
    return why + (f" (by the simulation alone: {mutant.simulated})" if mutant.simulated else "")


def tests_of(mutant: Mutant | None, wanted: list[Mutant], asked: argparse.Namespace) -> dict[str, Test]:
    """By name. wikiflow as it is goes through all that a mutant of those wanted has to go through."""
    tests: dict[str, Test] = {"simulation": lambda: simulate(mutant)}
    seeds = asked.chaos_seeds if mutant else AS_IT_IS
    if "chaos" in asked.others:
        met = [one for one in ([mutant] if mutant else wanted) if not one.simulated]
        for store, scenario in sorted({(one.store, one.scenario) for one in met}):
            name = f"chaos on {store}" + (f" ({scenario})" if scenario else "")
            tests[name] = lambda how=(store, scenario): chaos(mutant, *how, seeds)
    return tests


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("mutants", nargs="*", metavar="MUTANT")
    parser.add_argument("--with", dest="others", choices=["chaos"], action="append", default=[])
    parser.add_argument("--chaos-seeds", type=int, default=int(os.environ.get("SEEDS", "8")))
    parser.add_argument("--list", action="store_true")
    asked = parser.parse_args(argv)
    if asked.list:
        for mutant in MUTANTS:
            print(f"{mutant.name}: {mutant.what}{explained(mutant)}")
        return 0
    unknown = [name for name in asked.mutants if name not in BY_NAME]
    if unknown:
        parser.error(f"no such mutant: {', '.join(unknown)}")
    wanted = [BY_NAME[name] for name in asked.mutants] or list(MUTANTS)
    bad: list[str] = []
    unjudged = False
    # As it is, first: a test that fails anyway catches nothing.
    for mutant in [None, *wanted]:
        for test, judge in tests_of(mutant, wanted, asked).items():
            try:
                outcome, how = judge()
            except (tree.DoesNotApply, tree.DoesNotBuild) as problem:
                outcome, how = UNJUDGED, str(problem)
            name = mutant.name if mutant else "unmutated"
            print(f"{name}: {outcome} by the {test}: {how}", flush=True)
            unjudged = unjudged or outcome == UNJUDGED
            if outcome != (CAUGHT if mutant else ESCAPED):
                bad.append(f"{name} ({test})")
        if mutant is None and bad:
            break
    print(f"mutants: {len(wanted)} tried, " + (f"wrong: {', '.join(bad)}" if bad else "all caught"))
    return 2 if unjudged else 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
