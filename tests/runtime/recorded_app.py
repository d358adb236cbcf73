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
from sqlalchemy import event, select
from sqlalchemy.orm import Session, joinedload


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


def test_commit_before_a_relationship(db):
    author = db.query(User).one()
    db.commit()
    post = db.query(Post).filter(Post.title == "t1").one()  # load
    assert post.author is author  # read


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


class Careful(Session):
    def execute(self, *args, **kwargs):
        return super().execute(*args, **kwargs)


def test_own_session(db):
    with Careful(db.get_bind()) as own:
        user = own.query(User).first()  # load
        own.execute(select(User))
        assert user.posts  # read


def test_listener_that_runs_the_statement(db):
    user = db.query(User).first()  # load

    @event.listens_for(db, "do_orm_execute")
    def run(state):
        db.connection().execute(select(Post.id))
        return state.invoke_statement()

    assert user.posts  # read


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

ASYNC_CONFTEST = """\
import asyncio
from contextlib import asynccontextmanager

import pytest
from models import Base, Post, User
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.pool import StaticPool


@asynccontextmanager
async def opened():
    engine = create_async_engine("sqlite+aiosqlite://", poolclass=StaticPool)
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    async with AsyncSession(engine, expire_on_commit=False) as session:
        session.add(User(name="ann", bio="b", posts=[Post(title="t1"), Post(title="t2")]))
        await session.commit()
    async with AsyncSession(engine, expire_on_commit=False) as session:
        yield session
    await engine.dispose()


@pytest.fixture
def run():
    async def inside(function):
        async with opened() as session:
            await function(session)

    return lambda function: asyncio.run(inside(function))
"""

ASYNC_TESTS = """\
from models import Post, User
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncAttrs
from sqlalchemy.orm import selectinload
from sqlalchemy.util import greenlet_spawn


def titles(user):
    return [post.title for post in user.posts]  # read


def test_nothing(run):
    async def body(db):
        pass

    run(body)


def test_explicit(run):
    async def body(db):
        user = (await db.scalars(select(User).options(selectinload(User.posts)))).one()
        assert [post.title for post in user.posts] == ["t1", "t2"]
        user.name = "bob"
        await db.flush()
        await db.refresh(user)
        await db.refresh(user, ["posts"])
        assert await db.scalar(select(func.count()).select_from(Post)) == 2
        async for _ in await db.stream(select(Post)):
            pass

    run(body)


def test_awaitable_attribute(run):
    async def body(db):
        user = (await db.scalars(select(User))).one()
        assert len(await AsyncAttrs.awaitable_attrs.fget(user).posts) == 2
        post = (await db.scalars(select(Post))).first()
        db.expire(post)
        assert await greenlet_spawn(getattr, post, "title") == "t1"
        assert await db.run_sync(lambda session: session.get(User, user.id).name) == "ann"

    run(body)


def test_in_the_greenlet(run):
    async def body(db):
        user = (await db.scalars(select(User))).one()  # load
        assert await greenlet_spawn(titles, user) == ["t1", "t2"]

    run(body)
"""
