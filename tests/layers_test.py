#!/usr/bin/env python3
"""Fails when an include goes against the arrows between folders, or a C library shows where it should not.

ARROWS is the list of docs/design.md. Held against it: what a CMakeLists.txt declares with USES, and every #include of
src/ and apps/, which must also be declared. Needs nothing but Python: `python3 tests/layers_test.py`.
"""

import re
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

# What each folder may use directly; what those may use, it may use too. A folder "a/b" may also use "a". Anyone may use
# base.
ARROWS: dict[str, set[str]] = {
    "base": set(),
    "config": set(),
    "event": set(),
    "sse": set(),
    "count": {"event"},
    "rocks": set(),
    "store": {"count"},
    "store/cassandra": set(),
    "store/memory": set(),
    "store/fake": set(),
    "store/rocksdb": {"rocks"},
    "topic": {"event"},
    "topic/fake": set(),
    "topic/kafka": set(),
    "topic/local": {"rocks"},
    "source": {"sse", "event"},
    "pipeline": {"source", "topic", "store", "count"},
    "serve": {"pipeline", "count", "config"},
    "sim": {"sse", "event"},
}
# Wiring: may use everything in src/.
APPS = "apps"

# A library with a world behind it stays in the folder that wraps it: only its files may include it, and a header that
# does may be included by that folder alone. (Parsers, containers, formatting, result and metric types are no worlds.)
WRAPPED: dict[str, set[str]] = {
    "librdkafka/": {"topic/kafka"},
    "rocksdb/": {"rocks", "topic/local", "store/rocksdb"},
    "curl/": {"sse", APPS},  # the programs print its version
    "boost/asio": {"serve", "sim"},
    "boost/beast": {"serve", "sim"},
}

# Headers that CMake writes.
GENERATED = {"version.h", "init_cql.h"}

INCLUDE = re.compile(r'^\s*#\s*include\s+(?:"([^"]+)"|<([^>]+)>)', re.M)
LIBRARY = re.compile(r"wikiflow_library\(\s*([\w/]+)(.*?)\)", re.S)
KEYWORDS = {"USES", "LINK", "TEST_USES", "TEST_LINK"}
SOURCES = (".h", ".cc")


def reach(folder: str, arrows: dict[str, set[str]]) -> set[str]:
    """All folders that `folder` gets at by following arrows, itself included."""
    found: set[str] = set()
    todo = [folder]
    while todo:
        at = todo.pop()
        if at not in found:
            found.add(at)
            todo += arrows.get(at, set())
    return found


def allowed(folder: str) -> set[str]:
    with_parents = {name: uses | {"base"} | parent(name) for name, uses in ARROWS.items()}
    return reach(folder, with_parents)


def parent(folder: str) -> set[str]:
    return {folder.rsplit("/", 1)[0]} if "/" in folder else set()


class Tree:
    """The layers as a checkout has them."""

    def __init__(self, root: Path):
        self.root = root
        self.uses: dict[str, set[str]] = {}
        self.test_uses: dict[str, set[str]] = {}
        for path in sorted((root / "src").rglob("CMakeLists.txt")):
            for name, rest in LIBRARY.findall(re.sub(r"#.*", "", path.read_text())):
                words: dict[str, set[str]] = {key: set() for key in KEYWORDS}
                key = ""
                for word in rest.split():
                    if word in KEYWORDS:
                        key = word
                    elif key:
                        words[key].add(word)
                self.uses[name] = words["USES"]
                self.test_uses[name] = words["TEST_USES"] | words["TEST_LINK"]
        folders = {f"wikiflow_{name.replace('/', '_')}": name for name in self.uses}
        for name, uses in self.test_uses.items():  # either way of writing it: topic/fake, wikiflow_topic_fake
            self.test_uses[name] = {folders.get(use.removesuffix("_fake"), folders.get(use, use)) for use in uses}
        self.files = [
            path for top in ("src", APPS) for path in sorted((root / top).rglob("*")) if path.suffix in SOURCES
        ]

    def folder(self, path: Path) -> str:
        """The library that a file belongs to: the innermost one."""
        relative = path.relative_to(self.root)
        if relative.parts[0] == APPS:
            return APPS
        parts = relative.parts[1:-1]
        for length in range(len(parts), 0, -1):
            if "/".join(parts[:length]) in self.uses:
                return "/".join(parts[:length])
        return "/".join(parts)

    def test_only(self, path: Path) -> bool:
        """Tests, fakes, and the contract tests that run over an implementation."""
        relative = path.relative_to(self.root)
        return bool(
            re.search(r"_(test|fake|contract)\.(cc|h)$", path.name) or {"fake", "contract"} & set(relative.parts)
        )

    def includes(self, path: Path) -> list[tuple[str, str]]:
        """(ours, theirs): one of the two is empty."""
        return INCLUDE.findall(path.read_text())

    def ours(self, path: Path) -> list[Path]:
        """The files of this tree that a file includes."""
        found = (self.root / "src" / name for name, _ in self.includes(path) if name)
        return [file for file in found if file.exists()]

    def wrapped_by(self, header: Path, seen: frozenset[Path] = frozenset()) -> set[str]:
        """The wrapped libraries that a header brings in, itself or through others."""
        if header in seen:
            return set()
        direct = {lib for _, name in self.includes(header) for lib in WRAPPED if name.startswith(lib)}
        return direct.union(*(self.wrapped_by(other, seen | {header}) for other in self.ours(header)))


def violations(tree: Tree) -> list[str]:
    return [*declared_against_arrows(tree), *included_against_arrows(tree), *libraries_that_show(tree)]


def declared_against_arrows(tree: Tree) -> list[str]:
    found = []
    for folder, uses in tree.uses.items():
        if folder not in ARROWS:
            found.append(f"src/{folder} is not in ARROWS of tests/layers_test.py")
            continue
        found += [
            f"src/{folder}/CMakeLists.txt: USES {other} goes against the arrows" for other in uses - allowed(folder)
        ]
    return found


def included_against_arrows(tree: Tree) -> list[str]:
    found = []
    for path in tree.files:
        folder = tree.folder(path)
        if folder == APPS:
            continue
        declared = reach(folder, tree.uses)
        if tree.test_only(path):  # a test program is used by nobody, so it closes no circle; any implementation will do
            tests = tree.test_uses.get(folder, set()) | {name for name in tree.uses if parent(name) & declared}
            declared = declared.union(*(reach(name, tree.uses) for name in tests))
        for other in tree.ours(path):
            to = tree.folder(other)
            where = f"{path.relative_to(tree.root)} includes {other.relative_to(tree.root / 'src')}"
            if to not in declared:
                found.append(f"{where}, but src/{folder}/CMakeLists.txt declares no use of {to}")
            elif to not in allowed(folder) and not tree.test_only(path):
                found.append(f"{where}: against the arrows")
            if tree.test_only(other) and not tree.test_only(path):
                found.append(f"{where}, which is for tests")
        for ours, _ in tree.includes(path):
            if ours and not (tree.root / "src" / ours).exists() and ours not in GENERATED:
                found.append(f"{path.relative_to(tree.root)} includes {ours}, which is not a path below src/")
    return found


def libraries_that_show(tree: Tree) -> list[str]:
    found = []
    for path in tree.files:
        folder = tree.folder(path)
        for _, name in tree.includes(path):
            found += [
                f"{path.relative_to(tree.root)} includes <{name}>, which only {', '.join(sorted(owners))} may"
                for lib, owners in WRAPPED.items()
                if name.startswith(lib) and folder not in owners and not tree.test_only(path)
            ]
        for other in tree.ours(path):
            owner = tree.folder(other)
            if owner == folder:
                continue
            found += [
                f"{path.relative_to(tree.root)} gets {lib} through {other.relative_to(tree.root)}: "
                f"it must not show in a header that others include"
                for lib in tree.wrapped_by(other)
            ]
    return found


class Layers(unittest.TestCase):
    def test_includes_follow_the_arrows(self) -> None:
        tree = Tree(ROOT)
        self.assertGreater(len(tree.files), 20, "the sources were not found")
        self.assertEqual(violations(tree), [])

    def test_arrows_have_no_circle(self) -> None:
        for folder in ARROWS:
            for other in ARROWS[folder]:
                self.assertNotIn(folder, allowed(other), f"{folder} -> {other} -> {folder}")


class Catches(unittest.TestCase):
    """This test itself, on small trees made for it."""

    def check(self, files: dict[str, str]) -> list[str]:
        lay = {
            "src/base/CMakeLists.txt": "wikiflow_library(base)",
            "src/event/CMakeLists.txt": "wikiflow_library(event USES base)",
            "src/sse/CMakeLists.txt": "wikiflow_library(sse USES base LINK CURL::libcurl)",
            "src/count/CMakeLists.txt": "wikiflow_library(count USES base event)",
            "src/topic/CMakeLists.txt": "wikiflow_library(topic USES base event)",
            "src/topic/kafka/CMakeLists.txt": "wikiflow_library(topic/kafka\n  USES base topic # event\n  LINK x)",
            "src/base/time.h": "",
            "src/event/change.h": '#include "base/time.h"',
            "src/count/counts.h": '#include "event/change.h"',
            "src/topic/topic.h": "",
        }
        with tempfile.TemporaryDirectory() as folder:
            for name, text in {**lay, **files}.items():
                path = Path(folder) / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
            return violations(Tree(Path(folder)))

    def test_nothing_in_a_tree_that_keeps_to_the_arrows(self) -> None:
        kafka = {"src/topic/kafka/writer.cc": '#include <librdkafka/rdkafka.h>\n#include "event/change.h"\n'}
        self.assertEqual(self.check(kafka), [])

    def test_an_include_against_an_arrow(self) -> None:
        (found,) = self.check({"src/event/bad.cc": '#include "count/counts.h"\n'})
        self.assertIn("src/event/bad.cc includes count/counts.h", found)

    def test_an_include_in_a_header_that_is_indented_and_commented(self) -> None:
        (found,) = self.check({"src/base/bad.h": '  #  include "event/change.h" // why not\n'})
        self.assertIn("src/base/bad.h includes event/change.h", found)

    def test_a_use_that_is_declared_against_an_arrow(self) -> None:
        (found,) = self.check({"src/event/CMakeLists.txt": "wikiflow_library(event USES base count)"})
        self.assertIn("USES count goes against the arrows", found)

    def test_an_allowed_include_that_is_not_declared(self) -> None:
        bare = {"src/count/CMakeLists.txt": "wikiflow_library(count USES base)"}
        (found,) = self.check(bare)
        self.assertIn("declares no use of event", found)

    def test_a_folder_that_the_list_does_not_know(self) -> None:
        (found,) = self.check({"src/util/CMakeLists.txt": "wikiflow_library(util)"})
        self.assertIn("src/util is not in ARROWS", found)

    def test_a_wrapped_library_elsewhere(self) -> None:
        (found,) = self.check({"src/topic/bad.cc": "#include <librdkafka/rdkafka.h>\n"})
        self.assertIn("which only topic/kafka may", found)
        (found,) = self.check({"apps/producer/main.cc": "#include <librdkafka/rdkafka.h>\n"})
        self.assertIn("which only topic/kafka may", found)

    def test_a_wrapped_library_that_shows_through_two_headers(self) -> None:
        (found,) = self.check(
            {
                "src/sse/easy.h": "#include <curl/curl.h>\n",
                "src/sse/client.h": '#include "sse/easy.h"\n',
                "apps/producer/main.cc": '#include "sse/client.h"\n',
            }
        )
        self.assertIn("apps/producer/main.cc gets curl/ through src/sse/client.h", found)

    def test_code_that_leans_on_a_fake(self) -> None:
        (found,) = self.check({"src/base/clock_fake.h": "", "src/event/bad.cc": '#include "base/clock_fake.h"\n'})
        self.assertIn("which is for tests", found)

    def test_a_test_may_use_what_it_declares(self) -> None:
        declared = {"src/event/CMakeLists.txt": "wikiflow_library(event USES base TEST_USES count)"}
        self.assertEqual(self.check({**declared, "src/event/a_test.cc": '#include "count/counts.h"\n'}), [])


if __name__ == "__main__":
    sys.exit(unittest.main())
