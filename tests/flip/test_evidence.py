"""Every kind of implicit load that a real run of the tests shows: the migrated app answers the same, without one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from pytest_runs import OPTIONS
from warm_interpreter import run_python

from asyncify.model.comparison import Outcome
from asyncify.model.evidence import Evidence, LoadKind, read_evidence

from .harness import BASE, Migrated, Request, prove

MODELS = """\
from typing import Optional

from sqlalchemy import DateTime, ForeignKey, func
from sqlalchemy.orm import DeclarativeBase, Mapped, deferred, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    age: Mapped[int] = mapped_column(default=0)
    bio: Mapped[Optional[str]] = mapped_column(default="b", deferred=True)
    updated: Mapped[Optional[str]] = mapped_column(onupdate=func.lower("NOW"))
    posts: Mapped[list["Post"]] = relationship(back_populates="author", order_by="Post.id")


class Post(Base):
    __tablename__ = "posts"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    user_id: Mapped[Optional[int]] = mapped_column(ForeignKey("users.id"))
    author: Mapped[Optional["User"]] = relationship(back_populates="posts")


class Staff(Base):
    __tablename__ = "staff"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "staff"}


class Engineer(Staff):
    __tablename__ = "engineers"
    id: Mapped[int] = mapped_column(ForeignKey("staff.id"), primary_key=True)
    language: Mapped[str]
    __mapper_args__ = {"polymorphic_identity": "engineer"}
"""

HEAD = """\
from fastapi import Depends, FastAPI
from sqlalchemy import select
from sqlalchemy.orm import Session, load_only

from db import get_db
from models import Engineer, Post, Staff, User

app = FastAPI()
"""

TESTS = """\
import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from db import engine
from main import app
from models import Base, Post, User


@pytest.fixture
def client():
    Base.metadata.drop_all(engine)
    Base.metadata.create_all(engine)
    with Session(engine) as db:
        db.add_all([User(id=1, name="ann", age=30), User(id=2, name="bob", age=20)])
        db.add_all([Post(id=1, title="one", user_id=1), Post(id=2, title="two", user_id=2)])
        db.commit()
    with TestClient(app) as client:
        yield client


@pytest.mark.parametrize("url", URLS)
def test_answers(client, url):
    assert client.get(url).status_code == 200
"""


def record(folder: Path, files: Mapping[str, str], urls: list[str]) -> Evidence:
    """Run the recorder with tests of an app that ask for some URLs."""
    folder.mkdir()
    for path, text in {**files, "test_app.py": TESTS.replace("URLS", repr(urls))}.items():
        (folder / path).write_text(text)
    done = run_python(["-m", "pytest", "-p", "asyncify.recorder", "-p", "no:xdist", *OPTIONS], folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return read_evidence((folder / ".asyncify" / "evidence.json").read_text(), "evidence")


def recorded(tmp_path: Path, app: str, urls: list[str], left: Sequence[str] = ()) -> Migrated:
    """Record an app, migrate it with what was seen, and run both forms. left: URLs that are not helped."""
    files = {**BASE, "models.py": MODELS, "main.py": HEAD + app}
    evidence = record(tmp_path / "recorded", files, urls)
    requests: list[Request] = [("GET", url) for url in urls if url not in left]
    return prove(tmp_path, files, requests, codes=["evidence-load"] if left else [], evidence=evidence)


def outcomes(migrated: Migrated) -> dict[str, tuple[LoadKind, bool, Outcome]]:
    """Model and attribute to what became of its loads."""
    assert migrated.comparison is not None
    return {
        f"{s.load.model}.{s.load.attribute}": (s.load.kind, s.known, s.outcome)
        for s in migrated.comparison.seen
        if s.outcome is not Outcome.NOTHING
    }


def test_relationships_that_only_the_tests_show(tmp_path: Path) -> None:
    app = """

def field(user: User, name: str):
    return getattr(user, name)


@app.get("/posts/{name}")
def posts(name: str, db: Session = Depends(get_db)):
    users = db.scalars(select(User).order_by(User.id)).all()
    return [len(getattr(user, name)) for user in users]


@app.get("/first/{name}")
def first(name: str, db: Session = Depends(get_db)):
    user = db.scalars(select(User).order_by(User.id)).first()
    return len(field(user, name))
"""
    migrated = recorded(tmp_path, app, ["/posts/posts", "/first/posts"])
    assert outcomes(migrated) == {"User.posts": (LoadKind.RELATIONSHIP, False, Outcome.STATEMENT)}
    assert migrated["main.py"].count("selectinload(User.posts)") == 2


def test_columns_that_are_loaded_late(tmp_path: Path) -> None:
    app = """

@app.get("/deferred/{name}")
def a_deferred(name: str, db: Session = Depends(get_db)):
    user = db.get(User, 1)
    return getattr(user, name)


@app.get("/left-out")
def a_left_out(db: Session = Depends(get_db)):
    user = db.scalars(select(User).options(load_only(User.name))).first()
    return user.age


@app.get("/shown/{name}")
def a_left_out_one(name: str, db: Session = Depends(get_db)):
    post = db.scalars(select(Post).options(load_only(Post.title))).first()
    return getattr(post, name)


@app.get("/fetched/{name}")
def a_fetched(name: str, db: Session = Depends(get_db)):
    user = db.get(User, 1)
    user.name = "zoe"
    db.flush()
    return getattr(user, name)


@app.get("/counted")
def a_counted(db: Session = Depends(get_db)):
    post = db.get(Post, 1)
    post.title = Post.title + "!"
    db.flush()
    return post.title
"""
    migrated = recorded(tmp_path, app, ["/deferred/bio", "/left-out", "/shown/user_id", "/fetched/updated", "/counted"])
    assert outcomes(migrated) == {
        "User.bio": (LoadKind.DEFERRED, False, Outcome.MAPPING),
        "User.age": (LoadKind.DEFERRED, True, Outcome.STATEMENT),
        "Post.user_id": (LoadKind.DEFERRED, False, Outcome.STATEMENT),
        "User.updated": (LoadKind.FETCHED, False, Outcome.MAPPING),
        "Post.title": (LoadKind.FETCHED, True, Outcome.REFRESH),
    }


def test_what_was_expired_and_what_is_of_a_subclass(tmp_path: Path) -> None:
    app = """

@app.get("/commit")
def committed(db: Session = Depends(get_db)):
    user = db.get(User, 1)
    db.commit()
    return user.name


@app.get("/rollback")
def rolled_back(db: Session = Depends(get_db)):
    post = db.get(Post, 1)
    db.rollback()
    return {"title": post.title, "again": post.title}


@app.get("/subclass")
def subclass(db: Session = Depends(get_db)):
    db.add(Engineer(language="c"))
    db.flush()
    db.expunge_all()
    staff = db.scalars(select(Staff)).first()
    return staff.language


@app.get("/assigned/{name}")
def assigned(name: str, db: Session = Depends(get_db)):
    user = db.get(User, 2)
    setattr(user, name, [])
    return len(user.posts)
"""
    migrated = recorded(tmp_path, app, ["/commit", "/rollback", "/subclass", "/assigned/posts"])
    assert outcomes(migrated) == {
        "Post.title": (LoadKind.EXPIRED, True, Outcome.REFRESH),
        "Engineer.language": (LoadKind.POLYMORPHIC, False, Outcome.GREENLET),
        "User.posts": (LoadKind.ASSIGNED, True, Outcome.STATEMENT),
    }


def test_templates_and_libraries_read(tmp_path: Path) -> None:
    """What reads is not in the program: the call that makes it read, the statement, or a finding."""
    app = """
from jinja2 import Environment

page = Environment().from_string("{% for user in users %}{{ user|attr(name)|length }}{% endfor %}")


def context(**values):
    return {**values, "shown": page}


@app.get("/page/{name}")
def a_page(name: str, db: Session = Depends(get_db)):
    values = context(users=db.scalars(select(User)).all(), name=name)
    return values["shown"].render(values)


@app.get("/rolled-back")
def rolled_back(db: Session = Depends(get_db)):
    user = db.get(User, 1)
    db.rollback()
    return page.render(users=[user], name="name")


@app.get("/rolled-back-too")
def rolled_back_too(db: Session = Depends(get_db)):
    values = context(users=[db.get(Post, 1)], name="title")
    db.rollback()
    return values["shown"].render(values)
"""
    urls = ["/page/posts", "/rolled-back", "/rolled-back-too"]
    migrated = recorded(tmp_path, app, urls, left=urls[-1:])
    assert outcomes(migrated) == {
        "User.posts": (LoadKind.RELATIONSHIP, False, Outcome.STATEMENT),
        "User.name": (LoadKind.EXPIRED, True, Outcome.GREENLET),
        "Post.title": (LoadKind.EXPIRED, False, Outcome.LEFT),
    }
    (finding,) = migrated.findings
    assert finding.advice == "refresh the instance before it is read, or load it again"
    assert finding.message.startswith("Post.title (expired by rollback) loads itself when main.py:")
