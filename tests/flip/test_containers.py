"""Dictionaries and other containers that hold what a program works with, and programs in newer syntax."""

from __future__ import annotations

from pathlib import Path

from .harness import BASE, migrate, prove
from .test_lookalikes import HEAD

APP = """\
from typing import Annotated

from fastapi import Depends, FastAPI
from sqlalchemy.orm import Session

from db import get_db
from models import Base, User

app = FastAPI()
type Db = Annotated[Session, Depends(get_db)]


class Store[M: Base]:
    def __init__(self, model: type[M], db: Session):
        self.model, self.db = model, db

    def get(self, key: int) -> M | None:
        return self.db.query(self.model).filter(self.model.id == key).first()


class Users(Store[User]):
    def name(self, key: int) -> str:
        user = self.get(key)
        return f"{user.name if user else "nobody"}, {", ".join(p.title for p in user.posts)}"


@app.get("/{key}")
def read(key: int, db: Db):
    users = Users(User, db)
    return {"name": f"{users.name(key)}", "same": f"{users.get(key).name.replace("a", "\\n")}"}
"""


def test_a_program_in_new_syntax_is_migrated() -> None:
    after = migrate({**BASE, "main.py": APP})["main.py"]
    assert "type Db = Annotated[AsyncSession, Depends(get_db)]" in after
    assert "async def get(self, key: int)" in after
    assert "async def read(key: int, db: Db):" in after
    assert 'f"{await users.name(key)}", "same": f"{(await users.get(key)).name.replace("a", "\\n")}"' in after


def test_a_dictionary_is_updated_from_pairs_and_from_others(tmp_path: Path) -> None:
    app = """
class Counter:
    def __init__(self, kind, count):
        self.kind, self.count = kind, count

    def __iter__(self):
        return iter((self.kind, self.count))


@app.get("/{key}")
def read(key: int, db: Session = Depends(get_db)):
    found = {}
    found.update([Counter("a", 1), Counter("b", 2)])
    found.update([("first", db), ("second", db)])
    found.update({"third": db}, fourth=db)
    counted = found["a"] + found["b"]
    users = [found[name].get(User, key) for name in ("first", "third")]
    return [counted, *(user.name if user else None for user in users)]
"""
    after = prove(tmp_path, HEAD + app, [("GET", "/1"), ("GET", "/9")])["main.py"]
    assert "await found[name].get(User, key)" in after


def test_keyword_arguments_are_asked_for_by_name(tmp_path: Path) -> None:
    app = HEAD + """

def count(**options):
    session = options.pop("session", None)
    return options.get("store").count(session)


class Store:
    def count(self, session):
        return session.query(User).count()


@app.get("/count")
def read(db: Session = Depends(get_db)):
    return count(session=db, store=Store())
"""
    done = prove(tmp_path, app, [("GET", "/count")])
    assert 'return await options.get("store").count(session)' in done["main.py"]
