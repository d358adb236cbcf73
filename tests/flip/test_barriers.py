"""Where `await` cannot stand: properties, constructors, special methods, events, caches."""

from __future__ import annotations

from pathlib import Path

from .harness import prove
from .test_lookalikes import HEAD


def test_properties_and_constructors(tmp_path: Path) -> None:
    app = (
        HEAD
        + """
from functools import cached_property


class View:
    def __init__(self, db: Session, key: int):
        self.db = db
        self.user = db.get(User, key)

    @property
    def total(self):
        return self.db.query(User).count()

    @cached_property
    def older(self):
        return [u.name for u in self.db.query(User).filter(User.age > self.user.age)]

    @property
    def label(self):
        return f"{self.user.name} of {self.total}"


class Child(View):
    def __init__(self, db, key):
        super().__init__(db, key)
        self.extra = len(self.older)


@app.get("/users/{key}")
def read(key: int, db: Session = Depends(get_db)):
    view = View(db, key)
    child = Child(db=db, key=key)
    return [view.user.name, view.total, view.older, view.label, child.extra, child.label if child.total else None]
"""
    )
    prove(tmp_path, app, [("GET", "/users/2")])


def test_unit_of_work(tmp_path: Path) -> None:
    app = """\
from fastapi import Depends, FastAPI

from db import SessionLocal
from models import User

app = FastAPI()


class UnitOfWork:
    def __init__(self, factory=SessionLocal):
        self.factory = factory

    def __enter__(self):
        self.session = self.factory()
        return self

    def __exit__(self, kind, error, trace):
        if kind is not None:
            self.rollback()
        self.session.close()

    def commit(self):
        self.session.commit()

    def rollback(self):
        self.session.rollback()


class Plain:
    def __enter__(self):
        return "plain"

    def __exit__(self, *args):
        return False


def get_uow():
    with UnitOfWork() as uow:
        yield uow


@app.post("/users")
def add(name: str):
    uow = UnitOfWork()
    with uow:
        uow.session.add(User(name=name))
        uow.commit()
    with Plain() as text, UnitOfWork() as other:
        return [text, other.session.query(User).count()]


@app.post("/fail")
def fail():
    try:
        with UnitOfWork() as uow:
            uow.session.add(User(name="lost"))
            uow.session.flush()
            raise KeyError("x")
    except KeyError:
        pass
    with UnitOfWork() as uow:
        return uow.session.query(User).filter(User.name == "lost").count()


@app.get("/users")
def users(uow: UnitOfWork = Depends(get_uow)):
    return uow.session.query(User).count()
"""
    done = prove(tmp_path, app, [("POST", "/users?name=x"), ("POST", "/fail"), ("GET", "/users")])
    assert '    def __enter__(self):\n        return "plain"' in done["main.py"]


def test_iterator_class(tmp_path: Path) -> None:
    app = (
        HEAD
        + """

class Pages:
    def __init__(self, db, size):
        self.db = db
        self.size = size

    def __iter__(self):
        page = 0
        while rows := self.db.query(User).order_by(User.id).offset(page).limit(self.size).all():
            yield [u.name for u in rows]
            page += self.size


@app.get("/pages")
def read(db: Session = Depends(get_db)):
    result = []
    for page in Pages(db, 2):
        result.append(page)
    return [result, [len(p) for p in Pages(db, 1)]]
"""
    )
    prove(tmp_path, app, [("GET", "/pages")])


def test_events(tmp_path: Path) -> None:
    """Listeners get sync objects from SQLAlchemy itself and stay."""
    models = """\
from typing import Optional

from sqlalchemy import ForeignKey, event, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, object_session


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    age: Mapped[int] = mapped_column(default=0)


class Post(Base):
    __tablename__ = "posts"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    user_id: Mapped[Optional[int]] = mapped_column(ForeignKey("users.id"))


@event.listens_for(Session, "before_flush")
def shout(session, context, instances):
    for item in session.new:
        if isinstance(item, User):
            item.name = item.name.upper()


@event.listens_for(User, "after_insert")
def note(mapper, connection, target):
    total = connection.execute(select(User.id)).fetchall()
    connection.execute(Post.__table__.insert().values(title=f"{target.name} is {len(total)}", user_id=target.id))
"""
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
    prove(tmp_path, {"models.py": models, "main.py": app}, [("POST", "/users?name=x")])


def test_special_methods(tmp_path: Path) -> None:
    """They work on the session of a route: each operator runs in the greenlet where it is written."""
    app = (
        HEAD
        + """

class Users:
    def __init__(self, db: Session, least=0):
        self.db = db
        self.least = least

    def __len__(self):
        return self.db.query(User).filter(User.age >= self.least).count()

    def __contains__(self, key):
        return self.db.get(User, key) is not None

    def __getitem__(self, key):
        return self.db.get_one(User, key).name

    def __setitem__(self, key, name):
        self.db.get_one(User, key).name = name

    def __delitem__(self, key):
        self.db.delete(self.db.get_one(User, key))

    def __add__(self, name):
        self.db.add(User(name=name))
        self.db.flush()
        return self

    def __iter__(self):
        return iter([u.name for u in self.db.query(User).order_by(User.id)])

    def __str__(self):
        return f"{self.db.query(User).count()} users"

    def __eq__(self, other: "Users"):
        return self.db.get(User, 1) is other.db.get(User, 1)

    @property
    def first(self):
        return self.db.get_one(User, 1).name

    @first.setter
    def first(self, name):
        self.db.get_one(User, 1).name = name


def longest(users: Users):
    return max(len(name) for name in users)


@app.get("/users/{key}")
def read(key: int, db: Session = Depends(get_db)):
    users = Users(db)
    other = Users(db, 100)
    found = [len(users), key in users, users[key] if key in users else None, 9 not in users, users == other]
    if not other:
        found.append("nobody")
    found.append("some" if users else "none")
    return [*found, [n for n in users], [n for n in Users(db)], list(users), longest(users), f"{users}", str(users)]


@app.post("/users/{key}")
def write(key: int, name: str, db: Session = Depends(get_db)):
    users = Users(db)
    users[key] = name
    users.first = name + "!"
    del users[3]
    made = users + "new"
    db.commit()
    return [users.first, len(users), made is users]
"""
    )
    requests = [("GET", "/users/2"), ("GET", "/users/7"), ("POST", "/users/2?name=z"), ("GET", "/users/2")]
    done = prove(tmp_path, app, requests, codes=["barrier-str", "barrier-eq"])
    assert "operator.contains" in done["main.py"]


def test_cached_function(tmp_path: Path) -> None:
    """A cache over something that waits would keep a coroutine: the function stays, on a sync engine."""
    app = (
        HEAD
        + """
from functools import lru_cache

from db import SessionLocal


@lru_cache(maxsize=None)
def name_of(key: int):
    with SessionLocal() as db:
        return db.get(User, key).name


@app.get("/users/{key}")
def read(key: int):
    return [name_of(key), name_of(key), name_of.cache_info().hits]


@app.get("/other")
def other(db: Session = Depends(get_db)):
    return db.query(User).count()
"""
    )
    prove(tmp_path, app, [("GET", "/users/1"), ("GET", "/other")])
