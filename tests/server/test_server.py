"""The server, spoken to by a real client over its standard streams."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types
from pygls.lsp.client import LanguageClient

ROOT = Path(__file__).resolve().parents[2]

LEAK = """\
import psycopg2.pool

pool = psycopg2.pool.SimpleConnectionPool(1, 2, "")


def name(key):
    ä = "😀"; conn = pool.getconn()
    if key is None:
        return None
    pool.putconn(conn)
"""
LINE = 6


class Editor:
    """A client with one open document."""

    def __init__(self, client: LanguageClient, path: Path) -> None:
        self.client = client
        self.uri = path.as_uri()
        self.told: asyncio.Queue[types.PublishDiagnosticsParams] = asyncio.Queue()
        self.messages: list[str] = []
        self.version = 1

        @client.feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
        def published(params: types.PublishDiagnosticsParams) -> None:
            self.told.put_nowait(params)

        @client.feature(types.WINDOW_SHOW_MESSAGE)
        def shown(params: types.ShowMessageParams) -> None:
            self.messages.append(params.message)

    async def open(self, text: str) -> list[types.Diagnostic]:
        document = types.TextDocumentItem(self.uri, "python", self.version, text)
        self.client.text_document_did_open(types.DidOpenTextDocumentParams(document))
        return await self.next()

    async def type(self, text: str) -> list[types.Diagnostic]:
        self.version += 1
        document = types.VersionedTextDocumentIdentifier(version=self.version, uri=self.uri)
        change = types.TextDocumentContentChangeWholeDocument(text)
        self.client.text_document_did_change(types.DidChangeTextDocumentParams(document, [change]))
        return await self.next()

    async def next(self) -> list[types.Diagnostic]:
        return list((await asyncio.wait_for(self.told.get(), 30)).diagnostics)

    @property
    def document(self) -> types.TextDocumentIdentifier:
        return types.TextDocumentIdentifier(self.uri)


def talk(folder: Path, name: str, what: Callable[[Editor], Awaitable[None]], *, pulls: bool = False) -> None:
    """Run ``what`` against a fresh server that works in ``folder``."""

    async def main() -> None:
        client = LanguageClient("test", "1")
        await client.start_io(sys.executable, "-m", "pgleak_lint", "server", cwd=folder, env=environment())
        editor = Editor(client, folder / name)
        wishes = types.TextDocumentClientCapabilities(
            diagnostic=types.DiagnosticClientCapabilities() if pulls else None
        )
        await client.initialize_async(
            types.InitializeParams(types.ClientCapabilities(text_document=wishes), root_uri=folder.as_uri())
        )
        client.initialized(types.InitializedParams())
        try:
            await asyncio.wait_for(what(editor), 60)
        finally:
            await client.shutdown_async(None)
            client.exit(None)
            await client.stop()

    asyncio.run(main())


def environment() -> dict[str, str]:
    """The package from this checkout."""
    import os

    return {**os.environ, "PYTHONPATH": str(ROOT / "src")}


def test_diagnostics_while_typing(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(LEAK, encoding="utf-8")

    async def what(editor: Editor) -> None:
        (found,) = await editor.open(LEAK)
        assert (found.code, found.source, found.severity) == ("PGL102", "pgleak-lint", types.DiagnosticSeverity.Error)
        assert found.code_description is not None
        assert found.code_description.href.endswith("/rules/leak-on-path/")
        line = LEAK.split("\n")[LINE]
        column = len(line[: line.index("pool.getconn")].encode("utf-16-le")) // 2
        assert found.range.start == types.Position(LINE, column)
        assert [info.message.partition(".")[0] for info in found.related_information or ()] == ["1", "2", "3"]
        assert await editor.type(LEAK.replace("return None", "pass")) == []
        assert [one.code for one in await editor.type("def f(:\n")] == ["PGL901"]

    talk(tmp_path, "a.py", what)


def test_unsaved_text_stands_in_the_project(tmp_path: Path) -> None:
    (tmp_path / "db.py").write_text("import psycopg2\n\n\ndef connect():\n    return psycopg2.connect('')\n")

    async def what(editor: Editor) -> None:
        text = "from db import connect\n\n\ndef f():\n    conn = connect()\n    conn.cursor()\n"
        assert [found.code for found in await editor.open(text)] == ["PGL101"]
        # another file changes on disk
        (tmp_path / "db.py").write_text("def connect():\n    return object()\n")
        change = types.FileEvent((tmp_path / "db.py").as_uri(), types.FileChangeType.Changed)
        editor.client.workspace_did_change_watched_files(types.DidChangeWatchedFilesParams([change]))
        assert await editor.next() == []

    talk(tmp_path, "new.py", what)


def test_pull(tmp_path: Path) -> None:
    async def what(editor: Editor) -> None:
        document = types.TextDocumentItem(editor.uri, "python", 1, LEAK)
        editor.client.text_document_did_open(types.DidOpenTextDocumentParams(document))
        report: Any = await editor.client.text_document_diagnostic_async(
            types.DocumentDiagnosticParams(editor.document)
        )
        assert [found.code for found in report.items] == ["PGL102"]
        assert editor.told.empty()

    talk(tmp_path, "a.py", what, pulls=True)


def test_hover_and_actions(tmp_path: Path) -> None:
    async def what(editor: Editor) -> None:
        (found,) = await editor.open(LEAK)
        hover = await editor.client.text_document_hover_async(types.HoverParams(editor.document, found.range.start))
        assert hover is not None
        assert isinstance(hover.contents, types.MarkupContent)
        assert "1. line 7: acquired here" in hover.contents.value
        assert "PGL102 leak-on-path" in hover.contents.value
        elsewhere = types.HoverParams(editor.document, types.Position(0, 0))
        assert await editor.client.text_document_hover_async(elsewhere) is None
        asked = types.CodeActionParams(editor.document, found.range, types.CodeActionContext([found]))
        actions: Any = await editor.client.text_document_code_action_async(asked)
        assert [action.title for action in actions] == [
            "Silence PGL102 here with a comment", "Open the documentation of PGL102",
        ]  # fmt: skip
        (edit,) = actions[0].edit.changes[editor.uri]
        lines = LEAK.split("\n")
        assert edit.new_text == f"{lines[LINE]}  # pgleak: ignore[PGL102]"
        lines[LINE] = edit.new_text
        assert await editor.type("\n".join(lines)) == []

    talk(tmp_path, "a.py", what)


def test_wrong_settings_are_told_once(tmp_path: Path) -> None:
    (tmp_path / "pgleak-lint.toml").write_text("selct = []\n")

    async def what(editor: Editor) -> None:
        assert await editor.open(LEAK) == []
        await editor.type(LEAK + "\n")
        assert len(editor.messages) == 1
        assert "no setting 'selct'; did you mean 'select'?" in editor.messages[0]
        (tmp_path / "pgleak-lint.toml").write_text("ignore = []\n")
        assert [found.code for found in await editor.type(LEAK + "\n\n")] == ["PGL102"]

    talk(tmp_path, "a.py", what)


def test_without_the_extra(tmp_path: Path) -> None:
    import subprocess

    (tmp_path / "sitecustomize.py").write_text("import sys\nsys.modules['pygls.lsp.server'] = None\n")
    env = {**environment(), "PYTHONPATH": f"{ROOT / 'src'}:{tmp_path}"}
    done = subprocess.run(
        [sys.executable, "-m", "pgleak_lint", "server"], capture_output=True, text=True, env=env, check=False
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "error: the language server needs pygls; install pgleak-lint[lsp]\n"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion(tmp_path: Path, shell: str) -> None:
    import subprocess

    command = [sys.executable, "-m", "pgleak_lint"]
    done = subprocess.run(
        [*command, "completion", shell], capture_output=True, text=True, env=environment(), check=False
    )
    assert done.returncode == 0
    assert "_PGLEAK_LINT_COMPLETE" in done.stdout
    asked = {
        **environment(),
        "_PGLEAK_LINT_COMPLETE": f"{shell}_complete",
        "COMP_WORDS": "pgleak-lint che",
        "COMP_CWORD": "1",
    }
    done = subprocess.run(command, capture_output=True, text=True, env=asked, check=False)
    assert "check" in done.stdout or shell == "fish"


def test_flake8(tmp_path: Path) -> None:
    import subprocess

    (tmp_path / "a.py").write_text(LEAK, encoding="utf-8")
    registered = entry_points(group="flake8.extension", name="PGL")  # where the package is installed
    local = "" if registered else "[flake8:local-plugins]\nextension =\n    PGL = pgleak_lint.flake8:Plugin\n"
    (tmp_path / "plugin.cfg").write_text(f"[flake8]\n{local}")
    done = subprocess.run(
        [sys.executable, "-m", "flake8", "--config", "plugin.cfg", "--select", "PGL", "a.py"],
        cwd=tmp_path, capture_output=True, text=True, env=environment(), check=False,
    )  # fmt: skip
    column = LEAK.split("\n")[LINE].index("pool.getconn") + 1
    assert done.stdout == f"a.py:7:{column}: PGL102 connection from `pool` is not released when `key is None`\n", (
        done.stderr
    )
