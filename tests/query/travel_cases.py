"""Programs whose queries go through names, attributes, functions and containers before they run."""

from __future__ import annotations

HEADER = """\
import functools
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Callable, Generic, Optional, TypeVar

from sqlalchemy import func
from sqlalchemy.orm import Query, Session

from models import Book, Post, Tag, User

"""

#: name -> a program; `case_run(db)` is called. Nothing of the legacy Query is left of these.
CONVERTED: dict[str, str] = {
    "paginate": """
def window(query: Query, page: int = 1, size: int = 2):
    return query.offset((page - 1) * size).limit(size).all()

def paginate(query: Query, page, size=2):
    return window(query.order_by(None), page=page, size=size), query.count()

class Users:
    def __init__(self, session: Session):
        self.session = session

    def page(self, page):
        return paginate(self.session.query(User), page)

def posts(db: Session, page: int):
    query = db.query(Post)
    if page:
        query = query.filter(Post.id > 1)
    return paginate(query, page, size=3)

def case_run(db: Session):
    return posts(db, 1), Users(db).page(2)
""",
    "session_is_there_already": """
def page(query, size, session):
    return query.order_by(User.id).limit(size).all()

def case_run(db: Session):
    return page(db.query(User), 2, db)
""",
    "recursion": """
def climb(query, depth=0):
    if depth > 1:
        return query.all()
    return climb(query.filter(User.id > depth), depth + 1)

def case_run(db: Session):
    return climb(db.query(User))
""",
    "method_of_a_service": """
class Repo:
    def __init__(self, db: Session):
        self.db = db

    def base(self):
        return self.db.query(User)

class Service:
    def __init__(self, repo: Repo):
        self.repo = repo

    def everybody(self):
        query = self.repo.base().order_by(User.id)
        return query.all(), [u.name for u in self.repo.base().filter(User.id > 1)]

def case_run(db: Session):
    return Service(Repo(db)).everybody()
""",
    "filters_between": """
def only(query: Query, low: int) -> Query:
    return query.filter(User.id > low)

class Repo:
    def __init__(self, db: Session):
        self.db = db

    def some(self) -> Query:
        return only(only(self.db.query(User), 0), 1)

def case_run(db: Session):
    repo = Repo(db)
    return repo.some().all(), only(repo.some(), 2).count()
""",
    "property_and_generic": """
M = TypeVar("M")

class Repo(Generic[M]):
    model: type[M]

    def __init__(self, session: Session):
        self.session = session

    @property
    def base_query(self) -> Query:
        return self.session.query(self.model)

    def _query(self, *conditions):
        return self.base_query.filter(*conditions)

    def count(self):
        return self._query().count()

class Users(Repo[User]):
    model = User

    def adults(self):
        return self._query(User.age > 21, User.id > 0).all()

class Posts(Repo[Post]):
    model = Post

def case_run(db: Session):
    return Users(db).adults(), Users(db).count(), Posts(db).count()
""",
    "builder": """
class Search:
    def __init__(self, db: Session):
        self.db = db
        self.query = db.query(Post)

    def titled(self, title):
        self.query = self.query.filter(Post.title == title)
        return self

    def found(self):
        return self.query.order_by(Post.id).all()

def case_run(db: Session):
    search = Search(db).titled("a")
    return search.found(), search.query.count()
""",
    "strategies": """
def old(query: Query) -> Query:
    return query.filter(User.age > 21)

def late(query: Query) -> Query:
    return query.filter(User.id > 1)

def narrowed(query: Query, filters: list[Callable[[Query], Query]]) -> Query:
    for one in filters:
        query = one(query)
    return query

def case_run(db: Session):
    return narrowed(db.query(User), [old, late]).all(), narrowed(db.query(User), [late]).count()
""",
    "conditional": """
def case_run(db: Session):
    low = 1
    query = db.query(User) if low is None else db.query(User).filter(User.id > low)
    if (more := query.filter(User.age.is_(None))) is not None:
        return more.all(), query.count()
""",
    "closure": """
def case_run(db: Session):
    base = db.query(User).order_by(User.id)

    def page(number):
        return base.offset(number).limit(1).all()

    return page(0), page(1), [u.name for u in base]
""",
    "generator": """
def names(query):
    for user in query:
        yield user.name

def all_of(query):
    yield from query

def case_run(db: Session):
    query = db.query(User).order_by(User.id)
    return list(names(query)), [u.id for u in all_of(query)]
""",
    "abstract": """
class Report:
    def __init__(self, db: Session):
        self.db = db

    def build(self) -> Query:
        raise NotImplementedError

    def run(self):
        return self.build().all()

class Old(Report):
    def build(self) -> Query:
        return self.db.query(User).filter(User.age > 21)

class Late(Report):
    def build(self) -> Query:
        return self.db.query(User).filter(User.id > 1).order_by(User.id)

def case_run(db: Session):
    return [report.run() for report in (Old(db), Late(db))]
""",
    "static": """
class Users:
    @staticmethod
    def narrow(query: Query, low: int) -> Query:
        return query.filter(User.id > low)

    @classmethod
    def some(cls, db: Session) -> "Query[User]":
        return cls.narrow(db.query(User), 1)

def case_run(db: Session):
    return Users.some(db).all(), Users.narrow(db.query(User), 2).one_or_none()
""",
    "rows_stay_rows": """
def pairs(db: Session):
    return db.query(User.id, User.name).order_by(User.id)

def case_run(db: Session):
    first = pairs(db).first()
    rows = pairs(db).all()
    rows.sort(key=lambda r: -r.id)
    number, name = rows[0]
    return first, first.name, first[0], first._asdict(), rows, number, name, rows == [], rows + [1]
""",
    "with_entities_after_branches": """
def case_run(db: Session):
    query = db.query(User)
    if db:
        query = query.filter(User.id > 1)
    names = query.with_entities(User.name).order_by(User.id)
    return names.all(), query.count(), query.order_by(User.id).all(), [n for (n,) in names]
""",
    "columns_counted": """
def total(query):
    return query.count()

def case_run(db: Session):
    return total(db.query(User.id)), total(db.query(User)), total(db.query(Post).join(Post.tags))
""",
    "two_sessions_of_one_name": """
def page(query: Query, size: int):
    return query.limit(size).all()

class One:
    def __init__(self, db: Session):
        self._db = db

    def page(self):
        return page(self._db.query(User).order_by(User.id), 2)

def other(session: Session):
    return page(session.query(Post).order_by(Post.id), 1)

def case_run(db: Session):
    return One(db).page(), other(db)
""",
    "dict_of_queries": """
def case_run(db: Session):
    queries = {"users": db.query(User), "posts": db.query(Post)}
    return {name: query.count() for name, query in queries.items()}, queries["users"].all()
""",
    "list_of_queries": """
def case_run(db: Session):
    found = []
    queries = [db.query(User).filter(User.id == n) for n in (1, 2)]
    queries.append(db.query(User).filter(User.id > 2))
    for query in queries:
        found += query.all()
    return found, [q.count() for q in (db.query(User), db.query(Post))]
""",
    "rows_and_entities": """
def page(query: Query, size: int):
    return {"total": query.count(), "items": query.limit(size).all()}

def case_run(db: Session):
    users = page(db.query(User).order_by(User.id), 2)
    names = page(db.query(User.name, User.id).order_by(User.id), 2)
    one = page(db.query(User.name).order_by(User.id), 2)
    both = page(db.query(User, Post).join(Post).order_by(User.id), 9)
    writers = page(db.query(User).join(Post).order_by(User.id), 9)
    return users, names, names["items"][0].name, one, both, writers
""",
    "checked": """
def case_run(db: Session):
    query = db.query(User)
    assert isinstance(query, Query)
    return query.count()
""",
    "optional": """
def users(db: Session, query: Optional[Query] = None):
    if query is None:
        query = db.query(User)
    return query.order_by(User.id).all()

def users_or(db: Session, query: "Query | None" = None):
    query = query or db.query(User).filter(User.id > 1)
    return query.order_by(User.id).all()

def case_run(db: Session):
    return users(db), users(db, db.query(User).filter(User.id < 3)), users_or(db), users_or(db, db.query(User))
""",
    "tuples": """
def narrowed(db: Session, low):
    query = db.query(User).filter(User.id > low)
    return query, query.count()

def case_run(db: Session):
    query, total = narrowed(db, 1)
    return query.all(), total
""",
    "lambda": """
def case_run(db: Session):
    narrow = lambda query: query.filter(User.id > 1)
    return narrow(db.query(User)).all()
""",
    "reduce": """
def case_run(db: Session):
    filters = [User.id > 0, User.id < 3]
    query = functools.reduce(lambda q, f: q.filter(f), filters, db.query(User))
    return query.order_by(User.id).all()
""",
    "builder_without_session": """
class Builder:
    def __init__(self, query: Query):
        self.query = query

    def older(self, age):
        self.query = self.query.filter(User.age > age)
        return self

    def run(self):
        return self.query.order_by(User.id).all()

    def __iter__(self):
        return iter(self.query)

class Posts:
    def __init__(self, session: Session, query):
        self.query = query
        self.session = session

    def run(self):
        return self.query.all()

def case_run(db: Session):
    builder = Builder(db.query(User))
    posts = Posts(db, db.query(Post)).run()
    return builder.older(20).run(), list(Builder(db.query(User))), builder.query.count(), posts
""",
    "sometimes_a_list": """
def names(users):
    if isinstance(users, Query):
        users = users.order_by(User.id).all()
    return [u.name for u in users]

def case_run(db: Session):
    return names(db.query(User).filter(User.id > 1)), names(db.query(User).all()), names([])
""",
}

#: programs that keep legacy queries, and the codes of what is reported
KEPT: dict[str, tuple[str, tuple[str, ...]]] = {
    "unknown_function": (
        """
from elsewhere import show

def case_run(db: Session):
    return show(db.query(User))
""",
        ("query-escapes",),
    ),
}
