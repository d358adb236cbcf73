# ruff: noqa: RUF012 - as people write them
"""What the queries are about: collections, many to many, eager ones, both sorts of inheritance, computed columns."""

from sqlalchemy import ARRAY, JSON, Column, ForeignKey, Integer, PickleType, String, Table, func, select
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import backref, column_property, declarative_base, relationship

Base = declarative_base()
Numbers = JSON().with_variant(ARRAY(Integer), "postgresql")

post_tags = Table(
    "post_tags",
    Base.metadata,
    Column("post_id", ForeignKey("posts.id"), primary_key=True),
    Column("tag_id", ForeignKey("tags.id"), primary_key=True),
)


class Post(Base):
    __tablename__ = "posts"
    id = Column(Integer, primary_key=True)
    title = Column(String)
    score = Column(Integer)
    data = Column(JSON(none_as_null=True))
    marks = Column(Numbers)
    extra = Column(PickleType)
    author_id = Column(Integer, ForeignKey("users.id"))
    author = relationship("User", back_populates="posts")
    tags = relationship("Tag", secondary=post_tags, order_by="Tag.id", backref=backref("posts", order_by="Post.id"))


class User(Base):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True)
    name = Column(String)
    age = Column(Integer)
    posts = relationship(Post, back_populates="author", order_by="Post.id")
    written = column_property(
        select(func.count(Post.id)).where(Post.author_id == id).correlate_except(Post).scalar_subquery()
    )

    @hybrid_property
    def shown(self):
        return self.name + "!"

    @hybrid_property
    def twice(self):
        return self.age * 2

    @twice.expression
    def twice(cls):
        return cls.age + cls.age


class Tag(Base):
    __tablename__ = "tags"
    id = Column(Integer, primary_key=True)
    name = Column(String)


class Shelf(Base):
    """Always loads its books by a join."""

    __tablename__ = "shelves"
    id = Column(Integer, primary_key=True)
    label = Column(String)
    books = relationship("Book", lazy="joined", order_by="Book.id", back_populates="shelf")


class Book(Base):
    __tablename__ = "books"
    id = Column(Integer, primary_key=True)
    pages = Column(Integer)
    shelf_id = Column(Integer, ForeignKey("shelves.id"))
    shelf = relationship(Shelf, back_populates="books")


class Room(Base):
    """Always loads one shelf by a join, and so its books."""

    __tablename__ = "rooms"
    id = Column(Integer, primary_key=True)
    name = Column(String)
    shelf_id = Column(Integer, ForeignKey("shelves.id"))
    shelf = relationship(Shelf, lazy="joined")


class Team(Base):
    __tablename__ = "teams"
    id = Column(Integer, primary_key=True)
    name = Column(String)
    staff = relationship("Staff", lazy="selectin", order_by="Staff.id", back_populates="team")


class Staff(Base):
    __tablename__ = "staff"
    id = Column(Integer, primary_key=True)
    kind = Column(String)
    name = Column(String)
    team_id = Column(Integer, ForeignKey("teams.id"))
    team = relationship(Team, back_populates="staff")
    __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "staff"}


class Manager(Staff):
    """In the table of all staff."""

    level = Column(Integer)
    __mapper_args__ = {"polymorphic_identity": "manager"}


class Engineer(Staff):
    """In a table of its own besides."""

    __tablename__ = "engineers"
    id = Column(Integer, ForeignKey("staff.id"), primary_key=True)
    language = Column(String)
    __mapper_args__ = {"polymorphic_identity": "engineer"}


class Topic(Base):
    """A tree."""

    __tablename__ = "topics"
    id = Column(Integer, primary_key=True)
    name = Column(String)
    parent_id = Column(Integer, ForeignKey("topics.id"))
    children = relationship("Topic", back_populates="parent", order_by="Topic.id")
    parent = relationship("Topic", back_populates="children", remote_side=[id])
