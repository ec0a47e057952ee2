"""Runs over files that nobody foresaw: `python -m tests.reliability --help`. Figures: ``docs/reliability.md``."""
