"""A copy of this checkout below build/mutants/, where mutants are made and built.

One copy serves them all: only the files that differ are written, so only what depends on them is compiled, and the
compiler's cache knows the rest. `git ls-files` says what belongs to it, uncommitted changes included.
"""

import fcntl
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.mutants.table import Edit, Mutant

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "build/mutants"
TREE = FOLDER / "tree"
PRESET = "release"
PROGRAMS = ("producer", "consumer", "wikiflow")


class DoesNotApply(Exception):
    """The text that an edit is to replace is not there, or not once."""


class DoesNotBuild(Exception):
    """What the compiler says is in the text."""


def mutated(mutant: Mutant) -> dict[str, str]:
    """The files that it changes, as they are then. Each text must stand once in the file as it is now."""
    spots: dict[str, list[tuple[int, Edit]]] = {}
    for edit in mutant.edits:
        text = (ROOT / edit.file).read_text()
        if (found := text.count(edit.old)) != 1:
            raise DoesNotApply(f"{mutant.name}: occurs {found} times in {edit.file}, not once:\n{edit.old}")
        spots.setdefault(edit.file, []).append((text.index(edit.old), edit))
    files = {}
    for file, edits in spots.items():
        text = (ROOT / file).read_text()
        for at, edit in sorted(edits, key=lambda spot: -spot[0]):
            text = text[:at] + edit.new + text[at + len(edit.old) :]
        files[file] = text
    return files


def tracked() -> list[str]:
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True).stdout.decode().split("\0")
    return [name for name in names if name and (ROOT / name).is_file()]


def write(mutant: Mutant | None) -> None:
    """Makes the copy what this checkout is, but for the mutant's edits."""
    changed = mutated(mutant) if mutant else {}
    names = set(tracked())
    for name in names:
        source, copy = ROOT / name, TREE / name
        if name in changed:
            if not copy.exists() or copy.read_text() != changed[name]:
                copy.parent.mkdir(parents=True, exist_ok=True)
                copy.write_text(changed[name])
        elif not copy.exists() or copy.read_bytes() != source.read_bytes():
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, copy)
            shutil.copymode(source, copy)
    for top, folders, files in os.walk(TREE):
        folders[:] = [folder for folder in folders if Path(top, folder).relative_to(TREE) != Path("build")]
        for file in files:
            path = Path(top, file)
            if str(path.relative_to(TREE)) not in names and not path.is_symlink():
                path.unlink()


def prepare() -> None:
    TREE.mkdir(parents=True, exist_ok=True)
    deps = TREE / ".deps"
    if not deps.is_symlink():
        deps.symlink_to(ROOT / ".deps")
    cargo = ROOT / "build/cargo"  # minutes of other people's crates
    if cargo.exists() and not (TREE / "build/cargo").exists():
        (TREE / "build").mkdir(exist_ok=True)
        subprocess.run(["cp", "-a", cargo, TREE / "build/cargo"], check=True)


@contextmanager
def alone() -> Iterator[None]:
    """Nobody else works on the copy meanwhile."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (FOLDER / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def build(mutant: Mutant | None, targets: list[str], tests: bool) -> Path:
    """The folder of its own that the built programs then lie in, below bin/. Only with alone()."""
    prepare()
    write(mutant)
    steps = [["tools/configure.sh", PRESET, *(["TESTS"] if tests else [])]]
    steps.append(["cmake", "--build", f"build/{PRESET}", "--target", *targets])
    for step in steps:
        done = subprocess.run(step, cwd=TREE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode:
            raise DoesNotBuild(f"{mutant.name if mutant else 'unmutated'} does not build:\n{done.stdout[-6000:]}")
    own = FOLDER / (mutant.name if mutant else "unmutated")
    (own / "bin").mkdir(parents=True, exist_ok=True)
    for target in targets:
        built = built_file(target)
        copy = own / "bin" / target
        copy.unlink(missing_ok=True)
        shutil.copy2(built, copy)
    return own


def built_file(target: str) -> Path:
    if target in PROGRAMS:
        return TREE / "build/bin" / target
    (found,) = [path for path in (TREE / "build" / PRESET).rglob(target) if path.is_file() and os.access(path, os.X_OK)]
    return found
