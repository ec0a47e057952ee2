"""One check for each kind of fact: does the real driver do what its model says? Adding a fact of a known kind needs none."""

from __future__ import annotations

import asyncio
import warnings

from pgleak_lint.models.facts import Fact
from tests.conformance.bench import Bench, Differs, Unproven
from tests.conformance.checks import acquires, locks, makers, pools, resources, transactions
from tests.conformance.checks.base import Check

CHECKS: dict[tuple[str, str], Check] = {
    ("TypeModel", "kind"): makers.check_kind,
    ("TypeModel", "ends"): makers.check_ends,
    ("MakerModel", "form"): makers.check_maker,
    ("AcquireModel", "form"): acquires.check_form,
    ("AcquireModel", "commits"): acquires.check_commits,
    ("ResourceModel", "type"): resources.check_type,
    ("ResourceModel", "release"): resources.check_release,
    ("ResourceModel", "wrong_releases"): resources.check_wrong_release,
    ("ResourceModel", "on_with"): resources.check_on_with,
    ("ResourceModel", "with_commits"): resources.check_with_commits,
    ("ResourceModel", "on_gc"): resources.check_on_gc,
    ("ResourceModel", "repeat"): resources.check_repeat,
    ("ResourceModel", "after_release"): resources.check_after_release,
    ("ResourceModel", "tells_closed"): resources.check_tells,
    ("ResourceModel", "tells_open"): resources.check_tells,
    ("ResourceModel", "lazy"): resources.check_lazy,
    ("ResourceModel", "uses"): resources.check_uses,
    ("PoolModel", "exhausted"): pools.check_exhausted,
    ("PoolModel", "open_transaction"): pools.check_open_transaction,
    ("PoolModel", "survives"): pools.check_survives,
    ("PoolModel", "queries"): pools.check_queries,
    ("PoolModel", "parameter"): pools.check_parameter,
    ("TransactionModel", "begin"): transactions.check_begin,
    ("TransactionModel", "ends"): transactions.check_end,
    ("TransactionModel", "on_with"): transactions.check_enters,
    ("LockModel", "takes"): locks.check_takes,
    ("LockModel", "frees"): locks.check_frees,
}
"""Kind of table and first word of the key → the check."""


def check_for(fact: Fact) -> Check | None:
    """The check of that kind of fact, if there is one."""
    return CHECKS.get((type(fact.table).__name__, fact.key.partition(" ")[0]))


async def verdict_of(bench: Bench, fact: Fact) -> tuple[str, str]:
    """``holds``, ``differs`` or ``unproven``, and what there is to say of it."""
    for end, reason in bench.rig.unproven.items():
        if fact.id.endswith(end):
            return "unproven", reason
    check = check_for(fact)
    if check is None:
        return "unproven", "no check of this kind"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            await asyncio.wait_for(check(bench, fact), 15)
    except Unproven as reason:
        return "unproven", str(reason)
    except Differs as seen:
        return "differs", str(seen)
    except Exception as error:
        return "differs", f"{type(error).__name__}: {str(error)[:160]}"
    return "holds", ""
