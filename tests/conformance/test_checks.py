"""The checks see when a driver does something else than its model says, and every fact has a run or a source on record."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pgleak_lint.models.catalog import Catalog
from pgleak_lint.models.facts import Fact, facts_of
from pgleak_lint.models.loader import BUILTIN, load_catalog, load_driver
from pgleak_lint.models.schema import SOURCE_READ
from tests.conformance import report
from tests.conformance.bench import Bench
from tests.conformance.checks import check_for
from tests.conformance.observer import SQLite
from tests.conformance.probing import alone
from tests.conformance.rig import load
from tests.conformance.servers import sqlite

SQLITE = (BUILTIN / "sqlite3.toml").read_text("utf-8")


@contextlib.contextmanager
def benched(text: str, folder: Path) -> Iterator[tuple[Bench, dict[str, Fact]]]:
    """A bench for sqlite3 with that text as its model, and its facts by subject and key."""
    driver = load_driver(text, "sqlite3.toml")
    with sqlite(folder) as database:
        bench = Bench(Catalog([driver]), load("sqlite3"), database, SQLite(database))
        yield bench, {fact.id.removeprefix("sqlite3 | "): fact for fact in facts_of(driver)}


def test_the_real_sqlite3_does_what_its_model_says(tmp_path: Path) -> None:
    with benched(SQLITE, tmp_path) as (bench, facts):
        verdicts = {name: alone(bench, fact) for name, fact in facts.items()}
    older = {"direct | on_gc", "direct | uses"}  # before 3.11 reference counting closes it, and has fewer methods
    assert {name for name, (verdict, _) in verdicts.items() if verdict != "holds"} <= older


@pytest.mark.parametrize(
    ("old", "new", "fact"),
    [
        ('on_with = "ends-transaction"', 'on_with = "releases"', "direct | on_with"),
        ('on_with = "ends-transaction"', 'on_with = "unsupported"', "direct | on_with"),
        ("with_commits = true", "with_commits = false", "direct | with_commits"),
        ('on_gc = "cycle"', 'on_gc = "lost"', "direct | on_gc"),
        ('repeat = "harmless"', 'repeat = "raises"', "direct | repeat"),
        ('after_release = "raises"', 'after_release = "foreign"', "direct | after_release"),
        ('after_release = "raises"', 'after_release = "reopens"', "direct | after_release"),
        ('method = "close"', 'method = "commit"', "direct | release commit"),
        ("awaited = false", "awaited = true", "direct | release close"),
        ('"commit", "create_aggregate"', '"comit", "create_aggregate"', "direct | uses"),
        ('gives = "direct"', 'gives = "direct"\nform = "await"', "sqlite3.connect | form"),
        ('type = "sqlite3.Connection"', 'type = "sqlite3.Cursor"', "direct | type"),
        ("awaited = false", 'awaited = false\n\n[[transaction]]\nbegin = "sqlite3.Connection.commit"\nends = ["cursor"]\n'
         'awaited = false\non_with = true\nsource = "x"', "sqlite3.Connection.commit | ends cursor"),
    ],
)  # fmt: skip
def test_a_wrong_fact_differs(tmp_path: Path, old: str, new: str, fact: str) -> None:
    assert old in SQLITE
    with benched(SQLITE.replace(old, new, 1), tmp_path) as (bench, facts):
        verdict, note = alone(bench, facts[fact])
    assert (verdict, bool(note)) == ("differs", True)


def test_every_fact_has_a_run_or_a_source_on_record() -> None:
    assert list(report.missing()) == []


def test_a_fact_that_nobody_ran_is_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    results = report.load_results()
    monkeypatch.setattr(report, "load_results", lambda: [replace(results[0], value="other"), *results[1:]])
    assert list(report.missing()) == [results[0].fact]


def test_every_kind_of_fact_that_is_run_has_a_check() -> None:
    facts = [fact for driver in load_catalog().drivers for fact in facts_of(driver)]
    assert {fact.id for fact in facts if fact.evidence.probe != SOURCE_READ and check_for(fact) is None} == set()


def test_fact_ids_are_unique() -> None:
    ids = [fact.id for driver in load_catalog().drivers for fact in facts_of(driver)]
    assert len(ids) == len(set(ids))


def test_the_document_is_what_the_results_say() -> None:
    assert report.DOCUMENT.read_text("utf-8") == report.document(), "run `make conformance`"


def test_every_rig_is_the_probe_of_something() -> None:
    probes = {fact.evidence.probe for driver in load_catalog().drivers for fact in facts_of(driver)}
    assert probes - {SOURCE_READ, None} == set(report.rigs())
