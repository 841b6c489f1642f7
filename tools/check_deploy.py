#!/usr/bin/env python3
"""Fails when a file of deploy/ names what is not there: offline, without a cluster, a Prometheus or a Grafana.

Kubernetes: each manifest is valid for its schema; kustomization.yaml lists every one, with the version of VERSION; what
is set are settings of the programs. Rules and dashboard: every metric named is one that the programs have, and
docs/operate.md has a section for every alert. (promtool checks the rest: see tools/lint.sh.) Workflows: each command is
a target of the Makefile.
"""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import yaml

ROOT = Path(__file__).resolve().parents[1]
K8S = ROOT / "deploy/k8s"
KUBERNETES = "1.34"
METRIC = re.compile(r"\bwikiflow_[a-z0-9_]+")
# What a histogram of this name is made of.
PARTS = re.compile(r"_(bucket|sum|count)$")


def manifests() -> Iterator[tuple[str, dict[str, Any]]]:
    for path in sorted(K8S.glob("*.yaml")):
        if path.name != "kustomization.yaml":
            for document in yaml.safe_load_all(path.read_text()):
                yield path.name, document


def check_kubernetes() -> Iterator[str]:
    known = set(re.findall(r"^#([A-Z][A-Z0-9_]*)=", (ROOT / ".env.example").read_text(), re.M))
    images: set[str] = set()
    files: set[str] = set()
    for name, document in manifests():
        files.add(name)
        try:
            kubernetes_validate.validate(document, KUBERNETES, strict=True)
        except kubernetes_validate.ValidationError as error:
            yield f"{name}: {document['kind']} {document['metadata']['name']}: {error.message}"
        if document["kind"] in ("ConfigMap", "Secret"):
            given = document.get("data", {}) | document.get("stringData", {})
            unknown = {setting for setting in given.keys() - known if not setting.startswith("RDKAFKA_")}
            yield from (f"{name}: no setting is called {setting}" for setting in unknown)
        images |= set(re.findall(r"'image': '([^']+)'", str(document)))
    kustomization = yaml.safe_load((K8S / "kustomization.yaml").read_text())
    if set(kustomization["resources"]) != files:
        yield f"kustomization.yaml lists {sorted(kustomization['resources'])}, but there is {sorted(files)}"
    version = (ROOT / "VERSION").read_text().strip()
    if {image["name"]: image["newTag"] for image in kustomization["images"]} != dict.fromkeys(images, version):
        yield f"kustomization.yaml: images are to be {sorted(images)}, at {version}"


def metrics_of_the_programs() -> set[str]:
    listed = subprocess.run(["git", "ls-files", "src", "apps"], cwd=ROOT, capture_output=True, text=True, check=True)
    sources = [name for name in listed.stdout.split() if not re.search(r"_(test|fake)\.(cc|h)$", name)]
    text = "".join((ROOT / name).read_text() for name in sources if name.endswith((".cc", ".h")))
    return set(re.findall(r'"(wikiflow_[a-z0-9_]+)"', text))


def named(where: str, expression: str, known: set[str]) -> Iterator[str]:
    for metric in METRIC.findall(expression):
        if metric not in known and PARTS.sub("", metric) not in known:
            yield f"{where}: no program has a metric {metric}"


def check_rules(known: set[str]) -> Iterator[str]:
    sections = set(re.findall(r"^#+ (\w+)$", (ROOT / "docs/operate.md").read_text(), re.M))
    rules = yaml.safe_load((ROOT / "deploy/prometheus/wikiflow.rules.yml").read_text())
    for group in rules["groups"]:
        for rule in group["rules"]:
            yield from named(rule["alert"], rule["expr"], known)
            if rule["alert"] not in sections:
                yield f"docs/operate.md has no section {rule['alert']}"
            if rule["annotations"]["runbook"] != f"docs/operate.md#{rule['alert'].lower()}":
                yield f"{rule['alert']}: the runbook is not its section"


def check_dashboard(known: set[str]) -> Iterator[str]:
    dashboard = json.loads((ROOT / "deploy/grafana/dashboards/wikiflow.json").read_text())
    numbers = [panel["id"] for panel in dashboard["panels"]]
    if len(numbers) != len(set(numbers)):
        yield "wikiflow.json: two panels have one id"
    for panel in dashboard["panels"]:
        for target in panel.get("targets", []):
            yield from named(panel["title"], target["expr"], known)


def check_workflows() -> Iterator[str]:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.M))
    for path in sorted((ROOT / ".github/workflows").glob("*.yml")):
        for name, job in yaml.safe_load(path.read_text())["jobs"].items():
            for command in (step["run"] for step in job["steps"] if "run" in step):
                if not re.fullmatch(r"make ([a-z-]+)", command.strip()) or command.split()[1] not in targets:
                    yield f"{path.name}: {name} runs '{command.strip()}', which is not a target"


def main() -> int:
    known = metrics_of_the_programs()
    complaints = [*check_kubernetes(), *check_rules(known), *check_dashboard(known), *check_workflows()]
    for complaint in complaints:
        print(f"deploy: {complaint}", file=sys.stderr)
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
