"""Queries that go through functions before they run: the whole migration, run before and after."""

from __future__ import annotations

from pathlib import Path

from .harness import prove
from .test_lookalikes import HEAD


def test_a_session_is_handed_to_what_runs_the_query(tmp_path: Path) -> None:
    pages = """\
from sqlalchemy.orm import Query


def window(query: Query, page: int = 1, size: int = 2):
    return query.offset((page - 1) * size).limit(size).all()


def paginate(query: Query, page: int, size: int = 2) -> dict:
    items = window(query, page=page, size=size)
    return {"total": query.count(), "names": [getattr(i, "name", None) or i.title for i in items]}
"""
    app = (
        HEAD
        + """
from models import Post
from pages import paginate


class Posts:
    def __init__(self, session: Session):
        self.session = session

    def page(self, number):
        return paginate(self.session.query(Post).order_by(Post.id), number, 1)


@app.get("/users")
def users(page: int = 1, least: int = 0, db: Session = Depends(get_db)):
    query = db.query(User).order_by(User.id)
    if least:
        query = query.filter(User.age >= least)
    return paginate(query, page)


@app.get("/posts")
def posts(page: int = 1, db: Session = Depends(get_db)):
    return Posts(db).page(page)
"""
    )
    requests = [("GET", f"/{path}") for path in ("users", "users?page=2", "users?least=25", "posts", "posts?page=2")]
    migrated = prove(tmp_path, {"main.py": app, "pages.py": pages}, requests)
    assert "async def paginate(query: Select, page: int, size: int = 2, *, db: AsyncSession)" in migrated["pages.py"]


def test_a_repository_that_is_asked_for_its_query(tmp_path: Path) -> None:
    app = (
        HEAD
        + """
class Repo:
    def __init__(self, db: Session):
        self.db = db

    @property
    def base(self):
        return self.db.query(User).order_by(User.id)

    def older(self, age):
        return self.base.filter(User.age > age)


class Service:
    def __init__(self, repo: Repo):
        self.repo = repo

    def names(self, age):
        return [u.name for u in self.repo.older(age)]


def get_service(db: Session = Depends(get_db)):
    return Service(Repo(db))


@app.get("/users")
def users(age: int = 0, service: Service = Depends(get_service)):
    return service.names(age), service.repo.base.count()
"""
    )
    prove(tmp_path, app, [("GET", "/users"), ("GET", "/users?age=25")])


def test_instances_and_rows_through_one_function(tmp_path: Path) -> None:
    app = (
        HEAD
        + """
from models import Post


def page(query, size: int):
    return {"total": query.count(), "items": query.limit(size).all(), "first": query.first()}


def shown(found):
    return found["total"], [i.name for i in found["items"]], found["first"].name


@app.get("/users")
def users(db: Session = Depends(get_db)):
    return shown(page(db.query(User).order_by(User.id), 2))


@app.get("/names")
def names(db: Session = Depends(get_db)):
    return shown(page(db.query(User.name, User.id).order_by(User.id), 2))


@app.get("/writers")
def writers(db: Session = Depends(get_db)):
    found = page(db.query(User).join(Post).order_by(User.id), 9)
    return shown(found), [len(u.posts) for u in found["items"]]


@app.get("/counts")
def counts(db: Session = Depends(get_db)):
    queries = {"users": db.query(User), "posts": db.query(Post).filter(Post.id > 1)}
    return {name: query.count() for name, query in queries.items()}
"""
    )
    prove(tmp_path, app, [("GET", f"/{path}") for path in ("users", "names", "writers", "counts")])


def test_queries_in_objects_lambdas_and_reductions(tmp_path: Path) -> None:
    app = (
        HEAD
        + """
import functools

from sqlalchemy.orm import Query


class Builder:
    def __init__(self, query):
        self.query = query

    def older(self, age):
        self.query = self.query.filter(User.age > age)
        return self

    def run(self):
        return self.query.order_by(User.id).all()


def names(users):
    if isinstance(users, Query):
        users = users.order_by(User.id).all()
    return [u.name for u in users]


@app.get("/built")
def built(db: Session = Depends(get_db)):
    return [u.name for u in Builder(db.query(User)).older(20).run()]


@app.get("/checked")
def checked(db: Session = Depends(get_db)):
    return names(db.query(User).filter(User.id > 1)), names(db.query(User).all()), names([])


@app.get("/reduced")
def reduced(db: Session = Depends(get_db)):
    narrow = lambda query: query.filter(User.id > 1)
    query = functools.reduce(lambda q, c: q.filter(c), [User.id > 0, User.id < 3], db.query(User))
    return [u.name for u in query.order_by(User.id).all()], query.count(), narrow(query).count()
"""
    )
    prove(tmp_path, app, [("GET", f"/{path}") for path in ("built", "checked", "reduced")])


def test_queries_that_cannot_be_followed_work_as_they_are(tmp_path: Path) -> None:
    app = (
        HEAD
        + """
import functools
from contextlib import contextmanager
from dataclasses import dataclass

from shelf import page_of
from sqlalchemy.orm import Query


@contextmanager
def lent(db: Session):
    yield db.query(User).order_by(User.id)


@dataclass
class Wanted:
    query: Query
    size: int


def run(wanted: Wanted):
    return wanted.query.limit(wanted.size).all()


def page(size, query):
    return query.limit(size).all()


class Reports:
    filters = {"old": lambda q: q.filter(User.age > 25), "all": lambda q: q}

    def __init__(self, db: Session):
        self.db = db
        self.queries = []

    def add(self, name):
        self.queries.append(self.filters[name](self.db.query(User)))

    def run(self):
        return [q.count() for q in self.queries]


@app.get("/lent")
def borrowed(db: Session = Depends(get_db)):
    with lent(db) as query:
        return [u.name for u in query.all()], query.count(), [u.id for u in query]


@app.get("/wanted")
def wanted(db: Session = Depends(get_db)):
    wanted = Wanted(db.query(User).order_by(User.id), 2)
    return [u.name for u in run(wanted)], wanted.query.count()


@app.get("/partial")
def partial(db: Session = Depends(get_db)):
    return [u.name for u in functools.partial(page, 1)(db.query(User))]


@app.get("/library")
def library(db: Session = Depends(get_db)):
    return [u.name for u in page_of(db.query(User).order_by(User.id), 2)]


@app.get("/named")
def named(how: str = "filter", db: Session = Depends(get_db)):
    query = getattr(db.query(User), how)(User.id > 1)
    return [u.name for u in query.all()], query.count()


@app.get("/reports")
def reports(db: Session = Depends(get_db)):
    reports = Reports(db)
    reports.add("old")
    reports.add("all")
    return reports.run()
"""
    )
    library = {"shelf.py": "def page_of(query, size):\n    return query.limit(size).all()\n"}
    requests = [("GET", f"/{path}") for path in ("lent", "wanted", "partial", "library", "named", "reports")]
    prove(tmp_path, app, requests, codes=["query-escapes", "query-session"], installed=library)
