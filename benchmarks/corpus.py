"""Fetches the pinned packages that the measurements run on.

``python benchmarks/corpus.py fetch --list benchmarks/corpus.txt --into .corpus [--wheels DIR]`` downloads one
wheel for each pin and unpacks its ``.py`` members into ``DIR/NAME-VERSION/``. Nothing is installed and
nothing is executed.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path, PurePosixPath

PYTHON_VERSION = "3.13"
_PIN = re.compile(r"(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)==(?P<version>[A-Za-z0-9.!+]+)")


def read_pins(path: Path) -> list[tuple[str, str]]:
    """The ``name==version`` lines of ``path``; ``#`` starts a comment."""
    pins = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        text = line.partition("#")[0].strip()
        if not text:
            continue
        match = _PIN.fullmatch(text)
        if match is None:
            raise SystemExit(f"{path}:{number}: not a pin of the form name==version: {text}")
        pins.append((match["name"], match["version"]))
    return pins


def normalized(name: str) -> str:
    """A distribution's name as wheel file names spell it, in lower case."""
    return re.sub(r"[-_.]+", "_", name).lower()


def find_wheel(wheels: Path, name: str, version: str) -> Path | None:
    """The wheel of one pin in ``wheels``, if it is there."""
    for wheel in sorted(wheels.glob("*.whl")):
        parts = wheel.name.split("-")
        if normalized(parts[0]) == normalized(name) and parts[1] == version:
            return wheel
    return None


def download(pin: str, into: Path, wheels: Path | None) -> None:
    """Let pip fetch one wheel; from ``wheels`` alone where that is given."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    command += ["--only-binary=:all:", "--python-version", PYTHON_VERSION, "--dest", str(into)]
    if wheels is not None:
        command += ["--no-index", "--find-links", str(wheels)]
    subprocess.run([*command, pin], check=True)


def unpack(wheel: Path, into: Path) -> int:
    """Write the ``.py`` members of ``wheel`` under ``into``; the number of files."""
    count = 0
    with zipfile.ZipFile(wheel) as archive:
        for member in archive.infolist():
            path = PurePosixPath(member.filename)
            if member.is_dir() or path.suffix != ".py" or path.is_absolute() or ".." in path.parts:
                continue
            target = into.joinpath(*path.parts)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(archive.read(member))
            count += 1
    return count


def fetch(pins: list[tuple[str, str]], into: Path, wheels: Path | None) -> int:
    """Fetch and unpack all ``pins``; the number that failed."""
    failed = 0
    files = size = 0
    for name, version in pins:
        target = into / f"{name}-{version}"
        if not target.is_dir():
            with tempfile.TemporaryDirectory() as scratch:
                wheel = find_wheel(wheels, name, version) if wheels else None
                if wheel is None:
                    try:
                        download(f"{name}=={version}", Path(scratch), wheels)
                    except subprocess.CalledProcessError:
                        print(f"{name}=={version}: not fetched", file=sys.stderr)
                        failed += 1
                        continue
                    wheel = find_wheel(Path(scratch), name, version) or next(Path(scratch).glob("*.whl"))
                # renamed last, so that an interrupted run does not leave half a package behind
                partial = into / f".partial-{name}-{version}"
                partial.mkdir(parents=True, exist_ok=True)
                unpack(wheel, partial)
                partial.rename(target)
        sources = list(target.rglob("*.py"))
        files += len(sources)
        size += sum(path.stat().st_size for path in sources)
        print(f"{name}=={version}: {len(sources)} files")
    print(f"{len(pins) - failed} packages, {files} files, {size / 1e6:.1f} MB in {into}")
    return failed


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("fetch", help="download and unpack the pinned wheels")
    command.add_argument("--list", type=Path, default=Path(__file__).with_name("corpus.txt"))
    command.add_argument("--into", type=Path, required=True)
    command.add_argument("--wheels", type=Path, help="a directory of wheels to use instead of the package index")
    options = parser.parse_args(arguments)
    return 1 if fetch(read_pins(options.list), options.into, options.wheels) else 0


if __name__ == "__main__":
    sys.exit(main())
