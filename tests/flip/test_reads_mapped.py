"""Relationships that the mapping loads with a statement: what is made comes out of none, and has not got them."""

from __future__ import annotations

from pathlib import Path

from .harness import MODELS, prove

EAGER = MODELS.replace('order_by="Post.id")', 'order_by="Post.id", lazy="selectin")').replace(
    'relationship(back_populates="posts")', 'relationship(back_populates="posts", lazy="joined")'
)
MAIN = """\
from typing import Optional

from fastapi import Depends, FastAPI
from pydantic import BaseModel, ConfigDict
from sqlalchemy import select
from sqlalchemy.orm import Session

from db import SessionLocal, engine, get_db
from models import Base, Post, User

app = FastAPI()


class Out(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class UserIn(Out):
    name: str


class PostOut(Out):
    title: str
    author: Optional[UserIn]


class UserOut(UserIn):
    posts: list[PostOut]


def fill():
    Base.metadata.drop_all(engine)
    Base.metadata.create_all(engine)
    with SessionLocal() as db:
        db.add(User(name="ann"))
        db.commit()


fill()


def stored(db: Session, title: str) -> Post:
    post = Post(title=title, user_id=1)
    db.add(post)
    db.flush()
    return post


def shown(user: User) -> list:
    return [user.name, [post.title for post in user.posts]]


@app.post("/users", response_model=UserOut)
def add_user(data: UserIn, db: Session = Depends(get_db)):
    user = User(name=data.name)
    db.add(user)
    db.commit()
    return user


@app.post("/posts/{title}", response_model=PostOut)
def add_post(title: str, db: Session = Depends(get_db)):
    post = stored(db, title)
    db.commit()
    return post


@app.post("/flushed/{title}")
def flushed(title: str, db: Session = Depends(get_db)):
    user = User(name=title)
    db.add(user)
    db.flush()
    found = [post.title for post in user.posts]
    db.commit()
    return found


@app.post("/author/{title}")
def author(title: str, db: Session = Depends(get_db)):
    post = stored(db, title)
    name = post.author.name
    db.commit()
    return name


@app.post("/refreshed", response_model=UserOut)
def refreshed(db: Session = Depends(get_db)):
    user = User(name="eve")
    db.add(user)
    db.commit()
    db.refresh(user)
    return user


@app.post("/shown")
def show(db: Session = Depends(get_db)):
    user = User(name="fay")
    db.add(user)
    db.commit()
    return shown(user)


@app.get("/users")
def users(db: Session = Depends(get_db)):
    return [shown(user) for user in db.scalars(select(User).order_by(User.id))]
"""


def test_what_is_made_has_not_got_what_the_mapping_loads(tmp_path: Path) -> None:
    requests = [
        ("POST", "/users", {"name": "bob"}),
        ("POST", "/posts/one"),
        ("POST", "/flushed/two"),
        ("POST", "/author/three"),
        ("POST", "/refreshed"),
        ("POST", "/shown"),
        ("GET", "/users"),
    ]
    after = prove(tmp_path, {"models.py": EAGER, "main.py": MAIN}, requests)["main.py"]
    refreshed = after.partition("async def refreshed(")[2].partition("@app")[0]
    assert "await db.refresh(user)\n    return user" in refreshed  # that comes out of a statement
    assert "options" not in after.partition("async def users(")[2]


ONE_TO_ONE = """\
from sqlalchemy import ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class Project(Base):
    __tablename__ = "projects"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    ticket: Mapped["Ticket"] = relationship(uselist=False, back_populates="project", lazy="joined")


class Ticket(Base):
    __tablename__ = "tickets"
    id: Mapped[int] = mapped_column(primary_key=True)
    size: Mapped[int]
    project_id: Mapped[int] = mapped_column(ForeignKey("projects.id"))
    project: Mapped["Project"] = relationship(back_populates="ticket")
"""
THERE_AND_BACK = """\
from fastapi import Depends, FastAPI
from sqlalchemy.orm import Session

from db import get_db
from models import Ticket

app = FastAPI()


@app.post("/{key}")
def size(key: int, db: Session = Depends(get_db)):
    ticket = db.query(Ticket).filter(Ticket.id == key).one()
    return ticket.project.ticket.size
"""


def test_the_mapping_ends_where_the_way_comes_back_to_the_side_without_a_key(tmp_path: Path) -> None:
    fill = """from models import Project, Ticket


def fill(db):
    db.add(Project(id=1, name="p", ticket=Ticket(id=1, size=3)))
"""
    prove(tmp_path, {"main.py": THERE_AND_BACK, "models.py": ONE_TO_ONE, "filling.py": fill}, [("POST", "/1")])


CHAIN = """\
from sqlalchemy import ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class Shop(Base):
    __tablename__ = "shops"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    shelves: Mapped[list["Shelf"]] = relationship(order_by="Shelf.id", lazy="selectin")


class Shelf(Base):
    __tablename__ = "shelves"
    id: Mapped[int] = mapped_column(primary_key=True)
    shop_id: Mapped[int] = mapped_column(ForeignKey("shops.id"))
    books: Mapped[list["Book"]] = relationship(order_by="Book.id")


class Clerk(Base):
    __tablename__ = "clerks"
    id: Mapped[int] = mapped_column(primary_key=True)
    shop_id: Mapped[int] = mapped_column(ForeignKey("shops.id"))
    shop: Mapped["Shop"] = relationship()


class Book(Base):
    __tablename__ = "books"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    shelf_id: Mapped[int] = mapped_column(ForeignKey("shelves.id"))
"""
LOOKED_UP = """\
from fastapi import Depends, FastAPI
from sqlalchemy.orm import Session

from db import get_db
from models import Clerk, Shelf

app = FastAPI()


@app.get("/{key}")
def books(key: int, db: Session = Depends(get_db)):
    clerk = db.query(Clerk).filter(Clerk.id == 1).one()
    name = clerk.shop.name
    shelf = db.get(Shelf, key)
    return [name, [book.name for book in shelf.books]]
"""


def test_what_hangs_by_mapping_below_a_read_path_is_in_the_session_already(tmp_path: Path) -> None:
    """`get` finds the shelf there, and does nothing with options."""
    fill = """from models import Book, Clerk, Shelf, Shop


def fill(db):
    db.add(Clerk(id=1, shop=Shop(name="s", shelves=[Shelf(id=1, books=[Book(name="b")]), Shelf(id=2)])))
"""
    files = {"main.py": LOOKED_UP, "models.py": CHAIN, "filling.py": fill}
    prove(tmp_path, files, [("GET", "/1"), ("GET", "/2")])
