"""A small schema with collections, many to many, inheritance, eager models and a column of lists; and some rows."""

from __future__ import annotations

MODELS = """\
from sqlalchemy import JSON, Column, ForeignKey, Integer, String, Table, func, select
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import backref, column_property, declarative_base, relationship

Base = declarative_base()

post_tags = Table(
    "post_tags",
    Base.metadata,
    Column("post_id", ForeignKey("posts.id"), primary_key=True),
    Column("tag_id", ForeignKey("tags.id"), primary_key=True),
)


class User(Base):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True)
    name = Column(String)
    age = Column(Integer)
    posts = relationship("Post", back_populates="author", order_by="Post.id")

    @hybrid_property
    def shown(self):
        return self.name + "!"


class Post(Base):
    __tablename__ = "posts"
    id = Column(Integer, primary_key=True)
    title = Column(String)
    score = Column(Integer)
    data = Column(JSON)
    author_id = Column(Integer, ForeignKey("users.id"))
    author = relationship("User", back_populates="posts")
    tags = relationship("Tag", secondary=post_tags, backref=backref("posts", order_by="Post.id"))


class Tag(Base):
    __tablename__ = "tags"
    id = Column(Integer, primary_key=True)
    name = Column(String)
    used = column_property(
        select(func.count(post_tags.c.post_id)).where(post_tags.c.tag_id == id).scalar_subquery()
    )


class Shelf(Base):
    __tablename__ = "shelves"
    id = Column(Integer, primary_key=True)
    books = relationship("Book", lazy="joined", order_by="Book.id")


class Book(Base):
    __tablename__ = "books"
    id = Column(Integer, primary_key=True)
    shelf_id = Column(Integer, ForeignKey("shelves.id"))


class Staff(Base):
    __tablename__ = "staff"
    id = Column(Integer, primary_key=True)
    kind = Column(String)
    name = Column(String)
    __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "staff"}


class Manager(Staff):
    level = Column(Integer)
    __mapper_args__ = {"polymorphic_identity": "manager"}


class Engineer(Staff):
    __tablename__ = "engineers"
    id = Column(Integer, ForeignKey("staff.id"), primary_key=True)
    language = Column(String)
    __mapper_args__ = {"polymorphic_identity": "engineer"}
"""

#: what makes the rows of these models: with duplicates, gaps and ties
FILL = """\


def fill(session):
    users = [User(id=i, name=n, age=a) for i, n, a in ((1, "ann", 30), (2, "bob", 20), (3, "cid", None))]
    tags = [Tag(id=1, name="red"), Tag(id=2, name="blue")]
    posts = [
        Post(id=1, title="a", score=3, data=[1], author=users[0], tags=tags),
        Post(id=2, title="b", score=1, data=[2], author=users[0], tags=tags[:1]),
        Post(id=3, title="a", score=None, data={"k": 1}, author=users[1]),
        Post(id=4, title="d", score=3, data=[1], author=None),
    ]
    shelves = [Shelf(id=1), Shelf(id=2)]
    session.add_all([*users, *tags, *posts, *shelves])
    session.flush()
    books = [Book(id=i, shelf_id=1 if i < 4 else 2) for i in range(1, 6)]
    staff = [Staff(id=1, name="sue"), Manager(id=2, name="max", level=7), Engineer(id=3, name="eve", language="c")]
    session.add_all([*books, *staff])
    session.commit()
"""
