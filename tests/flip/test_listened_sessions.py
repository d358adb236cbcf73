"""Listeners of session factories and session classes: events fire on the sync sessions inside of the async ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from .harness import DB, prove

EVENTS = """\
from sqlalchemy import event
from sqlalchemy.orm import Session

from db import SessionLocal
from models import Post

seen = []


@event.listens_for(SessionLocal, "before_flush")
def audit(session, context, instances):
    for one in [o for o in session.dirty if o.__tablename__ == "users"]:
        session.add(Post(title=f"{one.name} has {len(one.posts)}", user_id=one.id))


def committed(session):
    seen.append("commit")


event.listen(SessionLocal, "after_commit", committed)
"""
MAIN = """\
from fastapi import Depends, FastAPI
from sqlalchemy import select
from sqlalchemy.orm import Session

import events
from db import SessionLocal, get_db
from models import Post, User

app = FastAPI()


@app.put("/users/{key}")
def rename(key: int, name: str, db: Session = Depends(get_db)):
    db.get(User, key).name = name
    db.commit()
    return [db.scalars(select(Post.title).order_by(Post.id)).all(), events.seen]


@app.get("/users")
def users(db: Session = Depends(get_db)):
    return db.scalars(select(User.name).order_by(User.id)).all()
"""
REQUESTS = [("PUT", "/users/1?name=x"), ("PUT", "/users/3?name=y"), ("GET", "/users")]


@pytest.mark.parametrize("requirement", ["sqlalchemy>=2.0", "sqlalchemy>=1.4.30"])
def test_a_factory_is_listened_to(tmp_path: Path, requirement: str) -> None:
    files = {"events.py": EVENTS, "main.py": MAIN, "requirements.txt": f"fastapi\nhttpx\n{requirement}\n"}
    made = prove(tmp_path, files, REQUESTS)
    assert "SyncSessionLocal = sessionmaker()\n" in made["db.py"]


def test_a_scoped_factory_is_listened_to(tmp_path: Path) -> None:
    scoped = DB.replace("SessionLocal = sessionmaker(", "SessionLocal = scoped_session(sessionmaker(")
    scoped = scoped.replace("bind=engine)", "bind=engine))").replace("import sess", "import scoped_session, sess")
    db = scoped.replace("        db.close()", "        SessionLocal.remove()")
    prove(tmp_path, {"db.py": db, "events.py": EVENTS, "main.py": MAIN}, REQUESTS)


def test_a_session_class_stays_inside_of_what_is_listened_to(tmp_path: Path) -> None:
    own = """
class Careful(Session):
    def is_modified(self, instance, include_collections=True):
        return True


SessionLocal = sessionmaker(class_=Careful, """
    db = DB.replace("SessionLocal = sessionmaker(", own).replace("import sess", "import Session, sess")
    more = (
        "\n\n@app.get('/kind')\ndef kind(db: Session = Depends(get_db)):\n    return db.is_modified(db.get(User, 1))\n"
    )
    made = prove(tmp_path, {"db.py": db, "events.py": EVENTS, "main.py": MAIN + more}, [*REQUESTS, ("GET", "/kind")])
    assert "SyncSessionLocal = sessionmaker(class_=Careful)" in made["db.py"]


def test_a_sync_twin_is_what_is_listened_to(tmp_path: Path) -> None:
    """What stays sync is heard as well, and hears the same."""
    more = """

import threading


def names(found):
    with SessionLocal() as session:
        session.get(User, 2).name = "twin"
        session.commit()
        found.extend(events.seen)


@app.get("/thread")
def thread():
    found = []
    other = threading.Thread(target=names, args=(found,))
    other.start()
    other.join()
    return found
"""
    requests = [*REQUESTS, ("GET", "/thread"), ("PUT", "/users/1?name=z")]
    made = prove(tmp_path, {"events.py": EVENTS, "main.py": MAIN + more}, requests)
    assert "sync_session_class=SyncSessionLocal" in made["db.py"]
    assert made["db.py"].index("SyncSessionLocal = ") < made["db.py"].index("\nSessionLocal = ")


def test_a_factory_that_a_function_makes_is_a_finding(tmp_path: Path) -> None:
    app = """\
from fastapi import FastAPI
from sqlalchemy import create_engine, event
from sqlalchemy.orm import sessionmaker

app = FastAPI()


def factory():
    made = sessionmaker(bind=create_engine("sqlite:///./app.db"))
    event.listen(made, "after_commit", print)
    return made
"""
    prove(tmp_path, app, codes=["listener-factory"])


@pytest.mark.parametrize("listened", ["AppSession", "Audited"])
def test_a_session_class_is_listened_to(tmp_path: Path, listened: str) -> None:
    own = '''
class AppSession(Session):
    """The session of this app."""


class Audited(AppSession):
    pass


@event.listens_for(AppSession, "after_flush")
def flushed(session, context):
    session.info["flushed"] = session.info.get("flushed", 0) + 1


SessionLocal = sessionmaker(class_=Audited, '''
    db = DB.replace("SessionLocal = sessionmaker(", own).replace("import sess", "import Session, sess")
    db = db.replace("import create_engine", "import create_engine, event")
    events = EVENTS.replace("import SessionLocal", f"import {listened}").replace("(SessionLocal,", f"({listened},")
    more = """

@app.get("/flushed")
def flushed(db: Session = Depends(get_db)):
    db.add(User(name="new"))
    db.flush()
    return db.info["flushed"]
"""
    requests = [*REQUESTS, ("GET", "/flushed")]
    prove(tmp_path, {"db.py": db, "events.py": events, "main.py": MAIN + more}, requests)


TOTALS = """\
from fastapi import Depends, FastAPI
from sqlalchemy import event, func, select
from sqlalchemy.orm import Session

from db import SessionLocal, get_db
from models import User

app = FastAPI()


class Totals:
    def __init__(self, db: Session):
        self.db = db

    def users(self):
        return self.db.scalar(select(func.count()).select_from(User))


@event.listens_for(SessionLocal, "after_flush")
def count(session, context):
    session.info["users"] = Totals(session).users()


@app.post("/users")
def add(name: str, db: Session = Depends(get_db)):
    db.add(User(name=name))
    db.commit()
    return db.info["users"]
"""


def test_what_a_route_uses_as_well_is_a_finding(tmp_path: Path) -> None:
    """The one session is sync, and the other one is async."""
    shared = (
        TOTALS + '\n\n@app.get("/count")\ndef read(db: Session = Depends(get_db)):\n    return Totals(db).users()\n'
    )
    prove(tmp_path, shared, codes=["kept-calls-async"])


def test_what_only_a_test_uses_as_well_stays(tmp_path: Path) -> None:
    tested = """\
from unittest.mock import Mock

from sqlalchemy.orm import Session

from main import Totals


def test_totals():
    session = Mock(spec=Session)
    totals = Totals(session)
    totals.users = Mock(return_value=3)
    assert totals.users() == 3
    Totals(session).users()
"""
    made = prove(tmp_path, {"main.py": TOTALS, "test_totals.py": tested}, [("POST", "/users?name=x")])
    assert "    def users(self):" in made["main.py"]
