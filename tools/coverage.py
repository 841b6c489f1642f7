#!/usr/bin/env python3
"""Lines of src/ that the unit and contract tests ran: tools/coverage.py BUILD_DIR OUT_DIR

Writes OUT_DIR/index.html and prints a line for each folder. Fails under 90 % of all lines, or under 80 % in any folder.
"""

import json
import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TOTAL, FOLDER = 90.0, 80.0

# The only exclusions there are, each with its reason. Markers in the sources are refused.
EXCLUDED = {
    r"src/.*_test\.(cc|h)": "tests, which count what they run and not themselves",
    r"src/.*_fake\.(cc|h)": "fakes, which only tests use",
    r"src/.*/?(fake|contract)/.*": "the same, where they have a folder of their own",
}
MARKER = re.compile(r"\b(GCOVR?|LCOV)_EXCL")


def report(build: Path, out: Path) -> dict:
    out.mkdir(parents=True, exist_ok=True)
    exclude = [part for pattern in EXCLUDED for part in ("--exclude", pattern)]
    argv = [Path(sys.executable).with_name("gcovr"), "--root", ROOT, "--filter", "src/", *exclude]
    argv += ["--exclude-unreachable-branches", "--gcov-ignore-errors=no_working_dir_found", "-j", "2"]
    argv += ["--merge-mode-functions=merge-use-line-min"]
    argv += ["--html-details", out / "index.html", "--html-title", "wikiflow", "--json", out / "coverage.json", build]
    subprocess.run(argv, check=True, cwd=ROOT)
    return json.loads((out / "coverage.json").read_text())


def main(build: str, out: str) -> int:
    marked = [path for path in (ROOT / "src").rglob("*") if path.is_file() and MARKER.search(path.read_text("utf-8"))]
    if marked:
        print("cover: exclusions are listed in tools/coverage.py only, not in", *marked)
        return 1
    ran: dict[str, int] = defaultdict(int)
    lines: dict[str, int] = defaultdict(int)
    for file in report(ROOT / build, ROOT / out)["files"]:
        folder = str(Path(file["file"]).parent)
        counts: dict[int, int] = defaultdict(int)  # a template's line stands once for each instance
        for line in file["lines"]:
            counts[line["line_number"]] += line["count"]
        lines[folder] += len(counts)
        ran[folder] += sum(count > 0 for count in counts.values())
    if not lines:
        print("cover: no line was seen; did the tests run?")
        return 1
    print(f"\n{'folder':<28}{'lines':>8}{'run':>8}{'%':>8}")
    failed = False
    for folder in sorted(lines):
        share = 100 * ran[folder] / lines[folder]
        low = share < FOLDER
        failed |= low
        print(f"{folder:<28}{lines[folder]:>8}{ran[folder]:>8}{share:>8.1f}{f'  under {FOLDER:g}' if low else ''}")
    share = 100 * sum(ran.values()) / sum(lines.values())
    failed |= share < TOTAL
    under = f"  under {TOTAL:g}" if share < TOTAL else ""
    print(f"{'all':<28}{sum(lines.values()):>8}{sum(ran.values()):>8}{share:>8.1f}{under}")
    for pattern, reason in EXCLUDED.items():
        print(f"excluded: {pattern}: {reason}")
    print(f"{out}/index.html shows each line")
    return 1 if failed else 0


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
