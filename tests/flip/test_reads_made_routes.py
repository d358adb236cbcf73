"""Routes that one function makes for one schema after another."""

from __future__ import annotations

from pathlib import Path

from .harness import prove

APP = """\
from typing import List, Type

from fastapi import Depends, FastAPI
from pydantic import BaseModel, ConfigDict
from sqlalchemy.orm import Session

from db import get_db
from models import User

app = FastAPI()


class Out(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class PostOut(Out):
    title: str


class Key(Out):
    id: int


class Name(Out):
    name: str


class Age(Out):
    age: int


class Named(Name):
    id: int


class Written(Out):
    posts: List[PostOut]


class Aged(Age):
    id: int


def add_routes(path: str, schema: Type[BaseModel]):
    @app.get(f"/{path}/{{key}}", response_model=schema)
    def read(key: int, db: Session = Depends(get_db)):
        return db.query(User).filter(User.id == key).first()

    @app.get(f"/{path}", response_model=List[schema])
    def read_all(db: Session = Depends(get_db)):
        found = db.query(User).order_by(User.id).all()
        return found


for path, schema in (("keys", Key), ("names", Name), ("ages", Age), ("named", Named), ("aged", Aged)):
    add_routes(path, schema)
add_routes("written", Written)
"""


def test_each_schema_that_a_maker_of_routes_is_given_is_read(tmp_path: Path) -> None:
    paths = ("keys", "names", "ages", "named", "aged", "written")
    prove(tmp_path, APP, [("GET", f"/{path}{key}") for path in paths for key in ("/1", "")])
