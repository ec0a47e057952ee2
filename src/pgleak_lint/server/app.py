"""The features of the server: diagnostics pushed and pulled, hover, code actions."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

from lsprotocol import types
from pygls.lsp.server import LanguageServer
from pygls.uris import from_fs_path, to_fs_path

from pgleak_lint._version import __version__
from pgleak_lint.config.options import SettingsError
from pgleak_lint.findings.finding import Finding
from pgleak_lint.models.table import ModelError
from pgleak_lint.report.entries import url
from pgleak_lint.rules.plugins import all_rules
from pgleak_lint.server.convert import (
    SOURCE,
    changed_lines,
    finding_diagnostic,
    hover_text,
    plain_range,
    tool_diagnostic,
)
from pgleak_lint.server.documents import Checked, Documents
from pgleak_lint.source.document import split_lines
from pgleak_lint.source.ignores import add_ignores
from pgleak_lint.source.span import Span

PAUSE = 0.2
"""Seconds without typing before a text is checked."""
OPEN_DOCS = "pgleak-lint.openDocs"


class Server(LanguageServer):
    """The documents, and how their positions are told."""

    def __init__(self) -> None:
        super().__init__(SOURCE, __version__)
        self.documents = Documents()
        self._told: str | None = None

    def checked(self, uri: str) -> Checked:
        """The answer for an open document; faults of the settings are shown once, and nothing is found then."""
        document = self.workspace.get_text_document(uri)
        try:
            answer = self.documents.check(uri, _path(uri), document.source)
        except (SettingsError, ModelError) as error:
            if self._told != str(error):
                self._told = str(error)
                shown = types.ShowMessageParams(types.MessageType.Error, f"pgleak-lint: {error}")
                self.window_show_message(shown)
            return Checked(document.source)
        self._told = None
        return answer

    def diagnostics(self, uri: str) -> list[types.Diagnostic]:
        """What the editor shows."""
        answer = self.checked(uri)
        own = _path(uri) or "untitled.py"

        def to_range(path: str, span: Span) -> types.Range:
            return self.to_range(uri, span) if path == own else plain_range(span)

        def to_uri(path: str) -> str:
            return uri if path == own else from_fs_path(path) or uri

        found = [finding_diagnostic(finding, to_range, to_uri) for finding in answer.findings]
        return [*found, *(tool_diagnostic(one, to_range) for one in answer.diagnostics)]

    def to_range(self, uri: str, span: Span) -> types.Range:
        """A span of an open document in the client's units."""
        document = self.workspace.get_text_document(uri)
        return self.workspace.position_codec.range_to_client_units(document.lines, plain_range(span))

    def findings_at(self, uri: str, where: types.Range) -> Iterator[Finding]:
        """The findings on the lines of a range."""
        for finding in self.checked(uri).findings:
            if finding.span.line - 1 <= where.end.line and where.start.line <= finding.span.end_line - 1:
                yield finding

    def publish(self, uri: str) -> None:
        """Tell the diagnostics of a document, to clients that do not ask for them."""
        document = self.workspace.get_text_document(uri)
        client = self.client_capabilities.text_document
        if client is None or client.diagnostic is None:
            self.text_document_publish_diagnostics(
                types.PublishDiagnosticsParams(uri, self.diagnostics(uri), document.version)
            )


def _path(uri: str) -> str | None:
    return to_fs_path(uri) if uri.startswith("file:") else None


def create_server() -> Server:
    """A server with all features."""
    server = Server()
    _add_diagnostics(server)
    _add_help(server)
    return server


def _add_diagnostics(server: Server) -> None:
    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    def opened(params: types.DidOpenTextDocumentParams) -> None:
        server.publish(params.text_document.uri)

    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    async def changed(params: types.DidChangeTextDocumentParams) -> None:
        await asyncio.sleep(PAUSE)
        uri, version = params.text_document.uri, params.text_document.version
        if uri in server.workspace.text_documents and server.workspace.get_text_document(uri).version == version:
            server.publish(uri)

    @server.feature(types.TEXT_DOCUMENT_DID_SAVE)
    def saved(params: types.DidSaveTextDocumentParams) -> None:
        refresh()

    @server.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    def watched(params: types.DidChangeWatchedFilesParams) -> None:
        refresh()

    @server.feature(types.WORKSPACE_DID_CHANGE_CONFIGURATION)
    def configured(params: types.DidChangeConfigurationParams) -> None:
        refresh()

    def refresh() -> None:
        server.documents.forget()
        for uri in list(server.workspace.text_documents):
            server.publish(uri)

    @server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    def closed(params: types.DidCloseTextDocumentParams) -> None:
        server.documents.close(params.text_document.uri)
        server.text_document_publish_diagnostics(types.PublishDiagnosticsParams(params.text_document.uri, []))

    options = types.DiagnosticOptions(identifier=SOURCE, inter_file_dependencies=True, workspace_diagnostics=False)

    @server.feature(types.TEXT_DOCUMENT_DIAGNOSTIC, options)
    def pulled(params: types.DocumentDiagnosticParams) -> types.RelatedFullDocumentDiagnosticReport:
        return types.RelatedFullDocumentDiagnosticReport(items=server.diagnostics(params.text_document.uri))


def _add_help(server: Server) -> None:
    @server.feature(types.TEXT_DOCUMENT_HOVER)
    def hover(params: types.HoverParams) -> types.Hover | None:
        uri = params.text_document.uri
        here = types.Range(params.position, params.position)
        rules = {rule.META.code: rule for rule in all_rules()}
        texts = [hover_text(finding, rules.get(finding.code)) for finding in server.findings_at(uri, here)]
        if not texts:
            return None
        return types.Hover(types.MarkupContent(types.MarkupKind.Markdown, "\n\n---\n\n".join(texts)))

    kinds = types.CodeActionOptions(code_action_kinds=[types.CodeActionKind.QuickFix])

    @server.feature(types.TEXT_DOCUMENT_CODE_ACTION, kinds)
    def actions(params: types.CodeActionParams) -> list[types.CodeAction]:
        uri = params.text_document.uri
        return [
            action
            for finding in server.findings_at(uri, params.range)
            for action in (_ignore(server, uri, finding), _open_docs(finding))
        ]

    @server.command(OPEN_DOCS)
    def open_docs(*arguments: Any) -> None:
        names = {rule.META.name for rule in all_rules()}
        name = str(arguments[0]) if arguments else ""
        if name in names:  # only addresses of our own
            server.window_show_document(types.ShowDocumentParams(uri=url(name), external=True))


def _ignore(server: Server, uri: str, finding: Finding) -> types.CodeAction:
    text = server.workspace.get_text_document(uri).source
    new, _ = add_ignores(text, [(finding.span.line, finding.code)])
    edits = changed_lines(split_lines(text), split_lines(new), lambda span: server.to_range(uri, span))
    return types.CodeAction(
        title=f"Silence {finding.code} here with a comment",
        kind=types.CodeActionKind.QuickFix,
        edit=types.WorkspaceEdit(changes={uri: edits}),
    )


def _open_docs(finding: Finding) -> types.CodeAction:
    title = f"Open the documentation of {finding.code}"
    return types.CodeAction(
        title=title,
        kind=types.CodeActionKind.QuickFix,
        command=types.Command(title=title, command=OPEN_DOCS, arguments=[finding.name]),
    )
