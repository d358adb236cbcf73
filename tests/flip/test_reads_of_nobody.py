"""Rows of nobody knows which class: a repository whose model comes from anywhere."""

from __future__ import annotations

from pathlib import Path

from .harness import prove

MAIN = """\
from typing import Any, Generic, TypeVar, get_args
from fastapi import Depends, FastAPI
from pydantic import BaseModel, ConfigDict
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from db import get_db
from models import Base, Post, User
app = FastAPI()
M = TypeVar("M", bound=Base)


class Page(Generic[M]):
    def __init__(self, items: list[M], total: int):
        self.items, self.total = items, total


class Repo(Generic[M]):
    model: Any

    def __init_subclass__(cls, **kw):
        super().__init_subclass__(**kw)
        cls.model = get_args(cls.__orig_bases__[0])[0]

    def __init__(self, db: Session):
        self.db = db

    def all(self):
        return self.db.scalars(select(self.model).order_by(self.model.id)).all()

    def page(self, size: int) -> Page[M]:
        total = self.db.scalar(select(func.count()).select_from(self.model))
        return Page(list(self.db.scalars(select(self.model).order_by(self.model.id).limit(size))), total)

    def legacy(self):
        return self.db.query(self.model).order_by(self.model.id).all()


class Users(Repo[User]):
    pass


class PostOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    title: str

class UserOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    name: str
    posts: list[PostOut]

class UserBrief(BaseModel):
    name: str
    age: int

class PageOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    items: list[UserOut]
    total: int


def repo(db: Session = Depends(get_db)):
    return Users(db)


@app.get("/all", response_model=list[UserOut])
def every(repo: Users = Depends(repo)):
    return repo.all()

@app.get("/legacy", response_model=list[UserOut])
def legacy(repo: Users = Depends(repo)):
    users = repo.legacy()
    return users

@app.get("/brief", response_model=list[UserBrief])
def brief(repo: Users = Depends(repo)):
    return repo.all()

@app.get("/page", response_model=PageOut)
def page(repo: Users = Depends(repo)):
    return repo.page(2)

@app.get("/items", response_model=list[UserOut])
def items(repo: Users = Depends(repo)):
    return repo.page(2).items
"""


def test_their_answers_are_validated_in_the_greenlet(tmp_path: Path) -> None:
    """Where the schema reads what may load itself; no others."""
    paths = ["/all", "/legacy", "/brief", "/page", "/items"]
    made = prove(tmp_path, MAIN, [("GET", path) for path in paths])
    assert made["main.py"].count("await greenlet_spawn(") == 4


CLASSES = MAIN[MAIN.index("class PostOut") : MAIN.index("def repo")]
#: a name that is imported further down: the first schema is built at the end, the one that has it in no place
SCHEMAS = """\
from pydantic import BaseModel, ConfigDict


class UserOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    name: str
    posts: "list[PostOut]"


class PageOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    items: list[UserOut]
    total: int


from post_schemas import PostOut  # noqa: E402

UserOut.model_rebuild()
"""
POST_SCHEMAS = """\
from pydantic import BaseModel, ConfigDict


class PostOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    title: str
"""
FILL = """

@app.post("/fill")
def fill(db: Session = Depends(get_db)):
    db.add(User(name="ann", posts=[Post(title="one")]))
    db.commit()
"""


def test_schemas_that_are_built_late_find_the_frames_that_they_look_for(tmp_path: Path) -> None:
    brief = CLASSES[CLASSES.index("class UserBrief") : CLASSES.index("class PageOut")]
    imported = "from schemas import PageOut, UserOut\nfrom models"
    main = MAIN.replace(CLASSES, brief).replace("from models", imported) + FILL
    files = {"main.py": main, "schemas.py": SCHEMAS, "post_schemas.py": POST_SCHEMAS}
    prove(tmp_path, files, [("POST", "/fill"), ("GET", "/page"), ("GET", "/all"), ("GET", "/items")])


def test_rows_that_are_validated_where_they_are_loaded_are_none(tmp_path: Path) -> None:
    """What a function makes of them is no row, and needs nothing more."""
    page = "return Page(list(self.db.scalars(select(self.model).order_by(self.model.id).limit(size))), total)"
    shown = "rows = self.db.scalars(select(self.model).options(selectinload('*')).limit(size)).all()"
    shown += "\n        return Page([self.schema.model_validate(row) for row in rows], total)"
    main = MAIN.replace(page, shown).replace("    model: Any\n", "    model: Any\n    schema: Any\n")
    main = main.replace("class Users(Repo[User]):\n    pass\n", "") + FILL
    main = main.replace("import Session\n", "import Session, selectinload\n")
    main = main.replace("def repo(db", "class Users(Repo[User]):\n    schema = UserOut\n\n\ndef repo(db")
    made = prove(tmp_path, main, [("POST", "/fill"), ("GET", "/page"), ("GET", "/items")])
    assert "greenlet_spawn(PageOut" not in made["main.py"]
