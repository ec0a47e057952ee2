"""``python -m pgleak_lint``."""

from __future__ import annotations

import os
import sys

if __name__ == "__main__":
    # `python -m` looks for modules in the working directory first: what is checked must not be run
    if sys.path and sys.path[0] in ("", os.getcwd()):
        del sys.path[0]
    from pgleak_lint.cli.main import program

    program()
