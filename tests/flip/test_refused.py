"""What cannot be right is named, and what is not known is listed."""

from __future__ import annotations

from pathlib import Path

from .harness import BASE, migrate, prove
from .test_lookalikes import HEAD


def test_unknown_receivers_are_listed() -> None:
    """Next to sessions, a `.commit()` on something unknown is no silent skip; nor a method that became async."""
    app = (
        HEAD
        + """

class UserRepository:
    def __init__(self, db: Session):
        self.db = db

    def find_user(self, key):
        return self.db.get(User, key)

    def get(self, key):
        return self.db.get(User, key)


def by_hand(thing, repository, settings):
    thing.commit()
    settings.get("x")
    repository.get(1)
    return thing.find_user(1)


def of_a_model(user: User, thing):
    return (user if thing is None else thing.made).find_user(2)


@app.get("/{key}")
def read(key: int, db: Session = Depends(get_db)):
    return UserRepository(db).find_user(key).name
"""
    )
    done = migrate({**BASE, "main.py": app})
    lines = [app.splitlines()[f.span.line - 1].strip() for f in done.findings if f.code == "unresolved-call" and f.span]
    listed = ["thing.commit()", "repository.get(1)", "return thing.find_user(1)"]
    assert lines == [*listed, "return (user if thing is None else thing.made).find_user(2)"]


def test_what_operators_make_of_paths_is_a_path() -> None:
    """`exists` of a repository becomes async, and that of `Path(...) / name` needs no report."""
    app = (
        HEAD
        + """
from pathlib import Path

FOLDER = Path(__file__).parent.parent / "files"


class UserRepository:
    def __init__(self, db: Session):
        self.db = db

    def exists(self, key):
        return self.db.get(User, key) is not None


class Store:
    def __init__(self, folder: Path | None = None):
        self.folder = folder or FOLDER

    def has(self, name):
        path = self.folder / name
        return path.exists() and FOLDER.exists() and (self.folder / "all").exists()


def other(a, b):
    return (a / b).exists()


@app.get("/{key}")
def read(key: int, db: Session = Depends(get_db)):
    return UserRepository(db).exists(key)
"""
    )
    found = [f for f in migrate({**BASE, "main.py": app}).findings if f.code == "unresolved-call" and f.span]
    assert [app.splitlines()[f.span.line - 1].strip() for f in found if f.span] == ["return (a / b).exists()"]


def test_nothing_is_listed_without_need(tmp_path: Path) -> None:
    """Cursors, event listeners, and `run_sync` callbacks work on sync objects."""
    db = """\
from sqlalchemy import create_engine, event
from sqlalchemy.orm import sessionmaker

engine = create_engine("sqlite:///./app.db")
SessionLocal = sessionmaker(bind=engine)


@event.listens_for(engine, "connect")
def pragma(connection, record):
    cursor = connection.cursor()
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def get_db():
    with SessionLocal() as db:
        yield db
"""
    app = (
        HEAD
        + """
from sqlalchemy import text


@app.get("/")
def read(db: Session = Depends(get_db)):
    return db.execute(text("PRAGMA foreign_keys")).scalar()
"""
    )
    prove(tmp_path, {"db.py": db, "main.py": app}, [("GET", "/")])


def test_class_dependency_with_inherited_constructor() -> None:
    """FastAPI calls the class; its constructor is elsewhere: reported with its place."""
    app = (
        HEAD
        + """

class Base:
    def __init__(self, key: int, db: Session = Depends(get_db)):
        self.user = db.get(User, key)


class Current(Base):
    pass


@app.get("/{key}")
def read(current: Current = Depends(Current)):
    return current.user.name
"""
    )
    done = migrate({**BASE, "main.py": app})
    assert [f.code for f in done.findings] == ["bridge-dependency"]


def test_what_is_handed_to_other_libraries() -> None:
    """Nobody knows whether they await it; one that is known to, and a dictionary of FastAPI, are not listed."""
    app = (
        HEAD
        + """
import functools

import somelib
import tenacity


def find(db, key):
    return db.get(User, key)


def get_other():
    yield from get_db()


kept = somelib.Registry()
kept.register(find)
again = tenacity.retry(find)
first = functools.partial(find, key=1)
app.dependency_overrides.pop(get_other, None)


@app.get("/{key}")
def read(key: int, db: Session = Depends(get_db)):
    return find(db, key).name
"""
    )
    done = migrate({**BASE, "main.py": app})
    lines = [app.splitlines()[f.span.line - 1] for f in done.findings if f.span]
    assert lines == ["kept.register(find)"]
    assert done.codes == {"handed-to-unknown"}


def test_query_property() -> None:
    """It has no async form: the place is named."""
    db = """\
from sqlalchemy import create_engine
from sqlalchemy.orm import scoped_session, sessionmaker

engine = create_engine("sqlite:///./app.db")
Scoped = scoped_session(sessionmaker(engine))
query = Scoped.query_property()
"""
    done = migrate({"db.py": db})
    assert [(f.code, f.span.line) for f in done.findings if f.span] == [("query-property", 6)]
