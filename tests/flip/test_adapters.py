"""Adapters between plain and async functions: asgiref and asyncer."""

from __future__ import annotations

from pathlib import Path

from .harness import prove

TO_ASYNC = """
import asyncio
from functools import partial

import asyncer
from asgiref.sync import sync_to_async
from fastapi import Depends, FastAPI
from sqlalchemy import select
from sqlalchemy.orm import Session

from db import get_db
from models import User

app = FastAPI()


def names(db: Session, least: int = 0):
    return [u.name for u in db.query(User).filter(User.age > least).order_by(User.id).all()]


def double(x: int) -> int:
    return 2 * x


class Repo:
    def __init__(self, db: Session):
        self.db = db

    def names(self, least: int = 0):
        return names(self.db, least)

    @sync_to_async
    def all(self):
        return [u.name for u in self.db.query(User).order_by(User.id).all()]

    @sync_to_async(thread_sensitive=False)
    def count(self):
        return self.db.query(User).count()


@app.post("/a")
async def a(db: Session = Depends(get_db)):
    repo = Repo(db)
    return [await sync_to_async(repo.names)(25), await repo.all(), await repo.count(), await sync_to_async(double)(4)]


@app.post("/b")
async def b(db: Session = Depends(get_db)):
    return await sync_to_async(lambda: names(db))()


@app.post("/c")
async def c(db: Session = Depends(get_db)):
    user = await sync_to_async(db.get)(User, 1)
    user.name = "zed"
    await asyncer.asyncify(db.commit)()
    rows = await sync_to_async(db.execute)(select(User.name).order_by(User.id))
    return [r[0] for r in rows]


@app.post("/d")
async def d(db: Session = Depends(get_db)):
    return await sync_to_async(partial(names, db, least=25))()


@app.post("/e")
async def e(db: Session = Depends(get_db)):
    one, two = await asyncio.gather(sync_to_async(double)(1), sync_to_async(double)(2))
    return [one, two, await asyncer.asyncify(names, abandon_on_cancel=True)(db, least=1)]
"""
TO_PLAIN = """
from asgiref.sync import async_to_sync
from asyncer import syncify
from fastapi import Depends, FastAPI
from sqlalchemy.orm import Session

from db import get_db
from models import User

app = FastAPI()


async def later(key: int, by: int = 1):
    return key + by


@app.post("/asgiref/{key}")
def asgiref(key: int, db: Session = Depends(get_db)):
    return db.get(User, async_to_sync(later)(key, by=2)).name


@app.post("/asyncer/{key}")
def asyncer(key: int, db: Session = Depends(get_db)):
    return db.get(User, syncify(later, raise_sync_error=False)(key)).name


@app.post("/neither/{key}")
def neither(key: int):
    return async_to_sync(later)(key)  # kept
"""
NAMED = """
from asgiref.sync import async_to_sync
from fastapi import Depends, FastAPI
from sqlalchemy.orm import Session

from db import get_db
from models import User

app = FastAPI()


@async_to_sync
async def decorated(key: int):
    return key + 1


async def later(key: int):
    return key + 1


named = async_to_sync(later)


@app.post("/")
def both(db: Session = Depends(get_db)):
    return [named(1), decorated(1), db.get(User, 1).name]


@app.post("/plain")
def plain():
    return [named(1), decorated(1)]  # kept
"""


def test_what_ran_in_a_thread_and_waits_now_stands_for_its_own_async_form(tmp_path: Path) -> None:
    migrated = prove(tmp_path, TO_ASYNC, [("POST", f"/{letter}") for letter in "abcde"])
    app = migrated.files["main.py"]
    assert "sync_to_async(double)(4)" in app  # it does not wait, and blocks perhaps
    assert app.count("sync_to_async(") == 3
    assert "@sync_to_async" not in app


def test_what_runs_an_async_function_to_its_end_awaits_it_in_a_loop(tmp_path: Path) -> None:
    prove(tmp_path, TO_PLAIN, [("POST", "/asgiref/1"), ("POST", "/asyncer/1"), ("POST", "/neither/1")])


def test_a_plain_form_with_a_name_of_its_own_is_reported(tmp_path: Path) -> None:
    prove(tmp_path, NAMED, [("POST", "/plain")], codes=["own-loop", "own-loop"])
