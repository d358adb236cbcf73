"""Classes of SQLAlchemy that a function imports for itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from .harness import prove

HEAD = """\
from fastapi import Depends, FastAPI
from sqlalchemy import select

from db import engine
from models import Base, User

app = FastAPI()
Base.metadata.create_all(engine)


@app.get("/users")
def users():
"""
READ = "return [u.name for u in session.scalars(select(User).order_by(User.id))]"
BODIES = {
    "class": f"""\
    from sqlalchemy.orm import Session

    with Session(engine) as session:
        {READ}
""",
    "alias": f"""\
    from sqlalchemy.orm import Session as Sync

    with Sync(engine) as session:
        {READ}
""",
    "module": f"""\
    from sqlalchemy import orm

    with orm.Session(engine) as session:
        {READ}
""",
    "factory": f"""\
    from sqlalchemy.orm import sessionmaker

    make = sessionmaker(engine)
    with make() as session:
        {READ}
""",
    "nested": f"""\
    from sqlalchemy.orm import Session

    def read():
        with Session(engine) as session:
            {READ}

    return read()
""",
    "asked": f"""\
    from db import SessionLocal
    from sqlalchemy.orm import Session

    with SessionLocal() as session:
        assert isinstance(session, Session)
        {READ}
""",
    "annotated": """\
    from db import get_db
    from sqlalchemy.orm import Session

    session: Session = next(get_db())
    return session.query(User).count()
""",
}


@pytest.mark.parametrize("body", BODIES)
def test_a_class_that_a_function_imports(tmp_path: Path, body: str) -> None:
    after = prove(tmp_path, HEAD + BODIES[body], [("GET", "/users")])["main.py"]
    assert "orm import Session" not in after and "orm import sessionmaker" not in after
    assert "def users():\n\n" not in after


def test_a_variable_of_the_same_name_is_none(tmp_path: Path) -> None:
    body = """\
    from db import SessionLocal

    Session = [1, 2]
    with SessionLocal() as session:
        return [len(Session), session.query(User).count()]
"""
    prove(tmp_path, HEAD + body, [("GET", "/users")])


OPTIONS = """\
from fastapi import Depends, FastAPI
from pydantic import BaseModel, ConfigDict
from sqlalchemy.orm import Session

from db import get_db

app = FastAPI()


class PostOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    title: str


class UserOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    name: str
    posts: list[PostOut]


@app.get("/users", response_model=list[UserOut])
def users(db: Session = Depends(get_db)):
    try:
        from sqlalchemy.orm import selectinload

        from models import User

        found = db.query(User).options(selectinload(User.posts)).order_by(User.id).all()
        return found
    finally:
        print("read")


@app.get("/users/{key}")
def titles(key: int, db: Session = Depends(get_db)):
    from models import Post, User

    user = db.query(User).filter(User.id == key).first()
    return [user.name, [p.title for p in user.posts], db.query(Post).count()]
"""
ANSWERED = [("GET", "/users"), ("GET", "/users/1")]


def test_options_that_a_function_imports_are_there(tmp_path: Path) -> None:
    after = prove(tmp_path, OPTIONS, ANSWERED)["main.py"]
    assert "greenlet_spawn" not in after and after.count("selectinload(User.posts)") == 2


def test_what_functions_import_first_is_no_other_name(tmp_path: Path) -> None:
    after = prove(tmp_path, OPTIONS, ANSWERED)["main.py"]
    assert "from sqlalchemy.orm import selectinload\n\nfrom db" in after and "sa_" not in after


@pytest.mark.parametrize(
    "other",
    [
        "    print(key)\n    from sqlalchemy.orm import selectinload\n\n    print(selectinload)\n",
        "    from math import floor as selectinload\n\n    print(selectinload)\n",
        "    selectinload = key\n    print(selectinload)\n",
    ],
)
def test_what_may_be_something_else_keeps_its_name(tmp_path: Path, other: str) -> None:
    app = OPTIONS.replace("    from models import Post, User\n", f"{other}    from models import Post, User\n")
    after = prove(tmp_path, app, ANSWERED)["main.py"]
    assert "sa_selectinload(User.posts)" in after
