"""One session for all requests: it works request by request, and is reported, because requests run at once then."""

from __future__ import annotations

from pathlib import Path

from .harness import prove

HEAD = """\
from fastapi import Depends, FastAPI
from sqlalchemy.orm import Session

from db import SessionLocal, get_db
from models import User

app = FastAPI()


def named(db: Session, name: str):
    found = [u.id for u in db.query(User).filter(User.name == name).all()]
    db.close()
    return found


"""
REQUESTS = [("GET", "/named/ann"), ("GET", "/named/nobody")]
SHARED = ["shared-session"]


def test_a_session_at_the_top_of_a_module(tmp_path: Path) -> None:
    app = HEAD + """\
session = SessionLocal()


@app.get("/named/{name}")
async def by_name(name: str):
    return named(session, name)
"""
    prove(tmp_path, app, REQUESTS, codes=SHARED)


def test_a_session_that_a_service_keeps(tmp_path: Path) -> None:
    service = """\
from db import SessionLocal
from models import User


class Users:
    def __init__(self):
        self.db = SessionLocal()

    def named(self, name):
        found = [u.id for u in self.db.query(User).filter(User.name == name).all()]
        self.db.close()
        return found


users = Users()
"""
    app = """\
from fastapi import FastAPI

from service import users

app = FastAPI()


@app.get("/named/{name}")
def by_name(name: str):
    return users.named(name)
"""
    migrated = prove(tmp_path, {"main.py": app, "service.py": service}, REQUESTS, codes=SHARED)
    assert [f.path for f in migrated.findings] == ["service.py"]


def test_a_session_that_a_dependency_is_made_with(tmp_path: Path) -> None:
    app = HEAD + """\
class Users:
    def __init__(self, db: Session):
        self.db = db

    def by_name(self, name: str):
        return named(self.db, name)


session = next(get_db())


@app.get("/named/{name}")
def by_name(found: list = Depends(Users(session).by_name)):
    return found
"""
    prove(tmp_path, app, REQUESTS, codes=SHARED)


def test_a_session_for_each_request_and_one_in_a_script(tmp_path: Path) -> None:
    app = HEAD + """\
@app.get("/named/{name}")
def by_name(name: str, db: Session = Depends(get_db)):
    return named(db, name)
"""
    script = """\
from db import SessionLocal
from main import named

db = SessionLocal()


def main():
    print(named(db, "bob"))


if __name__ == "__main__":
    main()
"""
    prove(tmp_path, {"main.py": app, "seed.py": script}, REQUESTS, commands=[["seed.py"]])


def test_a_session_that_a_function_makes_global(tmp_path: Path) -> None:
    app = HEAD + """\
session = None


def use(factory):
    global session
    session = factory()


use(SessionLocal)


@app.get("/named/{name}")
async def by_name(name: str):
    return named(session, name)
"""
    prove(tmp_path, app, REQUESTS, codes=SHARED)
