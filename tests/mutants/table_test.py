#!/usr/bin/env python3
"""The table of mutants is about the code as it is now. Needs nothing but Python, for make unit."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.mutants import tree
from tests.mutants.run import CAUGHT, ESCAPED, UNJUDGED, verdict
from tests.mutants.table import MUTANTS, Edit, Mutant


class Table(unittest.TestCase):
    def test_every_edit_applies(self) -> None:
        for mutant in MUTANTS:
            with self.subTest(mutant.name):
                for file, text in tree.mutated(mutant).items():
                    self.assertNotEqual(text, (tree.ROOT / file).read_text())

    def test_names_differ_and_what_no_count_shows_is_explained(self) -> None:
        self.assertEqual(len({mutant.name for mutant in MUTANTS}), len(MUTANTS))
        self.assertEqual([mutant.name for mutant in MUTANTS if mutant.why and not mutant.scenario], [])

    def test_text_that_is_not_there_once_is_refused(self) -> None:
        for old in ("no such text", "e"):
            with self.assertRaises(tree.DoesNotApply):
                tree.mutated(Mutant("x", "", (Edit("VERSION", "0", ""), Edit("README.md", old, ""))))

    def test_a_program_that_ends_for_another_reason_is_no_evidence(self) -> None:
        for code, said, outcome in (
            (0, "seed 1: exact: 50000 events", ESCAPED),
            (1, "seed 1: WRONG: consumer-1: 3 keys differ, 7 lost", CAUGHT),
            (1, 'seed 1: WRONG: consumer-1 ended by itself with 69:\nwhy="its domains sum to 5"', CAUGHT),
            (1, 'seed 1: WRONG: consumer-1 ended by itself with 69:\nwhy="log truncation"', UNJUDGED),
            (1, "Traceback (most recent call last):", UNJUDGED),
            (2, "seed 1: cannot be judged", UNJUDGED),
        ):
            with self.subTest(said):
                self.assertEqual(verdict(code, said, "1 s")[0], outcome)


if __name__ == "__main__":
    sys.exit(unittest.main())
