"""Builds the wheel and the source distribution twice, and checks what is in them: the same bytes, everything that belongs there,
nothing else, and a wheel that works where nothing else is installed.

python scripts/package.py [FOLDER]        leaves them in FOLDER (dist)
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import venv
import zipfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
MOMENT = "1735689600"
"""The time stamp of every file in the archives."""
UNWANTED = (".whl", ".pyc", ".pgleak_cache", ".venv", ".corpus", "site/", "/.git/")


def main() -> None:
    """Build, compare, look, install, try."""
    target = Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "dist").absolute()
    with tempfile.TemporaryDirectory() as scratch:
        once, again = (build(Path(scratch) / name) for name in ("once", "again"))
        for first, second in zip(once, again):
            if digest(first) != digest(second):
                sys.exit(f"{first.name} differs from one build to the next")
        run("-m", "twine", "check", "--strict", *map(os.fspath, once))
        wheel, archive = sorted(once, key=lambda path: path.suffix, reverse=True)
        look(wheel, archive)
        try_out(wheel, Path(scratch) / "venv")
        target.mkdir(parents=True, exist_ok=True)
        for path in once:
            shutil.copy(path, target)
            print(f"{path.name}  {path.stat().st_size:,} bytes  sha256 {digest(path)}")


def build(folder: Path) -> list[Path]:
    """The two archives, built in that folder."""
    run("-m", "build", "--outdir", os.fspath(folder), os.fspath(ROOT), SOURCE_DATE_EPOCH=MOMENT)
    return sorted(folder.iterdir())


def look(wheel: Path, archive: Path) -> None:
    """Whether the archives have what belongs there. Exits where they don't."""
    tracked = subprocess.run(["git", "-C", ROOT, "ls-files", "src"], capture_output=True, text=True, check=True)
    wanted = {name.removeprefix("src/") for name in tracked.stdout.splitlines()}
    with zipfile.ZipFile(wheel) as file:
        packed = {name for name in file.namelist() if ".dist-info/" not in name}
    with tarfile.open(archive) as source:
        kept = {name.partition("/")[2] for name in source.getnames()}
    for what, missing in (("wheel", wanted - packed), ("archive", {f"src/{name}" for name in wanted} - kept)):
        if missing:
            sys.exit(f"the {what} lacks {', '.join(sorted(missing))}")
    if packed - wanted:
        sys.exit(f"the wheel has more than the package: {', '.join(sorted(packed - wanted))}")
    unwanted = [name for name in packed | kept if any(part in f"/{name}" for part in UNWANTED)]
    if unwanted:
        sys.exit(f"not for others: {', '.join(sorted(unwanted))}")


def try_out(wheel: Path, folder: Path) -> None:
    """Install the wheel, and nothing but what it asks for, and find the leaks of the examples."""
    venv.create(folder, with_pip=True)
    python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    subprocess.run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", wheel], check=True)
    done = subprocess.run(
        [python, "-m", "pgleak_lint", "check", "--no-cache", ROOT / "examples" / "leaky"],
        stdout=subprocess.DEVNULL,
        check=False,
    )
    if done.returncode != 1:
        sys.exit(f"the installed wheel ends with {done.returncode} on the examples")


def digest(path: Path) -> str:
    """The SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def run(*words: str, **environment: str) -> None:
    """Python with these arguments; exits where it fails."""
    done = subprocess.run(
        [sys.executable, *words], env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(f"{' '.join(words[:3])} failed:\n{done.stdout}{done.stderr}")


if __name__ == "__main__":
    main()
