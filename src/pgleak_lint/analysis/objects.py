"""Objects of the project's classes that keep a resource, as resources of their own kind."""

from __future__ import annotations

from pgleak_lint._record import record
from pgleak_lint.analysis.calls import Acquired
from pgleak_lint.analysis.types import Function, Keeper
from pgleak_lint.models.catalog import Acquire
from pgleak_lint.models.schema import (
    AcquireModel,
    AfterRelease,
    Form,
    OnWith,
    ReleaseModel,
    Repeat,
    ResourceModel,
)
from pgleak_lint.source.span import Span

EXITS = frozenset({"__exit__", "__aexit__"})


@record
class Releases:
    """What the methods of a class do to an attribute's resource: ``methods`` (name, coroutine or not) release it; ``maybe``:
    something else may."""

    methods: tuple[tuple[str, bool], ...]
    maybe: bool


def acquired_object(keeper: Keeper, kept: Acquired, form: Form, inside: tuple[tuple[Function, Span], ...]) -> Acquired:
    """What is owed for an object that keeps what was ``kept``: a call of one of the methods that release it."""
    inner = kept.resource
    named = [(name, awaited) for name, awaited in keeper.methods if name not in EXITS and name != "__del__"]
    exits = [name for name, _ in keeper.methods if name in EXITS]
    shown = next((name for name, _ in named if not name.startswith("_")), "close")
    resource = ResourceModel(
        id=f"object of {keeper.qualname}",
        driver=inner.driver,
        kind=inner.kind,
        noun=inner.noun,
        type=f"{keeper.made.home}:{keeper.qualname}",
        is_async=any(awaited for _, awaited in named),
        releases=tuple(
            ReleaseModel(name, "value", awaited, 0, ())
            for name, awaited in [*named, *((e, e == "__aexit__") for e in exits)]
        ),
        wrong_releases=(),
        on_with=OnWith.RELEASES if exits else OnWith.UNSUPPORTED,
        with_commits=None,
        on_gc=inner.on_gc,
        repeat=Repeat.HARMLESS,
        after_release=AfterRelease.REOPENS,
        uses=(),
        keeps=(),
        fluent=(),
        lazy=False,
        passive=(),
        idles=(),
        blocks=(),
        query_coroutines=False,
        tells_closed=(),
        tells_open=(),
        help=f"the object keeps a {inner.noun} in `{keeper.attr}`: call its `{shown}()` in a `finally`",
        evidence=inner.evidence,
    )
    model = AcquireModel(
        call=keeper.qualname,
        also=(),
        gives=resource.id,
        form=Form.PLAIN,
        owned=False,
        unmistakable=False,
        unless_given=(),
        commits=None,
        fallback=False,
        evidence=inner.evidence,
    )
    return Acquired(Acquire(model, resource, kept.acquire.driver), form, kept.evidence, inside=inside)
