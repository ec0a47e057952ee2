"""The identity of a finding across edits: what is wrong, in which function, with which expression; no lines, no path."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from pgleak_lint.findings.finding import Finding

VERSION = "1"


def with_fingerprints(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """The findings of one file, in order, each with its fingerprint. Equal ones are told apart by their ordinal."""
    if not findings:
        return ()
    import hashlib  # loads OpenSSL, which takes longer than a clean file does

    seen: Counter[tuple[str, str, str]] = Counter()
    result = []
    for finding in findings:
        key = (finding.code, finding.function, "".join(finding.expression.split()))
        digest = hashlib.sha256("\0".join((*key, str(seen[key]))).encode("utf-8", "surrogatepass")).hexdigest()[:16]
        seen[key] += 1
        result.append(replace(finding, fingerprint=f"{VERSION}:{digest}"))
    return tuple(result)
