"""Options that a statement may have or not, and what they leave to be loaded: the answers stay."""

from __future__ import annotations

from pathlib import Path

import pytest

from .harness import MODELS, prove

HEAD = """\
from typing import List, Optional

from fastapi import Depends, FastAPI
from pydantic import BaseModel, ConfigDict
from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session, aliased, contains_eager, defer, joinedload, lazyload, load_only, noload
from sqlalchemy.orm import selectinload

from db import get_db
from models import Post, User

app = FastAPI()


class Out(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class UserOut(Out):
    name: str


class PostOut(Out):
    title: str
    author: Optional[UserOut] = None


class UserFull(Out):
    name: str
    posts: List[PostOut]
"""


def mapped(setting: str) -> str:
    """The models with one loader setting for both relationships."""
    return MODELS.replace('order_by="Post.id")', f'order_by="Post.id", lazy="{setting}")').replace(
        'back_populates="posts")', f'back_populates="posts", lazy="{setting}")'
    )


def test_options_that_nothing_can_agree_with(tmp_path: Path) -> None:
    """A join in a branch, a loader that is a parameter, options of which nothing is known: the reads are in the
    greenlet, where they load what no option has loaded."""
    text = """

def loaded(statement, how):
    return statement.options(how(User.posts))


def unknown(request_options, **named):
    return [*request_options, *named.values()]


@app.get("/contains", response_model=List[PostOut])
def contains(name: str = "", db: Session = Depends(get_db)):
    statement = select(Post).order_by(Post.id)
    if name:
        statement = statement.join(Post.author).options(contains_eager(Post.author)).where(User.name == name)
    return db.scalars(statement).all()


@app.get("/joined", response_model=List[UserFull])
def joined(full: bool = False, db: Session = Depends(get_db)):
    statement = select(User).order_by(User.id)
    if full:
        statement = statement.options(joinedload(User.posts, innerjoin=False))
    return db.scalars(statement).unique().all()


@app.get("/given/{how}", response_model=List[UserFull])
def given(how: str, db: Session = Depends(get_db)):
    chosen = {"joined": joinedload, "select": selectinload}[how]
    return db.scalars(loaded(select(User).order_by(User.id), chosen)).unique().all()


@app.get("/unknown", response_model=List[UserFull])
def unknowns(db: Session = Depends(get_db)):
    options = unknown([joinedload(User.posts)], more=lazyload(Post.author))
    return db.scalars(select(User).options(*options[:1]).order_by(User.id)).unique().all()


@app.get("/lazy", response_model=List[PostOut])
def lazy(db: Session = Depends(get_db)):
    return db.scalars(select(Post).options(lazyload(Post.author)).order_by(Post.id)).all()


@app.get("/empty", response_model=List[UserFull])
def empty(db: Session = Depends(get_db)):
    return db.scalars(select(User).options(noload(User.posts)).order_by(User.id)).all()


@app.get("/aliases")
def aliases(db: Session = Depends(get_db)):
    Next = aliased(Post)
    rows = db.execute(select(Post, Next).join(Next, Next.id == Post.id + 1).options(joinedload(Next.author))).all()
    return [[first.author.name, second.author.name] for first, second in rows]
"""
    urls = "/contains /contains?name=ann /joined /joined?full=1 /given/joined /given/select /unknown /lazy /empty"
    prove(tmp_path, HEAD + text, [("GET", url) for url in (*urls.split(), "/aliases")])


@pytest.mark.parametrize("setting", ["joined", "selectin", "subquery", "immediate", "noload"])
def test_settings_of_the_mapping(tmp_path: Path, setting: str) -> None:
    """A join of a collection that the mapping adds makes several rows of one: also below what is joined here."""
    text = """

@app.get("/users", response_model=List[UserFull])
def users(db: Session = Depends(get_db)):
    return db.query(User).order_by(User.id).all()


@app.get("/first/{key}", response_model=UserFull)
def first(key: int, db: Session = Depends(get_db)):
    return db.query(User).filter(User.id == key).first()


@app.get("/one/{key}", response_model=UserFull)
def one(key: int, db: Session = Depends(get_db)):
    return db.get(User, key)


@app.get("/posts", response_model=List[PostOut])
def posts(db: Session = Depends(get_db)):
    return [post for post in db.query(Post).order_by(Post.id)]


@app.get("/lazy", response_model=List[UserFull])
def lazy(db: Session = Depends(get_db)):
    return db.scalars(select(User).options(lazyload(User.posts)).order_by(User.id)).all()


@app.get("/wild")
def wild(db: Session = Depends(get_db)):
    return [[post.title for post in user.posts] for user in db.query(User).options(lazyload("*")).order_by(User.id)]


@app.get("/told", response_model=List[UserFull])
def told(db: Session = Depends(get_db)):
    return db.scalars(select(User).options(selectinload(User.posts)).order_by(User.id)).all()


@app.post("/made", response_model=PostOut)
def made(db: Session = Depends(get_db)):
    post = Post(title="new", user_id=1)
    db.add(post)
    db.commit()
    db.refresh(post)
    return post
"""
    urls = "/users /first/1 /one/1 /posts /lazy /wild /told"
    app = {"models.py": mapped(setting), "main.py": HEAD + text}
    prove(tmp_path, app, [*(("GET", url) for url in urls.split()), ("POST", "/made")])


def test_single_objects_with_joined_collections(tmp_path: Path) -> None:
    """Joining the author would join his posts too, and the result of the select is not made unique."""
    models = MODELS.replace('order_by="Post.id")', 'order_by="Post.id", lazy="joined")')
    text = """

def of_all(db: Session, statement):
    return db.scalars(statement).all()


@app.get("/posts", response_model=List[PostOut])
def posts(db: Session = Depends(get_db)):
    return of_all(db, select(Post).order_by(Post.id))


@app.get("/names")
def names(db: Session = Depends(get_db)):
    return [post.author.name for post in db.scalars(select(Post).order_by(Post.id)).all()]
"""
    after = prove(tmp_path, {"models.py": models, "main.py": HEAD + text}, [("GET", "/posts"), ("GET", "/names")])
    assert "joinedload(Post.author)" not in after["main.py"]


def test_rows_of_statements_that_write(tmp_path: Path) -> None:
    text = """

@app.post("/insert", response_model=PostOut)
def inserted(db: Session = Depends(get_db)):
    post = db.scalars(insert(Post).values(title="n", user_id=1).returning(Post)).one()
    db.commit()
    return post


@app.post("/update")
def updated(db: Session = Depends(get_db)):
    post = db.execute(update(Post).where(Post.id == 1).values(title="u").returning(Post)).scalar_one()
    return [post.title, post.author.name]


@app.post("/from", response_model=PostOut)
def from_statement(db: Session = Depends(get_db)):
    written = insert(Post).values(title="f", user_id=2).returning(Post)
    return db.scalars(select(Post).from_statement(written)).one()


@app.get("/named/{key}", response_model=UserFull)
def named(key: int, db: Session = Depends(get_db)):
    return db.get(ident=key, entity=User)
"""
    requests = [*(("POST", url) for url in ("/insert", "/update", "/from")), ("GET", "/named/1")]
    prove(tmp_path, HEAD + text, requests)


def test_columns_that_options_leave_out(tmp_path: Path) -> None:
    """Read all the same, they are named in `load_only`, or loaded one by one in the greenlet."""
    text = """

@app.get("/only", response_model=List[PostOut])
def only(db: Session = Depends(get_db)):
    return db.scalars(select(Post).options(load_only(Post.id)).order_by(Post.id)).all()


@app.get("/deferred")
def deferred(db: Session = Depends(get_db)):
    return [post.title for post in db.scalars(select(Post).options(defer(Post.title)).order_by(Post.id))]


@app.get("/below", response_model=List[PostOut])
def below(db: Session = Depends(get_db)):
    return db.query(Post).options(joinedload(Post.author).load_only(User.id)).order_by(Post.id).all()


@app.get("/got/{key}")
def got(key: int, db: Session = Depends(get_db)):
    user = db.get(User, key, options=[load_only(User.name)])
    return [user.id, user.name, user.age]


@app.get("/enough", response_model=List[UserOut])
def enough(db: Session = Depends(get_db)):
    return db.scalars(select(User).options(load_only(User.name)).order_by(User.id)).all()
"""
    urls = ("/only", "/deferred", "/below", "/got/1", "/enough")
    after = prove(tmp_path, HEAD + text, [("GET", url) for url in urls])["main.py"]
    assert "greenlet" not in after.partition("def enough")[2]


def test_collections_that_only_write(tmp_path: Path) -> None:
    models = MODELS.replace('posts: Mapped[list["Post"]]', 'posts: WriteOnlyMapped["Post"]').replace(
        "import DeclarativeBase, Mapped,", "import DeclarativeBase, Mapped, WriteOnlyMapped,"
    )
    text = """

@app.get("/posts")
def posts(db: Session = Depends(get_db)):
    user = db.get(User, 1)
    return [[post.title, post.author.name] for post in db.scalars(user.posts.select().where(Post.id > 0))]
"""
    app = {"models.py": models, "main.py": HEAD + text}
    after = prove(tmp_path, app, [("GET", "/posts")])["main.py"]
    assert "user.posts.select().options(" in after
    assert "greenlet" not in after


def test_what_the_mapping_joins_needs_nothing_behind_an_option(tmp_path: Path) -> None:
    plain = 'relationship(back_populates="posts")'
    joined = MODELS.replace(plain, f'{plain[:-1]}, lazy="joined")')
    main = f"""{HEAD}

class AuthorOut(Out):
    name: str


class WrittenOut(Out):
    title: str
    author: Optional[AuthorOut] = None


class WriterOut(Out):
    name: str
    posts: List[WrittenOut] = []


@app.get("/users", response_model=List[WriterOut])
def users(db: Session = Depends(get_db)):
    return db.scalars(select(User).order_by(User.id)).all()
"""
    assert joined != MODELS
    prove(tmp_path, {"models.py": joined, "main.py": main}, [("GET", "/users")])
