"""Functions that stay sync beside an async program: on a sync engine and factory of their own."""

from __future__ import annotations

from pathlib import Path

from .harness import BASE, migrate, prove
from .test_lookalikes import HEAD

OPENS = """
from db import SessionLocal


def count_users():
    with SessionLocal() as db:
        return db.query(User).count()
"""
OTHER = """

@app.get("/count")
def count(db: Session = Depends(get_db)):
    return db.query(User).count()
"""


def test_validators_special_methods_and_caches(tmp_path: Path) -> None:
    """What they call stays with them, and nothing of them changes but the name of the factory."""
    app = (
        HEAD
        + """
from functools import cached_property, lru_cache

from pydantic import BaseModel, computed_field, field_validator

from db import SessionLocal


def is_taken(db: Session, name: str) -> bool:
    return db.query(User).filter(User.name == name).first() is not None


class New(BaseModel):
    name: str

    @field_validator("name")
    @classmethod
    def is_new(cls, value):
        db = SessionLocal()
        try:
            if is_taken(db, value):
                raise ValueError("taken")
        finally:
            db.close()
        return value

    @computed_field
    @property
    def number(self) -> int:
        with SessionLocal() as db:
            return db.query(User).count()


class Users:
    def __init__(self, least):
        self.least = least
        with SessionLocal() as db:
            self.total = db.query(User).count()

    def __len__(self):
        with SessionLocal() as db:
            return db.query(User).filter(User.age >= self.least).count()

    def __contains__(self, name):
        with SessionLocal() as db:
            return is_taken(db, name)

    def __eq__(self, other):
        with SessionLocal() as db:
            return db.get(User, self.least) is db.get(User, other.least)

    @property
    def names(self):
        with SessionLocal() as db:
            return [u.name for u in db.query(User).order_by(User.id)]

    @cached_property
    def oldest(self):
        with SessionLocal() as db:
            return max(u.age for u in db.query(User))


@lru_cache(maxsize=None)
def name_of(key: int):
    with SessionLocal() as db:
        return db.get(User, key).name


@app.post("/users", response_model=New)
def add(new: New, db: Session = Depends(get_db)):
    db.add(User(name=new.name))
    db.commit()
    return New.model_construct(name=new.name)


@app.get("/users")
def read(db: Session = Depends(get_db)):
    users = Users(25)
    db.commit()
    names = users.names
    total = len(users)
    seen = [total, "bob" in users, names, users.total, users == Users(1)]
    oldest = users.oldest
    return [*seen, oldest, name_of(1), name_of(1), name_of.cache_info().hits]
"""
    )
    done = prove(
        tmp_path, app, [("POST", "/users", {"name": "ann"}), ("POST", "/users", {"name": "x"}), ("GET", "/users")]
    )
    assert 'sync_engine = create_engine("sqlite:///./app.db"' in done["db.py"]
    assert "SyncSessionLocal = sessionmaker(autocommit=False, autoflush=False, bind=sync_engine)" in done["db.py"]
    assert "def is_taken(db: Session, name: str) -> bool:" in done["main.py"]
    assert "users = await run_in_threadpool(Users, 25)" in done["main.py"]
    assert "await run_in_threadpool(name_of, 1)" in done["main.py"]
    assert "total = await run_in_threadpool(len, users)" in done["main.py"]
    assert 'names = await run_in_threadpool(getattr, users, "names")' in done["main.py"]


def test_shared_functions_make_an_entry(tmp_path: Path) -> None:
    """What async routes call as well has one form, the async one: the function runs it in a loop of its own."""
    app = (
        HEAD
        + """
from functools import lru_cache

from db import SessionLocal


def find(db: Session, key: int):
    return db.get(User, key)


@lru_cache(maxsize=None)
def name_of(key: int):
    with SessionLocal() as db:
        return find(db, key).name


class Names:
    def __contains__(self, key):
        with SessionLocal() as db:
            return find(db, key) is not None


@app.get("/users/{key}")
def read(key: int, db: Session = Depends(get_db)):
    return [find(db, key).name, name_of(key), name_of(key), name_of.cache_info().hits, key in Names(), 9 in Names()]
"""
    )
    done = prove(tmp_path, app, [("GET", "/users/2")])
    assert "SyncSessionLocal" not in done["db.py"]
    assert "@run_async\n    async def __contains__" in done["main.py"]


def test_memory_has_one_engine(tmp_path: Path) -> None:
    """A second engine would see an empty database."""
    db = """\
from sqlalchemy import create_engine
from sqlalchemy.orm import sessionmaker
from sqlalchemy.pool import StaticPool

engine = create_engine("sqlite://", connect_args={"check_same_thread": False}, poolclass=StaticPool)
SessionLocal = sessionmaker(bind=engine)


def get_db():
    db = SessionLocal()
    try:
        yield db
    finally:
        db.close()
"""
    app = (
        HEAD
        + """
from functools import lru_cache

from db import SessionLocal, engine
from models import Base

Base.metadata.create_all(engine)


@lru_cache(maxsize=None)
def name_of(key: int):
    with SessionLocal() as db:
        return db.get(User, key).name


@app.post("/users")
def add(name: str, db: Session = Depends(get_db)):
    user = User(name=name)
    db.add(user)
    db.commit()
    return name_of(user.id)
"""
    )
    done = prove(tmp_path, {"db.py": db, "main.py": app}, [("POST", "/users?name=x")])
    assert "\nsync_engine" not in done["db.py"]


def test_urls_that_are_written_once(tmp_path: Path) -> None:
    """Both engines read the same constant or setting; what listens to the engine listens to both."""
    db = """\
import os

from sqlalchemy import create_engine, event
from sqlalchemy.orm import sessionmaker

DATABASE_URL = "sqlite:///./app.db"
engine = create_engine(
    DATABASE_URL,
    connect_args={"check_same_thread": False},
)
audit_engine = create_engine(os.environ.get("AUDIT_URL", "sqlite:///./app.db"))


@event.listens_for(engine, "connect")
def pragma(connection, record):
    cursor = connection.cursor()
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def slow(connection, record):
    cursor = connection.cursor()
    cursor.execute("PRAGMA busy_timeout=777")
    cursor.close()


event.listen(engine, "connect", slow)

SessionLocal = sessionmaker(
    autoflush=False,
    bind=engine,  # the app's
)


def get_db():
    with SessionLocal() as db:
        yield db
"""
    app = (
        HEAD
        + """
from functools import lru_cache

from sqlalchemy import text

import db as database


@lru_cache
def settings():
    with database.SessionLocal() as db:
        return [db.execute(text(f"PRAGMA {name}")).scalar() for name in ("foreign_keys", "busy_timeout")]


@lru_cache
def audited():
    with database.audit_engine.connect() as connection:
        return connection.execute(text("SELECT count(*) FROM users")).scalar()


@app.get("/")
def read(db: Session = Depends(get_db)):
    return [settings(), audited(), db.execute(text("PRAGMA foreign_keys")).scalar()]
"""
    )
    done = prove(tmp_path, {"db.py": db, "main.py": app}, [("GET", "/")])
    assert 'DATABASE_URL = "sqlite:///./app.db"' in done["db.py"]
    assert "audit_engine = create_engine(os.environ" in done["db.py"]  # only sync code uses it: it stays
    assert "bind=sync_engine,  # the app's" in done["db.py"]


def test_a_factory_that_tests_replace(tmp_path: Path) -> None:
    """What a test puts in its place must be what the function gets."""
    test = """\
import db as database
import main


def test_count(monkeypatch):
    monkeypatch.setattr(main, "SessionLocal", database.SessionLocal)
    assert main.names()
"""
    app = (
        HEAD
        + OPENS.replace("def count", "from functools import lru_cache\n\n\n@lru_cache\ndef count")
        + "\n\ndef names():\n    return [count_users()]\n"
        + OTHER
    )
    done = migrate({**BASE, "main.py": app, "test_main.py": test})
    assert "\nsync_engine" not in done["db.py"]
    assert "@run_async\nasync def count_users" in done["main.py"]


def test_threads(tmp_path: Path) -> None:
    """A factory behind a package, and what a thread, a timer, a pool and the end of the program run."""
    models = BASE["models.py"]
    session = BASE["db.py"].replace("sqlite:///./app.db", "sqlite:///app.db")
    init = 'from .session import SessionLocal, engine, get_db\n\n__all__ = ["SessionLocal", "engine", "get_db"]\n'
    app = (
        HEAD.replace("from db import", "from data import")
        + """
import atexit
import threading
from concurrent.futures import ThreadPoolExecutor

from data import SessionLocal


def insert(name):
    with SessionLocal() as session:
        session.add(User(name=name))
        session.commit()


def count_users(_=None):
    with SessionLocal() as session:
        return session.query(User).count()


def goodbye():
    print(count_users())


atexit.register(goodbye)


class Job:
    def __init__(self, name):
        self.name = name

    def run(self):
        insert(self.name)


@app.post("/users")
def add(name: str, db: Session = Depends(get_db)):
    worker = threading.Thread(target=insert, args=(name,))
    worker.start()
    worker.join()
    timer = threading.Timer(0, Job(name).run)
    timer.start()
    timer.join()
    with ThreadPoolExecutor(1) as pool:
        return [pool.submit(count_users).result(), list(pool.map(count_users, [1])), db.query(User).count()]
"""
    )
    files = {"data/__init__.py": init, "data/session.py": session, "models.py": models, "main.py": app}
    done = prove(tmp_path, files, [("POST", "/users?name=x")])
    assert "from data.session import SyncSessionLocal" in done["main.py"]
    assert done["data/__init__.py"] == init


def test_listeners_with_a_session_of_their_own(tmp_path: Path) -> None:
    models = (
        BASE["models.py"].replace("from sqlalchemy import ForeignKey", "from sqlalchemy import ForeignKey, event")
        + """

@event.listens_for(User, "after_insert")
def note(mapper, connection, target):
    if target.name != "x":
        return
    from db import SessionLocal

    with SessionLocal() as session:
        connection.execute(Post.__table__.insert().values(title=f"user {session.query(User).count()}"))
"""
    )
    app = (
        HEAD
        + """
from models import Post


@app.post("/users")
def add(name: str, db: Session = Depends(get_db)):
    db.add(User(name=name))
    db.commit()
    return [p.title for p in db.query(Post).order_by(Post.id)]
"""
    )
    done = prove(tmp_path, {"models.py": models, "main.py": app}, [("POST", "/users?name=x")])
    assert "from db import SyncSessionLocal" in done["models.py"]


def test_sessions_that_are_given_make_no_twin(tmp_path: Path) -> None:
    """A repository that a route made holds the session of the route: the property waits in the greenlet."""
    app = (
        HEAD
        + """

class Repository:
    def __init__(self, db: Session):
        self.db = db

    def count(self):
        return self.db.query(User).count()


class View:
    def __init__(self, repository: Repository):
        self.repository = repository

    @property
    def total(self):
        return self.repository.count()


@app.get("/")
def read(db: Session = Depends(get_db)):
    return View(Repository(db)).total
"""
    )
    done = prove(tmp_path, app, [("GET", "/")])
    assert "SyncSessionLocal" not in done["db.py"]


def test_alembic_keeps_a_sync_engine(tmp_path: Path) -> None:
    """Its files stay, and what they import is sync."""
    env = """\
from alembic import context

from db import engine
from models import Base


def run():
    with engine.connect() as connection:
        context.configure(connection=connection, target_metadata=Base.metadata)


run()
"""
    done = migrate({**BASE, "migrations/env.py": env, "main.py": HEAD + OTHER})
    assert done["migrations/env.py"] == env.replace("engine", "sync_engine")
    assert 'sync_engine = create_engine("sqlite:///./app.db"' in done["db.py"]


def test_what_a_person_keeps(tmp_path: Path) -> None:
    """It gets the sync factory, under its own name alone."""
    app = (
        HEAD
        + OPENS.replace("def count_users", "# asyncify: keep-sync (a report of the night)\ndef count_users")
        + """

@app.get("/report")
def report(db: Session = Depends(get_db)):
    return [count_users(), db.query(User).count()]
"""
    )
    done = prove(tmp_path, app, [("GET", "/report")])
    assert "    with SyncSessionLocal() as db:\n        return db.query(User).count()" in done["main.py"]
    assert "await run_in_threadpool(count_users)" in done["main.py"]
