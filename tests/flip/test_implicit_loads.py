"""Relationships read far from where an instance was loaded load themselves in the greenlet, as they did before."""

from __future__ import annotations

from pathlib import Path

from . import harness
from .harness import migrate, prove

HEAD = """\
from operator import itemgetter
from typing import Any, Generic, TypeVar

from fastapi import Depends, FastAPI
from pydantic import BaseModel, ConfigDict
from sqlalchemy import select
from sqlalchemy.orm import Session

from db import get_db
from models import Post, User

app = FastAPI()


class PostOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    title: str


class UserOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    name: str
    posts: list[PostOut]

"""


def test_generic_repository_that_validates(tmp_path: Path) -> None:
    """The schema and the model are attributes: which relationships it reads is known nowhere near the statement."""
    app = (
        HEAD
        + """

Model = TypeVar("Model")
Schema = TypeVar("Schema", bound=BaseModel)


class Repository(Generic[Model, Schema]):
    def __init__(self, db: Session, model: type[Model], schema: type[Schema]) -> None:
        self.db, self.model, self.schema = db, model, schema

    def statement(self, **keys: Any):
        return select(self.model).filter_by(**keys)

    def one(self, **keys: Any) -> Schema:
        found = self.db.execute(self.statement(**keys)).scalar_one()
        return self.schema.model_validate(found)

    def every(self) -> list[Schema]:
        found = self.db.execute(self.statement()).scalars().all()
        return [self.schema.model_validate(x) for x in found]

    def create_many(self, rows: list[dict]) -> list[Schema]:
        made = []
        for row in rows:
            new = self.model(**row)
            made.append(new)
        self.db.add_all(made)
        self.db.commit()
        for one in made:
            self.db.refresh(one)
        return [self.schema.model_validate(x) for x in made]


def repositories(db: Session = Depends(get_db)):
    return {"users": Repository(db, User, UserOut), "posts": Repository(db, Post, PostOut)}


@app.get("/{kind}")
def every(kind: str, all=Depends(repositories)):
    return all[kind].every()


@app.get("/users/{name}")
def one(name: str, all=Depends(repositories)):
    return all["users"].one(name=name)


@app.post("/{kind}")
def create(kind: str, all=Depends(repositories)):
    return all[kind].create_many([{"name": "x"}, {"name": "y"}] if kind == "users" else [{"title": "t"}])
"""
    )
    prove(
        tmp_path,
        app,
        [("GET", "/users"), ("GET", "/posts"), ("GET", "/users/ann"), ("POST", "/users"), ("POST", "/posts")],
    )


def test_code_reads_what_a_caller_nobody_sees_hands_over(tmp_path: Path) -> None:
    app = (
        HEAD
        + """

CALLS = {}


def titles(user: User) -> list[str]:
    return [post.title for post in user.posts]


def has_posts(user: User) -> bool:
    if user.posts and user.posts[0].author is user:
        return True
    return False


def move(source: User, target: User) -> int:
    target.posts += source.posts
    return len(target.posts)


def replace_posts(user: User, made: list) -> int:
    user.posts = [Post(title=title) for title in made]
    return len(user.posts)


for function in (titles, has_posts, move, replace_posts):
    CALLS[function.__name__] = function


def find(db: Session, **keys) -> Any:
    return itemgetter(0)(db.scalars(select(User).filter_by(**keys)).all())


@app.get("/titles/{key}")
def read_titles(key: int, db: Session = Depends(get_db)):
    user = find(db, id=key)
    return [CALLS["titles"](user), CALLS["has_posts"](user)]


@app.post("/move")
def move_posts(db: Session = Depends(get_db)):
    count = CALLS["move"](find(db, id=1), find(db, id=2))
    db.commit()
    return count


@app.post("/replace")
def replaced(db: Session = Depends(get_db)):
    count = CALLS["replace_posts"](find(db, id=2), ["x"])
    db.commit()
    return count
"""
    )
    requests = [
        ("GET", "/titles/1"),
        ("GET", "/titles/2"),
        ("POST", "/move"),
        ("GET", "/titles/1"),
        ("GET", "/titles/2"),
        ("POST", "/replace"),
        ("GET", "/titles/2"),
    ]
    prove(tmp_path, app, requests)


def test_answers_of_instances_of_unknown_origin(tmp_path: Path) -> None:
    app = (
        HEAD
        + """

def first(db: Session, key: int) -> User:
    return itemgetter(0)(db.scalars(select(User).filter_by(id=key)).all())


def every(db: Session) -> list[User]:
    return itemgetter(slice(None))(db.scalars(select(User)).all())


@app.get("/one/{key}", response_model=UserOut)
def one(key: int, db: Session = Depends(get_db)):
    user = first(db, key)
    return user


@app.get("/all")
def all_of_them(db: Session = Depends(get_db)) -> list[UserOut]:
    return every(db)
"""
    )
    prove(tmp_path, app, [("GET", "/one/1"), ("GET", "/one/2"), ("GET", "/all")])


ENVELOPES = """\
from typing import Generic, List, Optional, TypeVar

from fastapi import Depends, FastAPI
from pydantic import BaseModel
from sqlalchemy.orm import Session

from db import get_db
from models import Post, User

app = FastAPI()
T = TypeVar("T")


class Envelope(BaseModel, Generic[T]):
    data: Optional[T] = None


class PostOut(BaseModel):
    title: str

    class Config:
        orm_mode = True


class UserOut(BaseModel):
    name: str

    class Config:
        from_attributes = True


class Feed(BaseModel):
    of: str
    posts: List[PostOut]


def feed_of(db: Session, key: int) -> Envelope:
    user = db.get(User, key)
    posts = db.query(Post).filter(Post.user_id == key).order_by(Post.id).all()
    return Envelope(data={"of": user.name, "posts": posts})


@app.get("/feed/{key}", response_model=Envelope[Feed])
def feed(key: int, db: Session = Depends(get_db)):
    return feed_of(db, key)



@app.get("/user/{key}", response_model=Envelope[UserOut])
def one(key: int, db: Session = Depends(get_db)):
    return Envelope(data=db.get(User, key))
"""


def test_settings_of_both_pydantic_versions_side_by_side(tmp_path: Path) -> None:
    requests = [("GET", "/feed/1"), ("GET", "/feed/2"), ("GET", "/user/1")]
    migrated = prove(tmp_path, ENVELOPES, requests)
    assert "greenlet_spawn(" in migrated["main.py"]
    assert "parse_obj_as" not in migrated["main.py"]


def test_pydantic_1_where_the_manifests_admit_no_other() -> None:
    files = {**harness.BASE, "main.py": ENVELOPES}
    for pins in ("fastapi\npydantic<2\n", "fastapi==0.99.1\n"):
        main = migrate({**files, "requirements.txt": f"sqlalchemy\n{pins}"})["main.py"]
        assert "greenlet_spawn(parse_obj_as, " in main
