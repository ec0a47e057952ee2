"""The language server, on pygls: needs the extra ``lsp``."""
