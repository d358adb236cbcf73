"""Queries that a select cannot say stay legacy, and work in the migrated app all the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from .harness import Migrated, prove

HEAD = """\
from fastapi import Depends, FastAPI
from sqlalchemy import func
from sqlalchemy.orm import Session, aliased, joinedload, selectinload

from db import get_db
from models import Post, User

app = FastAPI()


def adults(query):
    return query.filter(User.age > 25)


@app.get("/")
def answer(db: Session = Depends(get_db)):
"""
#: name -> (body of a route, what is reported)
ROUTES: dict[str, tuple[str, set[str]]] = {
    "criteria on combined queries": (
        "found = db.query(User).filter(User.id == 1).union(db.query(User)).filter(User.age > 25)\n"
        "return [u.name for u in found.order_by(User.id).all()], found.count(), found.first().name",
        {"query-set-operation"},
    ),
    "a join on combined queries": (
        "return [u.name for u in db.query(User).union(db.query(User)).join(Post).order_by(User.id)]",
        {"query-set-operation"},
    ),
    "queries that are combined in a loop": (
        "found = db.query(User).filter(User.id == 1)\nfor key in (2, 3):\n"
        "    found = found.union(db.query(User).filter(User.id == key))\n"
        "return [u.name for u in found.order_by(User.id)], found.count()",
        {"query-set-operation"},
    ),
    "criteria on combined columns": (
        "return [r[0] for r in db.query(User.id).union(db.query(Post.id)).filter(User.id > 1).order_by(User.id).all()]",
        {"query-set-operation"},
    ),
    "collections of what is combined": (
        "found = db.query(User).filter(User.id == 1).union(db.query(User)).filter(User.id > 0).order_by(User.id)\n"
        "return [[p.title for p in u.posts] for u in found.all()]",
        {"query-set-operation"},
    ),
    "collections that an operand loads": (
        "found = db.query(User).options(joinedload(User.posts)).union(db.query(User)).order_by(User.id).all()\n"
        "return [[p.title for p in u.posts] for u in found]",
        {"query-set-operation"},
    ),
    "a transformation": (
        "return [u.name for u in db.query(User).with_transformation(adults).order_by(User.id).all()]",
        {"query-escapes", "query-method"},
    ),
    "arguments of an update": (
        "changed = db.query(User).filter(User.id == 1).update({User.age: 3}, update_args={'mysql_limit': 1})\n"
        "db.commit()\nreturn changed, db.get(User, 1).age",
        {"query-arguments"},
    ),
    "an update that may have no criteria": (
        "found = db.query(User)\nif db.is_active:\n    found = found.filter(User.id == 1)\n"
        "changed = found.update({'age': 4})\ndb.commit()\nreturn changed",
        {"query-update"},
    ),
    "a delete of what else was selected before": (
        "return db.query(Post.id).with_entities(Post).filter(Post.id == 99).delete()",
        {"query-delete"},
    ),
    "merging": (
        "found = db.query(User).order_by(User.id).all()\n"
        "return [u.id for u in db.query(User).merge_result(found, load=False)]",
        {"query-method"},
    ),
    "the session of a query that stays": (
        "found = db.query(User).enable_assertions(False).filter(User.id == 1)\nuser = found.first()\nuser.age = 31\n"
        "found.session.commit()\nreturn found.session.get(User, 1).age, found.session.query(Post).count()",
        {"query-method"},
    ),
    "a negative index": (
        "try:\n    return db.query(User).order_by(User.id)[-1].name\nexcept IndexError:\n    return 'refused'",
        {"query-index"},
    ),
}


@pytest.mark.parametrize("name", ROUTES)
def test_stays_and_works(tmp_path: Path, name: str) -> None:
    body, codes = ROUTES[name]
    found = _prove(tmp_path, body, codes)
    assert ".sync_session.query(" in found["main.py"]


CONVERTED: dict[str, str] = {
    "combined queries": "found = db.query(User).filter(User.id == 1).union(db.query(User)).order_by(User.id)\n"
    "return [u.name for u in found.all()], found.count(), found.first().name, [len(u.posts) for u in found]",
    "combined queries with options": "found = db.query(User).filter(User.id == 1).options(selectinload(User.posts))"
    ".union_all(db.query(User)).order_by(User.id).all()\nreturn [[p.title for p in u.posts] for u in found]",
    "a recursive one": "top = db.query(User.id).filter(User.id == 1).cte(recursive=True)\nother = aliased(User)\n"
    "every = top.union_all(db.query(other.id).join(top, other.id == top.c.id + 1))\n"
    "return [u.name for u in db.query(User).join(every, every.c.id == User.id).order_by(User.id)]",
    "the session of it": "found = db.query(User).filter(User.id == 1)\nfound.one().age = 3\nfound.session.commit()\n"
    "return found.one().age, found.session.query(func.count(Post.id)).scalar()",
}


@pytest.mark.parametrize("name", CONVERTED)
def test_is_converted_and_works(tmp_path: Path, name: str) -> None:
    found = _prove(tmp_path, CONVERTED[name], set())
    assert ".query(" not in found["main.py"]


def _prove(folder: Path, body: str, codes: set[str]) -> Migrated:
    app = HEAD + "".join(f"    {line}\n" for line in body.splitlines())
    return prove(folder, app, [("GET", "/")], codes=sorted(codes))
