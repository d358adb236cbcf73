"""Legacy queries that cannot be converted: they are built on the sync session inside, and run in the greenlet."""

from __future__ import annotations

from pathlib import Path

from .harness import BASE, migrate, prove

APP = """\
from db import get_db
from fastapi import Depends, FastAPI
from models import User
from sqlalchemy.orm import Query, Session

app = FastAPI()


class Names:
    def __init__(self, db: Session):
        self.db = db

    def base(self, whole: bool):
        if whole:
            return self.db.query(User).order_by(User.id)
        return Query([User.name], session=self.db).order_by(User.id)


def said(rows):
    return [getattr(row, "name") for row in rows]


@app.get("/loops")
def loops(db: Session = Depends(get_db)):
    names = Names(db)
    first, second, third = names.base(True)
    counted = [f"{number} {row.name}" for number, row in enumerate(names.base(False))]
    return [*said([first, second, third]), *counted, len([*names.base(True)]), first in names.base(True)]


@app.get("/parts")
def parts(low: int = 1, db: Session = Depends(get_db)):
    query = Names(db).base(low > 1)
    return [query[0].name, said(query[low:]), said(query[low : low + 1]), said(query.with_session(db)[:1])]


@app.get("/values")
def values(db: Session = Depends(get_db)):
    query = Names(db).base(True)
    return [[name for name, in query.values(User.name)], next(query.values(User.id))[0]]
"""


def test_queries_that_stay_work(tmp_path: Path) -> None:
    requests = [("GET", "/loops"), ("GET", "/parts"), ("GET", "/parts?low=2"), ("GET", "/values")]
    codes = ["query-session", "query-method"]
    migrated = prove(tmp_path, APP, requests, codes=codes)
    assert "Query([User.name], session=self.db.sync_session)" in migrated["main.py"]
    assert "return self.db.sync_session.query(User)" in migrated["main.py"]


LISTENED = """\
from db import get_db
from fastapi import Depends, FastAPI
from models import User
from sqlalchemy import event
from sqlalchemy.orm import Query, Session

app = FastAPI()


@event.listens_for(Query, "before_compile", retval=True)
def without_the_young(query):
    for description in query.column_descriptions:
        if description["entity"] is User:
            query = query.enable_assertions(False).filter(User.age > 20)
    return query


@app.get("/names")
def names(db: Session = Depends(get_db)):
    return [user.name for user in db.query(User).order_by(User.id)], db.query(User).count()
"""


def test_queries_that_a_listener_changes_keep_it(tmp_path: Path) -> None:
    """A select would find those whom the listener leaves out."""
    migrated = prove(tmp_path, LISTENED, [("GET", "/names")], codes=["query-listener"])
    assert "select(" not in migrated["main.py"]


OLD_MODELS = """\
from sqlalchemy import Column, Integer, String
from sqlalchemy.orm import declarative_base

Base = declarative_base()


class User(Base):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True)
    name = Column(String)
"""
FROM_THE_END = """\
from db import get_db
from fastapi import Depends, FastAPI
from models import User
from sqlalchemy.orm import Session

app = FastAPI()


@app.get("/last")
def last(db: Session = Depends(get_db)):
    query = db.query(User).order_by(User.id).from_self()
    return [query[-1].name, [user.name for user in query[-2:]], query[0].name]
"""


def test_queries_of_old_projects_count_from_the_end_in_a_list() -> None:
    """The session inside of an async one is in 2.0 style: its queries refuse a negative index."""
    files = {**BASE, "models.py": OLD_MODELS, "main.py": FROM_THE_END}
    old = migrate({**files, "requirements.txt": "sqlalchemy==1.4.54\n"})["main.py"]
    assert "(await greenlet_spawn(query.all))[-1].name" in old
    assert "for user in (await greenlet_spawn(query.all))[-2:]]" in old
    new = migrate({**files, "requirements.txt": "sqlalchemy==2.0.40\n"})["main.py"]
    assert "greenlet_spawn(query.all)" not in new
