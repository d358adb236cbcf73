"""Migrations that use functions of the app: Alembic runs them synchronously, before and after."""

from __future__ import annotations

from pathlib import Path

from .harness import BASE, migrate, prove

OP = """\
from sqlalchemy import create_engine

connection = create_engine("sqlite:///./app.db").connect()


def get_bind():
    return connection
"""
ALEMBIC = {"alembic/__init__.py": "", "alembic/op.py": OP}
CRUD = """\
from sqlalchemy.orm import Session

from models import User


def names(db: Session):
    return [user.name for user in db.query(User).order_by(User.id)]


def add(db: Session, name: str):
    db.add(User(name=name))
    db.commit()
    return names(db)
"""
MAIN = """\
from fastapi import Depends, FastAPI
from sqlalchemy.orm import Session

import crud
from db import get_db

app = FastAPI()


@app.post("/users/{name}")
def add(name: str, db: Session = Depends(get_db)):
    return crud.add(db, name)


@app.get("/users")
def users(db: Session = Depends(get_db)):
    return crud.names(db)
"""
MIGRATION = """\
from alembic import op
from sqlalchemy.orm import Session

from crud import add


def upgrade():  # kept
    session = Session(bind=op.get_bind())  # kept
    print(add(session, "first"))  # kept


if __name__ == "__main__":
    upgrade()
"""


def test_what_a_migration_hands_its_session_to_stays_sync(tmp_path: Path) -> None:
    files = {"main.py": MAIN, "crud.py": CRUD, "versions/0001.py": MIGRATION}
    script = [["-c", "import runpy; runpy.run_path('versions/0001.py', run_name='__main__')"]]
    after = prove(tmp_path, files, [("POST", "/users/ada"), ("GET", "/users")], script, installed=ALEMBIC)
    assert after["crud.py"].count("async def") == 0
    assert "await db.run_sync(crud.add, name)" in after["main.py"]


OWN = """\
from alembic import op

from crud import count


def upgrade():  # kept
    print(count())  # kept
"""
COUNT = """

def count():
    with SessionLocal() as db:
        return len(names(db))
"""


def test_what_opens_its_own_session_is_told() -> None:
    crud = "from db import SessionLocal\n" + CRUD + COUNT
    main = MAIN + '\n\n@app.get("/count")\ndef count():\n    return crud.count()\n'
    found = migrate({**BASE, "main.py": main, "crud.py": crud, "versions/0001.py": OWN})
    assert [(f.code, f.place) for f in found.findings] == [("kept-calls-async", "versions/0001.py:7")]
