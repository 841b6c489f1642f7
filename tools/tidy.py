#!/usr/bin/env python3
"""clang-tidy over the sources of src/, apps/ and bench/, in parallel, each file only when something changed.

What a clean result rests on is hashed: the file, the headers of ours that it gets at, its compile command, .clang-tidy
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

ROOT = Path(__file__).resolve().parents[1]
BUILD = ROOT / "build/tidy"
CLEAN = BUILD / "clean"
FOLDERS = ("src/", "apps/", "bench/")
INCLUDE = re.compile(rb'^\s*#\s*include\s+"([^"]+)"', re.M)
# Tests, fakes and contract tests: what finds bugs, at a third of the time.
TEST = re.compile(r"_(test|fake|contract)\.cc$|/(fake|contract)/")
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
EXTRA = ["--extra-arg=-Wno-unknown-warning-option", "--extra-arg=-Wno-ignored-optimization-argument"]


def configure() -> list[dict[str, str]]:
    """The compile commands of all our sources, tests and benchmarks included."""
    log = BUILD.with_name("tidy.configure.log")
    log.parent.mkdir(exist_ok=True)
    flags = ["-DWIKIFLOW_TESTS=ON", "-DWIKIFLOW_BENCH=ON"]
    with log.open("wb") as out:
        done = subprocess.run(
            ["cmake", "--preset", "release", "-B", BUILD, *flags], cwd=ROOT, stdout=out, stderr=subprocess.STDOUT
        )
    if done.returncode:
        sys.exit(log.read_text())
    return json.loads((BUILD / "compile_commands.json").read_text())


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
    tidy = subprocess.run(["clang-tidy-14", "--version"], stdout=subprocess.PIPE, check=True).stdout
    packages = ["libboost*-dev", "libsimdjson-dev", "libfmt-dev", "libspdlog-dev", "libstdc++-*-dev", "libgtest-dev"]
    shown = subprocess.run(["dpkg-query", "-W", *packages], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
    return tidy + shown + TEST_CHECKS.encode() + (ROOT / ".clang-tidy").read_bytes()


def key(path: Path, command: str, rest: bytes) -> str:
    files: dict[Path, bytes] = {}
    ours(path, files)
    digest = hashlib.sha256(rest + command.encode())
    for name in sorted(files):
        digest.update(str(name.relative_to(ROOT)).encode() + b"\0" + files[name])
    return digest.hexdigest()


def check(path: Path) -> tuple[float, str]:
    """Seconds taken and complaints; none when clean."""
    begin = time.monotonic()
    argv = ["clang-tidy-14", "--quiet", "-p", str(BUILD), *EXTRA, str(path)]
    if TEST.search(str(path.relative_to(ROOT))):
        argv.append(f"--checks={TEST_CHECKS}")
    done = subprocess.run(argv, capture_output=True, text=True, cwd=ROOT)
    text = done.stdout.replace(f"{ROOT}/", "")
    return time.monotonic() - begin, (text.strip() or done.stderr) if done.returncode else ""


def main(argv: list[str]) -> int:
    wanted = {Path(name).resolve() for name in argv}
    rest = versions()
    todo: list[tuple[Path, str]] = []
    commands = {Path(entry["file"]).resolve(): entry["command"] for entry in configure()}
    for path, command in sorted(commands.items()):
        inside = str(path.relative_to(ROOT)).startswith(FOLDERS) if path.is_relative_to(ROOT) else False
        if inside and (not wanted or path in wanted):
            todo.append((path, key(path, command, rest)))
    CLEAN.mkdir(parents=True, exist_ok=True)
    stale = [(path, digest) for path, digest in todo if not (CLEAN / digest).exists()]
    # Each processor keeps busy to the end when the large files go first.
    stale.sort(key=lambda item: -item[0].stat().st_size)
    bad = 0
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        results = pool.map(lambda item: (*item, *check(item[0])), stale)
        for path, digest, seconds, complaints in results:
            if complaints:
                bad += 1
                print(complaints, flush=True)
            else:
                (CLEAN / digest).touch()
            if os.environ.get("TIDY_TIMES"):
                print(f"{seconds:6.1f} s  {path.relative_to(ROOT)}", flush=True)
    print(f"tidy: {len(todo)} files, {len(stale)} checked, {bad} with complaints")
    return 1 if bad or not todo else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
