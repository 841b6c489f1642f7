#!/usr/bin/env python3
"""Prints what the programs are made of, as CycloneDX 1.5: librdkafka, crates, and the Debian packages they link or take
headers from.

    tools/sbom.py PROGRAM...
"""

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
DRIVER = ROOT / "src/store/cassandra/driver/Cargo.lock"
# Compiled or linked in, so no program shows them.
HEADERS = ("libboost1.81-dev", "libcli11-dev", "libexpected-dev", "libjemalloc-dev", "rapidjson-dev")

Component = dict[str, Any]


def component(kind: str, name: str, version: str, purl: str) -> Component:
    return {"type": kind, "name": name, "version": version, "purl": purl, "bom-ref": purl}


def output(*argv: str | Path) -> str:
    return subprocess.run(argv, capture_output=True, text=True, check=True).stdout


def debian_packages(programs: list[str]) -> list[Component]:
    """Those whose libraries a program loads itself, and those of headers."""
    names = set(HEADERS)
    for program in programs:
        needed = set(re.findall(r"NEEDED\s+(\S+)", output("objdump", "-p", program)))
        for library, path in re.findall(r"^\s*(\S+) => (/\S+)", output("ldd", program), re.M):
            if library in needed:
                names |= {owner(path)}
    found = []
    for name in sorted(names):
        version = output("dpkg-query", "--show", "--showformat", "${Version}", name)
        found.append(component("library", name, version, f"pkg:deb/debian/{name}@{version}?distro=bookworm"))
    return found


def owner(path: str) -> str:
    """The package of a file; Debian's records have it with or without /usr in front."""
    for spelling in (str(Path(path).resolve()), path, path.removeprefix("/usr"), "/usr" + path):
        done = subprocess.run(["dpkg-query", "--search", spelling], capture_output=True, text=True)
        if done.returncode == 0:
            return done.stdout.split(":")[0]
    raise SystemExit(f"sbom: no package has {path}")


def crates() -> list[Component]:
    packages = tomllib.loads(DRIVER.read_text())["package"]
    return [
        component("library", crate["name"], crate["version"], f"pkg:cargo/{crate['name']}@{crate['version']}")
        for crate in packages
        if "source" in crate
    ]


def librdkafka() -> Component:
    pinned = re.search(r"^readonly RDKAFKA_VERSION=(\S+)$", (ROOT / "tools/deps.sh").read_text(), re.M)
    assert pinned
    return component("library", "librdkafka", pinned[1], f"pkg:github/confluentinc/librdkafka@v{pinned[1]}")


def main(programs: list[str]) -> None:
    version = (ROOT / "VERSION").read_text().strip()
    document = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {"component": component("application", "wikiflow", version, f"pkg:generic/wikiflow@{version}")},
        "components": [librdkafka(), *debian_packages(programs), *crates()],
    }
    print(json.dumps(document, indent=2))


if __name__ == "__main__":
    main(sys.argv[1:])
