"""A small suite whose tests each load something implicitly, or nothing. `# read` and `# load` mark the lines."""

from __future__ import annotations

MODELS = """\
from sqlalchemy import Column, DateTime, ForeignKey, Integer, String, Text, func
from sqlalchemy.ext.associationproxy import association_proxy
from sqlalchemy.orm import declarative_base, deferred, relationship

Base = declarative_base()


class User(Base):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True)
    name = Column(String)
    bio = deferred(Column(Text))
    updated = Column(DateTime, onupdate=func.now())
    posts = relationship("Post", back_populates="author")
    titles = association_proxy("posts", "title")


class Post(Base):
    __tablename__ = "posts"
    id = Column(Integer, primary_key=True)
    title = Column(String)
    author_id = Column(ForeignKey("users.id"))
    author = relationship(User, back_populates="posts")


class Staff(Base):
    __tablename__ = "staff"
    id = Column(Integer, primary_key=True)
    kind = Column(String)
    __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "staff"}


class Engineer(Staff):
    __tablename__ = "engineers"
    id = Column(Integer, ForeignKey("staff.id"), primary_key=True)
    language = Column(String)
    __mapper_args__ = {"polymorphic_identity": "engineer"}
"""

CONFTEST = """\
import pytest
from models import Base, Engineer, Post, User
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from sqlalchemy.pool import StaticPool


@pytest.fixture
def db():
    engine = create_engine("sqlite://", poolclass=StaticPool)
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add(User(name="ann", bio="b", posts=[Post(title="t1"), Post(title="t2")]))
        session.add(Engineer(language="c"))
        session.commit()
    with Session(engine) as session:
        yield session
"""

TESTS = """\
from models import Post, Staff, User
from sqlalchemy import event
from sqlalchemy.orm import joinedload


def test_relationship(db):
    user = db.query(User).first()  # load
    assert len(user.posts) == 2  # read
    assert [post.author for post in user.posts] == [user, user]


def test_each_of_a_loop(db):
    for post in db.query(Post).all():  # load
        db.expunge(post.author)  # read


def test_through(db):
    post = db.query(Post).first()  # load
    author = post.author  # read one
    assert author.posts  # read two


def test_through_eager(db):
    post = db.query(Post).options(joinedload(Post.author)).first()  # load
    assert post.author.posts  # read


def test_deferred(db):
    user = db.query(User).one()  # load
    assert user.bio  # read


def test_commit(db):
    user = db.query(User).one()  # load
    db.commit()
    assert user.name  # read


def test_rollback(db):
    user = db.query(User).one()  # load
    db.rollback()
    assert user.name  # read


def test_fetched(db):
    user = db.query(User).one()  # load
    user.name = "bob"
    db.flush()
    assert user.updated  # read


def test_polymorphic(db):
    staff = db.query(Staff).one()  # load
    assert staff.language == "c"  # read


def test_assigned(db):
    user = db.query(User).one()  # load
    user.posts = []  # read


def test_proxy(db):
    user = db.query(User).one()  # load
    assert list(user.titles) == ["t1", "t2"]  # read


def test_made(db):
    user = User(name="cid")  # load
    db.add(user)
    db.flush()
    assert user.posts == []  # read


def test_in_a_listener(db):
    user = db.query(User).one()  # load

    @event.listens_for(db, "before_flush")
    def look(session, context, instances):
        assert user.posts  # read

    user.name = "dan"
    db.flush()


def test_nothing_implicit(db):
    user = db.query(User).options(joinedload(User.posts)).first()
    assert user.posts
    db.merge(User(id=1, name="eve"))
    db.flush()
    db.refresh(user)
    assert db.query(Post).count() == len(list(db.query(Post))) == 2
    assert db.query(User).filter(User.posts.any()).all() == [user]
    assert db.query(User).get(1) is user
    db.delete(user)
    db.commit()
"""
