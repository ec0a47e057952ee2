"""Runs that are killed at any moment: what the next run says must be what is in the files.

python -m tests.reliability.kills --count 500 --seed 1
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2] / "src"

HEAD = "import asyncpg\n\nfrom app.helper import put\n\n\nasync def f(pool: asyncpg.Pool, x):\n    conn = await pool.acquire()\n"
KINDS = {
    "leaks": HEAD + "    if x:\n        return\n    await pool.release(conn)\n",
    "clean": HEAD + "    await pool.release(conn)\n",
    "helped": HEAD + "    await put(pool, conn)\n",
}
HELPERS = {
    True: "async def put(pool, conn):\n    await pool.release(conn)\n",
    False: "async def put(pool, conn):\n    print(conn)\n",
}
FILES = 60


class Project:
    """A project whose findings are known without looking."""

    def __init__(self, root: Path, chance: random.Random) -> None:
        self._chance = chance
        self._app = root / "app"
        self._app.mkdir(parents=True)
        (self._app / "__init__.py").touch()
        (root / "pyproject.toml").write_text("[tool.pgleak-lint]\nroot = true\n")
        self._kinds: dict[str, str] = {}
        self._helps = True
        for number in range(FILES):
            self._write(f"m{number:02}.py")
        self._help()

    def _write(self, name: str) -> None:
        self._kinds[name] = self._chance.choice(sorted(KINDS))
        (self._app / name).write_text(KINDS[self._kinds[name]])

    def _help(self) -> None:
        self._helps = self._chance.random() < 0.7
        (self._app / "helper.py").write_text(HELPERS[self._helps])

    def change(self) -> None:
        """Write a few files anew, and now and then the helper that the others use."""
        for name in self._chance.choices(sorted(self._kinds), k=self._chance.choice((1, 1, 3))):
            self._write(name)
        if self._chance.random() < 0.3:
            self._help()

    @property
    def leaking(self) -> list[str]:
        """The files with a finding."""
        bad = {"leaks"} if self._helps else {"leaks", "helped"}
        return sorted(f"app/{name}" for name, kind in self._kinds.items() if kind in bad)


def main() -> int:
    """Kill runs, and compare what the next one says."""
    parser = argparse.ArgumentParser(prog="python -m tests.reliability.kills", description=__doc__)
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    chance = random.Random(options.seed)
    killed = wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        project = Project(Path(folder), chance)
        command = [sys.executable, "-m", "pgleak_lint", "check", "--exit-zero", "--output-format", "json"]
        environment = {**os.environ, "PYTHONPATH": os.fspath(SOURCE)}
        for number in range(options.count):
            project.change()
            jobs = ["--jobs", chance.choice(("1", "2"))]
            run = subprocess.Popen([*command, *jobs, "."], cwd=folder, env=environment, stdout=subprocess.DEVNULL)
            time.sleep(chance.uniform(0.0, 0.45))
            killed += run.poll() is None
            run.kill()
            run.wait()
            if chance.random() < 0.5:
                project.change()
            done = subprocess.run([*command, "."], cwd=folder, env=environment, capture_output=True, check=False)
            said = sorted({finding["path"] for finding in json.loads(done.stdout)["findings"]})
            if said != project.leaking or done.stderr:
                wrong += 1
                print(f"run {number}: {done.stderr.decode()} {set(said) ^ set(project.leaking)}", file=sys.stderr)
    print(f"{options.count} runs, {killed} killed before their end, {wrong} wrong afterwards (seed {options.seed})")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
