"""From bytes to text to a syntax tree, with every way in which that can fail as data.

The gate is `ast.parse`: ten times as fast as libcst, and what CPython's own parser refuses for its depth would kill
libcst's native parser. Only text that passed it, or that is refused for a syntax which may merely be newer than the
running Python, reaches libcst.
"""

from __future__ import annotations

import ast
import codecs
import os
import re
import stat
import tokenize
import warnings
from contextlib import suppress
from io import BytesIO
from typing import TYPE_CHECKING

from pgleak_lint._record import record

if TYPE_CHECKING:
    import libcst

MOST_BYTES = 64 * 2**20
"""A data table of 4 MB is large for Python; what is larger than this would take more memory than anybody expects."""
SHALLOW = 3_000
"""Characters below which no expression is too deep, but for patterns of ``match``."""
_BEYOND = "nested beyond the parser"
_OLD_ERROR = re.compile(r"nested|^\((?:unicode|value) error\)|^bytes can only contain ASCII")
"""What is wrong with a text in whatever version: libcst does not look into strings."""
_LINE_END = re.compile(r"\r\n|\r|\n")


@record
class Fault:
    """Why a file was not checked. ``line`` and ``column`` count from 1; 0 where no place is known."""

    code: str
    message: str
    line: int = 0
    column: int = 0


def read_file(path: str) -> bytes | Fault:
    """The bytes of a regular file that is not too large to be one that somebody wrote."""
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            return Fault("PGL905", "cannot read: not a regular file; not checked")
        file = os.open(path, _AT_ONCE)  # a file object costs more than reading most files
        try:
            status = os.fstat(file)
            if not stat.S_ISREG(status.st_mode):  # it has become something else since
                return Fault("PGL905", "cannot read: not a regular file; not checked")
            data = _read(file, status.st_size)
        finally:
            os.close(file)
        return data if len(data) <= MOST_BYTES else Fault("PGL905", "cannot read: larger than 64 MiB; not checked")
    except FileNotFoundError:
        if os.path.islink(path):
            return Fault("PGL905", "cannot read: not a regular file; not checked")
        return Fault("PGL905", "disappeared while being read; not checked")
    except PermissionError:
        return Fault("PGL905", "cannot read: permission denied; not checked")
    except OSError as error:
        return Fault("PGL905", f"cannot read: {(error.strerror or 'unknown error').lower()}; not checked")


_AT_ONCE = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0)
"""Without waiting for somebody to write, as a FIFO would."""


def _read(file: int, size: int) -> bytes:
    """All bytes of a file, which may have grown or shrunk since it had that size; at most one more than are wanted."""
    data = os.read(file, min(size, MOST_BYTES) + 1)
    while len(data) != size and len(data) <= MOST_BYTES:
        wanted = max(len(data), 65_536)  # memory is taken for all of it, and mostly nothing comes
        more = os.read(file, min(wanted, MOST_BYTES + 1 - len(data)))
        if not more:
            break
        data += more
    return data


def decode(data: bytes) -> str | Fault:
    """The text, by its byte order mark or its encoding declaration (PEP 263)."""
    try:
        encoding = _encoding_of(data)
    except SyntaxError as error:
        declared = re.search(rb"coding[:=]\s*([-\w.]+)", data[:500])
        name = declared.group(1).decode("ascii", "replace") if declared else ""
        if name and not _is_codec(name):
            return Fault("PGL905", f"unknown encoding '{name}'; not checked")
        if "invalid or missing encoding" not in str(error) and name:
            return Fault("PGL905", f"unknown encoding '{name}'; not checked")
        encoding = "utf-8"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        shown = encoding.replace("utf-8-sig", "utf-8")
        return Fault(
            "PGL905", f"cannot decode as {shown}: byte 0x{data[error.start]:02x} at line {line}; not checked", line
        )
    except (LookupError, UnicodeError, ValueError):
        return Fault("PGL905", f"unknown encoding '{encoding}'; not checked")


def _encoding_of(data: bytes) -> str:
    """The encoding. Raises SyntaxError if nobody knows the one that is declared."""
    second = data.find(b"\n", data.find(b"\n") + 1)
    if b"coding" not in data[: second if second >= 0 else None] and not data.startswith(codecs.BOM_UTF8):
        return "utf-8"  # as most files; asking `tokenize` takes a hundred times as long
    return tokenize.detect_encoding(BytesIO(data).readline)[0]


def encode_like(text: str, data: bytes) -> bytes | None:
    """The text in the encoding of the bytes that it was decoded from, with their byte order mark; None if that has no
    such characters."""
    try:
        encoding = _encoding_of(data)
    except SyntaxError:
        encoding = "utf-8"
    try:
        return text.encode(encoding)
    except UnicodeError:
        return None


def _is_codec(name: str) -> bool:
    try:
        codecs.lookup(name)
    except LookupError:
        return False
    return True


def split_lines(text: str) -> list[str]:
    """The lines without their ends, split where Python's grammar does (not at form feeds)."""
    return _LINE_END.split(text) if "\r" in text else text.split("\n")


def check_syntax(text: str) -> Fault | None:
    """None if the text is Python, of this version or, as far as libcst knows it, of a newer one."""
    tree = read_syntax(text)
    return tree if isinstance(tree, Fault) else None


def read_syntax(text: str) -> ast.Module | Fault | None:
    """The abstract syntax tree; None if the text is Python of a newer version, which only libcst can read. A tree that is too
    deep for libcst is a fault."""
    syntax = _read_syntax(text)
    if isinstance(syntax, Fault):
        return syntax
    if not isinstance(syntax.tree, ast.Module):
        return None
    return too_deep() if is_deep(syntax.tree, text) else syntax.tree


def _read_syntax(text: str) -> Syntax | Fault:
    """What the parsers say, of whatever depth."""
    try:
        return Syntax(parse(text), text)
    except SyntaxError as error:
        fault = _syntax_fault(error.msg, error.lineno or 1, error.offset or 1)
        if not _may_be_newer(text, error):
            return fault
        from pgleak_lint.source.newer import as_older  # here, because few files are

        older = as_older(text)
        with suppress(SyntaxError, ValueError, MemoryError, RecursionError):
            return Syntax(parse(older), older)
        tree = parse_tree(text)
        return fault if isinstance(tree, Fault) else Syntax(tree, text)
    except (MemoryError, RecursionError):
        return _syntax_fault(_BEYOND, 1, 1)
    except ValueError as error:
        return _syntax_fault(str(error), 1, 1)


@record
class Syntax:
    """What could be read of a text. ``tree`` is the concrete one if only libcst can read it; ``text`` is what it was read from: the
    given one, or that with something else in the places that the parser can't take. ``deep``: some of it is more than libcst can take."""

    tree: ast.Module | libcst.Module
    text: str
    deep: bool = False


def read_what_can_be(text: str) -> Syntax | Fault:
    """As `read_syntax`, of text that may be too deep in some places; what is around them is at the same lines and columns."""
    syntax = _read_syntax(text)
    if not isinstance(syntax, Fault):
        tree = syntax.tree
        return Syntax(tree, syntax.text, isinstance(tree, ast.Module) and is_deep(tree, text))
    from pgleak_lint.source.depth import clipped, is_absurd  # here, because most files can be read

    rest = clipped(text) if is_absurd(text) else text
    around = _read_syntax(rest) if rest != text else syntax
    if isinstance(around, Fault) or not isinstance(around.tree, ast.Module):
        return syntax
    return Syntax(around.tree, around.text, deep=True)


def parse(text: str) -> ast.Module:
    """As `ast.parse`, without a word about what is doubtful in the text. Raises what that raises."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(text)


def is_deep(tree: ast.Module, text: str) -> bool:
    """Whether the tree of that text is too deep for libcst."""
    if len(text) < SHALLOW and "match" not in text:
        return False
    from pgleak_lint.source.depth import is_too_deep  # here, because most files are not asked

    return is_too_deep(tree, text)


def too_deep() -> Fault:
    """What is said of a text that is nested more deeply than libcst can take."""
    return _syntax_fault(_BEYOND, 1, 1)


def _may_be_newer(text: str, error: SyntaxError) -> bool:
    """Whether libcst may be asked about text that this Python refuses. Nothing that would kill its parser may."""
    from pgleak_lint.source.depth import is_absurd

    return not _OLD_ERROR.search(error.msg) and "\0" not in text and not is_absurd(text)


def parse_tree(text: str) -> libcst.Module | Fault:
    """The concrete syntax tree. Only for text that `check_syntax` passed."""
    import libcst  # here, because importing it takes longer than most runs

    try:
        return libcst.parse_module(text)
    except libcst.ParserSyntaxError as error:
        return _syntax_fault(error.message, error.raw_line or 1, (error.raw_column or 0) + 1)
    except (RecursionError, MemoryError):
        return _syntax_fault(_BEYOND, 1, 1)
    except Exception as error:  # libcst reports some invalid input by errors of its own code
        return _syntax_fault(f"{type(error).__name__} in the parser", 1, 1)


def _syntax_fault(words: str, line: int, column: int) -> Fault:
    return Fault("PGL901", f"syntax error: {' '.join(words.split())}; not checked", line, max(column, 1))
