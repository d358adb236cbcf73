"""Models with every kind of relationship, rows, and the head of `main.py`: for apps that read relationships."""

from __future__ import annotations

MODELS = """\
from __future__ import annotations

from datetime import datetime
from typing import List, Optional

from sqlalchemy import Column, ForeignKey, Table, func, select
from sqlalchemy.ext.associationproxy import AssociationProxy, association_proxy
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    pass


post_tags = Table(
    "post_tags",
    Base.metadata,
    Column("post_id", ForeignKey("posts.id"), primary_key=True),
    Column("tag_id", ForeignKey("tags.id"), primary_key=True),
)


class Team(Base):
    __tablename__ = "teams"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    users: Mapped[List["User"]] = relationship(back_populates="team", order_by="User.id")


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    team_id: Mapped[Optional[int]] = mapped_column(ForeignKey("teams.id"))
    team: Mapped[Optional["Team"]] = relationship(back_populates="users")
    posts: Mapped[List["Post"]] = relationship(back_populates="author", order_by="Post.id")
    profile: Mapped[Optional["Profile"]] = relationship(back_populates="user", uselist=False)

    post_titles: AssociationProxy[List[str]] = association_proxy("posts", "title")

    def __repr__(self) -> str:
        return f"<User {self.name} of {self.team.name if self.team else None}>"

    def __str__(self) -> str:
        return f"{self.name} ({len(self.posts)})"

    @property
    def tag_names(self) -> List[str]:
        return sorted({tag.name for post in self.posts for tag in post.tags})

    @hybrid_property
    def team_name(self) -> Optional[str]:
        return self.team.name if self.team else None

    @team_name.expression
    def team_name(cls):
        return select(Team.name).where(Team.id == cls.team_id).scalar_subquery()

    def latest(self) -> Optional["Post"]:
        return self.posts[-1] if self.posts else None

    def to_dict(self) -> dict:
        return {"name": self.name, "posts": [p.to_dict() for p in self.posts]}


class Profile(Base):
    __tablename__ = "profiles"
    id: Mapped[int] = mapped_column(primary_key=True)
    bio: Mapped[str]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    user: Mapped["User"] = relationship(back_populates="profile")


class Post(Base):
    __tablename__ = "posts"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    kind: Mapped[str] = mapped_column(default="text")
    author_id: Mapped[Optional[int]] = mapped_column(ForeignKey("users.id"))
    author: Mapped[Optional["User"]] = relationship(back_populates="posts")
    tags: Mapped[List["Tag"]] = relationship(secondary=post_tags, back_populates="posts", order_by="Tag.id")
    comments: Mapped[List["Comment"]] = relationship(back_populates="post", order_by="Comment.id")

    def to_dict(self) -> dict:
        return {"title": self.title, "tags": [t.name for t in self.tags]}


class Comment(Base):
    __tablename__ = "comments"
    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str]
    likes: Mapped[int] = mapped_column(default=0)
    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id"))
    post: Mapped["Post"] = relationship(back_populates="comments")
    author_id: Mapped[Optional[int]] = mapped_column(ForeignKey("users.id"))
    author: Mapped[Optional["User"]] = relationship()


class Tag(Base):
    __tablename__ = "tags"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    posts: Mapped[List["Post"]] = relationship(secondary=post_tags, back_populates="tags", order_by="Post.id")
"""
FILLING = """\
from models import Comment, Post, Profile, Tag, Team, User


def fill(db):
    red, blue = Team(id=1, name="red"), Team(id=2, name="blue")
    ann = User(id=1, name="ann", team=red, profile=Profile(id=1, bio="a"))
    bob = User(id=2, name="bob", team=blue, profile=Profile(id=2, bio="b"))
    cy = User(id=3, name="cy")
    x, y, z = Tag(id=1, name="x"), Tag(id=2, name="y"), Tag(id=3, name="z")
    one = Post(id=1, title="one", author=ann, tags=[x, y])
    two = Post(id=2, title="two", author=ann, tags=[z], kind="photo")
    three = Post(id=3, title="three", author=bob, tags=[x])
    four = Post(id=4, title="four")
    db.add_all([red, blue, ann, bob, cy, x, y, z, one, two, three, four])
    db.add_all([
        Comment(id=1, text="hi", likes=3, post=one, author=bob),
        Comment(id=2, text="ho", likes=1, post=one, author=cy),
        Comment(id=3, text="he", likes=2, post=three, author=ann),
    ])
"""
HEAD = """\
from __future__ import annotations

from typing import Annotated, Any, Dict, Generic, List, Literal, Optional, TypeVar, Union

from fastapi import BackgroundTasks, Depends, FastAPI, HTTPException, Request
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, computed_field
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from db import SessionLocal, get_db
from models import Base, Comment, Post, Profile, Tag, Team, User

app = FastAPI()


class Out(BaseModel):
    model_config = ConfigDict(from_attributes=True)
"""
