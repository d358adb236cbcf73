"""Collections that are dictionaries, and trees whose `remote_side` is the key of the children."""

from __future__ import annotations

from pathlib import Path

from .harness import prove

MODELS = """
from sqlalchemy import Column, ForeignKey, Integer, String
from sqlalchemy.orm import declarative_base, relationship
from sqlalchemy.orm.collections import KeyFuncDict, attribute_keyed_dict

Base = declarative_base()


class ByText(KeyFuncDict):
    def __init__(self):
        super().__init__(keyfunc=lambda tag: tag.text)

    def first(self):
        return min(self, default=None)


class User(Base):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True)
    name = Column(String)
    posts = relationship("Post", back_populates="author", collection_class=attribute_keyed_dict("title"))


class Post(Base):
    __tablename__ = "posts"
    id = Column(Integer, primary_key=True)
    title = Column(String)
    user_id = Column(Integer, ForeignKey("users.id"))
    parent_id = Column(Integer, ForeignKey("posts.id"))
    author = relationship("User", back_populates="posts")
    tags = relationship("Tag", back_populates="post", collection_class=ByText)
    children = relationship("Post", remote_side=[parent_id], order_by=id)

    def tree(self):
        return [self.title, [child.tree() for child in self.children]]


class Tag(Base):
    __tablename__ = "tags"
    id = Column(Integer, primary_key=True)
    text = Column(String)
    post_id = Column(Integer, ForeignKey("posts.id"))
    post = relationship("Post", back_populates="tags")
"""
FILLING = """
from models import Post, Tag, User


def fill(db):
    db.add(User(id=1, name="ann"))
    db.add_all([Post(id=1, title="one", user_id=1), Post(id=2, title="two", user_id=1, parent_id=1)])
    db.add_all([Post(id=3, title="three", parent_id=2), Post(id=4, title="four", parent_id=3)])
    db.add_all([Tag(text="x", post_id=1), Tag(text="y", post_id=1), Tag(text="z", post_id=2)])
"""
APP = """
from typing import Dict, List, Optional

from fastapi import Depends, FastAPI
from pydantic import BaseModel, ConfigDict

from db import get_db
from models import Post, Tag, User

app = FastAPI()


class TagOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    text: str


class PostOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    title: str
    tags: Dict[str, TagOut]


class UserOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    name: str
    posts: Dict[str, PostOut]


@app.get("/users/{key}", response_model=UserOut)
def schema(key: int, db=Depends(get_db)):
    return db.query(User).get(key)


@app.get("/read/{key}")
def read(key: int, db=Depends(get_db)):
    user = db.query(User).get(key)
    first = user.posts.get("one")
    by_title = {title: sorted(post.tags) for title, post in user.posts.items()}
    texts = [tag.post.title for post in user.posts.values() for tag in post.tags.values()]
    return [sorted(user.posts), len(user.posts), by_title, sorted(texts), first.tags.first(), "one" in user.posts]


@app.get("/trees/{key}")
def trees(key: int, db=Depends(get_db)):
    user = db.query(User).get(key)
    return [post.tree() for post in sorted(user.posts.values(), key=lambda post: post.id) if not post.parent_id]


@app.post("/users/{key}/{title}")
def add(key: int, title: str, db=Depends(get_db)):
    user = db.query(User).get(key)
    if title in user.posts:
        user.posts[title].tags[title] = Tag(text=title)
    else:
        user.posts[title] = Post(title=title)
    db.commit()
    return {title: sorted(post.tags) for title, post in user.posts.items()}


@app.delete("/users/{key}/{title}")
def drop(key: int, title: str, db=Depends(get_db)):
    user = db.query(User).get(key)
    gone = user.posts.pop(title, None)
    db.commit()
    return [gone and gone.author is None, list(user.posts)]
"""


def test_dictionaries_of_instances(tmp_path: Path) -> None:
    requests = [("GET", "/users/1"), ("GET", "/read/1"), ("GET", "/trees/1")]
    requests += [("POST", "/users/1/one"), *[("POST", "/users/1/new")] * 2, *[("DELETE", "/users/1/new")] * 2]
    requests.append(("GET", "/users/1"))
    done = prove(tmp_path, {"models.py": MODELS, "filling.py": FILLING, "main.py": APP}, requests)
    assert "greenlet_spawn(post.tree)" in done["main.py"]
    assert "joinedload(Post.children)" not in done["main.py"]
