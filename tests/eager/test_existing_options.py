"""Options that a statement gets from elsewhere: what is added to them never contradicts them."""

from __future__ import annotations

from pathlib import Path

from .apps import HEAD, prove

LOADERS = """
from sqlalchemy.orm import Load, defaultload, lazyload, selectinload, subqueryload
"""


def main(text: str) -> dict[str, str]:
    return {"main.py": HEAD + LOADERS + text}


def test_options_in_names(tmp_path: Path) -> None:
    """Of the module, of a class, of a function, in a list that grows, in a dictionary."""
    text = """

LOADS = (selectinload(Post.author),)
BY_NAME = {"some": [selectinload(Post.author)], "none": []}


class Repository:
    loads = [selectinload(Post.author)]

    def __init__(self, db: Session):
        self.db = db

    def every(self):
        return self.db.scalars(select(Post).options(*self.loads).order_by(Post.id)).all()


@app.get("/module", response_model=list[PostOut])
def module(db: Session = Depends(get_db)):
    statement = select(Post).order_by(Post.id)
    return db.scalars(statement.options(*LOADS)).all()


@app.get("/class", response_model=list[PostOut])
def of_class(db: Session = Depends(get_db)):
    return Repository(db).every()


@app.get("/named/{name}", response_model=list[PostOut])
def named(name: str, db: Session = Depends(get_db)):
    return db.scalars(select(Post).options(*BY_NAME[name]).order_by(Post.id)).all()


@app.get("/grows", response_model=list[PostOut])
def grows(full: bool = False, db: Session = Depends(get_db)):
    loads = []
    if full:
        loads.append(selectinload(Post.author))
    return db.scalars(select(Post).options(*loads).order_by(Post.id)).all()


@app.get("/either", response_model=list[PostOut])
def either(full: bool = False, db: Session = Depends(get_db)):
    loads = [selectinload(Post.author)] if full else []
    loads += [selectinload(Post.tags)]
    return db.scalars(select(Post).options(*loads).order_by(Post.id)).all()


@app.get("/chain", response_model=list[UserFull])
def chain(full: bool = False, db: Session = Depends(get_db)):
    posts = selectinload(User.posts)
    loads = [posts.joinedload(Post.author)]
    if full:
        loads.append(posts.selectinload(Post.tags))
    return db.query(User).options(*loads).order_by(User.id).all()
"""
    urls = "/module /class /named/some /named/none /grows /grows?full=1 /either /either?full=1 /chain /chain?full=1"
    after = prove(main(text), tmp_path, [("GET", url) for url in urls.split()])
    assert "joinedload(Post.author), selectinload(Post.tags)" not in after.partition("LOADS = ")[2]


def test_options_of_functions(tmp_path: Path) -> None:
    """A function that gives options, one that puts them on a statement, and parameters for them."""
    text = """

def loads():
    return [selectinload(Post.author)]


def with_author(statement):
    return statement.options(selectinload(Post.author))


def every(db: Session, *options):
    return db.scalars(select(Post).options(*options).order_by(Post.id)).all()


def some(db: Session, options=None):
    statement = select(Post).where(Post.id < 3)
    if options:
        statement = statement.options(*options)
    return db.scalars(statement).all()


def named(db: Session, names):
    statement = select(Post).order_by(Post.id)
    for name in names:
        statement = statement.options(selectinload(getattr(Post, name)))
    return db.scalars(statement).all()


@app.get("/gives", response_model=list[PostOut])
def gives(db: Session = Depends(get_db)):
    return db.scalars(select(Post).options(*loads()).order_by(Post.id)).all()


@app.get("/puts", response_model=list[PostOut])
def puts(db: Session = Depends(get_db)):
    return db.scalars(with_author(select(Post).order_by(Post.id))).all()


@app.get("/every", response_model=list[PostOut])
def of_every(db: Session = Depends(get_db)):
    return every(db, selectinload(Post.author))


@app.get("/none", response_model=list[PostOut])
def of_none(db: Session = Depends(get_db)):
    return every(db)


@app.get("/some", response_model=list[PostOut])
def of_some(db: Session = Depends(get_db)):
    return some(db, [selectinload(Post.author)])


@app.get("/named", response_model=list[PostOut])
def of_named(db: Session = Depends(get_db)):
    return named(db, ["author"])
"""
    urls = "/gives /puts /every /none /some /named"
    prove(main(text), tmp_path, [("GET", url) for url in urls.split()])


def test_options_of_one_statement_of_two(tmp_path: Path) -> None:
    """What is put on one of the statements that are made of a first one, the other has not."""
    text = """

def base():
    return select(Post).order_by(Post.id)


@app.get("/first", response_model=list[PostOut])
def first(db: Session = Depends(get_db)):
    return db.scalars(base().options(selectinload(Post.author))).all()


@app.get("/second", response_model=list[PostOut])
def second(db: Session = Depends(get_db)):
    return db.scalars(base()).all()


@app.get("/branch", response_model=list[PostOut])
def branch(full: bool = False, db: Session = Depends(get_db)):
    statement = select(Post).order_by(Post.id)
    if full:
        statement = statement.options(selectinload(Post.author))
    return db.scalars(statement).all()
"""
    prove(main(text), tmp_path, [("GET", url) for url in "/first /second /branch /branch?full=1".split()])


def test_other_forms_of_options(tmp_path: Path) -> None:
    text = """

@app.get("/load", response_model=list[PostOut])
def load(db: Session = Depends(get_db)):
    return db.scalars(select(Post).options(Load(Post).selectinload(Post.author)).order_by(Post.id)).all()


@app.get("/through", response_model=list[UserFull])
def through(db: Session = Depends(get_db)):
    options = [selectinload(User.posts), defaultload(User.posts).joinedload(Post.author)]
    return db.scalars(select(User).options(*options).order_by(User.id)).all()


@app.get("/subquery", response_model=list[PostOut])
def subquery(db: Session = Depends(get_db)):
    return db.scalars(select(Post).options(subqueryload(Post.tags)).order_by(Post.id)).all()


@app.get("/joined", response_model=list[UserFull])
def joined(db: Session = Depends(get_db)):
    return db.query(User).options(joinedload(User.posts)).order_by(User.id).all()


@app.get("/wild", response_model=list[PostOut])
def wild(db: Session = Depends(get_db)):
    return db.scalars(select(Post).options(lazyload("*")).order_by(Post.id)).all()
"""
    prove(main(text), tmp_path, [("GET", f"/{name}") for name in ("load", "through", "subquery", "joined", "wild")])


def test_lookup_with_options_of_what_the_session_may_hold(tmp_path: Path) -> None:
    """`get` hands an instance out that is there, whatever options it is given."""
    text = """

LOADS = [joinedload(User.posts)]


def current(db: Session = Depends(get_db)):
    return db.get(User, 1)


@app.get("/a/{key}", response_model=UserFull)
def a(key: int, db: Session = Depends(get_db), me: User = Depends(current)):
    return db.get(User, key, options=[selectinload(User.posts)])


@app.get("/b/{key}", response_model=UserFull)
def b(key: int, db: Session = Depends(get_db), me: User = Depends(current)):
    return db.get(User, key, options=LOADS)


@app.get("/c/{key}", response_model=UserFull)
def c(key: int, db: Session = Depends(get_db), me: User = Depends(current)):
    return db.get(User, key, options=(selectinload(User.posts),), populate_existing=True)
"""
    after = prove(main(text), tmp_path, [("GET", f"/{route}/2") for route in "abc"])
    assert "select(User).options(*LOADS, defaultload(User.posts)" in after
    assert ".unique().one_or_none()" in after


def test_relationships_that_a_type_checker_is_told_the_type_of(tmp_path: Path) -> None:
    text = """
import typing
from typing import Any, cast


@app.get("/told", response_model=list[PostOut])
def told(db: Session = Depends(get_db)):
    return db.scalars(select(Post).options(subqueryload(cast(Any, Post.author))).order_by(Post.id)).all()


@app.get("/chain", response_model=list[UserFull])
def chain(db: Session = Depends(get_db)):
    chosen = selectinload(typing.cast("Any", User.posts)).selectinload(cast(Any, Post.author))
    return db.scalars(select(User).options(chosen).order_by(User.id)).all()
"""
    after = prove(main(text), tmp_path, [("GET", "/told"), ("GET", "/chain")])
    assert "load(Post.author)" not in after and "load(User.posts).selectinload(Post.tags)" in after
