"""``python -m pgleak_lint``."""

from __future__ import annotations

from pgleak_lint.cli.main import main

if __name__ == "__main__":
    main()
