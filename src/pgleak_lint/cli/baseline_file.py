"""The baseline of a command line: where it is, what it accepts of a run, how it is written."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

from pgleak_lint.cli.check import relative_to_base, repository_root
from pgleak_lint.cli.errors import CliError
from pgleak_lint.cli.request import Checked, Request
from pgleak_lint.findings.baseline import BaselineError, Entry, parse, render
from pgleak_lint.pipeline.accepted import Compared, compare
from pgleak_lint.pipeline.selected import is_on
from pgleak_lint.rules import find_rule
from pgleak_lint.rules.plugins import all_rules


class BaselineFile:
    """The entries of the baseline that the settings name. Raises `CliError` if it is missing (unless ``may_be_missing``) or
    no baseline."""

    def __init__(self, request: Request, *, may_be_missing: bool = False) -> None:
        assert request.settings.baseline is not None
        self.path = request.settings.baseline
        self._request = request
        self._base = Path(os.path.abspath(repository_root(Path.cwd())))
        self.entries = self._read(_place(request.origins.get("baseline", "")), may_be_missing)

    def _read(self, place: str, may_be_missing: bool) -> tuple[Entry, ...]:
        try:
            return parse(Path(self.path).read_text(encoding="utf-8-sig"))
        except FileNotFoundError:
            if may_be_missing:
                return ()
            raise CliError(f"{place}: no such file: {self.path}; create it with --write-baseline") from None
        except BaselineError as error:
            raise CliError(f"{place}: {self.path}{error}") from None
        except UnicodeDecodeError:
            raise CliError(f"{place}: {self.path}: not valid JSON: not UTF-8") from None
        except OSError as error:
            raise CliError(f"{place}: cannot read {self.path}: {(error.strerror or 'unknown error').lower()}") from None

    def compare(self, checked: Checked) -> Compared:
        """What of a run is accepted, new, or fixed."""
        files = {relative_to_base(result.path, self._base): result for result in checked.results}
        settings = {relative_to_base(task.shown, self._base): task.settings for task in checked.tasks}
        folders = [relative_to_base(text, self._base) for text in checked.paths if os.path.isdir(text)]

        def is_judged(entry: Entry) -> bool:
            rule = find_rule(entry.code, all_rules())
            if rule is None or not is_on(rule.META, settings.get(entry.path, self._request.settings)):
                return False
            if entry.path in files:
                return files[entry.path].checked
            return self._is_gone(entry.path) and any(_is_below(entry.path, folder) for folder in folders)

        return compare(
            checked.results,
            self.entries,
            path_of=lambda path: relative_to_base(path, self._base),
            is_gone=self._is_gone,
            is_judged=is_judged,
        )

    def _is_gone(self, path: str) -> bool:
        return not os.path.lexists(self._base / path)

    def write(self, entries: Iterable[Entry]) -> None:
        """Write the entries, all or nothing."""
        target = Path(os.path.realpath(self.path))
        text = render(entries)
        name = None
        try:
            if target.is_file() and target.read_text(encoding="utf-8") == text:
                return
            target.parent.mkdir(parents=True, exist_ok=True)
            mode = target.stat().st_mode & 0o777 if target.exists() else 0o644
            with tempfile.NamedTemporaryFile(
                "w", encoding="utf-8", newline="\n", dir=target.parent, prefix=".pgleak-", delete=False
            ) as file:
                name = file.name
                file.write(text)
            os.chmod(name, mode)
            os.replace(name, target)
            name = None
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "unknown error"
            raise CliError(f"cannot write {self.path}: {reason.lower()}") from None
        finally:
            if name is not None:
                Path(name).unlink(missing_ok=True)


def _place(origin: str) -> str:
    """What stands before a fault: the option, or the key in its file."""
    if origin.startswith("option "):
        return origin.removeprefix("option ")
    return f"{origin}: tool.pgleak-lint.baseline" if origin.endswith("pyproject.toml") else f"{origin}: baseline"


def _is_below(path: str, folder: str) -> bool:
    return folder == "." or path.startswith(f"{folder}/")
