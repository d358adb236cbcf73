"""`Model.query` of scoped sessions, and collections that are queries, through the whole migration."""

from __future__ import annotations

from pathlib import Path

from .harness import DB, prove

SCOPED = (
    DB.partition("def get_db")[0]
    .replace("import sessionmaker", "import declarative_base, scoped_session, sessionmaker")
    .replace("SessionLocal = sessionmaker(", "session = scoped_session(sessionmaker(")
    .replace("bind=engine)", "bind=engine))")
    + "Base = declarative_base()\nBase.query = session.query_property()\n"
)
MODELS = """\
from sqlalchemy import Column, ForeignKey, Integer, String, Table
from sqlalchemy.orm import backref, relationship

from db import Base

fans = Table(
    "fans",
    Base.metadata,
    Column("user_id", ForeignKey("users.id"), primary_key=True),
    Column("post_id", ForeignKey("posts.id"), primary_key=True),
)


class User(Base):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True)
    name = Column(String)
    age = Column(Integer, default=0)
    posts = relationship("Post", lazy="dynamic", back_populates="author", order_by="Post.id")
    liked = relationship("Post", secondary=fans, lazy="dynamic", backref=backref("fans", lazy="dynamic"))

    @classmethod
    def named(cls, name):
        return cls.query.filter_by(name=name).first()

    @classmethod
    def older_than(cls, age):
        return cls.query.filter(cls.age > age)

    def namesakes(self):
        return self.query.filter_by(name=self.name).count()

    def titles(self):
        return [post.title for post in self.posts]


class Post(Base):
    __tablename__ = "posts"
    id = Column(Integer, primary_key=True)
    title = Column(String)
    user_id = Column(Integer, ForeignKey("users.id"))
    author = relationship("User", back_populates="posts")
"""
APP = """\
from fastapi import Depends, FastAPI, HTTPException

from db import session
from models import Post, User

app = FastAPI()


def find(user_id: int):
    user = User.query.get(user_id)
    if user is None:
        raise HTTPException(404)
    return user


def latest(posts, size=2):
    return [post.id for post in posts.order_by(None).order_by(Post.id.desc()).limit(size)]


@app.get("/users")
def users():
    return [user.name for user in User.query.order_by(User.id).all()]


@app.get("/users/{user_id}")
def user(user: User = Depends(find)):
    return {
        "same": user.namesakes(),
        "titles": user.titles(),
        "count": user.posts.count(),
        "first": [post.id for post in user.posts[0:1]],
        "all": len(list(user.posts)),
        "latest": latest(user.posts),
        "authors": [post.author.name for post in user.posts.filter(Post.title != "")],
    }


@app.get("/named/{name}")
def named(name: str):
    user = User.named(name)
    return user.id if user else None


@app.get("/older/{age}")
def older(age: int):
    query = User.older_than(age)
    return {"count": query.count(), "ids": [user.id for user in query.order_by(User.id)]}


@app.post("/users/{user_id}/posts/{title}")
def add(title: str, user: User = Depends(find)):
    user.posts.append(Post(title=title))
    session.commit()
    return user.posts.filter(Post.title == title).count()


@app.post("/users/{user_id}/likes/{post_id}")
def like(post_id: int, user: User = Depends(find)):
    post = Post.query.filter(Post.id == post_id).one()
    user.liked.append(post)
    session.commit()
    return {"liked": [p.id for p in user.liked.filter_by(id=post_id)], "fans": [u.name for u in post.fans.all()]}


@app.delete("/users/{user_id}/likes")
def unlike(user: User = Depends(find)):
    for post in user.liked:
        user.liked.remove(post)
    session.commit()
    return user.liked.count()


@app.delete("/users/{user_id}/posts")
def clear(user_id: int):
    gone = Post.query.filter(Post.user_id == user_id).delete()
    session.commit()
    return gone
"""
REQUESTS = [
    ("GET", "/users"),
    ("GET", "/users/1"),
    ("GET", "/users/9"),
    ("GET", "/named/bob"),
    ("GET", "/named/zed"),
    ("GET", "/older/25"),
    ("POST", "/users/1/posts/new"),
    ("POST", "/users/2/likes/1"),
    ("GET", "/users/1"),
    ("DELETE", "/users/2/likes"),
    ("DELETE", "/users/1/posts"),
    ("GET", "/users/1"),
]


def test_models_with_queries_of_their_own(tmp_path: Path) -> None:
    files = {"db.py": SCOPED, "models.py": MODELS, "main.py": APP}
    done = prove(tmp_path, files, REQUESTS, leaks=True)
    assert "query_property" not in done["db.py"]
    assert "await session.get(User, user_id)" in done["main.py"]
    assert ".query" not in done["main.py"]
    assert 'lazy="dynamic"' in done["models.py"]


BY_HAND = (
    SCOPED.replace("session = ", "Session = ").replace("Base.query = session.query_property()\n", "")
    + """

class classproperty:
    def __init__(self, getter):
        self.getter = getter

    def __get__(self, instance, owner):
        return self.getter(owner)


class QueryOf:
    def __get__(self, instance, owner):
        return Session.query(owner)
"""
)
BY_HAND_MODELS = """\
from sqlalchemy import Column, ForeignKey, Integer, String
from sqlalchemy.orm import declarative_base, relationship

from db import QueryOf, Session, classproperty


class Records:
    id = Column(Integer, primary_key=True)
    query = Session.query_property()
    rows = QueryOf()

    @classproperty
    def objects(cls):
        return Session.query(cls)

    @classmethod
    def find(cls):
        return Session.query(cls)

    @classmethod
    def get(cls, pk):
        return cls.query.get(pk)

    @classmethod
    def by(cls, **criteria):
        return cls.query.filter_by(**criteria).first()

    def save(self):
        Session.add(self)
        Session.commit()
        return self


Base = declarative_base(cls=Records)


class User(Base):
    __tablename__ = "users"
    name = Column(String)
    age = Column(Integer, default=0)
    posts = relationship("Post", back_populates="author", order_by="Post.id")


class Post(Base):
    __tablename__ = "posts"
    title = Column(String)
    user_id = Column(Integer, ForeignKey("users.id"))
    author = relationship("User", back_populates="posts")
"""
BY_HAND_APP = """\
from fastapi import FastAPI

from models import Post, User

app = FastAPI()


@app.get("/methods")
def methods():
    return User.get(1).name, User.by(name="bob").id, User.get(9)


@app.get("/class-property")
def class_property():
    return User.objects.filter(User.id > 1).count(), [post.title for post in User.objects.first().posts]


@app.get("/descriptor")
def descriptor():
    return User.rows.filter(User.id > 1).count(), [post.title for post in User.rows.order_by(User.id).first().posts]


@app.get("/class-method")
def class_method():
    return User.find().filter_by(name="ann").count(), [user.id for user in User.find()]


@app.post("/new")
def new():
    user = User(name="new").save()
    return User.query.filter(User.id == user.id).one().name


@app.get("/both")
def both():
    query = User.query
    query = query.filter(User.age > 20) if query.count() else query
    return [model.query.count() for model in (User, Post)], [user.name for user in query]
"""


def test_properties_written_by_hand(tmp_path: Path) -> None:
    files = {"db.py": BY_HAND, "models.py": BY_HAND_MODELS, "main.py": BY_HAND_APP}
    paths = ("methods", "class-property", "descriptor", "class-method", "both")
    done = prove(tmp_path, files, [("POST", "/new"), *(("GET", f"/{path}") for path in paths)], leaks=True)
    assert "query_property" not in done["models.py"]
    assert "QueryOf()" not in done["models.py"]
    assert "greenlet_spawn" not in done["main.py"] + done["models.py"]


UNKNOWN_READER = """\
from fastapi import FastAPI

from models import Post, User

app = FastAPI()


@app.get("/one")
def one():
    return [user.id for user in User.query.all()]


def count(model):
    return model.query.count()
"""


def test_a_property_that_something_unknown_may_read_stays(tmp_path: Path) -> None:
    files = {"db.py": SCOPED, "models.py": MODELS, "main.py": UNKNOWN_READER}
    done = prove(tmp_path, files, [("GET", "/one")], codes=["query-property"], leaks=True)
    assert "Base.query = ModelQuery()" in done["db.py"]
    assert "session().sync_session.query(owner)" in done["db.py"]


DYNAMIC_SCHEMA = """\
from fastapi import Depends, FastAPI
from pydantic import BaseModel

from db import session
from models import User

app = FastAPI()


class UserOut(BaseModel):
    name: str
    post_count: int


def first():
    return User.query.order_by(User.id).first()


@app.get("/count")
def count(user: User = Depends(first)):
    return user.post_count


@app.get("/user", response_model=UserOut)
def read(user: User = Depends(first)):
    return user
"""


def test_a_property_that_waits_in_a_schema_is_reported(tmp_path: Path) -> None:
    models = MODELS.replace(
        "    def titles(",
        "    @property\n    def post_count(self):\n        return self.posts.count()\n\n    def titles(",
    )
    files = {"db.py": SCOPED, "models.py": models, "main.py": DYNAMIC_SCHEMA}
    done = prove(tmp_path, files, [("GET", "/count")], codes=["schema-property"], leaks=True)
    reads = "the response model UserOut reads User.post_count, which waits for the database"
    assert [f.message for f in done.findings] == [reads]
