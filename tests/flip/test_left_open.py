"""Sessions that routes open and never close: garbage collection gave their connections back, and cannot do so now."""

from __future__ import annotations

from pathlib import Path

from .harness import BASE, migrate, prove
from .test_lookalikes import HEAD

APP = """
from fastapi import BackgroundTasks, HTTPException
from fastapi.responses import StreamingResponse

from db import SessionLocal


def names(db):
    return [user.name for user in db.query(User).order_by(User.id)]


class Service:
    def __init__(self, db):
        self.db = db

    def names(self):
        return names(self.db)


@app.get("/early")
def early(q: str = ""):
    db = SessionLocal()  # never closed

    # nothing was asked
    if not q:
        return []
    user = db.query(User).filter(User.name == q).first()
    if user is None:
        raise HTTPException(404)
    return {"name": user.name, "all": Service(db).names()}


@app.get("/annotated")
def annotated():
    db: Session = SessionLocal()
    return names(db)


@app.get("/written")
def written(name: str):
    if not name:
        return "none"
    else:
        db = SessionLocal()
        user = db.get(User, 1)
        try:
            user.name = name
            db.commit()
        except Exception:
            db.rollback()
            return "failed"
        return user.name


@app.get("/inside")
def inside():
    try:
        db = SessionLocal()
        found = db.get(User, 1).name
    except Exception:
        return "failed"
    return found
"""
LATER = """
def lines(db):
    for user in db.query(User).order_by(User.id):
        yield user.name


def note(db):
    print(db.query(User).count())


class Journal:
    def __init__(self):
        self.rows = []


JOURNAL = Journal()


@app.get("/streamed")
def streamed():
    db = SessionLocal()
    return StreamingResponse(lines(db))


@app.get("/task")
def task(tasks: BackgroundTasks):
    db = SessionLocal()
    first = db.get(User, 1).name
    tasks.add_task(note, db)
    return first


@app.get("/global")
def kept():
    db = SessionLocal()
    JOURNAL.db = db
    return db.get(User, 1).name


@app.get("/lambda")
def in_a_lambda():
    db = SessionLocal()
    found = db.get(User, 1).name
    JOURNAL.rows.append(lambda: db)
    return found
"""


def test_a_route_closes_what_it_opened(tmp_path: Path) -> None:
    urls = ("early", "early?q=bob", "early?q=x", "annotated", "written?name=z", "inside", "early?q=z")
    migrated = prove(tmp_path, HEAD + APP, [("GET", f"/{url}") for url in urls])
    assert migrated["main.py"].count("async with SessionLocal() as db:") == 3
    assert "finally:\n        await db.close()" in migrated["main.py"]
    assert "    async with SessionLocal() as db:  # never closed\n" in migrated["main.py"]


def test_a_session_that_is_needed_later_stays_open() -> None:
    migrated = migrate({**BASE, "main.py": HEAD + APP.partition("\n@app")[0] + LATER})
    assert "async with SessionLocal()" not in migrated["main.py"]
    assert [f.code for f in migrated.findings].count("unclosed-session") == 4


#: closed on the way that the author thought of, and on no other
PARTLY = """
from fastapi import HTTPException

from db import SessionLocal


@app.post("/add/{name}")
def add(name: str):
    db = SessionLocal()
    if db.query(User).filter(User.name == name).first():
        raise HTTPException(409, "taken")
    user = User(name=name)
    db.add(user)
    db.commit()
    number = user.id
    db.close()
    return number


@app.get("/show/{number}")
def show(number: int):
    db = SessionLocal()
    try:
        user = db.get(User, number)
        if user is None:
            db.close()
            raise HTTPException(404)
        if user.name == "bob":
            return "it is bob"
    except ValueError:
        db.close()
        return "no number"
    name = user.name
    db.close()
    return name


@app.get("/later/{number}")
def later(number: int):
    session = SessionLocal()
    user = session.get(User, number)
    if user is None:
        raise HTTPException(404)
    name = user.name
    session.close()
    print(name)
    return len(name)


@app.get("/straight")
def straight():
    db = SessionLocal()
    if db.query(User).count() > 9:
        db.close()
        return "many"
    db.close()
    return "few"


@app.get("/finally")
def in_the_end():
    db = SessionLocal()
    try:
        if db.query(User).count() > 9:
            return "many"
    finally:
        db.close()
    return "few"
"""


def test_sessions_that_are_closed_on_one_way_out_are_closed_on_all(tmp_path: Path) -> None:
    urls = ["/show/1", "/show/2", "/show/3", "/later/1", "/later/8", "/straight", "/finally"]
    requests = [*(("POST", f"/add/{name}") for name in ("ann", "ann", "bob")), *(("GET", url) for url in urls)]
    after = prove(tmp_path, HEAD + PARTLY, requests)["main.py"]
    assert after.count("async with SessionLocal() as db:") == 3  # "finally" is one of them
    assert after.count("async with SessionLocal() as session:") == 1
    assert after.count(".close()") == 3  # where more is done behind it, and where every way out has one


#: repositories that dependencies make of a session which they take out of another dependency
LENT = """
from typing import Annotated

from fastapi import HTTPException


class Users:
    def __init__(self, db: Session):
        self.db = db

    def name(self, key: int):
        user = self.db.get(User, key)
        return user.name if user else None


class Named:
    def __init__(self, users: Users, greeting: str):
        self.users, self.greeting = users, greeting

    def greet(self, key: int):
        return f"{self.greeting} {self.users.name(key)}"


def get_users() -> Users:
    \"\"\"For one request.\"\"\"
    return Users(next(get_db()))


def get_named(greeting: str = "hello"):
    return Named(Users(db=next(get_db())), greeting)


def get_own() -> Users:
    return Users(next(get_db()))


UsersDep = Annotated[Users, Depends(get_users)]


@app.get("/name/{key}")
def name(key: int, users: UsersDep):
    found = users.name(key)
    if found is None:
        raise HTTPException(404)
    return found


@app.get("/greet/{key}")
def greet(key: int, named: Named = Depends(get_named)):
    return named.greet(key)


@app.get("/own/{key}")
def own(key: int, users: Users = Depends(get_own)):
    return [users.name(key), get_own().name(key)]
"""
ROUTES = LENT[LENT.index("\n\nUsersDep") : LENT.index("\n\n@app.get(\"/own")]


def test_a_dependency_closes_the_session_that_it_lends(tmp_path: Path) -> None:
    urls = ["/name/1", "/name/9", "/greet/2", "/greet/1?greeting=hi"]
    app = HEAD + LENT.partition("\n\ndef get_own")[0] + ROUTES
    after = prove(tmp_path, app, [("GET", url) for url in urls])["main.py"]
    assert "async def get_users() -> AsyncIterator[Users]:" in after
    assert "    async with asynccontextmanager(get_db)() as session:\n        yield Users(session)\n" in after
    assert "first_of" not in after


#: at its end it does more than to close: it swallows errors, and says so
LOUD = BASE["db.py"].replace("    finally:", "    except Exception as error:\n        print(error)\n    finally:")


def test_what_the_generator_of_a_lent_session_does_at_its_end_is_not_done(tmp_path: Path) -> None:
    app = {"db.py": LOUD, "main.py": HEAD + LENT.partition("\n\ndef get_own")[0] + ROUTES}
    after = prove(tmp_path, app, [("GET", "/name/1"), ("GET", "/name/9"), ("GET", "/greet/2")])["main.py"]
    assert "    async with await first_of(get_db()) as session:\n        yield Users(session)\n" in after


def test_what_others_call_as_well_keeps_its_session_and_is_told() -> None:
    migrated = migrate({**BASE, "main.py": HEAD + LENT})
    assert [f.code for f in migrated.findings] == ["unclosed-session"]
    assert "return Users(await first_of(get_db()))" in migrated["main.py"]
