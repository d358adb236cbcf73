"""What an earlier run has let wait is known for what it is: a second run changes nothing."""

from __future__ import annotations

from pathlib import Path

from .harness import prove

DB = """from sqlmodel import Session, create_engine

engine = create_engine("sqlite:///./app.db", connect_args={"check_same_thread": False})


def get_db():
    with Session(engine) as session:
        yield session
        session.commit()
"""
MODELS = """from typing import List, Optional

from sqlmodel import Field, Relationship, SQLModel


class User(SQLModel, table=True):
    __tablename__ = "users"
    id: Optional[int] = Field(default=None, primary_key=True)
    name: str
    age: int = 0
    boss_id: Optional[int] = Field(default=None, foreign_key="users.id")
    boss: Optional["User"] = Relationship(sa_relationship_kwargs={"remote_side": "User.id"})
    posts: List["Post"] = Relationship(back_populates="author", sa_relationship_kwargs={"order_by": "Post.id"})

    @property
    def total(self) -> int:
        return len(self.posts)

    @property
    def chain(self) -> str:
        return f"{self.boss.chain}/{self.name}" if self.boss else self.name


class Post(SQLModel, table=True):
    __tablename__ = "posts"
    id: Optional[int] = Field(default=None, primary_key=True)
    title: str
    user_id: Optional[int] = Field(default=None, foreign_key="users.id")
    author: Optional[User] = Relationship(back_populates="posts")


Base = SQLModel
"""
APP = """from typing import Generic, List, Optional, TypeVar

from fastapi import Depends, FastAPI, HTTPException
from pydantic import BaseModel, ConfigDict
from sqlmodel import Session, func, select

from db import get_db
from models import Post, User

app = FastAPI()


class UserOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    name: str
    total: int
    chain: str
    next: Optional["PostOut"] = None


class PostOut(BaseModel):
    title: str


class Page(BaseModel):
    total: int
    items: List[UserOut]


class Service:
    def __init__(self, session: Session = Depends(get_db)):
        self.session = session

    def by_id(self, key: int, lock: bool = False) -> User:
        user = self.session.get(User, key, with_for_update=lock)
        if not user:
            raise HTTPException(404)
        return user

    def rename(self, key: int, name: str) -> User:
        user = self.by_id(key)
        user.name = name
        self.session.flush()
        return user

    def add(self, key: int, title: str) -> int:
        user = self.by_id(key, lock=True)
        if user.age > 100:
            user.name = title
        else:
            if user.total > 2:
                raise HTTPException(409, f"{user.total} of {user.name}")
            user.posts.append(Post(title=title))
        self.session.flush()
        return user.total


def search(session: Session):
    statement = select(User)
    total = session.exec(select(func.count()).select_from(statement.subquery())).one()
    return total, session.exec(statement.order_by(User.id)).all()


@app.get("/page", response_model=Page)
def page(service: Service = Depends()):
    total, found = search(service.session)
    return Page(total=total, items=[UserOut.model_validate(user) for user in found])


@app.get("/users/{key}", response_model=UserOut)
def one(key: int, service: Service = Depends()):
    user = service.by_id(key)
    return user


@app.post("/users/{key}/posts")
def add(key: int, title: str, service: Service = Depends()):
    return service.add(key, title)


@app.patch("/users/{key}", response_model=UserOut)
def rename(key: int, name: str, service: Service = Depends()):
    return service.rename(key, name)
"""


def test_awaited_reads_and_lambdas_in_the_greenlet(tmp_path: Path) -> None:
    files = {"db.py": DB, "models.py": MODELS, "main.py": APP, "requirements.txt": "fastapi\nsqlmodel\nhttpx\n"}
    requests = [("GET", "/page"), ("GET", "/users/1"), *[("POST", "/users/1/posts?title=a")] * 3]
    done = prove(tmp_path, files, [*requests, ("PATCH", "/users/3?name=x"), ("GET", "/users/9")])["main.py"]
    assert "greenlet_spawn(\n        lambda value: UserOut.model_validate(value)" in done
    assert "options=[selectinload(User.boss)])" in done


DEEP = """
from fastapi import Depends, FastAPI
from sqlalchemy.orm import Session

from db import get_db
from models import Post, User

app = FastAPI()


class Finder:
    def __init__(self, model):
        self.model = model

    def find(self, db: Session, key: int):
        return db.query(self.model).filter(self.model.id == key).first()


finder = Finder(Post)


def texts(post: Post):
    found = [post.author.posts[0].title]
    found.append("long" if hasattr(post.author.posts, "length") else len(post.author.posts))
    found.append([other.title for other in post.author.posts])
    return found


@app.get("/texts/{key}")
def read(key: int, db: Session = Depends(get_db)):
    return texts(finder.find(db, key))


@app.get("/titles/{key}")
def title(key: int, db: Session = Depends(get_db)):
    return finder.find(db, key).title
"""
MOCKED = """
from unittest.mock import MagicMock

from main import texts


def test_texts():
    assert len(texts(MagicMock())) == 3
"""


def test_what_is_read_through_another_read(tmp_path: Path) -> None:
    requests = [("GET", "/texts/1"), ("GET", "/titles/1")]
    migrated = prove(tmp_path / "plain", {"main.py": DEEP}, requests)
    assert "await (await post.awaitable_attrs.author).awaitable_attrs.posts" in migrated["main.py"]
    mocked = {"tests/test_texts.py": MOCKED, "requirements.txt": "fastapi\nsqlalchemy\nhttpx\npytest\n"}
    migrated = prove(tmp_path / "mocked", {"main.py": DEEP, **mocked}, requests)
    assert migrated["main.py"].count("greenlet_spawn(") == 2
