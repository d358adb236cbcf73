"""Response models that a class of views is told: they are named where that can be, and told where it cannot."""

from __future__ import annotations

from pathlib import Path

from .harness import prove
from .test_lookalikes import HEAD

SCHEMAS = """
from typing import List

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel, ConfigDict

from models import Post


class Out(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class PostOut(Out):
    title: str


class UserOut(Out):
    name: str
    posts: List[PostOut]
"""
VIEWS = """

class Views:
    def __init__(self, model, schema, prefix):
        self.model, self.schema = model, schema
        self.router = APIRouter(prefix=prefix)
        self.router.add_api_route("", self.all, response_model=List[SCHEMA])
        self.router.add_api_route("/{key}", self.one, response_model=SCHEMA)

    def all(self, db: Session = Depends(get_db)):
        return db.scalars(select(self.model).order_by(self.model.id)).all()

    def one(self, key: int, db: Session = Depends(get_db)):
        found = db.get(self.model, key)
        if not found:
            raise HTTPException(404)
        return found


app.include_router(Views(User, UserOut, "/users").router)
app.include_router(Views(Post, PostOut, "/posts").router)
"""
REQUESTS = [("GET", "/users"), ("GET", "/users/1"), ("GET", "/users/9"), ("GET", "/posts"), ("GET", "/posts/1")]


def test_what_an_instance_holds_is_named_in_its_methods(tmp_path: Path) -> None:
    done = prove(tmp_path, HEAD + SCHEMAS + VIEWS.replace("SCHEMA", "self.schema"), REQUESTS)["main.py"]
    assert "greenlet_spawn(TypeAdapter(List[self.schema]).validate_python, answer, from_attributes=True)" in done


def test_a_parameter_of_another_function_is_told(tmp_path: Path) -> None:
    app = HEAD + SCHEMAS + VIEWS.replace("SCHEMA", "schema")
    posts = [request for request in REQUESTS if "posts" in request[1]]  # those have nothing to load
    done = prove(tmp_path, app, posts, codes=["implicit-load"])["main.py"]
    assert "TypeAdapter" not in done and "awaitable_attrs" not in done


BASE = """\
from typing import List

from fastapi import APIRouter, Depends, HTTPException
from sqlalchemy import select
from sqlalchemy.orm import Session

from db import get_db


class BaseViews:
    prefix: str
    model: type
    schema: type

    def __init__(self):
        self.router = APIRouter(prefix=self.prefix)
        self.router.add_api_route("", self.all, response_model=List[self.schema])
        self.router.add_api_route("/{key}", self.one, response_model=self.schema)

    def all(self, db: Session = Depends(get_db)):
        raise NotImplementedError

    def one(self, key: int, db: Session = Depends(get_db)):
        raise NotImplementedError


class Views(BaseViews):
    def all(self, db: Session = Depends(get_db)):
        return db.scalars(select(self.model).order_by(self.model.id)).all()

    def one(self, key: int, db: Session = Depends(get_db)):
        return self.found(key, db)

    def found(self, key, db):
        found = db.get(self.model, key)
        if not found:
            raise HTTPException(404)
        return found
"""
DERIVED = """
from base import Views


class UserViews(Views):
    prefix, model, schema = "/users", User, UserOut


class PostViews(Views):
    prefix, model, schema = "/posts", Post, PostOut

    def one(self, key: int, db: Session = Depends(get_db)):
        return super().one(key, db)


app.include_router(UserViews().router)
app.include_router(PostViews().router)
"""


def test_what_classes_are_told_means_the_same_in_those_that_derive_from_them(tmp_path: Path) -> None:
    done = prove(tmp_path, {"main.py": HEAD + SCHEMAS + DERIVED, "base.py": BASE}, REQUESTS)
    assert "TypeAdapter(List[self.schema]).validate_python" in done["base.py"]


CAREFUL = """
from fastapi.responses import JSONResponse

from base import Views


class NamedOut(UserOut):
    name: int


class UserViews(Views):
    prefix, model, schema = "/users", User, NamedOut

    def one(self, key: int, db: Session = Depends(get_db)):
        found = super().one(key, db)
        return JSONResponse({"name": found.name})


class PostViews(Views):
    prefix, model, schema = "/posts", Post, PostOut


app.include_router(UserViews().router)
app.include_router(PostViews().router)
"""


def test_what_a_caller_does_not_send_need_not_be_valid(tmp_path: Path) -> None:
    files = {"main.py": HEAD + SCHEMAS + CAREFUL, "base.py": BASE}
    done = prove(tmp_path, files, [("GET", "/users/1"), ("GET", "/users/9"), ("GET", "/posts/1")])
    assert "with suppress(ValidationError):" in done["base.py"]
