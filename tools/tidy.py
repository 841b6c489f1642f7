#!/usr/bin/env python3
"""clang-tidy over the sources of src/, apps/ and bench/, in parallel, each unit only when something changed.

A unit is some files of one target, compiled at once: alone, nearly all of the time goes into parsing the same headers.

What a clean result rests on is hashed: the files, the headers of ours that it gets at, its compile command, .clang-tidy
and the versions of clang-tidy and of the libraries. The hashes lie in build/tidy/clean/; a second run over unchanged
sources takes a second.

    tools/tidy.py [FILE...]
"""

import hashlib
import json
import os
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
BUILD = ROOT / "build/tidy"
CLEAN = BUILD / "clean"
TIDY = ROOT / ".deps/venv/bin/clang-tidy"
FOLDERS = ("src/", "apps/", "bench/")
INCLUDE = re.compile(rb'^\s*#\s*include\s+"([^"]+)"', re.M)
# Tests, fakes and contract tests, in units or, where they have flags of their own, alone.
TEST = re.compile(r"_(test|fake|contract)(\.cc$|\.dir/)|/(contract|victim)/")
# What finds bugs, at a third of the time.
TEST_CHECKS = ",".join(
    [
        "-*",
        "bugprone-dangling-handle",
        "bugprone-infinite-loop",
        "bugprone-unused-raii",
        "bugprone-unused-return-value",
        "bugprone-use-after-move",
        "clang-diagnostic-*",
        "modernize-use-override",
        "performance-for-range-copy",
        "readability-identifier-naming",
    ]
)
# gcc's flags that clang does not know are no concern of the reader.
# What is deprecated is said by GCC; clang-tidy would say it of the standard library's own use, too.
EXTRA = [
    f"--extra-arg=-Wno-{warning}"
    for warning in ("unknown-warning-option", "ignored-optimization-argument", "deprecated-declarations")
]


class Entry(NamedTuple):
    """What clang-tidy is called for: a unit of sources, or one that is compiled alone."""

    path: Path
    command: str
    name: str


def entries() -> list[Entry]:
    """All our sources, tests and benchmarks included."""
    log = BUILD.with_name("tidy.configure.log")
    log.parent.mkdir(exist_ok=True)
    flags = ["-DWIKIFLOW_TESTS=ON", "-DWIKIFLOW_BENCH=ON"]
    with log.open("wb") as out:
        done = subprocess.run(
            ["cmake", "--preset", "release", "-B", BUILD, *flags], cwd=ROOT, stdout=out, stderr=subprocess.STDOUT
        )
    if done.returncode:
        sys.exit(log.read_text())
    found: list[Entry] = []
    for entry in json.loads((BUILD / "compile_commands.json").read_text()):
        path = Path(entry["file"]).resolve()
        name = str(path.relative_to(ROOT)).removeprefix("build/tidy/") if path.is_relative_to(ROOT) else ""
        if name.startswith(FOLDERS):
            found.append(Entry(path, entry["command"], name))
    return sorted(found)


def ours(path: Path, seen: dict[Path, bytes]) -> None:
    """Collects the file and all it includes of this repository."""
    if path in seen:
        return
    seen[path] = text = path.read_bytes()
    for name in INCLUDE.findall(text):
        for base in (path.parent, ROOT / "src", ROOT / "apps", ROOT, BUILD / "generated"):
            candidate = base / name.decode()
            if candidate.is_file():
                ours(candidate.resolve(), seen)
                break


def versions() -> bytes:
    tidy = subprocess.run([TIDY, "--version"], stdout=subprocess.PIPE, check=True).stdout
    packages = ["libboost*-dev", "libsimdjson-dev", "libfmt-dev", "libspdlog-dev", "libstdc++-*-dev", "libgtest-dev"]
    shown = subprocess.run(["dpkg-query", "-W", *packages], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
    return tidy + shown + (TEST_CHECKS + " ".join(EXTRA)).encode() + (ROOT / ".clang-tidy").read_bytes()


def key(entry: Entry, rest: bytes) -> tuple[str, set[Path]]:
    """The hash of all that the result rests on, and the files of ours among it."""
    files: dict[Path, bytes] = {}
    ours(entry.path, files)
    digest = hashlib.sha256(rest + entry.command.encode())
    for name in sorted(files):
        digest.update(str(name.relative_to(ROOT)).encode() + b"\0" + files[name])
    return digest.hexdigest(), set(files)


def check(entry: Entry) -> tuple[float, str]:
    """Seconds taken and complaints; none when clean."""
    begin = time.monotonic()
    checks = TEST_CHECKS if TEST.search(entry.name) else "-bugprone-suspicious-include"  # that is what a unit does
    argv = [TIDY, "--quiet", "-p", str(BUILD), *EXTRA, f"--checks={checks}", str(entry.path)]
    done = subprocess.run(argv, capture_output=True, text=True, cwd=ROOT)
    text = done.stdout.replace(f"{ROOT}/", "")
    return time.monotonic() - begin, (text.strip() or done.stderr) if done.returncode else ""


def main(argv: list[str]) -> int:
    wanted = {Path(name).resolve() for name in argv}
    rest = versions()
    todo: list[tuple[Entry, str, int]] = []
    for entry in entries():
        digest, files = key(entry, rest)
        if not wanted or wanted & files:
            todo.append((entry, digest, sum(f.stat().st_size for f in files if f.suffix in (".cc", ".cxx"))))
    CLEAN.mkdir(parents=True, exist_ok=True)
    stale = [item for item in todo if not (CLEAN / item[1]).exists()]
    # Each processor keeps busy to the end when the large ones go first.
    stale.sort(key=lambda item: -item[2])
    bad = 0
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        results = pool.map(lambda item: (*item, *check(item[0])), stale)
        for entry, digest, _, seconds, complaints in results:
            if complaints:
                bad += 1
                print(complaints, flush=True)
            else:
                (CLEAN / digest).touch()
            if os.environ.get("TIDY_TIMES"):
                print(f"{seconds:6.1f} s  {entry.name}", flush=True)
    print(f"tidy: {len(todo)} units, {len(stale)} checked, {bad} with complaints")
    return 1 if bad or not todo else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
