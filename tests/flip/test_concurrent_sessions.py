"""Coroutines that run at once with one session: sync code in them was never interrupted, async code is."""

from __future__ import annotations

from pathlib import Path

import pytest

from .harness import BASE, migrate, prove
from .test_lookalikes import HEAD

SENT = """
import asyncio

from db import SessionLocal


async def send(db, key: int = 1):
    return db.get(User, key).name


async def count(session: Session):
    return session.query(User).count()


async def own(key: int):
    with SessionLocal() as db:
        return db.get(User, key).name


@app.get("/")
async def serve(db: Session = Depends(get_db), other: Session = Depends(get_db)):
    BODY
    return []
"""


@pytest.mark.parametrize(
    "body",
    [
        "await asyncio.gather(send(db), count(session=db), return_exceptions=True)",
        "await asyncio.gather(send(db), count(session=db), own(1))",
        "await asyncio.wait_for(asyncio.gather(send(db), count(session=db)), 9)",
        "found = await asyncio.gather(*[send(db, key) for key in (1, 2)], return_exceptions=True)",
        "await asyncio.gather(*(send(db, key) for key in (1, 2)))",
        "asyncio.create_task(send(db=db))",
        "task = asyncio.ensure_future(send(db))",
    ],
)
def test_coroutines_that_share_a_session_are_told(body: str) -> None:
    migrated = migrate({**BASE, "main.py": HEAD + SENT.replace("BODY", body)})
    assert [f.code for f in migrated.findings] == ["concurrent-session"]
    assert "the session db, which" in migrated.findings[0].message


@pytest.mark.parametrize(
    "body",
    [
        "await asyncio.gather(send(db), count(other))",
        "await asyncio.gather(send(db), own(1))",
        "await asyncio.gather(*(own(key) for key in (1, 2)))",
        "await asyncio.create_task(send(db))",
        "asyncio.create_task(own(1))",
    ],
)
def test_a_session_for_each_of_them_is_not_told(body: str) -> None:
    assert not migrate({**BASE, "main.py": HEAD + SENT.replace("BODY", body)}).findings


GATHERED = """
import asyncio


async def named(db: Session, key: int):
    found = db.get(User, key).name
    await asyncio.sleep(0)
    return found


async def renamed(db: Session):
    db.get(User, 2).name = "changed"
    await asyncio.sleep(0)
    db.commit()


@app.get("/")
async def serve(db: Session = Depends(get_db)):
    await asyncio.gather(
        named(db, 1),  # the first
        renamed(db),
    )
    first, second = await asyncio.gather(named(db, 1), named(db=db, key=2))
    return [first, second]
"""


def test_what_is_gathered_with_one_session_alone_follows_one_another(tmp_path: Path) -> None:
    after = prove(tmp_path, HEAD + GATHERED, [("GET", "/")] * 2)["main.py"]
    assert "    await named(db, 1)\n    await renamed(db)\n" in after
    assert "    first, second = [await named(db, 1), await named(db=db, key=2)]\n" in after


def test_gather_is_no_longer_imported_where_nothing_else_uses_it(tmp_path: Path) -> None:
    app = SENT.replace("import asyncio", "from asyncio import gather")
    app = app.replace("BODY", "await gather(send(db), count(db))")
    assert "gather" not in prove(tmp_path, HEAD + app, [("GET", "/")])["main.py"]


@pytest.mark.parametrize(("kind", "told"), [("Queue", "put(None)"), ("Event", "set()")])
def test_coroutines_that_wait_for_each_other_are_told(kind: str, told: str) -> None:
    """One after another the first would wait for ever."""
    app = f"""
import asyncio


async def produce(db: Session, shared):
    done = shared.{told}
    if done is not None:
        await done
    return db.get(User, 1).name


async def consume(db: Session, shared):
    await (shared.get() if hasattr(shared, "get") else shared.wait())
    return db.get(User, 2).name


@app.get("/")
async def serve(db: Session = Depends(get_db)):
    shared = asyncio.{kind}()
    return await asyncio.gather(consume(db, shared), produce(db, shared=shared))
"""
    migrated = migrate({**BASE, "main.py": HEAD + app})
    assert [f.code for f in migrated.findings] == ["concurrent-session"]
    assert "asyncio.gather(consume(db, shared), produce(db, shared=shared))" in migrated["main.py"]
