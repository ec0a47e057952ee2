"""All formats: one golden file each, what their readers demand, and nothing hostile that escapes."""

from __future__ import annotations

import html.parser
import json
import re
import subprocess
import sys
from dataclasses import replace
from typing import Any
from urllib.parse import unquote
from xml.etree import ElementTree

import pytest
from sarif_pydantic import Sarif

from pgleak_lint.findings.finding import Applicability, Diagnostic, Edit, Fix, Severity
from pgleak_lint.findings.suppression import Suppressed
from pgleak_lint.report import FORMATS, renderer
from pgleak_lint.report.view import View
from pgleak_lint.source.directive import Directive
from pgleak_lint.source.span import Span
from tests.findings.made import finding
from tests.report.made import USERS, check_golden, view
from tests.report.test_text import LEAK, SYNTAX, UNREADABLE

MACHINE = [name for name in FORMATS if name not in ("text", "concise")]
SUFFIX = {
    "junit": "junit.xml",
    "checkstyle": "checkstyle.xml",
    "github": "github.txt",
    "markdown": "md",
    "html": "html",
}

HOSTILE = {
    "a new line and a command": "a\n::set-env name=X::y.py",
    "a carriage return": "a\r::error::b.py",
    "the end of a script": "</script><img src=x onerror=alert(1)>.py",
    "the end of a section": "]]><!ENTITY x SYSTEM 'file:///etc/passwd'>.py",
    "an entity": "&x;&#0;.py",
    "escape sequences": "\x1b[31mred\x07.py",
    "the direction of text": "\u202egnp.py\u2066",
    "no text": "caf\udce9.py",
    "no character of XML": "a\ufffe\uffff\x00.py",
    "a formula": "=cmd|' /C calc'!A0.py",
    "Markdown": "[x](javascript:alert(1))|`@team`.py",
    "separators": "a,b:c%0A::d.py",
}


def shown(name: str, seen: View) -> str:
    """The view in that format."""
    return renderer(name)(seen)


def leaking(**more: Any) -> View:
    """A finding with a fix, and two files that could not be checked."""
    fix = Fix(Applicability.SAFE, "use `async with`", (Edit("app/users.py", Span(5, 5, 10, 23), "…"),))
    found = replace(LEAK, fingerprint="1:9c0f", fix=fix)
    return view([found], [SYNTAX, UNREADABLE], files_not_checked=2, **more)


@pytest.mark.parametrize("name", MACHINE)
def test_golden(name: str) -> None:
    suffix = SUFFIX.get(name, f"{name}.json")
    check_golden(f"report.{suffix}", without_rules(name, shown(name, leaking())))
    check_golden(f"clean.{suffix}", without_rules(name, shown(name, view())))


def without_rules(name: str, text: str) -> str:
    """SARIF without the pages of the rules, which have tests of their own."""
    if name != "sarif":
        return text
    document = json.loads(text)
    rules = document["runs"][0]["tool"]["driver"]["rules"]
    document["runs"][0]["tool"]["driver"]["rules"] = [rule["id"] for rule in rules]
    return json.dumps(document, indent=2) + "\n"


@pytest.mark.parametrize("name", MACHINE)
def test_a_clean_run_can_be_read_too(name: str) -> None:
    read(name, shown(name, view()))


# -- readers ---------------------------------------------------------------------------------------


class Page(html.parser.HTMLParser):
    """The tags of a page, and whether all of them are closed."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.links: list[str] = []
        self.open: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.links += [value or "" for key, value in attrs if key in ("href", "src", "onerror", "onclick")]
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def read(name: str, text: str) -> Any:
    """What a reader of that format makes of it. Raises where it can't."""
    text.encode("utf-8")
    if name in ("json", "gitlab", "rdjson", "sarif"):
        data = json.loads(text)
        if name == "sarif":
            Sarif.model_validate(data)
        return data
    if name == "jsonlines":
        return [json.loads(line) for line in text.splitlines()]
    if name in ("junit", "checkstyle"):
        return ElementTree.fromstring(text.encode())
    if name == "html":
        page = Page()
        page.feed(text)
        assert page.open == []
        return page
    return text


@pytest.mark.parametrize("case", HOSTILE)
@pytest.mark.parametrize("name", FORMATS)
def test_nothing_hostile_escapes(name: str, case: str) -> None:
    word = HOSTILE[case]
    source = USERS.replace("select name", word.replace("\n", " ").replace("\r", " ").replace('"', "'"))
    trace = tuple(replace(step, path=word, message=f"{step.message} `{word}`") for step in LEAK.trace)
    found = replace(
        LEAK, path=word, message=f"connection from `{word}` leaks", function=word, trace=trace, help=word, also=(word,)
    )
    diagnostic = replace(SYNTAX, path=word, message=word)
    text = shown(name, view([found], [diagnostic], files={word: source}, exit_code=1))
    got = read(name, text)
    if name == "sarif":
        uri = got["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        assert re.fullmatch(r"[\w%.~/'()*!:@&=+$,;-]+", uri)
        assert unquote(uri) == word.encode("utf-8", "backslashreplace").decode()
        return
    if name not in ("json", "jsonlines", "gitlab", "rdjson"):
        assert not set(text) & set("\x00\x07\x1b\r\u202e\u2066\udce9\ufffe\uffff")
    if name == "github":
        assert all(line.startswith(("::error title=PGL", "::warning title=PGL")) for line in text.splitlines())
        assert len(text.splitlines()) == 2
    if name == "html":
        assert not got.tags & {"script", "img", "iframe", "object", "link"}
        assert all(link.startswith("#f") for link in got.links)
    if name == "markdown":
        assert "<img" not in text
        assert "](" not in text
        assert "@team" not in text
    if name in ("text", "concise"):
        assert not any(line.startswith("::") for line in text.splitlines())


# -- what each reader demands ----------------------------------------------------------------------


def test_sarif_walks_the_path() -> None:
    result = json.loads(shown("sarif", leaking()))["runs"][0]["results"][0]
    flow = result["codeFlows"][0]["threadFlows"][0]["locations"]
    assert [step["location"]["message"]["text"] for step in flow] == [step.message for step in LEAK.trace]
    assert [step["executionOrder"] for step in flow] == list(range(1, len(flow) + 1))
    assert {step["importance"] for step in flow} == {"essential", "important"}
    assert result["partialFingerprints"] == {"pgleakLint/v1": "1:9c0f"}
    assert result["fixes"][0]["artifactChanges"][0]["replacements"][0]["insertedContent"] == {"text": "…"}
    assert "primaryLocationLineHash" not in json.dumps(result)


def test_sarif_explains_every_rule() -> None:
    rules = json.loads(shown("sarif", view()))["runs"][0]["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == sorted(rule["id"] for rule in rules)
    assert len(rules) >= 14
    for rule in rules:
        assert "```python" in rule["help"]["markdown"], rule["id"]
        assert rule["properties"]["tags"][0].startswith("external/cwe/cwe-")
        assert len(rule["properties"]["tags"]) <= 10


def test_sarif_says_what_was_not_carried_out() -> None:
    run = json.loads(shown("sarif", leaking(exit_code=2)))["runs"][0]
    assert run["invocations"][0]["executionSuccessful"] is False
    told = run["invocations"][0]["toolExecutionNotifications"]
    assert [one["descriptor"]["id"] for one in told] == ["PGL905", "PGL901"]


def test_github_tells_errors_first_and_counts_what_it_hides() -> None:
    warnings = [replace(finding(line), severity=Severity.WARNING) for line in range(1, 14)]
    lines = shown("github", view([*warnings, LEAK])).splitlines()
    assert lines[0].startswith("::error ")
    assert lines[-1].startswith("::notice title=pgleak-lint::3 more findings")


def test_gitlab_fingerprints_differ() -> None:
    rows = json.loads(shown("gitlab", view([LEAK, LEAK, replace(LEAK, path="b.py")])))
    assert len({row["fingerprint"] for row in rows}) == 3
    for row in rows:
        assert set(row) == {"description", "check_name", "fingerprint", "severity", "location"}
        assert row["severity"] in ("info", "minor", "major", "critical", "blocker")


def test_junit_counts() -> None:
    root = read("junit", shown("junit", leaking()))
    assert (root.get("tests"), root.get("failures"), root.get("errors")) == ("3", "1", "2")
    assert len(root.findall("./testsuite/testcase/failure")) == 1
    for suite in root:
        assert int(suite.get("tests")) == len(suite)


def test_rdjson_counts_bytes() -> None:
    text = USERS.replace("    conn = ", "  ä = ")
    found = replace(LEAK, span=Span(5, 13, 5, 27))
    row = json.loads(shown("rdjson", view([found], files={"app/users.py": text})))["diagnostics"][0]
    assert row["location"]["range"] == {"start": {"line": 5, "column": 14}, "end": {"line": 5, "column": 28}}


def test_jsonlines_has_the_objects_of_json() -> None:
    document = json.loads(shown("json", leaking()))
    rows = [json.loads(line) for line in shown("jsonlines", leaking()).splitlines()]
    assert [row.pop("type") for row in rows] == ["finding", "diagnostic", "diagnostic", "summary"]
    assert rows[0] == document["findings"][0]
    assert rows[1:3] == document["diagnostics"]
    assert rows[3].items() >= document["summary"].items()


@pytest.mark.parametrize("name", [name for name in MACHINE if name not in ("json", "jsonlines", "sarif")])
def test_what_does_not_count_is_marked(name: str) -> None:
    silenced = [Suppressed(finding(1), Directive("line", ("PGL102",), "the reaper", 1, 1, 1))]
    accepted = [replace(LEAK, path="old.py")]
    hidden = shown(name, view(suppressed=silenced, baselined=accepted))
    assert "the reaper" not in hidden
    assert "old.py" not in hidden
    told = shown(name, view(suppressed=silenced, baselined=accepted, show_suppressed=True, show_baselined=True))
    assert "the reaper" in told
    assert "in the baseline" in told


def test_diagnostics_without_a_place() -> None:
    lost = Diagnostic("PGL903", "internal-error", Severity.ERROR, "internal error", "x.py")
    for name in FORMATS:
        assert "internal error" in shown(name, view((), [lost])), name


def test_formats_are_imported_when_used() -> None:
    code = (
        "import sys, pgleak_lint.report as r; r.renderer('concise');"
        "print(sorted(m.rpartition('.')[2] for m in sys.modules if m.startswith('pgleak_lint.report.')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['concise', 'escape', 'view']"
