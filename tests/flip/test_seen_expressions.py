"""Places where an un-awaited coroutine would be a wrong answer instead of an error, as seen in real repositories."""

from __future__ import annotations

from pathlib import Path

from .harness import prove
from .test_lookalikes import HEAD

ONE = [("GET", "/users/1"), ("GET", "/users/2"), ("GET", "/users/9")]

HELPERS = """

def exists(db: Session, key: int) -> bool:
    return db.get(User, key) is not None


def grown(db: Session, key: int):
    user = db.get(User, key)
    if user is None:
        raise LookupError(key)
    return user.age >= 25

"""


def test_condition_of_a_comprehension(tmp_path: Path) -> None:
    app = (
        HEAD
        + HELPERS
        + """
@app.get("/users/{key}")
def read(key: int, db: Session = Depends(get_db)):
    some = [k for k in range(key + 3) if exists(db, k)]
    both = {k for k in range(4) if exists(db, k) and grown(db, k) and k != key}
    missing = [k for k in (1, 7, key) if not exists(db, k)]
    names = {u.id: u.name for u in db.query(User).order_by(User.id) if exists(db, u.id + 1)}
    lazily = list(k for k in range(6) if exists(db, k))
    joined = ",".join(str(k) for k in range(6) if exists(db, k))
    total = sum(1 for k in range(6) if exists(db, k))
    nested = [[k * j for j in range(3) if exists(db, j)] for k in range(3) if exists(db, k)]
    kept = [u for k in range(4) if (u := db.get(User, k)) is not None]
    return [some, sorted(both), missing, names, lazily, joined, total, nested, [u.name for u in kept]]
"""
    )
    prove(tmp_path, app, ONE)


def test_truth_of_a_call(tmp_path: Path) -> None:
    """Calls whose value is only asked for its truth."""
    app = (
        HEAD
        + HELPERS
        + """

def label(db, key):
    if not exists(db, key):
        return "none"
    while grown(db, key) and key < 3:
        key += 1
        if not exists(db, key) or not grown(db, key):
            break
    assert exists(db, key), "gone"
    return "a" if grown(db, key) else "b"


@app.get("/users/{key}")
def read(key: int, db: Session = Depends(get_db)):
    flags = {"there": exists(db, key), "next": exists(db, key + 1) or None}
    match exists(db, key):
        case True:
            kind = "T"
        case _:
            kind = "F"
    return [label(db, key), flags, kind, exists(db, key) and grown(db, key), f"{exists(db, 1)} {db.get(User, 1).name}"]
"""
    )
    prove(tmp_path, app, ONE)


def test_functions_as_values(tmp_path: Path) -> None:
    """Tables of functions, partials, sort keys, bound methods."""
    app = (
        HEAD
        + HELPERS
        + """
from functools import partial


class Users:
    def __init__(self, db):
        self.db = db

    def age(self, key):
        user = self.db.get(User, key)
        return user.age if user else 0

    def name(self, key):
        user = self.db.get(User, key)
        return user.name if user else ""


@app.get("/users/{key}")
def read(key: int, db: Session = Depends(get_db)):
    users = Users(db)
    table = {"age": users.age, "name": users.name}
    here = partial(exists, db)
    handler = getattr(users, "age")
    order = sorted([1, 2, 3], key=users.age)
    youngest = min([1, 2, 3], key=lambda k: users.age(k))
    found = list(filter(here, [key, 8]))
    return [table["age"](key), table["name"](key), here(key), handler(key), order, youngest, found,
            list(map(users.name, [1, key]))]
"""
    )
    prove(tmp_path, app, ONE)


def test_what_a_thread_pool_runs(tmp_path: Path) -> None:
    """`run_in_executor`, `to_thread`, `run_in_threadpool` from routes that are `async def` already. A loop that nothing
    else needs is not looked up any more."""
    app = (
        HEAD
        + HELPERS
        + """
import asyncio
from functools import partial

from fastapi.concurrency import run_in_threadpool

from db import SessionLocal


def total(least: int = 0):
    with SessionLocal() as db:
        return db.query(User).filter(User.age >= least).count()


@app.get("/users/{key}")
async def read(key: int, db: Session = Depends(get_db)):
    loop = asyncio.get_running_loop()
    first = await loop.run_in_executor(None, total)
    second = await loop.run_in_executor(None, partial(total, least=25))
    third = await asyncio.to_thread(total, 40)
    fourth = await run_in_threadpool(exists, db, key)
    fifth = await run_in_threadpool(lambda: exists(db, key))
    return [first, second, third, fourth, fifth]


@app.get("/both/{key}")
async def both(key: int):
    loop = asyncio.get_running_loop()  # kept
    return [await loop.run_in_executor(None, total), await loop.run_in_executor(None, str, key)]


main_loop = None


@app.get("/shared")
async def shared():
    global main_loop
    main_loop = asyncio.get_running_loop()  # kept
    return await main_loop.run_in_executor(None, total)


@app.get("/is-shared")
async def is_shared():
    return main_loop is not None
"""
    )
    migrated = prove(tmp_path, app, [*ONE, ("GET", "/both/1"), ("GET", "/shared"), ("GET", "/is-shared")])
    assert migrated["main.py"].count("get_running_loop") == 2


def test_any_and_all(tmp_path: Path) -> None:
    app = (
        HEAD
        + HELPERS
        + """
asked = []


def note(db, key):
    asked.append(key)
    return exists(db, key)


@app.get("/users/{key}")
def read(key: int, db: Session = Depends(get_db)):
    asked.clear()
    first = any(note(db, k) for k in (8, key, 1, 2))
    every = all(note(db, k) for k in (1, key, 2))
    if any(exists(db, k) for k in (key, 9)) and not all([exists(db, 1), exists(db, key)]):
        return "mixed"
    lowest = min((k for k in range(5) if exists(db, k)), default=None)
    found = next((k for k in (9, 8, key) if exists(db, k)), None)
    return [first, every, list(asked), lowest, found, bool(exists(db, key)), sorted(map(str, [exists(db, 3)]))]
"""
    )
    prove(tmp_path, app, ONE)


def test_retry_decorators_that_commit(tmp_path: Path) -> None:
    """A retry that commits or rolls back: hand-made, with arguments, around methods and functions."""
    retry = """\
import time
from functools import wraps

from sqlalchemy.exc import SQLAlchemyError


def retry(times=3, delay=0.0, errors=(ValueError, SQLAlchemyError)):
    def decorate(func):
        @wraps(func)
        def wrapper(db, *args, **kwargs):
            last = None
            for attempt in range(times):
                try:
                    result = func(db, *args, **kwargs)
                    db.commit()
                    return result
                except errors as error:
                    db.rollback()
                    last = error
                    time.sleep(delay)
            raise last

        return wrapper

    return decorate


def retry_method(func):
    @wraps(func)
    def wrapper(self, *args, **kwargs):
        try:
            return func(self, *args, **kwargs)
        except ValueError:
            self.db.rollback()
            return func(self, *args, **kwargs)

    return wrapper
"""
    app = (
        HEAD
        + """
from retry import retry, retry_method

tries = []


@retry(times=2)
def add(db, name, fail=0):
    db.add(User(name=name))
    db.flush()
    tries.append(name)
    if len(tries) <= fail:
        raise ValueError(name)
    return db.query(User).count()


class Service:
    def __init__(self, db: Session):
        self.db = db

    @retry_method
    def rename(self, key, name):
        user = self.db.get(User, key)
        user.name = name
        tries.append(name)
        if len(tries) == 1:
            raise ValueError
        self.db.commit()
        return self.db.query(User.name).order_by(User.id).first()[0]


@app.post("/users")
def create(name: str, fail: int = 0, db: Session = Depends(get_db)):
    tries.clear()
    try:
        return [add(db, name, fail=fail), len(tries)]
    except ValueError:
        return ["failed", len(tries), db.query(User).count()]


@app.put("/users/{key}")
def rename(key: int, name: str, db: Session = Depends(get_db)):
    tries.clear()
    return [Service(db).rename(key, name), tries]
"""
    )
    prove(
        tmp_path,
        {"retry.py": retry, "main.py": app},
        [
            ("POST", "/users?name=x"),
            ("POST", "/users?name=y&fail=1"),
            ("POST", "/users?name=z&fail=9"),
            ("PUT", "/users/1?name=w"),
        ],
    )


def test_lambda_handed_to_a_helper(tmp_path: Path) -> None:
    """A plain helper calls what it is given, and its `try` must still catch."""
    helper = """\
def safely(action, fallback=None):
    try:
        return action()
    except LookupError:
        return fallback


def choose(condition, yes, no):
    return yes() if condition() else no()


def twice(function, value):
    return function(function(value))


def shout(text):
    return safely(lambda: text.upper(), "?")
"""
    app = (
        HEAD
        + HELPERS
        + """
from fastapi import BackgroundTasks

from helper import choose, safely, shout, twice

seen = []


@app.get("/users/{key}")
def read(key: int, tasks: BackgroundTasks, db: Session = Depends(get_db)):
    old = safely(lambda: grown(db, key), "nobody")
    kind = choose(lambda: exists(db, key), lambda: "there", lambda: "not there")
    name = safely(lambda: db.query(User).filter(User.id == key).one().name if exists(db, key) else "-", "x")
    tasks.add_task(lambda: seen.append(exists(db, key)))
    tasks.add_task(lambda: db.close())
    total = choose(condition=lambda: grown(db, 1), yes=lambda: db.query(User).count() + 1, no=lambda: 0)
    return [old, kind, name, shout("a"), twice(lambda n: n + 1, key), total]


@app.get("/seen")
def show():
    return seen
"""
    )
    prove(tmp_path, {"helper.py": helper, "main.py": app}, [*ONE, ("GET", "/seen")])


def test_what_an_executor_runs_while_nothing_waits_for_it(tmp_path: Path) -> None:
    app = (
        HEAD
        + """
import asyncio

from db import SessionLocal


def older(key):
    with SessionLocal() as db:
        db.get(User, key).age += 1
        db.commit()


@app.get("/fire/{key}")
async def fire(key: int):
    loop = asyncio.get_running_loop()
    loop.run_in_executor(None, older, key)
    await asyncio.sleep(0.3)
    return 1


@app.get("/kept/{key}")
async def kept(key: int):
    loop = asyncio.get_running_loop()
    future = loop.run_in_executor(None, older, key)
    await asyncio.sleep(0.3)
    done = future.done()
    await future
    return done


@app.get("/age/{key}")
def age(key: int, db: Session = Depends(get_db)):
    return db.get(User, key).age
"""
    )
    requests = ["/fire/1", "/age/1", "/kept/1", "/age/1"]
    prove(tmp_path, app, [("GET", url) for url in requests])
