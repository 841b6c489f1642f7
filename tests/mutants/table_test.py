#!/usr/bin/env python3
"""The table of mutants is about the code as it is now. Needs nothing but Python, for make unit."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.mutants import tree
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


if __name__ == "__main__":
    sys.exit(unittest.main())
