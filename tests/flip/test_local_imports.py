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
