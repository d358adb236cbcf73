"""Loops over the fields of schemas that read and set attributes by name: what they can name is known."""

from __future__ import annotations

from pathlib import Path

from .harness import prove

HEAD = """\
from typing import Any, Dict, Generic, List, Optional, TypeVar, Union

from fastapi import Depends, FastAPI
from fastapi.encoders import jsonable_encoder
from pydantic import BaseModel, ConfigDict, model_serializer
from sqlalchemy import select
from sqlalchemy.orm import Session

from db import get_db
from models import User

app = FastAPI()


class Change(BaseModel):
    name: Optional[str] = None
    age: Optional[int] = None
    colour: Optional[str] = None


class Lists(BaseModel):
    name: Optional[str] = None
    posts: Optional[List[Any]] = None


class Anything(BaseModel):
    model_config = ConfigDict(extra="allow")
    name: Optional[str] = None


class Written(BaseModel):
    name: Optional[str] = None

    @model_serializer(mode="plain")
    def write(self):
        return {"name": self.name, "posts": []}


def load(db: Session, key: int) -> User:
    return db.query(User).filter(User.id == key).first()
"""
OPEN = ("lists", "anything", "written", "raw")
ROUTES = ("plain", "kept", "handed", "generic", "filtered")


def test_fields_of_a_schema_are_columns(tmp_path: Path) -> None:
    app = (
        HEAD
        + """

@app.put("/plain/{key}")
def plain(key: int, data: Change, db: Session = Depends(get_db)):
    user = load(db, key)
    for name, value in data.model_dump(exclude_unset=True).items():
        if hasattr(user, name):
            setattr(user, name, value)
    db.commit()
    db.refresh(user)
    return [user.name, user.age, len(user.posts)]


@app.put("/kept/{key}")
def kept(key: int, data: Change, db: Session = Depends(get_db)):
    user = load(db, key)
    values = {**data.dict(exclude_unset=True), "nick": None}
    values["age"] = 9
    changed = []
    for name in list(values):
        if hasattr(user, name) and getattr(user, name) != values[name]:
            changed.append(name)
    return changed


def change(db: Session, user: User, values: Dict[str, Any]):
    for name, value in values.items():
        if hasattr(user, name):
            setattr(user, name, value)
    db.commit()


@app.put("/handed/{key}")
def handed(key: int, data: Change, db: Session = Depends(get_db)):
    user = load(db, key)
    change(db, user, jsonable_encoder(data, exclude_unset=True))
    change(db, user, {"colour": "red"})
    return [user.name, user.age]


ModelT = TypeVar("ModelT")


class Crud(Generic[ModelT]):
    def update(self, db: Session, row: ModelT, data: Union[BaseModel, Dict[str, Any]]) -> ModelT:
        values = data if isinstance(data, dict) else data.model_dump(exclude_unset=True)
        for name, value in values.items():
            if hasattr(row, name):
                setattr(row, name, value)
        db.commit()
        return row


users = Crud[User]()


@app.put("/generic/{key}")
def generic(key: int, data: Change, db: Session = Depends(get_db)):
    user = users.update(db, load(db, key), data)
    return [user.name, user.age]


@app.put("/filtered/{key}")
def filtered(key: int, data: Change, db: Session = Depends(get_db)):
    user = load(db, key)
    values = {k: v for k, v in data.model_dump().items() if v is not None}
    for name in values:
        if hasattr(user, name):
            setattr(user, name, values[name])
    db.commit()
    return [user.name, user.age]
"""
    )
    done = prove(tmp_path, app, [("PUT", f"/{what}/1", {"name": what, "age": 4}) for what in ROUTES])
    assert "greenlet_spawn" not in done["main.py"]


def test_keys_that_a_function_of_the_program_returns(tmp_path: Path) -> None:
    """Also of one that waits for the database, and of one that blocks and goes to a thread."""
    app = (
        HEAD
        + """
import time


def described(text: str) -> dict[str, Any]:
    return {"name": text, "age": len(text), "colour": "red"}


def counted(db: Session) -> dict[str, Any]:
    found = db.query(User).count()
    values = {"age": found}
    return values


def slow(text: str) -> dict[str, Any]:
    time.sleep(0.01)
    return {"name": text}


def listed(db: Session, key: int) -> dict[str, Any]:
    return {"posts": db.query(User).get(key).posts}


def set_if_there(user: User, name: str, value: Any) -> None:
    if hasattr(user, name):
        setattr(user, name, value)


@app.put("/users/{key}/{text}")
def change(key: int, text: str, db: Session = Depends(get_db)):
    user = load(db, key)
    for name, value in described(text).items():
        set_if_there(user, name, value)
    slowly = slow(text)
    for name, value in slowly.items():
        set_if_there(user, name, value)
    numbers = counted(db)
    for name in numbers:
        set_if_there(user, name, numbers[name])
    db.commit()
    return [user.name, user.age]


@app.get("/lists/{key}")
def lists(key: int, db: Session = Depends(get_db)):
    user = load(db, key)
    return [len(getattr(user, name)) for name in listed(db, key)]
"""
    )
    migrated = prove(tmp_path, app, [("PUT", "/users/1/eve"), ("GET", "/lists/1")])["main.py"]
    assert "\ndef set_if_there(" in migrated
    assert "    if hasattr(user, name):\n" in migrated
    assert "await greenlet_spawn(getattr, user, name)" in migrated


def test_names_that_may_be_relationships_are_read_in_the_greenlet(tmp_path: Path) -> None:
    app = (
        HEAD
        + """

@app.put("/lists/{key}")
def lists(key: int, data: Lists, db: Session = Depends(get_db)):
    user = load(db, key)
    return [name for name in data.model_dump(exclude_unset=True) if hasattr(user, name) and getattr(user, name)]


@app.put("/anything/{key}")
def anything(key: int, data: Anything, db: Session = Depends(get_db)):
    user = load(db, key)
    found = []
    for name in data.model_dump(exclude_unset=True):
        if hasattr(user, name):
            found.append(name)
    return found


@app.put("/written/{key}")
def written(key: int, data: Written, db: Session = Depends(get_db)):
    user = load(db, key)
    return [name for name in data.model_dump() if hasattr(user, name)]


@app.put("/raw/{key}")
def raw(key: int, data: Dict[str, Any], db: Session = Depends(get_db)):
    user = load(db, key)
    for name in data:
        if not hasattr(user, name):
            return name
    return None


@app.put("/forgotten/{key}")
def forgotten(key: int, data: Change, db: Session = Depends(get_db)):
    user = load(db, key)
    db.rollback()
    return [name for name in data.model_dump() if hasattr(user, name)]
"""
    )
    bodies = [("PUT", f"/{what}/1", {"name": "x", "posts": [], "other": 1}) for what in OPEN]
    done = prove(tmp_path, app, [*bodies, ("PUT", "/forgotten/1", {"name": "x"})])
    assert done["main.py"].count("greenlet_spawn(hasattr") == 5


def test_names_that_are_added_or_changed_elsewhere_are_not_known(tmp_path: Path) -> None:
    """Lists that grow, names that get another value in the loop, and functions that somebody else calls as well."""
    app = (
        HEAD
        + """
from functools import partial

FIELDS = list(Change.model_fields)
FIELDS.append("posts")
MORE = list(Change.model_fields)
MORE += ["posts"]
LATER = list(Change.model_fields)


def read(user: User, fields: list) -> list:
    return [bool(getattr(user, f, 1)) for f in fields]


def look(user: User, fields: list) -> list:
    return [bool(getattr(user, f, 1)) for f in fields]


HOW = {"look": look}


def add(values: dict, key: str):
    values[key] = None


def reset():
    global LATER
    LATER = ["posts"]


@app.get("/extend")
def extend(include: str = "posts", db: Session = Depends(get_db)):
    user = load(db, 1)
    fields = ["id", "name"]
    fields.extend(include.split(","))
    return [bool(getattr(user, f)) for f in fields]


@app.get("/alias")
def alias(include: str = "posts", db: Session = Depends(get_db)):
    user = load(db, 1)
    values = {"name": "n"}
    for key in include.split(","):
        add(values, key)
    return [bool(getattr(user, f)) for f in values]


@app.get("/rename")
def rename(db: Session = Depends(get_db)):
    user = load(db, 1)
    found = []
    for f in ["name", "id", "posts_count"]:
        f = f.removesuffix("_count")
        found.append(bool(getattr(user, f)))
    return found


@app.get("/partial")
def partly(include: str = "posts", db: Session = Depends(get_db)):
    user = load(db, 1)
    named = partial(read, user)
    return read(user, ["name"]) + named(include.split(","))


@app.get("/value")
def value(include: str = "posts", db: Session = Depends(get_db)):
    user = load(db, 1)
    return look(user, list(Change.model_fields)) + HOW["look"](user, include.split(","))


@app.get("/inner")
def inner(include: str = "posts", db: Session = Depends(get_db)):
    user = load(db, 1)
    found = []
    for f in list(Change.model_fields):
        pick = lambda f: bool(getattr(user, f, 1))
        found.append(pick(include))
    return found


@app.get("/module")
def module(db: Session = Depends(get_db)):
    user = load(db, 1)
    reset()
    found = [bool(getattr(user, f, 1)) for f in FIELDS]
    found += [bool(getattr(user, f, 1)) for f in MORE]
    return found + [bool(getattr(user, f, 1)) for f in LATER]
"""
    )
    paths = ("extend", "alias", "rename", "partial", "value", "inner", "module")
    done = prove(tmp_path, app, [("GET", f"/{path}") for path in paths])
    assert done["main.py"].count("greenlet_spawn(getattr") == 7
