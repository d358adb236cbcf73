"""`await user.awaitable_attrs.posts` where nothing has loaded it, and no statement loads it beforehand."""

from __future__ import annotations

from pathlib import Path

import pytest

from .harness import BASE, migrate, prove

MODELS = """
from sqlalchemy import Column, ForeignKey, Integer, String
from sqlalchemy.orm import relationship
{base}


class User(Base):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True)
    name = Column(String)
    posts = relationship("Post", back_populates="author", order_by="Post.id")


class Post(Base):
    __tablename__ = "posts"
    id = Column(Integer, primary_key=True)
    title = Column(String)
    author_id = Column(ForeignKey("users.id"))
    author = relationship("User", back_populates="posts")
"""
FILLING = """
from models import Post, User


def fill(db):
    db.add_all([User(id=1, name="ann"), User(id=2, name="bob")])
    db.add_all([Post(id=1, title="one", author_id=1), Post(id=2, title="two", author_id=1)])
"""
APP = """
from operator import itemgetter

from fastapi import Depends, FastAPI, HTTPException
from pydantic import BaseModel, ConfigDict
from sqlalchemy.orm import Session

from db import get_db
from models import Post, User

app = FastAPI()


def current_user(number: int = 1, db: Session = Depends(get_db)) -> User:
    return db.query(User).filter(User.id == number).first()


class PostOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    title: str


class UserOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    name: str
    posts: list[PostOut]


@app.get("/me", response_model=UserOut)
def me(db: Session = Depends(get_db), user: User = Depends(current_user)):
    return user


def found(db: Session, number: int) -> User:
    return db.query(User).filter(User.id == number).first()


@app.get("/users/{number}/name")
def name_of(number: int, db: Session = Depends(get_db)):
    return found(db, number).name


@app.get("/users/{number}", response_model=UserOut)
def user(number: int, db: Session = Depends(get_db)):
    return found(db, number)


class NameOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    name: str


class PostBy(PostOut):
    author: NameOut


class UserDeep(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    posts: list[PostBy]


def picked(db: Session, number: int) -> User:
    return itemgetter(0)(db.query(User).filter(User.id == number).all())


@app.get("/deep/{number}", response_model=UserDeep)
def deep(number: int, db: Session = Depends(get_db)):
    return picked(db, number)


@app.get("/name")
def name(user: User = Depends(current_user)):
    return user.name


@app.get("/titles")
def titles(db: Session = Depends(get_db), user: User = Depends(current_user)):
    return [post.title for post in user.posts]


@app.get("/has")
def has(title: str, db: Session = Depends(get_db), user: User = Depends(current_user)):
    if not any(post.title == title for post in user.posts):
        raise HTTPException(404)
    return len(user.posts)


@app.get("/inner")
def inner(db: Session = Depends(get_db), user: User = Depends(current_user)):
    longest = max((post for post in user.posts), key=lambda post: (len(post.title), len(user.posts)), default=None)
    return [longest and longest.title, [[other.title for other in user.posts] for _ in range(2)]]


@app.post("/all")
def make(title: str, db: Session = Depends(get_db), user: User = Depends(current_user)):
    made = User(name=title)
    db.add(made)
    db.commit()
    db.refresh(made)
    titles = [post.title for post in made.posts]
    return {"made": shown(made), "titles": titles, "user": made}


def shown(user: User):
    return {"name": user.name, "posts": [post.title for post in (user.posts or [])]}


def describe(post: Post):
    return f"{post.title} by {post.author.name}" if post.author else post.title


@app.get("/posts/{number}")
def one(number: int, db: Session = Depends(get_db)):
    post = db.get(Post, number)
    return describe(post)


@app.post("/posts")
def move(db: Session = Depends(get_db), user: User = Depends(current_user)):
    post = db.get(Post, 2)
    user.posts = [*user.posts, post]
    db.commit()
    return [p.title for p in user.posts]
"""
BASES = {
    "class": "from sqlalchemy.orm import DeclarativeBase\n\n\nclass Base(DeclarativeBase):\n    pass",
    "call": "from sqlalchemy.orm import declarative_base\n\nBase = declarative_base()",
    "decorated": "from sqlalchemy.orm import as_declarative\n\n\n@as_declarative()\nclass Base:\n    pass",
    "mixed": "from sqlalchemy.ext.asyncio import AsyncAttrs\nfrom sqlalchemy.orm import DeclarativeBase\n\n\n"
    "class Base(AsyncAttrs, DeclarativeBase):\n    pass",
    "below": "from sqlalchemy.orm import DeclarativeBase\n\n\nclass Root(DeclarativeBase):\n    pass\n\n\n"
    "class Base(Root):\n    __abstract__ = True",
}
REQUESTS = [
    ("GET", "/me"),
    ("GET", "/deep/1"),
    ("GET", "/users/2"),
    ("GET", "/users/1/name"),
    ("GET", "/name"),
    ("GET", "/titles"),
    ("GET", "/titles?number=2"),
    ("GET", "/has?title=two"),
    ("GET", "/has?title=three"),
    ("GET", "/inner"),
    ("POST", "/all?title=new"),
    ("GET", "/posts/1"),
    ("POST", "/posts?number=2"),
    ("GET", "/titles?number=2"),
]


def files(base: str, requirement: str = "sqlalchemy>=2.0.13") -> dict[str, str]:
    models = MODELS.format(base=BASES[base])
    return {"models.py": models, "filling.py": FILLING, "main.py": APP, "requirements.txt": f"{requirement}\n"}


@pytest.mark.parametrize("base", BASES)
def test_attributes_are_awaited_where_they_are_read(tmp_path: Path, base: str) -> None:
    after = prove(tmp_path, files(base), REQUESTS)
    assert "for post in await user.awaitable_attrs.posts]" in after["main.py"]
    assert "for post in await user.awaitable_attrs.posts):" in after["main.py"]
    assert "    await user.awaitable_attrs.posts\n    return user\n" in after["main.py"]
    assert after["models.py"].count("AsyncAttrs") == 2


@pytest.mark.parametrize("requirement", ["sqlalchemy==2.0.12", "sqlalchemy>=1.4,<2"])
def test_a_sqlalchemy_without_them(requirement: str) -> None:
    done = migrate({**BASE, **files("call", requirement)})
    assert "awaitable_attrs" not in done["main.py"] and "AsyncAttrs" not in done["models.py"]


def test_other_objects_in_the_place_of_instances() -> None:
    test = "from unittest.mock import MagicMock\nfrom main import describe\n\n\ndef test():\n    describe(MagicMock())"
    done = migrate({**BASE, **files("class"), "test_main.py": test})
    assert "awaitable_attrs" not in done["main.py"] and "AsyncAttrs" not in done["models.py"]


def test_a_base_with_a_class_of_its_own(tmp_path: Path) -> None:
    own = "from sqlalchemy.orm import declarative_base\n\n\nclass Own:\n    pass\n\n\nBase = declarative_base(cls=Own)"
    models = MODELS.format(base=own)
    after = prove(tmp_path, {**files("class"), "models.py": models}, REQUESTS)
    assert "awaitable_attrs" not in after["main.py"] and "AsyncAttrs" not in after["models.py"]


CLUBS = """
from sqlalchemy import Column, ForeignKey, Integer, String
from sqlalchemy.orm import declarative_base, relationship

Base = declarative_base()


class Team(Base):
    __tablename__ = "teams"
    id = Column(Integer, primary_key=True)
    players = relationship("Player")


class Club(Base):
    __tablename__ = "clubs"
    id = Column(Integer, primary_key=True)
    players = relationship("Player")


class Player(Base):
    __tablename__ = "players"
    id = Column(Integer, primary_key=True)
    name = Column(String)
    team_id = Column(ForeignKey("teams.id"))
    club_id = Column(ForeignKey("clubs.id"))
"""
STORES = """
from fastapi import Depends, FastAPI
from sqlalchemy.orm import Session

from db import get_db
from models import Club, Team

app = FastAPI()


class Teams:
    def find(self, db: Session, key: int):
        return db.get(Team, key)


class Clubs:
    def find(self, db: Session, key: int):
        return db.get(Club, key)


STORES = {"teams": Teams(), "clubs": Clubs()}


@app.get("/{kind}/{key}/id")
def read_id(kind: str, key: int, db: Session = Depends(get_db)):
    return STORES[kind].find(db, key).id


@app.get("/{kind}/{key}")
def read(kind: str, key: int, db: Session = Depends(get_db)):
    found = STORES[kind].find(db, key)
    return [player.name for player in found.players]
"""


def test_an_instance_of_one_class_or_another_is_not_asked_for_by_its_key(tmp_path: Path) -> None:
    filling = """
from models import Club, Player, Team


def fill(db):
    db.add_all([Team(id=1), Club(id=1), Player(name="t", team_id=1), Player(name="c", club_id=1)])
"""
    files = {"models.py": CLUBS, "filling.py": filling, "main.py": STORES, "requirements.txt": "sqlalchemy==2.0.12\n"}
    after = prove(tmp_path, files, [("GET", "/teams/1"), ("GET", "/clubs/1"), ("GET", "/clubs/1/id")])
    assert "select(Team)" not in after["main.py"] and 'greenlet_spawn(getattr, found, "players")' in after["main.py"]


POPPED = """\
from fastapi import Depends, FastAPI
from sqlalchemy.orm import Session

from db import get_db
from models import Post, User

app = FastAPI()


class Picker:
    def __init__(self, users):
        self.users = users

    def pick(self) -> User:
        return self.users.pop()


def users_of(db: Session):
    return db.query(User).order_by(User.id).all()


@app.get("/names")
def names(db: Session = Depends(get_db)):
    return [user.name for user in users_of(db)]


@app.post("/fill")
def fill(db: Session = Depends(get_db)):
    db.add_all([User(name="ann", posts=[Post(title="one")]), User(name="bob", posts=[Post(title="x"), Post(title="")])])
    db.commit()


@app.get("/two")
def two(db: Session = Depends(get_db)):
    picker = Picker(users_of(db))
    first = len(picker.pick().posts)
    second = len(picker.pick().posts)
    return [first, second]
"""


def test_the_same_call_twice_may_give_two_instances(tmp_path: Path) -> None:
    after = prove(tmp_path, POPPED, [("POST", "/fill"), ("GET", "/two")])
    assert after["main.py"].count("await picker.pick().awaitable_attrs.posts") == 2
