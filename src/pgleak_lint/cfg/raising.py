"""Which handlers stop which exceptions."""

from __future__ import annotations
