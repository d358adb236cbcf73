"""Own subclasses of Query: their methods stay, and run in the greenlet of who calls them."""

from __future__ import annotations

from pathlib import Path

from .harness import prove

DB = """\
from fastapi import HTTPException
from sqlalchemy import create_engine
from sqlalchemy.orm import Query, declarative_base, scoped_session, sessionmaker


class PagingQuery(Query):
    def get_or_404(self, pk):
        found = self.get(pk)
        if found is None:
            raise HTTPException(404)
        return found

    def named(self, name):
        return self.filter_by(name=name)

    def paginate(self, page, size=2):
        return {"total": self.count(), "items": self.limit(size).offset((page - 1) * size).all()}


engine = create_engine("sqlite:///./app.db", connect_args={"check_same_thread": False})
SessionLocal = sessionmaker(autocommit=False, autoflush=False, bind=engine, query_cls=PagingQuery)
session = scoped_session(sessionmaker(bind=engine))
Base = declarative_base()
Base.query = session.query_property(query_cls=PagingQuery)


def get_db():
    db = SessionLocal()
    try:
        yield db
    finally:
        db.close()


def removed():
    yield
    session.remove()
"""
MODELS = """\
from sqlalchemy import Column, ForeignKey, Integer, String
from sqlalchemy.orm import relationship

from db import Base


class User(Base):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True)
    name = Column(String)
    age = Column(Integer, default=0)
    posts = relationship("Post", back_populates="author", order_by="Post.id")


class Post(Base):
    __tablename__ = "posts"
    id = Column(Integer, primary_key=True)
    title = Column(String)
    user_id = Column(Integer, ForeignKey("users.id"))
    author = relationship("User", back_populates="posts")
"""
HEAD = """\
from fastapi import Depends, FastAPI
from sqlalchemy.orm import Session

from db import get_db, removed
from models import Post, User

app = FastAPI(dependencies=[Depends(removed)])

"""
APP = """
@app.get("/users/{pk}")
def user(pk: int, db: Session = Depends(get_db)):
    user = db.query(User).get_or_404(pk)
    return user.name, [post.title for post in user.posts]


@app.get("/posts/{pk}")
def post(pk: int):
    post = Post.query.get_or_404(pk)
    return post.title, post.author.name


@app.get("/named/{name}")
def named(name: str, db: Session = Depends(get_db)):
    users = db.query(User).named(name).order_by(User.id).all()
    return [[post.title for post in user.posts] for user in users], User.query.named(name).count()


@app.get("/pages/{page}")
def paged(page: int):
    found = User.query.order_by(User.id).paginate(page)
    return {"total": found["total"], "ids": [user.id for user in found["items"]]}


@app.get("/plain")
def plain(db: Session = Depends(get_db)):
    return db.query(User).filter(User.id > 1).count(), [user.id for user in User.query.all()]
"""
CHANGED = """
@app.get("/users")
def users(db: Session = Depends(get_db)):
    return [user.name for user in db.query(User).order_by(User.id).all()]


@app.get("/own")
def own():
    return [user.name for user in User.query.all()]
"""


def test_added_methods(tmp_path: Path) -> None:
    files = {"db.py": DB, "models.py": MODELS, "main.py": HEAD + APP}
    paths = ("users/1", "users/9", "posts/1", "named/ann", "pages/1", "pages/2", "plain")
    done = prove(tmp_path, files, [("GET", f"/{path}") for path in paths], codes=["query-method"])
    flat = "".join(done["main.py"].split())
    assert "session.scalars(select(User))" in flat  # a query that calls none of them
    assert "awaitgreenlet_spawn(User.query.order_by(User.id).paginate,page)" in flat


def test_changed_methods(tmp_path: Path) -> None:
    """Nothing is converted where the class changes what a query gives."""
    db = DB.replace("    def named(", "    def all(self):\n        return super().all()[:2]\n\n    def named(")
    files = {"db.py": db, "models.py": MODELS, "main.py": HEAD + CHANGED}
    done = prove(tmp_path, files, [("GET", "/users"), ("GET", "/own")], codes=["query-class"])
    assert "select(" not in done["main.py"]


BESIDE_DB = """\
from sqlalchemy import create_engine
from sqlalchemy.orm import DeclarativeBase, Query, sessionmaker


class Base(DeclarativeBase):
    pass


class Quiet(Query):
    def __new__(cls, *args, **kwargs):
        return object.__new__(cls)


engine = create_engine("sqlite:///./app.db", connect_args={"check_same_thread": False})
SessionLocal = sessionmaker(bind=engine, query_cls=Quiet)


def get_db():
    with SessionLocal() as db:
        yield db
"""
BESIDE = """\
from fastapi import Depends, FastAPI
from sqlalchemy.orm import Session

from db import get_db
from models import User

app = FastAPI()


def get_user(db: Session, name: str) -> User:
    return db.query(User).filter(User.name == name).one()


@app.get("/one")
def one(db: Session = Depends(get_db)):
    user = get_user(db, "ann")
    return [post.title for post in user.posts]


@app.get("/name")
def name(db: Session = Depends(get_db)):
    return get_user(db, "bob").name
"""
MOCKED = "from unittest.mock import Mock\n\n\ndef test_name():\n    assert Mock(name='user')\n"


def test_loads_beside_what_reads_of_queries_that_stay(tmp_path: Path) -> None:
    files = {"db.py": BESIDE_DB, "models.py": MODELS, "main.py": BESIDE, "tests/test_mocked.py": MOCKED}
    after = prove(tmp_path, files, [("GET", f"/{name}") for name in ("one", "name")], codes=["query-class"])["main.py"]
    assert "options(joinedload(User.posts))" in after
    assert "getattr" not in after
