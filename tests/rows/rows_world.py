"""The models of the row cases: every way in which an attribute of an instance can load itself."""

MODELS = '''\
import enum
from datetime import datetime
from decimal import Decimal
from typing import Optional

from sqlalchemy import Column, DateTime, ForeignKey, Numeric, Table, func, text
from sqlalchemy.ext.associationproxy import association_proxy
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import DeclarativeBase, Mapped, column_property, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class Kind(enum.Enum):
    a = 1
    b = 2


memberships = Table(
    "memberships",
    Base.metadata,
    Column("user_id", ForeignKey("users.id"), primary_key=True),
    Column("group_id", ForeignKey("groups.id"), primary_key=True),
)


class Group(Base):
    __tablename__ = "groups"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    users: Mapped[list["User"]] = relationship(secondary=memberships, back_populates="groups", order_by="User.id")


class Post(Base):
    __tablename__ = "posts"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(default="untitled")
    user_id: Mapped[Optional[int]] = mapped_column(ForeignKey("users.id"))
    author: Mapped[Optional["User"]] = relationship(back_populates="posts")


class Profile(Base):
    __tablename__ = "profiles"
    id: Mapped[int] = mapped_column(primary_key=True)
    city: Mapped[str]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    user: Mapped["User"] = relationship(back_populates="profile")


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    age: Mapped[int] = mapped_column(default=0)
    nickname: Mapped[Optional[str]]
    posts: Mapped[list["Post"]] = relationship(back_populates="author", order_by="Post.id", cascade="all")
    profile: Mapped[Optional["Profile"]] = relationship(back_populates="user", cascade="all")
    groups: Mapped[list["Group"]] = relationship(secondary=memberships, back_populates="users", order_by="Group.id")
    group_names = association_proxy("groups", "name")

    @property
    def titles(self):
        return [post.title for post in self.posts]

    @hybrid_property
    def first_title(self):
        return self.posts[0].title if self.posts else None

    @hybrid_property
    def shout(self):
        return self.name + "!"


class Note(Base):
    """Columns that are not loaded with their row, or that the database changes."""

    __tablename__ = "notes"
    id: Mapped[int] = mapped_column(primary_key=True)
    body: Mapped[str] = mapped_column()
    long: Mapped[Optional[str]] = mapped_column(deferred=True)
    revision: Mapped[int] = mapped_column(default=1, onupdate=text("revision + 1"))
    state: Mapped[str] = mapped_column(server_default="new")
    kind: Mapped[Kind] = mapped_column(default=Kind.a)
    price: Mapped[Decimal] = mapped_column(Numeric(10, 2), default=0)
    due: Mapped[Optional[datetime]] = mapped_column(DateTime(timezone=True))
    size: Mapped[int] = column_property(func.length(body))

'''

#: not a part of the app: written beside it when it is run
FILLING = '''\
from models import Group, Note, Post, Profile, User


def fill(db):
    admins, staff = Group(id=1, name="admins"), Group(id=2, name="staff")
    ann, bob, cy = User(id=1, name="ann", age=30), User(id=2, name="bob", age=20), User(id=3, name="cy", age=40)
    db.add_all([ann, bob, cy])
    db.flush()
    db.add_all([Post(id=1, title="one", user_id=1), Post(id=2, title="two", user_id=1)])
    db.add_all([Post(id=3, title="three", user_id=2), Post(id=4, title="lost")])
    db.add_all([Profile(id=1, city="Rome", user_id=1), Profile(id=2, city="Bern", user_id=2)])
    ann.groups, bob.groups = [admins, staff], [staff]
    db.add_all([Note(id=1, body="abc", long="l"), Note(id=2, body="de", long="m")])
    db.commit()
'''
