"""Dependencies that return the session that they open: the garbage collector cannot give an async connection back."""

from __future__ import annotations

from pathlib import Path

import pytest

from .harness import BASE, migrate, prove
from .test_lookalikes import HEAD

OPENED = """
from typing import Annotated, Optional

from sqlalchemy.orm import sessionmaker

from db import SessionLocal, engine


def at_once() -> Session:
    return SessionLocal()


def named() -> Optional[Session]:
    \"\"\"For one request.\"\"\"
    session_class = sessionmaker(bind=engine)
    session = session_class()  # its own
    return session


def annotated():
    db: Session = SessionLocal()
    return db


def closed_before_use():
    db = SessionLocal()
    try:
        return db
    finally:
        db.close()


def left_before_use() -> Session:
    with SessionLocal() as db:
        return db


async def waiting():
    return Session(engine)


def by_key(key: int, db: Session = Depends(at_once)):
    return db.get(User, key)


Named = Annotated[Session, Depends(named)]
"""
ROUTES = """

@app.get("/at_once/{key}")
def get_at_once(user: User = Depends(by_key), db: Session = Depends(at_once)):
    return [user.name, db.query(User).count()]


@app.get("/named")
def get_named(db: Named):
    db.get(User, 1).name = "changed"
    db.commit()
    return db.query(User).filter(User.name == "changed").count()
"""
ROUTES += "".join(
    f'\n\n@app.get("/{name}")\ndef get_{name}(db: Session = Depends({name})):\n'
    "    return [user.name for user in db.query(User).order_by(User.id)]\n"
    for name in ("annotated", "closed_before_use", "left_before_use", "waiting")
)


def test_a_session_that_a_dependency_returns_is_closed_behind_the_request(tmp_path: Path) -> None:
    urls = ["/at_once/1", "/annotated", "/named", "/closed_before_use", "/left_before_use", "/waiting"]
    after = prove(tmp_path, HEAD + OPENED + ROUTES, [("GET", url) for url in urls])["main.py"]
    assert "async def at_once() -> AsyncIterator[AsyncSession]:\n    async with SessionLocal() as " in after
    assert "    async with session_class() as session:  # its own\n        yield session\n" in after
    assert "    async with SessionLocal() as db:\n        yield db\n" in after
    assert "return db\n" not in after


ROUTE = '\n\n@app.get("/")\ndef count(db: Session = Depends(opened)):\n    return db.query(User).count()\n'
OPENER = "\nfrom db import SessionLocal\n\n\ndef opened():\n    return SessionLocal()\n"


def test_what_others_call_as_well_returns_its_session_and_is_told() -> None:
    main = HEAD + OPENER + ROUTE + '\n\n@app.get("/own")\ndef own():\n    return opened().query(User).count()\n'
    migrated = migrate({**BASE, "main.py": main})
    assert "def opened():\n    return SessionLocal()\n" in migrated["main.py"]
    assert "unclosed-session" in migrated.codes


@pytest.mark.parametrize(
    "body",
    [
        "    db = SessionLocal()\n    if db.bind is None:\n        return None\n    return db\n",
        "    db = SessionLocal()\n    try:\n        return db\n    except Exception:\n        db.rollback()\n",
        "    global db\n    db = SessionLocal()\n    return db\n",
    ],
)
def test_what_may_not_end_there_returns_its_session(body: str) -> None:
    main = HEAD + "\nfrom db import SessionLocal\n\n\ndef opened():\n" + body + ROUTE
    assert "yield" not in migrate({**BASE, "main.py": main})["main.py"]


def test_a_dependency_of_which_a_text_beside_a_server_tells_is_no_maker_of_an_application() -> None:
    readme = "Run it with `uvicorn main:app`; the session comes from `main:opened`.\n"
    after = migrate({**BASE, "main.py": HEAD + OPENER + ROUTE, "README.md": readme})["main.py"]
    assert "async def opened():\n    async with SessionLocal() as session:\n        yield session\n" in after
    assert "run_async" not in after


def test_a_factory_that_tests_replace_may_give_them_a_session_that_they_share() -> None:
    tests = "import main\n\n\ndef test_count(monkeypatch, shared):\n    main.SessionLocal = lambda: shared\n"
    migrated = migrate({**BASE, "main.py": HEAD + OPENER + ROUTE, "tests/test_main.py": tests})
    assert "yield" not in migrated["main.py"]


@pytest.mark.parametrize(
    "opener",
    [
        "@lru_cache\ndef opened():\n    return SessionLocal()\n",
        "def opened(request: Request):\n    db = SessionLocal()\n    request.state.db = db\n    return db\n",
        "def opened():\n    db = SessionLocal()\n    CURRENT.set(db)\n    return db\n",
    ],
)
def test_a_session_that_others_have_too_is_not_closed_behind_the_request(opener: str) -> None:
    """A middleware may commit it once the response is there; a cached generator is empty from the second request on."""
    head = "\nfrom contextvars import ContextVar\nfrom functools import lru_cache\n\nfrom fastapi import Request\n\n"
    head += 'from db import SessionLocal\n\nCURRENT = ContextVar("CURRENT")\n\n\n'
    main = migrate({**BASE, "main.py": HEAD + head + opener + ROUTE})["main.py"]
    assert opener in main and "yield" not in main


def test_what_returns_the_session_of_a_generator_enters_that(tmp_path: Path) -> None:
    main = HEAD + "\n\ndef opened():\n    return next(get_db())\n" + ROUTE
    assert "async with asynccontextmanager(get_db)() as " in prove(tmp_path, main, [("GET", "/")])["main.py"]


def test_a_lambda_that_takes_the_session_of_a_generator_keeps_it_for_the_request(tmp_path: Path) -> None:
    """Many routes with a pool of one connection: each session that stays open would make the next request wait."""
    main = HEAD + SERVICES
    requests = [("GET", "/"), ("GET", "/named"), ("GET", "/kept")] * 4
    after = prove(tmp_path, main, requests)["main.py"]
    assert "async with asynccontextmanager(get_db)() as session:\n        yield session\n" in after
    assert "async with asynccontextmanager(get_db)() as session:\n        yield Users(session)\n" in after
    assert "first_of" not in after


SERVICES = """

class Users:
    def __init__(self, db: Session):
        self.db = db

    def count(self):
        return self.db.query(User).count()


@app.get("/")
def count(db: Session = Depends(lambda: next(get_db()))):
    return db.query(User).count()


@app.get("/named")
def count_named(db: Session = Depends(dependency=lambda: next(get_db()))):
    return db.query(User).count()


@app.get("/kept")
def count_kept(users: Users = Depends(lambda: Users(next(get_db())))):
    return users.count()
"""


YIELDED = """
from typing import Iterator

from db import SessionLocal


def named():
    db = SessionLocal()
    yield db


def without_call() -> Iterator[Session]:
    db = SessionLocal()
    try:
        yield db
    finally:
        db.close


def at_once():
    yield SessionLocal()


def rolled_back():
    try:
        db = SessionLocal()
        yield db
    except Exception:
        db.rollback()
        raise
"""


def test_a_session_that_a_dependency_yields_and_leaves_open_is_closed_behind_the_request(tmp_path: Path) -> None:
    names = ["named", "without_call", "at_once", "rolled_back"]
    routes = "".join(
        f'\n\n@app.get("/{name}")\ndef get_{name}(db: Session = Depends({name})):\n    return db.query(User).count()\n'
        for name in names
    )
    after = prove(tmp_path, HEAD + YIELDED + routes, [("GET", f"/{name}") for name in names])["main.py"]
    assert "async def named():\n    async with SessionLocal() as db:\n        yield db\n" in after
    assert "async def without_call() -> AsyncIterator[AsyncSession]:\n    async with SessionLocal() as db:\n" in after
    assert "async def at_once():\n    async with SessionLocal() as session:\n        yield session\n" in after
    assert "    try:\n        async with SessionLocal() as db:\n            yield db\n    except Exception:\n" in after


@pytest.mark.parametrize(
    "opener",
    [
        "@contextmanager\ndef opened():\n    db = SessionLocal()\n    yield db\n",
        "def opened():\n    db = SessionLocal()\n    yield db\n    db.close()\n",
        "def opened(request: Request):\n    db = SessionLocal()\n    request.state.db = db\n    yield db\n",
        "def opened():\n    with SessionLocal() as db:\n        yield db\n",
    ],
)
def test_a_generator_that_closes_its_session_or_may_not_stays(opener: str) -> None:
    head = "\nfrom contextlib import contextmanager\n\nfrom fastapi import Request\n\nfrom db import SessionLocal\n\n\n"
    main = migrate({**BASE, "main.py": HEAD + head + opener + ROUTE})["main.py"]
    assert main.count("async with") == opener.count("with S")


def test_a_dependency_under_another_name_is_asked_for_by_that(tmp_path: Path) -> None:
    main = HEAD + "\nimport sessions\n\nopened = sessions.opened\n" + ROUTE
    sessions = "from db import SessionLocal\n\n\ndef opened():\n    db = SessionLocal()\n    yield db\n"
    after = prove(tmp_path, {"main.py": main, "sessions.py": sessions}, [("GET", "/")])["sessions.py"]
    assert "    async with SessionLocal() as db:\n        yield db\n" in after


def test_a_lambda_that_opens_the_session_of_a_route_becomes_a_dependency_that_closes_it(tmp_path: Path) -> None:
    main = (
        HEAD + "\nfrom db import SessionLocal\n" + ROUTE.replace("Depends(opened)", "Depends(lambda: SessionLocal())")
    )
    after = prove(tmp_path, main, [("GET", "/")])["main.py"]
    assert "async def new_session():\n    async with SessionLocal() as session:\n        yield session\n" in after
    assert "Depends(new_session)" in after
