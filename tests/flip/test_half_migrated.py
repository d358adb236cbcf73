"""Apps that are half async already are finished, not broken; what earlier hands forgot is mended."""

from __future__ import annotations

from pathlib import Path

from .harness import BASE, mend, migrate, prove
from .test_lookalikes import HEAD

HALF_DB = """\
from sqlalchemy import create_engine
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import sessionmaker

engine = create_engine("sqlite:///./app.db")
SessionLocal = sessionmaker(bind=engine)
async_engine = create_async_engine("sqlite+aiosqlite:///./app.db")  # kept
AsyncSessionLocal = async_sessionmaker(async_engine, expire_on_commit=False)  # kept


def get_db():
    with SessionLocal() as db:
        yield db


async def get_async_db():  # kept
    async with AsyncSessionLocal() as db:  # kept
        yield db  # kept
"""
ASYNC_HEAD = f"""\
{HEAD}
from sqlalchemy.ext.asyncio import AsyncSession

from db import AsyncSessionLocal, SessionLocal, get_async_db
"""


def test_both_kinds_in_one_app(tmp_path: Path) -> None:
    """What is async stays byte for byte, the rest follows; a route may use both."""
    app = f"""\
{ASYNC_HEAD}

async def find_async(db: AsyncSession, key):  # kept
    return await db.get(User, key)  # kept


def find(db: Session, key):
    return db.get(User, key)


@app.get("/async/{{key}}")
async def read_async(key: int, db: AsyncSession = Depends(get_async_db)):  # kept
    user = await find_async(db, key)  # kept
    return user.name if user else None  # kept


@app.get("/sync/{{key}}")
def read(key: int, db: Session = Depends(get_db)):
    user = find(db, key)
    return user.name if user else None


@app.get("/both/{{key}}")
async def both(key: int, db: AsyncSession = Depends(get_async_db), plain: Session = Depends(get_db)):
    users = [await find_async(db, key), find(plain, key)]
    return [user.name if user else None for user in users]
"""
    urls = ["/async/1", "/sync/1", "/both/1", "/both/9"]
    prove(tmp_path, {"db.py": HALF_DB, "main.py": app}, [("GET", url) for url in urls])


def test_async_functions_with_sync_sessions(tmp_path: Path) -> None:
    """`async def` routes, dependencies and context managers around a session that blocks."""
    app = f"""\
{HEAD}
from contextlib import asynccontextmanager

from db import SessionLocal


async def get_session():  # kept
    db = SessionLocal()
    try:
        yield db
    finally:
        db.close()


@asynccontextmanager
async def scope():  # kept
    db = SessionLocal()
    try:
        yield db
        db.commit()
    finally:
        db.close()


def load(db, key):
    return db.query(User).filter(User.id == key).first()


async def load_later(db: Session, key):
    return load(db, key)


@app.get("/{{key}}")
async def read(key: int, db: Session = Depends(get_session)):
    async with scope() as other:  # kept
        user = other.get(User, key)
        name = user.name if user else None  # kept
    found = await load_later(db, key)  # kept
    return [name, found.name if found else None, load(db, key) is found]
"""
    prove(tmp_path, app, [("GET", "/1"), ("GET", "/9")])


def test_work_that_was_moved_to_threads(tmp_path: Path) -> None:
    """Nothing of it blocks any more: it is awaited where it stands."""
    app = f"""\
{HEAD}
import asyncio
from functools import partial

import anyio
from fastapi.concurrency import run_in_threadpool

from db import SessionLocal


def load(db, key, model=User):
    return db.get(model, key)


def own(key):
    with SessionLocal() as db:
        return db.get(User, key)


class Service:
    def __init__(self, db):
        self.db = db

    def find(self, key):
        return self.db.get(User, key)


@app.get("/{{key}}")
async def read(key: int, db: Session = Depends(get_db)):
    loop = asyncio.get_running_loop()
    found = [
        await run_in_threadpool(load, db, key),
        await run_in_threadpool(partial(load, db, model=User), key),
        await run_in_threadpool(lambda: load(db, key)),
        await run_in_threadpool(db.get, User, key),
        await run_in_threadpool(db.query(User).filter(User.id == key).one_or_none),
        await run_in_threadpool(Service(db).find, key),
        await asyncio.to_thread(own, key),
        await anyio.to_thread.run_sync(load, db, key),
        await anyio.to_thread.run_sync(load, db, key, abandon_on_cancel=True),
        await anyio.to_thread.run_sync(partial(load, model=User), db, key, limiter=None),
        await loop.run_in_executor(None, own, key),
        await loop.run_in_executor(None, partial(own, key)),
        await loop.run_in_executor(None, lambda: own(key)),
    ]
    found += await asyncio.gather(asyncio.to_thread(own, key), run_in_threadpool(own, 1))
    size = await run_in_threadpool(len, found)  # kept
    names = [user.name if user else None for user in found]
    await run_in_threadpool(db.rollback)
    return [size, names]
"""
    done = prove(tmp_path, app, [("GET", "/1"), ("GET", "/9")], codes=["query-method"])
    assert done["main.py"].count("in_threadpool(") == 1
    assert "to_thread" not in done["main.py"]
    assert "run_in_executor" not in done["main.py"]


def test_forgotten_awaits(tmp_path: Path) -> None:
    """On own functions and on sessions; coroutines that are handed on stay."""
    app = f"""\
{ASYNC_HEAD}
import asyncio


async def find(db, key):
    return await db.get(User, key)


async def find_later(db: AsyncSession, key):
    user = db.get(User, key)
    return user


async def rename(db, key):
    user = await find(db, key)
    user.name = user.name.upper()


def handed_on(db, key):  # kept
    return find(db, key)  # kept


async def together(key):
    async def one(number):
        async with AsyncSessionLocal() as db:
            return await db.get(User, number)

    tasks = [one(key), one(2)]  # kept
    task = asyncio.create_task(one(3))  # kept
    waiting = one(2)  # kept
    users = [*await asyncio.gather(*tasks), await task, await waiting]  # kept
    return [user.name for user in users]


@app.get("/{{key}}")
async def read(key: int, db: AsyncSession = Depends(get_async_db)):
    rename(db, key)
    user = find(db, key)
    other = await handed_on(db, 2)  # kept
    later = await find_later(db, 3)  # kept
    names = db.execute(select(User.name).order_by(User.id)).scalars().all()
    titles = [post.title for post in find(db, key).posts]
    ids = [user.id, other.id, later.id]  # kept
    db.rollback()
    return [ids, names, titles, await together(key)]  # kept


@app.get("/returned/{{key}}")
async def returned(key: int, db: AsyncSession = Depends(get_async_db)):
    return db.scalar(select(User.name).where(User.id == key))
"""
    mend(
        tmp_path,
        {"db.py": HALF_DB, "main.py": app},
        [("GET", "/1"), ("GET", "/returned/2")],
        [[[1, 2, 3], ["ANN", "bob", "cy"], ["one"], ["ann", "bob", "cy", "bob"]], "bob"],
    )


def test_awaits_of_what_is_plain(tmp_path: Path) -> None:
    app = f"""\
{ASYNC_HEAD}

def double(number):
    return 2 * number


def add(db, name):
    user = User(name=name)
    db.add(user)
    return user


def later(db, key):
    return db.get(User, key)


async def streamed(db):
    return [name async for name in await db.stream_scalars(select(User.name))]


@app.get("/{{key}}")
async def read(key: int, db: AsyncSession = Depends(get_async_db)):
    user = User(name="x")
    await db.add(user)
    await db.expunge(user)
    number = await double(key)
    name = (await add(db, "y")).name
    await db.rollback()
    found = await later(db, key)  # kept
    return [number, name, found.name, len(await streamed(db))]
"""
    done = mend(tmp_path, {"db.py": HALF_DB, "main.py": app}, [("GET", "/1")], [[2, "y", "ann", 3]])
    assert "    db.add(user)\n    db.expunge(user)\n    number = double(key)\n" in done["main.py"]


def test_async_code_over_a_sync_factory(tmp_path: Path) -> None:
    """`async with` and `await` were written, the factory was forgotten; results are no coroutines."""
    app = f"""\
{HEAD}
from db import SessionLocal


@app.get("/{{key}}")
async def read(key: int):
    async with SessionLocal() as db:  # kept
        user = await db.get(User, key)  # kept
        result = await db.execute(select(User.name).order_by(User.id))  # kept
        names = await result.scalars().all()
        return [user.name, names]  # kept
"""
    mend(tmp_path, {"main.py": app}, [("GET", "/1")], [["ann", ["ann", "bob", "cy"]]])


def test_a_lazy_load_that_was_caught_is_reported() -> None:
    app = f"""\
{ASYNC_HEAD}
from sqlalchemy.exc import MissingGreenlet


@app.get("/{{key}}")
async def read(key: int, db: AsyncSession = Depends(get_async_db)):
    user = await db.get(User, key)
    try:
        return [post.title for post in user.posts]
    except MissingGreenlet:
        return []
"""
    done = migrate({**BASE, "db.py": HALF_DB, "main.py": app})
    assert done.codes == {"missing-greenlet"}
    assert "selectinload(User.posts)" in done["main.py"]


def test_new_code_in_a_migrated_app(tmp_path: Path) -> None:
    """Written as before by people who did not know: just that is converted."""
    app = f"""\
{HEAD}

def find(db: Session, key):
    return db.get(User, key)


@app.get("/{{key}}")
def read(key: int, db: Session = Depends(get_db)):
    user = find(db, key)
    return user.name if user else None
"""
    first = migrate({**BASE, "main.py": app})
    before = "".join(f"{line}  # kept\n" if line else "\n" for line in first["main.py"].splitlines())
    new = """\


def names(db: Session):
    return [user.name for user in db.query(User).order_by(User.id).all()]


@app.get("/users/all")
def everybody(db: Session = Depends(get_db)):
    user = find(db, 1)
    return [user.name, names(db)]
"""
    text = f"from sqlalchemy.orm import Session\n{before}{new}"
    done = mend(
        tmp_path, {**first.files, "main.py": text}, [("GET", "/1"), ("GET", "/users/all")],
        ["ann", ["ann", ["ann", "bob", "cy"]]],
    )  # fmt: skip
    assert {p: t for p, t in done.files.items() if p != "main.py"} == {
        p: t for p, t in first.files.items() if p != "main.py"
    }


def test_a_forgotten_await_that_was_always_true_is_told(tmp_path: Path) -> None:
    """What depended on it goes the other way now."""
    app = f"""\
{HEAD}
async def is_old(user):
    return user.age > 35


@app.get("/{{key}}")
async def read(key: int, db: Session = Depends(get_db)):
    user = db.get(User, key)
    if not user or is_old(user):
        return "old"
    return "young"
"""
    migrated = migrate({**BASE, "main.py": app})
    assert "if not user or await is_old(user):" in migrated["main.py"]
    assert [(f.code, f.span.line if f.span else 0) for f in migrated.findings] == [("forgotten-await", 17)]
    again = migrate(migrated.files)
    assert not again.findings


def test_the_last_operand_is_a_value_that_nobody_tests(tmp_path: Path) -> None:
    app = f"""\
{HEAD}
async def load(db):
    return db.get(User, 1)


async def is_old(user):
    return user.age > 35


async def find(db, known=None):
    user = known or load(db)
    return user


@app.get("/")
async def read(db: Session = Depends(get_db)):
    user = await find(db)
    if user and (user.age > 90 or is_old(user)):
        return "old"
    return "young"
"""
    migrated = migrate({**BASE, "main.py": app})
    assert "user = known or await load(db)" in migrated["main.py"]
    told = [f.span.line for f in migrated.findings if f.code == "forgotten-await" and f.span]
    assert told == [app[: app.index("is_old(user))")].count("\n") + 1]
