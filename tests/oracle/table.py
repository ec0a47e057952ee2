"""Functions whose leaks are known, in the fragment that the oracle generates.

A comment on the line of each acquire says what is left held there: ``# clean``, or ``# leak:`` and the exits.
Exits behind ``doubtful:`` follow only from what the contract leaves open. The executor is held against it,
and so is the analysis.
"""

from __future__ import annotations

from tests.oracle.programs import HAS_GROUPS

SYNC = {
    "nothing may raise": """
def target(pool, owner, bag, p1: bool):
    a = pool.getconn()  # clean
    pool.putconn(a)
""",
    "never released": """
def target(pool, owner, bag, p1: bool):
    a = pool.getconn()  # leak: return exception
    work(a)
""",
    "released on the ordinary path only": """
def target(pool, owner, bag, p1: bool):
    a = pool.getconn()  # leak: exception
    work(a)
    pool.putconn(a)
""",
    "try and finally": """
def target(pool, owner, bag, p1: bool):
    a = pool.getconn()  # clean
    try:
        work(a)
    finally:
        pool.putconn(a)
""",
    "a call between acquire and try": """
def target(pool, owner, bag, p1: bool):
    a = pool.getconn()  # leak: exception
    work()
    try:
        work(a)
    finally:
        pool.putconn(a)
""",
    "a call before the release in finally": """
def target(pool, owner, bag, p1: bool):
    a = pool.getconn()  # leak: exception
    try:
        work(a)
    finally:
        work()
        pool.putconn(a)
""",
    "acquire inside the try, None before": """
def target(pool, owner, bag, p1: bool):
    a = None
    try:
        a = pool.getconn()  # clean
        work(a)
    finally:
        if a is not None:
            pool.putconn(a)
""",
    "acquire inside the try, no guard": """
def target(pool, owner, bag, p1: bool):
    b = pool.getconn()  # leak: doubtful: exception
    try:
        a = pool.getconn()  # clean
        work(a)
    finally:
        pool.putconn(a)
        pool.putconn(b)
""",
    "owned flag": """
def target(pool, owner, bag, p1: bool):
    a = None
    owned = a is None
    if owned:
        a = pool.getconn()  # clean
    try:
        work(a)
    finally:
        if owned:
            pool.putconn(a)
""",
    "flag set too late": """
def target(pool, owner, bag, p1: bool):
    owned = False
    try:
        a = pool.getconn()  # leak: exception
        work(a)
        owned = True
    finally:
        if owned:
            pool.putconn(a)
""",
    "the same parameter twice": """
def target(pool, owner, bag, p1: bool):
    if p1:
        a = pool.getconn()  # clean
    if p1:
        pool.putconn(a)
""",
    "two parameters": """
def target(pool, owner, bag, p1: bool, p2: bool):
    a = pool.getconn() if p1 else None  # leak: return
    if p2:
        pool.putconn(a)
""",
    "early return": """
def target(pool, owner, bag, p1: bool):
    a = pool.getconn()  # leak: return
    if p1:
        return
    pool.putconn(a)
""",
    "swallowed": """
def target(pool, owner, bag, p1: bool):
    a = pool.getconn()  # leak: return
    try:
        work(a)
        pool.putconn(a)
    except Exception:
        pass
""",
    "handler of a narrower type": """
def target(pool, owner, bag, p1: bool):
    a = pool.getconn()  # leak: exception
    try:
        work(a)
    except ValueError:
        pool.putconn(a)
        raise
    pool.putconn(a)
""",
    "bare handler that releases and raises again": """
def target(pool, owner, bag, p1: bool):
    a = pool.getconn()  # clean
    try:
        work(a)
    except:
        pool.putconn(a)
        raise
    pool.putconn(a)
""",
    "a known class is always caught": """
def target(pool, owner, bag, p1: bool):
    a = pool.getconn()  # clean
    try:
        raise ValueError()
    except ValueError:
        pool.putconn(a)
""",
    "the same unknown exception under two handlers of one type": """
def target(pool, owner, bag, p1: bool):
    a = pool.getconn()  # leak: doubtful: exception
    try:
        work()
    except ValueError:
        try:
            raise
        except ValueError:
            pool.putconn(a)
    except Exception:
        pool.putconn(a)
    else:
        pool.putconn(a)
""",
    "suppress": """
def target(pool, owner, bag, p1: bool):
    a = pool.getconn()  # leak: return exception
    with contextlib.suppress(ValueError):
        work(a)
        pool.putconn(a)
""",
    "exit stack": """
def target(pool, owner, bag, p1: bool):
    with contextlib.ExitStack() as stack:
        a = pool.getconn()  # clean
        stack.callback(pool.putconn, a)
        work(a)
""",
    "exit stack, too late": """
def target(pool, owner, bag, p1: bool):
    with contextlib.ExitStack() as stack:
        a = pool.getconn()  # leak: exception
        work(a)
        stack.callback(pool.putconn, a)
""",
    "returned": """
def target(pool, owner, bag, p1: bool):
    a = pool.getconn()  # clean
    return a
""",
    "returned after a call": """
def target(pool, owner, bag, p1: bool):
    a = pool.getconn()  # leak: exception
    work(a)
    return a
""",
    "returned in a pair": """
def target(pool, owner, bag, p1: bool):
    a, b = (
        pool.getconn(),  # leak: exception
        pool.getconn(),  # clean
    )
    return a, b
""",
    "the return is overridden": """
def target(pool, owner, bag, p1: bool):
    a = pool.getconn()  # leak: return
    try:
        return a
    finally:
        return
""",
    "stored": """
def target(pool, owner, bag, p1: bool):
    a = pool.getconn()  # clean
    owner.conn = a
    work()
""",
    "put into a list": """
def target(pool, owner, bag, p1: bool):
    a = pool.getconn()  # leak: doubtful: exception
    bag.append(a)
    work()
""",
    "rebound": """
def target(pool, owner, bag, p1: bool):
    a = pool.getconn()  # leak: return exception
    a = pool.getconn()  # clean
    pool.putconn(a)
""",
    "alias": """
def target(pool, owner, bag, p1: bool):
    a = pool.getconn()  # clean
    b = a
    a = None
    pool.putconn(b)
""",
    "swap": """
def target(pool, owner, bag, p1: bool):
    a = pool.getconn()  # clean
    b = None
    a, b = b, a
    pool.putconn(b)
""",
    "deleted": """
def target(pool, owner, bag, p1: bool):
    a = pool.getconn()  # leak: return
    del a
""",
    "discarded": """
def target(pool, owner, bag, p1: bool):
    pool.getconn()  # leak: return
""",
    "never bound": """
def target(pool, owner, bag, p1: bool):
    work(pool.getconn())  # leak: return exception
""",
    "walrus": """
def target(pool, owner, bag, p1: bool):
    if (a := pool.getconn()) is not None:  # clean
        pool.putconn(a)
""",
    "match": """
def target(pool, owner, bag, p1: bool):
    a = None
    if p1:
        a = pool.getconn()  # clean
    match a:
        case None:
            pass
        case _:
            pool.putconn(a)
""",
    "nested function releases": """
def target(pool, owner, bag, p1: bool):
    a = pool.getconn()  # clean
    def give_back():
        pool.putconn(a)
    give_back()
""",
    "nested function is never called": """
def target(pool, owner, bag, p1: bool):
    a = pool.getconn()  # leak: return
    def give_back():
        pool.putconn(a)
""",
    "loop that acquires again": """
def target(pool, owner, bag, p1: bool):
    a = None
    for _ in items():
        a = pool.getconn()  # leak: return exception
    if a:
        pool.putconn(a)
""",
    "loop that releases each": """
def target(pool, owner, bag, p1: bool):
    for _ in items():
        a = pool.getconn()  # clean
        pool.putconn(a)
""",
    "continue past the release": """
def target(pool, owner, bag, p1: bool):
    for _ in range(2):
        a = pool.getconn()  # leak: return exception
        if p1:
            continue
        pool.putconn(a)
""",
    "a literal has one turn at least": """
def target(pool, owner, bag, p1: bool):
    a = pool.getconn()  # clean
    for _ in (1, 2):
        if a is not None:
            pool.putconn(a)
            a = None
""",
    "an unknown iterable may be empty": """
def target(pool, owner, bag, p1: bool):
    a = pool.getconn()  # leak: return exception
    for _ in items():
        if a is not None:
            pool.putconn(a)
            a = None
""",
    "loop else": """
def target(pool, owner, bag, p1: bool):
    a = pool.getconn()  # leak: return
    for _ in range(2):
        if p1:
            break
    else:
        pool.putconn(a)
""",
    "endless loop with break": """
def target(pool, owner, bag, p1: bool):
    while True:
        a = pool.getconn()  # leak: exception
        if cond():
            break
        pool.putconn(a)
    pool.putconn(a)
""",
    "endless loop without break": """
def target(pool, owner, bag, p1: bool):
    a = pool.getconn()  # leak: exception
    while True:
        work(a)
""",
    "dead code": """
def target(pool, owner, bag, p1: bool):
    return
    a = pool.getconn()  # clean
""",
    "second release, and a use behind it": """
def target(pool, owner, bag, p1: bool):
    a = pool.getconn()  # clean
    pool.putconn(a)
    a.execute('SELECT 1')  # used
    pool.putconn(a)  # double
""",
}

ASYNC = {
    "except Exception does not stop a cancellation": """
async def target(pool, owner, bag, p1: bool):
    a = await pool.acquire()  # leak: cancellation
    try:
        await a.execute('SELECT 1')
    except Exception:
        await pool.release(a)
        raise
    await pool.release(a)
""",
    "finally does": """
async def target(pool, owner, bag, p1: bool):
    a = await pool.acquire()  # clean
    try:
        await a.execute('SELECT 1')
    finally:
        await pool.release(a)
""",
    "an await before the try": """
async def target(pool, owner, bag, p1: bool):
    a = await pool.acquire()  # leak: exception cancellation
    await pause(a)
    try:
        work(a)
    finally:
        await pool.release(a)
""",
    "a plain call is not cancelled": """
async def target(pool, owner, bag, p1: bool):
    a = await pool.acquire()  # leak: exception
    work(a)
    await pool.release(a)
""",
    "two releases": """
async def target(pool, owner, bag, p1: bool):
    a = await pool.acquire()  # leak: exception cancellation
    b = await pool.acquire()  # leak: doubtful: cancellation
    await pool.release(a)
    await pool.release(b)
""",
    "cancellation is swallowed": """
async def target(pool, owner, bag, p1: bool):
    a = await pool.acquire()  # leak: return exception
    try:
        await pause(a)
        await pool.release(a)
    except asyncio.CancelledError:
        pass
""",
    "async exit stack": """
async def target(pool, owner, bag, p1: bool):
    async with contextlib.AsyncExitStack() as stack:
        a = await pool.acquire()  # clean
        stack.push_async_callback(pool.release, a)
        await pause(a)
""",
    "what was tested around a nested function is known in it": """
async def target(pool, owner, bag, p1: bool):
    b = await pool.acquire() if p1 else None  # clean
    async def give_back():
        if p1:
            await pool.release(b)
    await give_back()
""",
    "two names for one connection in a nested function": """
async def target(pool, owner, bag, p2: bool):
    async def give_back():
        if b:
            await pool.release(a)
    a = await pool.acquire()  # leak: return
    b = a if p2 else None
    if p2:
        await give_back()
""",
    "a coroutine that waits for nothing is not cancelled": """
async def target(pool, owner, bag):
    async def give_back():
        work()
    a = await pool.acquire()  # leak: exception
    await give_back()
    await pool.release(a)
""",
    "a flag that a nested function sets": """
async def target(pool, owner, bag):
    done = False
    async def give_back():
        nonlocal done
        done = True
    a = await pool.acquire()  # clean
    await give_back()
    if done:
        await pool.release(a)
""",
}

GENERATOR = {
    "closed at the yield": """
def target(pool, owner, bag, p1: bool):
    a = pool.getconn()  # leak: generator-close
    yield 1
    pool.putconn(a)
""",
    "finally sees the close": """
def target(pool, owner, bag, p1: bool):
    a = pool.getconn()  # clean
    try:
        yield 1
    finally:
        pool.putconn(a)
""",
    "except Exception does not": """
def target(pool, owner, bag, p1: bool):
    a = pool.getconn()  # leak: generator-close
    try:
        yield 1
    except Exception:
        pool.putconn(a)
        raise
    pool.putconn(a)
""",
    "a bare except that swallows the close returns": """
def target(pool, owner, bag, p1: bool):
    a = pool.getconn()  # leak: return
    try:
        yield 1
        pool.putconn(a)
    except:
        pass
""",
    "a nested function decides what a test says": """
def target(pool, owner, bag, p1: bool):
    def give_back():
        nonlocal a
        a = None
    a = 1
    give_back()
    if a is None:
        pass
    else:
        a = pool.getconn()  # clean
    yield 1
""",
}

MANAGER = {
    "the exception of the block is thrown in": """
@contextlib.contextmanager
def target(pool, owner, bag, p1: bool):
    a = pool.getconn()  # leak: exception
    yield 1
    pool.putconn(a)
""",
    "finally sees what is thrown in": """
@contextlib.contextmanager
def target(pool, owner, bag, p1: bool):
    a = pool.getconn()  # clean
    try:
        yield 1
    finally:
        pool.putconn(a)
""",
    "a manager that yields four times": """
@contextlib.contextmanager
def target(pool, owner, bag, p1: bool):
    yield 1
    yield 1
    yield 1
    yield 1
    a = pool.getconn()  # leak: doubtful: return
""",
    "a handler that swallows what is thrown in returns": """
@contextlib.contextmanager
def target(pool, owner, bag, p1: bool):
    a = pool.getconn()  # leak: return
    try:
        yield 1
        pool.putconn(a)
    except Exception:
        pass
""",
}

ASYNC_MANAGER = {
    "the block fails": """
@contextlib.asynccontextmanager
async def target(pool, owner, bag):
    a = await pool.acquire()  # leak: exception generator-close
    yield 1
    await pool.release(a)
""",
    "the block is cancelled": """
@contextlib.asynccontextmanager
async def target(pool, owner, bag):
    a = await pool.acquire()  # leak: generator-close
    try:
        yield 1
    except Exception:
        await pool.release(a)
        raise
    await pool.release(a)
""",
    "it is cancelled itself": """
@contextlib.asynccontextmanager
async def target(pool, owner, bag):
    a = await pool.acquire()  # leak: exception cancellation
    await pause(a)
    try:
        yield 1
    finally:
        await pool.release(a)
""",
    "whatever happens to the block": """
@contextlib.asynccontextmanager
async def target(pool, owner, bag):
    a = await pool.acquire()  # clean
    try:
        yield 1
    finally:
        await pool.release(a)
""",
    "a block whose exception is swallowed": """
@contextlib.asynccontextmanager
async def target(pool, owner, bag):
    a = await pool.acquire()  # clean
    try:
        yield 1
    except BaseException:
        pass
    await pool.release(a)
""",
}

GROUPS = {
    "a handler of groups swallows": """
def target(pool, owner, bag, p1: bool):
    a = pool.getconn()  # leak: return
    try:
        work()
        pool.putconn(a)
    except* Exception:
        pass
""",
    "what no handler of groups takes is raised on": """
def target(pool, owner, bag, p1: bool):
    a = pool.getconn()  # leak: exception
    try:
        work()
    except* ValueError:
        pass
    pool.putconn(a)
""",
    "what a handler of groups raises again is a group": """
def target(pool, owner, bag, p1: bool):
    a = pool.getconn()  # leak: exception doubtful: return
    try:
        try:
            raise ValueError()
        except* ValueError:
            raise
    except ValueError:
        pass
""",
    "a handler of groups looks into a group": """
def target(pool, owner, bag, p1: bool):
    a = pool.getconn()  # leak: return
    try:
        try:
            raise ValueError()
        except* ValueError:
            raise
    except* Exception:
        pass
""",
    "finally runs behind handlers of groups": """
def target(pool, owner, bag, p1: bool):
    a = pool.getconn()  # clean
    try:
        work()
    except* ValueError:
        raise
    finally:
        pool.putconn(a)
""",
}

TABLE = {"sync": SYNC | (GROUPS if HAS_GROUPS else {}), "async": ASYNC, "generator": GENERATOR, "manager": MANAGER, "async-manager": ASYNC_MANAGER}


def cases() -> list[tuple[str, str, str]]:
    """Mode, title and source of every function."""
    return [(mode, title, text) for mode, group in TABLE.items() for title, text in group.items()]
