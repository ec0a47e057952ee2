"""What a model file may hold, what it means, and what is said about a bad one."""

from __future__ import annotations

from pathlib import Path

import pytest

from pgleak_lint.models.loader import load_catalog, load_driver
from pgleak_lint.models.schema import AfterRelease, Evidence, Form, Kind, OnWith
from pgleak_lint.models.table import KEYS, ModelError

GOOD = """\
schema = 1

[driver]
name = "carrier"
packages = ["carrier"]
verified = "carrier 1.0"

[[type]]
name = "carrier.Pool"
kind = "pool"
also = ["carrier.core.Pool"]
receivers = ["pool"]
source = "src"

[[type]]
name = "carrier.Link"
kind = "pooled-connection"
members = { pool = "carrier.Pool", tune = "self" }
source = "src"

[[maker]]
call = "carrier.open_pool"
gives = "carrier.Pool"
source = "src"

[[resource]]
id = "pooled"
kind = "pooled-connection"
type = "carrier.Link"
on_with = "releases"
on_gc = "lost"
repeat = "harmless"
after_release = "raises"
help = "use `with pool.take() as link:`"
source = "src"
probe = "carrier/gc"

[[resource.release]]
method = "give"
on = "owner"
awaited = false

[[acquire]]
call = "carrier.Pool.take"
gives = "pooled"
source = "src"
"""

RESOURCE = "[[resource]] pooled"

BAD = [
    # --- the file ---
    ("not TOML", "schema = 1\n", "schema = \n", "", "not valid TOML: Invalid value (at line 1, column 10)"),
    (
        "other schema",
        "schema = 1",
        "schema = 2",
        "",
        "key 'schema' must be 1, the only one that this version reads",
    ),
    ("no schema", "schema = 1\n", "", "", "missing key 'schema'"),
    ("unknown table", "[[maker]]", "[[makers]]", "", "unknown key 'makers'; did you mean 'maker'?"),
    ("single table", "[[maker]]", "[maker]", "", "key 'maker' must be an array of tables, not a table"),
    # --- keys ---
    (
        "unknown key",
        'on_gc = "lost"',
        'on_cg = "lost"',
        RESOURCE,
        "unknown key 'on_cg'; did you mean 'on_gc'?",
    ),
    ("missing key", 'on_gc = "lost"\n', "", RESOURCE, "missing key 'on_gc'"),
    (
        "no evidence",
        'gives = "pooled"\nsource = "src"',
        'gives = "pooled"',
        "[[acquire]] carrier.Pool.take",
        "missing key 'source'",
    ),
    (
        "far off",
        'verified = "carrier 1.0"',
        "xyzzy = 1",
        "[driver]",
        "unknown key 'xyzzy'; valid: name, packages, distributions, verified, source, probe",
    ),
    ("no name", 'name = "carrier.Link"\n', "", "[[type]] 2", "missing key 'name'"),
    # --- types of values ---
    (
        "string for list",
        'packages = ["carrier"]',
        'packages = "carrier"',
        "[driver]",
        "key 'packages' must be a list of strings, not a string",
    ),
    (
        "number in list",
        'receivers = ["pool"]',
        "receivers = [1]",
        "[[type]] carrier.Pool",
        "key 'receivers' must be a list of strings, and holds a number",
    ),
    (
        "string for flag",
        "awaited = false",
        'awaited = "no"',
        f"{RESOURCE} [[release]] give",
        "key 'awaited' must be true or false, not a string",
    ),
    (
        "flag for number",
        "awaited = false",
        "awaited = false\nposition = true",
        f"{RESOURCE} [[release]] give",
        "key 'position' must be a whole number, not a boolean",
    ),
    (
        "empty",
        'help = "use `with pool.take() as link:`"',
        'help = " "',
        RESOURCE,
        "key 'help' must not be empty",
    ),
    (
        "number as member",
        'tune = "self"',
        "tune = 1",
        "[[type]] carrier.Link",
        "key 'members': 'tune' must be a string, not a number",
    ),
    # --- words ---
    (
        "enum",
        'on_gc = "lost"',
        'on_gc = "closed"',
        RESOURCE,
        "key 'on_gc': unknown value 'closed'; did you mean 'closes'?",
    ),
    (
        "enum, far off",
        'kind = "pool"',
        'kind = "xyzzy"',
        "[[type]] carrier.Pool",
        "key 'kind': unknown value 'xyzzy'; valid: pool, pooled-connection, connection, session, cursor, transaction, factory, other, double",
    ),
    (
        "release on",
        'on = "owner"',
        'on = "owners"',
        f"{RESOURCE} [[release]] give",
        "key 'on': unknown value 'owners'; did you mean 'owner'?",
    ),
    (
        "no dotted name",
        'call = "carrier.open_pool"',
        'call = "carrier.open_pool()"',
        "[[maker]] carrier.open_pool()",
        "key 'call' must hold names such as 'package.name', not 'carrier.open_pool()'",
    ),
    # --- references ---
    (
        "gives no resource",
        'gives = "pooled"',
        'gives = "poled"',
        "[[acquire]] carrier.Pool.take",
        "key 'gives': unknown value 'poled'; did you mean 'pooled'?",
    ),
    (
        "maker of nothing",
        'gives = "carrier.Pool"',
        'gives = "carrier.Pol"',
        "[[maker]] carrier.open_pool",
        "key 'gives': unknown type 'carrier.Pol'; did you mean 'carrier.Pool'?",
    ),
    (
        "resource of no type",
        'type = "carrier.Link"',
        'type = "carrier.Lnk"',
        RESOURCE,
        "key 'type': unknown type 'carrier.Lnk'; did you mean 'carrier.Link'?",
    ),
    (
        "member of no type",
        '{ pool = "carrier.Pool"',
        '{ pool = "carrier.Pond"',
        "[[type]] carrier.Link",
        "key 'members': unknown type 'carrier.Pond'; did you mean 'carrier.Pool'?",
    ),
    (
        "twice",
        'also = ["carrier.core.Pool"]',
        'also = ["carrier.Link"]',
        "",
        "key 'name': 'carrier.Link' stands here twice",
    ),
    (
        "nothing releases",
        '[[resource.release]]\nmethod = "give"\non = "owner"\nawaited = false\n',
        "",
        RESOURCE,
        "missing table 'release': nothing would ever release it",
    ),
]


@pytest.mark.parametrize(("old", "new", "where", "message"), [row[1:] for row in BAD], ids=[row[0] for row in BAD])
def test_bad_file(old: str, new: str, where: str, message: str) -> None:
    assert old in GOOD
    with pytest.raises(ModelError) as caught:
        load_driver(GOOD.replace(old, new), "own.toml")
    assert (caught.value.path, caught.value.where, caught.value.message) == ("own.toml", where, message)
    assert str(caught.value) == ": ".join(part for part in ("own.toml", where, message) if part)


def test_defaults() -> None:
    driver = load_driver(GOOD, "own.toml")
    resource, acquire, release = driver.resources[0], driver.acquires[0], driver.resources[0].releases[0]
    assert (resource.driver, resource.noun, resource.is_async, resource.lazy) == (
        "carrier",
        "connection",
        False,
        False,
    )
    assert resource.uses == resource.passive == resource.wrong_releases == ()
    assert (release.position, release.keywords, release.usable) == (0, (), False)
    assert (acquire.form, acquire.owned, acquire.unmistakable) == (Form.PLAIN, True, False)
    assert acquire.evidence == Evidence("src", None)


def test_what_is_written_is_what_is_read() -> None:
    driver = load_driver(GOOD, "own.toml")
    pool, link = driver.types
    assert (pool.kind, pool.also, pool.receivers) == (Kind.POOL, ("carrier.core.Pool",), ("pool",))
    assert link.members == (("pool", "carrier.Pool"), ("tune", "self"))
    resource = driver.resources[0]
    assert (resource.on_with, resource.after_release) == (OnWith.RELEASES, AfterRelease.RAISES)
    assert resource.evidence == Evidence("src", "carrier/gc")


def test_the_nouns_follow_the_kind_and_coroutines_follow_async() -> None:
    text = GOOD.replace('on_with = "releases"', 'on_with = "releases"\nasync = true')
    changed = text.replace('id = "pooled"\nkind = "pooled-connection"', 'id = "pooled"\nkind = "session"')
    resource = load_driver(changed, "own.toml").resources[0]
    assert (resource.noun, resource.is_async, resource.query_coroutines) == ("session", True, True)


def test_classes_are_made_by_calling_them() -> None:
    makers = {maker.call: maker for maker in load_driver(GOOD, "own.toml").makers}
    assert set(makers) == {"carrier.open_pool", "carrier.Pool"}
    assert makers["carrier.Pool"].also == ("carrier.core.Pool",)


def test_look_alikes_become_types_and_makers() -> None:
    text = GOOD + '\n[[look_alike]]\nmodule = "bolt"\ntypes = ["Lock"]\nmakers = { lock = "Lock" }\nsource = "src"\n'
    driver = load_driver(text, "own.toml")
    assert driver.types[-1].name == "bolt.Lock"
    assert driver.types[-1].kind is Kind.OTHER
    assert {maker.call: maker.gives for maker in driver.makers if maker.call.startswith("bolt")} == {
        "bolt.lock": "bolt.Lock",
        "bolt.Lock": "bolt.Lock",
    }


def test_look_alike_maker_of_no_type() -> None:
    text = GOOD + '\n[[look_alike]]\nmodule = "bolt"\ntypes = ["Lock"]\nmakers = { lock = "Lok" }\nsource = "src"\n'
    with pytest.raises(ModelError, match="key 'makers': unknown value 'Lok'; did you mean 'Lock'?"):
        load_driver(text, "own.toml")


def test_own_file_joins_the_built_in_ones(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text(GOOD.replace('type = "carrier.Link"', 'type = "psycopg.Connection"'), "utf-8")
    catalog = load_catalog([own])
    assert catalog.acquires["carrier.Pool.take"].resource.type == "psycopg.Connection"
    assert "asyncpg.pool.Pool.acquire" in catalog.acquires
    assert catalog.vocabulary.speaks(frozenset({b"carrier"}))
    assert not load_catalog().vocabulary.speaks(frozenset({b"carrier"}))
    assert "carrier.Pool" not in load_catalog().types


def test_own_file_wins_over_a_built_in_one(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text(GOOD.replace('call = "carrier.Pool.take"', 'call = "sqlite3.connect"'), "utf-8")
    assert load_catalog([own]).acquires["sqlite3.connect"].driver.name == "carrier"


def test_own_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"absent\.toml: cannot be read: "):
        load_catalog([tmp_path / "absent.toml"])


def test_the_worked_example_of_the_documentation_loads() -> None:
    page = Path(__file__).parents[2].joinpath("docs", "models.md").read_text("utf-8")
    driver = load_driver(page.split("```toml\n")[1].split("```")[0], "models.md")
    assert [acquire.form for acquire in driver.acquires] == [Form.AWAIT, Form.ENTER]


@pytest.mark.parametrize("key", [key for keys in KEYS.values() for key in keys])
def test_every_key_is_documented(key: str) -> None:
    page = Path(__file__).parents[2].joinpath("docs", "models.md").read_text("utf-8")
    assert f"`{key}`" in page or f"[{key}]" in page or f".{key}]" in page


def test_an_unknown_type_does_not_list_all_that_are_known() -> None:
    with pytest.raises(ModelError) as caught:
        load_driver(GOOD.replace('type = "carrier.Link"', 'type = "xyzzy"'), "own.toml", known=load_catalog().types)
    assert caught.value.message == "key 'type': unknown type 'xyzzy'"
