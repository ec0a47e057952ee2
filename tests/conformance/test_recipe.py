"""Adding a driver is a model file and a rig: the example in ``docs/models.md``, followed with an invented driver."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from pgleak_lint.analysis.module import analyse_module
from pgleak_lint.analysis.options import AnalysisOptions
from pgleak_lint.cfg.lower import lower_module
from pgleak_lint.models.catalog import Catalog
from pgleak_lint.models.facts import Fact, facts_of
from pgleak_lint.models.loader import load_catalog
from pgleak_lint.rules import ALL
from pgleak_lint.source.document import parse_tree, split_lines
from tests.conformance import carrier
from tests.conformance.bench import Bench
from tests.conformance.observer import File
from tests.conformance.probing import alone
from tests.conformance.rig import Rig, call
from tests.conformance.servers import Database

RECIPE = Path(__file__).parents[2] / "docs" / "models.md"
DATABASE = Database("none", path="/nonexistent")

RIG = Rig(
    database="none",
    arguments={"carrier.open_pool": lambda db: call(1)},
    owners={"carrier.Pool": lambda db: carrier.open_pool(1)},
    run=lambda value, statement: value.ask(statement),
)


@pytest.fixture(name="catalog")
def _catalog(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Catalog:
    monkeypatch.setitem(sys.modules, "carrier", carrier)
    (example,) = re.findall(r"```toml\n(schema = 1\n.*?)```", RECIPE.read_text("utf-8"), re.DOTALL)
    path = tmp_path / "carrier.toml"
    path.write_text(example, "utf-8")
    return load_catalog([path])


def facts(catalog: Catalog) -> list[Fact]:
    (driver,) = [driver for driver in catalog.drivers if driver.name == "carrier"]
    return list(facts_of(driver))


def test_every_fact_of_the_example_holds(catalog: Catalog) -> None:
    bench = Bench(catalog, RIG, DATABASE, File(DATABASE))
    verdicts = {fact.id: alone(bench, fact) for fact in facts(catalog)}
    assert len(verdicts) > 12
    assert {fact: verdict for fact, verdict in verdicts.items() if verdict[0] != "holds"} == {}


def test_findings_follow_from_it(catalog: Catalog) -> None:
    code = (
        "import carrier\n\n\n"
        "async def ask(pool: carrier.Pool):\n"
        "    link = await pool.take()\n"
        "    answer = await link.ask('x')\n"
        "    await pool.give(link)\n"
        "    return answer\n\n\n"
        "async def closed(pool: carrier.Pool):\n"
        "    link = await pool.take()\n"
        "    link.close()\n\n\n"
        "async def lent(pool: carrier.Pool):\n"
        "    async with pool.lend() as link:\n"
        "        return await link.ask('x')\n"
    )
    found = analyse_module(lower_module(parse_tree(code)), split_lines(code), "x.py", catalog, AnalysisOptions())
    assert [(f.span.line, f.code) for rule in ALL for f in rule.check(found)] == [(5, "PGL103"), (12, "PGL109")]
