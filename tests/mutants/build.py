#!/usr/bin/env python3
"""Builds targets of a mutant and prints the folder whose bin/ they then lie in, for other tests to run.

tests/mutants/build.py MUTANT TARGET...     e.g. no_rewind producer consumer
tests/mutants/build.py unmutated TARGET...
tests/mutants/build.py --list
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.mutants import tree
from tests.mutants.table import BY_NAME, MUTANTS


def main(argv: list[str]) -> int:
    if argv == ["--list"]:
        for mutant in MUTANTS:
            print(mutant.name)
        return 0
    if len(argv) < 2 or (argv[0] != "unmutated" and argv[0] not in BY_NAME):
        print(__doc__, file=sys.stderr)
        return 2
    targets = argv[1:]
    try:
        with tree.alone():
            print(
                tree.build(BY_NAME.get(argv[0]), targets, tests=any(target not in tree.PROGRAMS for target in targets))
            )
    except (tree.DoesNotApply, tree.DoesNotBuild) as problem:
        print(problem, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
