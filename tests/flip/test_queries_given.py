"""Queries that stay legacy and come out of functions which wait: the whole migration, run before and after."""

from __future__ import annotations

from pathlib import Path

from .harness import prove
from .test_lookalikes import HEAD

MODELS = """\
from sqlalchemy import Column, ForeignKey, Integer, String
from sqlalchemy.orm import declarative_base, relationship

Base = declarative_base()


class User(Base):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True)
    name = Column(String)
    age = Column(Integer, default=0)
    posts = relationship("Post", lazy="dynamic", order_by="Post.id")


class Post(Base):
    __tablename__ = "posts"
    id = Column(Integer, primary_key=True)
    title = Column(String)
    user_id = Column(Integer, ForeignKey("users.id"))
"""


def test_a_service_gives_a_dynamic_collection_that_a_route_walks(tmp_path: Path) -> None:
    app = (
        HEAD
        + """
class Users:
    db: Session

    def __init__(self, db: Session = Depends(get_db)) -> None:
        self.db = db

    def get(self, id: int) -> User:
        return self.db.get(User, id)


class Service:
    def __init__(self, users: Users = Depends()) -> None:
        self.users = users

    def posts(self, id: int):
        return self.users.get(id).posts

    def recent(self, id: int):
        user = self.users.get(id)
        self.users.db.commit()
        return user.posts


@app.get("/users/{id}/posts")
def posts(id: int, service: Service = Depends()):
    return [post.title for post in service.posts(id)]


@app.get("/users/{id}/recent")
def recent(id: int, service: Service = Depends()):
    titles = []
    for post in service.recent(id):
        titles.append(post.title)
    return titles


@app.get("/users/{id}/first")
def first(id: int, service: Service = Depends()):
    return [post.title for post in service.posts(id)[:1]]
"""
    )
    requests = [("GET", f"/users/1/{path}") for path in ("posts", "recent", "first")]
    migrated = prove(tmp_path, {"main.py": app, "models.py": MODELS}, requests, codes=["query-session"])
    assert "await greenlet_spawn(list, await service.posts(id))" in migrated["main.py"]


def test_a_dynamic_collection_is_replaced(tmp_path: Path) -> None:
    app = HEAD + """
from models import Post


class Users:
    def __init__(self, db: Session = Depends(get_db)) -> None:
        self.db = db

    def only(self, user: User, title: str) -> None:
        user.posts = [post for post in user.posts if post.title == title]

    def add(self, name: str) -> User:
        user = User(name=name)
        user.posts = [Post(title="new")]
        self.db.add(user)
        self.db.commit()
        return user


@app.post("/users/{id}/posts/{title}")
def keep(id: int, title: str, users: Users = Depends()):
    user = users.db.get(User, id)
    users.only(user, title)
    users.db.commit()
    return [post.title for post in user.posts]


@app.delete("/users/{id}/posts")
def clear(id: int, db: Session = Depends(get_db)):
    user = db.get(User, id)
    user.posts = []
    db.commit()
    return user.posts.count()


@app.post("/new")
def new(users: Users = Depends()):
    return users.add("New").name
"""
    requests = [("POST", "/users/1/posts/One"), ("DELETE", "/users/1/posts"), ("POST", "/new")]
    migrated = prove(tmp_path, {"main.py": app, "models.py": MODELS}, requests)["main.py"]
    assert 'await greenlet_spawn(setattr, user, "posts", [])' in migrated
    assert 'user.posts = [Post(title="new")]' in migrated


def test_a_route_answers_with_a_query_that_nothing_has_run(tmp_path: Path) -> None:
    app = HEAD + """
from typing import List

from pydantic import BaseModel, ConfigDict


class PostOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    title: str


class UserOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    name: str
    posts: list[PostOut]


@app.get("/users")
def read(db: Session = Depends(get_db)) -> List[UserOut]:
    found = db.query(User).order_by(User.id)
    return found


@app.get("/old", response_model=list[UserOut])
def old(least: int, db: Session = Depends(get_db)):
    found = db.query(User)
    if least:
        found = found.filter(User.age >= least)
    return found.order_by(User.id)
"""
    done = prove(tmp_path, app, [("GET", "/users"), ("GET", "/old?least=0"), ("GET", "/old?least=30")])
    assert done["main.py"].count(".all()") == 2
