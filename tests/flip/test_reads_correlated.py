"""Columns that a subquery computes: it takes the tables of the statement around it for its own."""

from __future__ import annotations

from pathlib import Path

from .harness import MODELS, prove

COMPUTED = (
    MODELS.replace(
        "from sqlalchemy import ForeignKey\nfrom sqlalchemy.orm import",
        "from sqlalchemy import ForeignKey, exists, func, select\nfrom sqlalchemy.orm import column_property,",
    )
    + """

User.is_silent = column_property(~exists(select(Post.id).where(Post.user_id == User.id, Post.title != "")))
"""
)
INSIDE = COMPUTED.replace(
    "User.is_silent = column_property(",
    "User.posts_count = column_property(\n"
    "    select(func.count(Post.id)).where(Post.user_id == User.id).correlate_except(Post).scalar_subquery()\n"
    ")\nUser.is_silent = column_property(",
)
MAIN = """\
from fastapi import Depends, FastAPI
from sqlalchemy import select
from sqlalchemy.orm import Session

from db import SessionLocal, engine, get_db
from models import Base, Post, User

app = FastAPI()


def fill():
    Base.metadata.drop_all(engine)
    Base.metadata.create_all(engine)
    with SessionLocal() as db:
        db.add_all([User(name="ann", posts=[Post(title="one"), Post(title="two")]), User(name="bob")])
        db.commit()


fill()


def shown(post: Post) -> list:
    return [post.title, post.author.name, post.author.is_silent]


@app.get("/posts/{key}")
def one(key: int, db: Session = Depends(get_db)):
    return shown(db.get(Post, key))


@app.get("/posts")
def every(db: Session = Depends(get_db)):
    return [shown(post) for post in db.scalars(select(Post).order_by(Post.id))]


@app.post("/posts/{title}")
def make(title: str, db: Session = Depends(get_db)):
    post = Post(title=title, user_id=2)
    db.add(post)
    db.flush()
    return shown(post)


@app.post("/users/{name}")
def join(name: str, db: Session = Depends(get_db)):
    user = User(name=name)
    db.add(user)
    db.flush()
    return [user.name, user.is_silent]
"""
REQUESTS = [("GET", "/posts/1"), ("GET", "/posts"), ("POST", "/posts/new"), ("POST", "/users/cid")]


def test_what_a_subquery_computes_is_loaded_apart(tmp_path: Path) -> None:
    done = prove(tmp_path, {"models.py": COMPUTED, "main.py": MAIN}, REQUESTS)
    assert "joinedload" not in done["main.py"]


def test_a_subquery_that_says_what_it_correlates_may_be_joined(tmp_path: Path) -> None:
    models = INSIDE.replace('.where(Post.user_id == User.id, Post.title != "")', ".where(Post.user_id == User.id)")
    models = models.replace("== User.id)))", "== User.id).correlate_except(Post)))")
    done = prove(tmp_path, {"models.py": models, "main.py": MAIN}, REQUESTS)
    assert "joinedload(Post.author)" in done["main.py"]


DEFERRED = """\
from typing import Optional

from sqlalchemy import ForeignKey, func, select
from sqlalchemy.orm import DeclarativeBase, Mapped, column_property, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class Post(Base):
    __tablename__ = "posts"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    user_id: Mapped[Optional[int]] = mapped_column(ForeignKey("users.id"))
    author: Mapped[Optional["User"]] = relationship(back_populates="posts")


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    posts: Mapped[list[Post]] = relationship(back_populates="author")
    posts_count = column_property(
        select(func.count(Post.id)).where(Post.user_id == id).scalar_subquery(), deferred=True
    )
"""
FILLING = """\
from models import Post, User


def fill(db):
    db.add_all([User(name="ann", posts=[Post(title="one"), Post(title="two")]), User(name="bob")])
"""
SHARED = """\
from fastapi import Depends, FastAPI
from sqlalchemy import select
from sqlalchemy.orm import Session

from db import get_db
from models import Post, User

app = FastAPI()


def found(db: Session, key: int) -> Post:
    return db.scalars(select(Post).where(Post.id == key)).one()


@app.get("/titles/{key}")
def title(key: int, db: Session = Depends(get_db)):
    return found(db, key).title


@app.get("/authors/{key}")
def author(key: int, db: Session = Depends(get_db)):
    post = found(db, key)
    return [post.title, post.author.name]


@app.get("/counts")
def counts(db: Session = Depends(get_db)):
    return [[user.name, user.posts_count] for user in db.scalars(select(User).order_by(User.id))]
"""


def test_a_deferred_column_is_in_no_join(tmp_path: Path) -> None:
    """Where it is read it loses its deferral, and says then what it correlates with."""
    requests = [("GET", "/titles/1"), ("GET", "/authors/1"), ("GET", "/counts")]
    done = prove(tmp_path, {"models.py": DEFERRED, "filling.py": FILLING, "main.py": SHARED}, requests)
    assert "joinedload(Post.author)" in done["main.py"]
