"""How much is done about code in which nothing can be acquired."""

from __future__ import annotations

import enum


class Effort(enum.Enum):
    """What is done where the words of a file, or the names in a call, say that nothing can be acquired there."""

    NEEDED = "needed"
    """Nothing, neither for a file nor for a function."""
    SYNTAX = "syntax"
    """All of the file is parsed, so that errors of syntax are found."""
    ALL = "all"
    """Everything, as if one could not tell: what the quick answers are measured against."""
